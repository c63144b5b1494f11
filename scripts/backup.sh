#!/bin/sh
# Database and media, as they are now, into BACKUP_DIR/<time>/ ; `<time>.ready` appears last, once both are whole.
#   DATABASE_URL=postgresql://… DATA_DIR=… BACKUP_DIR=… scripts/backup.sh
# Older ones than BACKUP_DAYS (35) go. scripts/restore.sh brings one back.
set -eu
umask 077
: "${DATABASE_URL:?}" "${DATA_DIR:?}" "${BACKUP_DIR:?}"
name=$(date -u +%Y%m%dT%H%M%SZ)
place=$BACKUP_DIR/$name
mkdir -p "$place"
trap 'rm -rf "$place"' EXIT
# The database first: a file without a row is harmless, a row without a file is not.
pg_dump --format=custom --no-owner --no-privileges --file="$place/database.dump" "$DATABASE_URL"
if [ -d "$DATA_DIR/media" ]; then
    tar -C "$DATA_DIR" -czf "$place/media.tar.gz" media
else
    tar -C "$place" -czf "$place/media.tar.gz" -T /dev/null
fi
(cd "$place" && sha256sum database.dump media.tar.gz > SHA256SUMS)
trap - EXIT
: > "$place.ready"
days=${BACKUP_DAYS:-35}
find "$BACKUP_DIR" -maxdepth 1 -name '*.ready' -mtime "+$days" | while read -r old; do
    rm -rf "${old%.ready}" "$old"
done
echo "$place"
