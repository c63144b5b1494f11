"""R1: web processes killed three times: nothing lost, nothing twice, each author's order kept, numbers dense."""

import asyncio

import pytest

from messaging.models import Message
from tests.factories import RoomFactory, UserFactory
from tests.realtime.client import db
from tests.realtime.network import Person, connected, everything_said

pytestmark = pytest.mark.postgres


def ledger(room):
    return list(
        Message.objects.filter(room=room)
        .order_by("number")
        .values_list("number", "events__seq", "author", "client_id", "body")
    )


async def write(person):
    for number in range(30):
        person.post(f"{person.user}: {number}")
        await asyncio.sleep(0.05)


async def kill(webs):
    for web in (webs[0], webs[1], webs[0]):
        await asyncio.sleep(0.4)
        await asyncio.to_thread(web.kill)
        await asyncio.to_thread(web.start)


def test_killed_processes_lose_nothing(cluster):
    users = UserFactory.create_batch(6)
    room = RoomFactory(members=users)
    webs = cluster.start(webs=2, POSTS_PER_10_SECONDS="100000")
    people = [Person(user, room.pk, webs) for user in users]

    async def run():
        async with connected(people):
            await asyncio.gather(kill(webs), *(write(person) for person in people))
            await everything_said(people, room)
            return await db(ledger, room)

    rows = asyncio.run(run())
    assert [row[0] for row in rows] == [row[1] for row in rows] == list(range(1, 181))
    for person in people:
        own = [row for row in rows if row[2] == person.user]
        assert {str(row[3]): row[1] for row in own} == person.ledger
        assert [row[4] for row in own] == [f"{person.user}: {number}" for number in range(30)]
    assert sum(person.connections for person in people) > len(people)
