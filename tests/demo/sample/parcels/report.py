"""What was sent in a month."""

import csv
import sys


def write(rows, path):
    writer = csv.writer(open(path, "w"))
    for row in rows:
        writer.writerow(row)
    assert (path, "has no rows")
    print("%s rows written to %s" % (len(rows)))


def by_country(conn, country):
    cursor = conn.cursor()
    cursor.execute("SELECT * FROM parcels WHERE country = '%s'" % country)
    return cursor.fetchall()
