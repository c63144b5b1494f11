"""X16 (and A4's part of it): production refuses to start on a setting that would hurt people."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
GOOD = {
    "DJANGO_SETTINGS_MODULE": "config.settings.production",
    "SECRET_KEY": "q7Jt0XvH2mZs9LrPd4KwYc8NbFe1UgTa6RiOx3VhQk5MzWlDyB",
    "ALLOWED_HOSTS": "entrevilles.example.org",
    "SITE_URL": "https://entrevilles.example.org",
    "DATABASE_URL": "postgresql://user:secret@127.0.0.1:1/none",
    "REDIS_URL": "redis://:secret@127.0.0.1:1/0",
    "CACHE_URL": "redis://:secret@127.0.0.1:1/1",
    "EMAIL_URL": "smtp://127.0.0.1:1/",
}


def check(folder: Path, **changes: str) -> subprocess.CompletedProcess[str]:
    """`manage.py check --deploy` with good production settings and some changes; every warning is fatal."""
    environment = {**os.environ, **GOOD, "DATA_DIR": str(folder), **changes}
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def test_good_settings_pass_the_deployment_check_without_a_warning(tmp_path: Path) -> None:
    done = check(tmp_path)
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"SECRET_KEY": ""}, "SECRET_KEY"),
        ({"SECRET_KEY": "change-me"}, "SECRET_KEY"),
        ({"SECRET_KEY": "only-thirty-characters-long-xx"}, "SECRET_KEY"),
        ({"SECRET_KEY": "django-insecure-" + "x" * 60}, "SECRET_KEY"),
        ({"DEBUG": "1"}, "DEBUG"),
        ({"ALLOWED_HOSTS": ""}, "ALLOWED_HOSTS"),
        ({"ALLOWED_HOSTS": "*"}, "ALLOWED_HOSTS"),
        ({"ALLOWED_HOSTS": "entrevilles.example.org,*"}, "ALLOWED_HOSTS"),
        ({"SITE_URL": "http://entrevilles.example.org"}, "SITE_URL"),
        ({"DATABASE_URL": "sqlite:///site.sqlite3"}, "DATABASE_URL"),
        ({"REDIS_URL": ""}, "REDIS_URL"),
        ({"CACHE_URL": ""}, "CACHE_URL"),
    ],
    ids=lambda value: next(iter(value.items())) if isinstance(value, dict) else None,
)
def test_one_bad_setting_is_refused_by_name(tmp_path: Path, changes: dict[str, str], reason: str) -> None:
    done = check(tmp_path, **changes)
    assert done.returncode != 0
    last = done.stderr.strip().splitlines()[-1]
    assert "ImproperlyConfigured" in last
    assert reason in last
