"""R8: one Idempotency-Key ten times at once, over two processes, is one row; another person's same key is their own."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from messaging.models import Message
from tests.factories import RoomFactory, UserFactory

pytestmark = pytest.mark.postgres


def test_one_key_is_one_row(cluster):
    user, other = UserFactory.create_batch(2)
    room = RoomFactory(members=[user, other])
    webs = cluster.start(webs=2)
    path = f"/api/v1/rooms/{room.pk}/messages/"

    def post(http):
        return http.post(path, json={"body": "Une fois"}, headers={"Idempotency-Key": "commande 7"})

    with webs[0].http(user) as left, webs[1].http(user) as right, webs[0].http(other) as third:
        with ThreadPoolExecutor(10) as threads:
            answers = list(threads.map(post, [left, right] * 5))
        assert sorted(answer.status_code for answer in answers) == [200] * 9 + [201]
        assert len({answer.json()["seq"] for answer in answers}) == 1
        assert post(third).status_code == 201
    assert sorted(Message.objects.values_list("author", "number")) == [(user.pk, 1), (other.pk, 2)]
