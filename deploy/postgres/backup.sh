#!/bin/sh
# Dump both databases, each into a file that has its name only when it is whole, and delete dumps that are too old.
set -eu
umask 077
if [ -n "${PGPASSWORD_FILE:-}" ]; then
    PGPASSWORD=$(cat "$PGPASSWORD_FILE")
    export PGPASSWORD
fi
now=$(date -u +%Y%m%dT%H%M%SZ)
for database in incident_manager log_server; do
    dump="$BACKUPS/$database-$now.dump"
    pg_dump --format=custom --file="$dump.part" "$database"
    mv "$dump.part" "$dump"
    echo "$dump"
done
find "$BACKUPS" -name '*.dump' -mtime "+$BACKUP_DAYS" -delete
