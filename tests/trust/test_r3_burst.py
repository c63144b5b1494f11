"""R3: a burst of 2,000 messages: every client ends with the identical ordered list."""

import asyncio

import pytest

from tests.factories import RoomFactory, UserFactory
from tests.realtime.network import Person, connected, everything_said

pytestmark = pytest.mark.postgres


def test_everyone_ends_with_the_same_list(cluster):
    users = UserFactory.create_batch(5)
    room = RoomFactory(members=users)
    webs = cluster.start(webs=2, POSTS_PER_10_SECONDS="100000")
    people = [Person(user, room.pk, webs) for user in users]

    async def run():
        async with connected(people):
            for person in people:
                for number in range(400):
                    person.post(str(number))
            log = await everything_said(people, room, 120)
            assert len(log) == 2000
            lists = {tuple(event["message"]["cid"] for event in person.events) for person in people}
            assert len(lists) == 1

    asyncio.run(run())
