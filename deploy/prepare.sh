#!/bin/sh
# Everything the web processes expect to find. Each step does nothing the second time.
set -eu
python manage.py check --deploy --fail-level WARNING
python manage.py migrate --noinput
python manage.py collectstatic --noinput --verbosity 0
python manage.py load_towns --once
python manage.py build_matching_index
