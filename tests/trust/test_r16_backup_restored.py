"""R16: a backup, brought back into an empty instance, has the same rows and files, and sends no old mail again."""

import os
import subprocess
from pathlib import Path

import psycopg
import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.hashers import make_password
from django.utils import timezone
from django_tasks_db.models import DBTaskResult
from psycopg import sql

from community.models import User
from tests.cluster import Cluster, orm_pointed_at

pytestmark = pytest.mark.postgres
ROOT = Path(__file__).resolve().parent.parent.parent


def run(
    cluster: Cluster, script: str, *arguments: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    """One of the scripts, with PostgreSQL's own programs of the version that runs."""
    path = f"{cluster.postgres.binaries}:{os.environ['PATH']}"
    command = ["sh", str(ROOT / "scripts" / script), *arguments]
    return subprocess.run(
        command, env={**os.environ, "PATH": path, **environment}, capture_output=True, text=True, check=False
    )


def counts(url: str) -> dict[str, int]:
    """Rows of every table."""
    with psycopg.connect(url) as connection:
        tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        query = sql.SQL("SELECT count(*) FROM {}")
        return {
            name: connection.execute(query.format(sql.Identifier(name))).fetchone()[0] for (name,) in tables
        }


def test_a_backup_is_restored_whole(cluster: Cluster, tmp_path: Path) -> None:
    User.objects.create(email="maire@example.org", password=make_password("un long mot de passe"))
    DBTaskResult.objects.create(
        task_path="notifications.tasks.anything",
        args_kwargs={"args": [], "kwargs": {}},
        backend_name="default",
        run_after=timezone.now(),
    )
    media = tmp_path / "here" / "media"
    media.mkdir(parents=True)
    (media / "convention.pdf").write_bytes(os.urandom(5000))
    url = cluster.environment["DATABASE_URL"]
    there = {"DATABASE_URL": url, "DATA_DIR": str(tmp_path / "here"), "BACKUP_DIR": str(tmp_path / "backups")}
    made = run(cluster, "backup.sh", **there)
    assert made.returncode == 0, made.stderr
    empty = cluster.postgres.create_database(cluster.database + "_restored")
    target = {"DATABASE_URL": empty, "DATA_DIR": str(tmp_path / "elsewhere")}
    restored = run(cluster, "restore.sh", made.stdout.strip(), **target)
    assert restored.returncode == 0, restored.stderr
    assert counts(empty) == counts(url)
    copy = tmp_path / "elsewhere" / "media" / "convention.pdf"
    assert copy.read_bytes() == (media / "convention.pdf").read_bytes()
    with orm_pointed_at(empty):
        assert authenticate(None, email="maire@example.org", password="un long mot de passe") is not None
        assert not DBTaskResult.objects.ready().exists()
    cluster.postgres.drop_database(cluster.database + "_restored")


def test_an_unfinished_backup_is_refused(cluster: Cluster, tmp_path: Path) -> None:
    half = tmp_path / "20260101T030000Z"
    half.mkdir()
    target = {"DATABASE_URL": cluster.environment["DATABASE_URL"], "DATA_DIR": str(tmp_path / "elsewhere")}
    refused = run(cluster, "restore.sh", str(half), **target)
    assert refused.returncode == 1
    assert "not finished" in refused.stderr
