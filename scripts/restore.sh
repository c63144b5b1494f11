#!/bin/sh
# Bring a backup back into an EMPTY database and a DATA_DIR without media.
#   DATABASE_URL=postgresql://… DATA_DIR=… scripts/restore.sh BACKUP_DIR/20260101T030000Z
# Jobs that were waiting when the backup was made are marked as failed: their mails were sent long ago.
set -eu
: "${DATABASE_URL:?}" "${DATA_DIR:?}"
place=${1:?which backup}
[ -e "$place.ready" ] || { echo "$place was not finished" >&2; exit 1; }
[ ! -e "$DATA_DIR/media" ] || { echo "$DATA_DIR/media is there already" >&2; exit 1; }
(cd "$place" && sha256sum --quiet -c SHA256SUMS)
pg_restore --exit-on-error --single-transaction --no-owner --no-privileges --dbname="$DATABASE_URL" "$place/database.dump"
psql --quiet --no-psqlrc --set ON_ERROR_STOP=1 "$DATABASE_URL" \
    -c "UPDATE django_tasks_database_dbtaskresult SET status = 'FAILED', finished_at = now() WHERE status IN ('READY', 'RUNNING')"
mkdir -p "$DATA_DIR"
tar -C "$DATA_DIR" -xzf "$place/media.tar.gz"
echo "Restored. Next: manage.py migrate, manage.py build_matching_index, then start the web processes."
