#!/bin/sh
# Packs the labels of a year.
tar czf /srv/archive/labels.tgz $1
