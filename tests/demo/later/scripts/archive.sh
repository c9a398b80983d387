#!/bin/sh
# Packs last year's labels.
tar czf /srv/archive/labels.tgz $LABELS
