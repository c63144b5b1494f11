"""The small production that the trust tests stand on."""

import pytest
from django.contrib.auth import get_user_model
from django.db import connection

from scripts.throwaway import listening
from tests.cluster import Cluster

pytestmark = pytest.mark.postgres


def test_the_orm_of_the_test_and_of_the_processes_is_one_database(cluster: Cluster) -> None:
    get_user_model().objects.create(email="role@example.org")
    assert connection.vendor == "postgresql"
    count = "from community.models import User; print(User.objects.filter(email='role@example.org').count())"
    assert cluster.manage("shell", "-v", "0", "-c", count).strip() == "1"


def test_a_killed_web_process_comes_back_on_its_port(cluster: Cluster) -> None:
    web, _other = cluster.start(webs=2)
    web.kill()
    assert not listening(web.port)
    web.start()
    assert listening(web.port)
    assert web.rss() > 0


def test_redis_and_postgres_can_be_taken_away_and_given_back(cluster: Cluster) -> None:
    cluster.redis.kill()
    cluster.postgres.kill()
    assert not listening(cluster.redis.port)
    connection.close()
    cluster.redis.start()
    cluster.postgres.start()
    assert get_user_model().objects.count() == 0
