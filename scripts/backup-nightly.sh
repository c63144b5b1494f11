#!/bin/sh
# The loop of the container `backup`: one backup now when there is none, then one each night at BACKUP_HOUR (UTC).
set -u
[ -n "$(find "$BACKUP_DIR" -maxdepth 1 -name '*.ready' | head -n 1)" ] || sh /scripts/backup.sh
while sleep 60; do
    today=$(date -u +%Y%m%d)
    [ "$(date -u +%H)" -ge "${BACKUP_HOUR:-3}" ] || continue
    [ -z "$(find "$BACKUP_DIR" -maxdepth 1 -name "${today}T*.ready" | head -n 1)" ] || continue
    sh /scripts/backup.sh || echo "backup failed; trying again in a minute" >&2
done
