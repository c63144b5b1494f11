"""/healthz says the process answers; /readyz says it can do its work, and which part cannot."""

import datetime as dt

import pytest
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

pytestmark = pytest.mark.django_db


def test_healthz_asks_nothing_of_the_database(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        response = client.get("/healthz")
    assert response.status_code == 200


def test_readyz_is_green_when_everything_works(client):
    response = client.get("/readyz")
    assert response.status_code == 200, response.json()
    assert response.json() == {
        "status": "ready",
        "database": True,
        "migrations": True,
        "layer": True,
        "worker": True,
    }


@pytest.mark.parametrize(("minutes", "status"), [(1, 200), (6, 503)])
def test_readyz_is_red_when_jobs_wait_for_a_worker(client, minutes, status):
    job = DBTaskResult.objects.create(
        task_path="x", args_kwargs={"args": [], "kwargs": {}}, queue_name="default", backend_name="default"
    )
    moment = timezone.now() - dt.timedelta(minutes=minutes)
    DBTaskResult.objects.filter(pk=job.pk).update(enqueued_at=moment, run_after=moment)
    response = client.get("/readyz")
    assert (response.status_code, response.json()["worker"]) == (status, status == 200)


def test_readyz_is_red_while_a_migration_is_missing(client, monkeypatch):
    monkeypatch.setattr(MigrationExecutor, "migration_plan", lambda self, targets: ["one"])
    response = client.get("/readyz")
    assert (response.status_code, response.json()["migrations"]) == (503, False)


def test_readyz_is_red_without_redis(client, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    response = client.get("/readyz")
    assert (response.status_code, response.json()["layer"]) == (503, False)
