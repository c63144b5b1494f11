"""R5: PostgreSQL stops at once and restarts: 5xx only while it is away, recovery within 5 s, no process restarted."""

import asyncio
import time

import pytest
from django.db import connections

from tests.factories import RoomFactory, UserFactory
from tests.realtime.client import db
from tests.realtime.network import Person, connected, everything_said

pytestmark = pytest.mark.postgres


def test_the_site_returns_with_its_database(cluster):
    users = UserFactory.create_batch(4)
    room = RoomFactory(members=users)
    webs = cluster.start(webs=2, POSTS_PER_10_SECONDS="100000")
    people = [Person(user, room.pk, webs) for user in users]
    pids = [web.pid for web in webs]

    def ask():
        with webs[0].http(users[0]) as http:
            return [http.get(f"/api/v1/rooms/{room.pk}/").status_code for _ in range(15)]

    async def run():
        async with connected(people):
            for person in people:
                person.post("avant")
            await everything_said(people, room)
            before = await db(ask)
            connections.close_all()
            await asyncio.to_thread(cluster.postgres.kill)
            for person in people:
                person.post("pendant")
            await asyncio.sleep(1)
            await asyncio.to_thread(cluster.postgres.start)
            back = time.monotonic()
            await everything_said(people, room, 5)
            assert time.monotonic() - back < 8
            after = await db(ask)
            assert before == after == [200] * 15

    asyncio.run(run())
    assert [web.pid for web in webs] == pids
    assert all(web.popen.poll() is None for web in webs)
    assert all(person.connections == 1 for person in people)
