#!/bin/sh
# Puts a release on the server.
cd $1
rm -rf build/*
for file in $(ls dist); do
    scp dist/$file "$TARGET:/srv/parcels/"
done
if [ $2 == "restart" ]; then
    ssh $TARGET sudo systemctl restart parcels
fi
