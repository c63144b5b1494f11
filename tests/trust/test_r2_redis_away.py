"""R2: Redis killed, flushed and away for a while: posts succeed, nobody goes deaf, gaps are filled within 10 s."""

import asyncio
import time

import pytest
import redis

from tests.cluster import Web
from tests.factories import RoomFactory, UserFactory
from tests.realtime.client import db
from tests.realtime.network import Person, connected, everything_said, log_of, until

pytestmark = pytest.mark.postgres


def post(web, user, room, count):
    """Post by REST; the statuses and the longest time one took."""
    statuses, longest = set(), 0.0
    with web.http(user) as http:
        for number in range(count):
            started = time.monotonic()
            statuses.add(
                http.post(f"/api/v1/rooms/{room.pk}/messages/", json={"body": str(number)}).status_code
            )
            longest = max(longest, time.monotonic() - started)
    return statuses, longest


def test_without_redis_nothing_is_lost_and_nobody_is_deaf(cluster):
    users = UserFactory.create_batch(4)
    room = RoomFactory(members=users)
    webs = cluster.start(webs=2, POSTS_PER_10_SECONDS="100000")
    people = [Person(user, room.pk, webs) for user in users]
    said = 0

    async def speak(trouble):
        nonlocal said
        await asyncio.to_thread(trouble)
        for person in people:
            for number in range(5):
                person.post(str(number))
        statuses, longest = await db(post, webs[0], users[0], room, 5)
        assert (statuses, longest < 5) == ({201}, True)
        said += 5 + 5 * len(people)
        await until(
            lambda: all(len(person.events) == said for person in people), 10, "the whole log everywhere"
        )

    async def run():
        async with connected(people):
            await speak(lambda: None)
            await speak(lambda: redis.Redis.from_url(cluster.redis.url).flushall())
            await speak(cluster.redis.kill)
            await asyncio.sleep(1)
            await speak(lambda: None)
            await speak(cluster.redis.start)
            log = await db(log_of, room)
            assert log == list(range(1, said + 1))
            assert all(person.seqs == log for person in people)
            assert all(person.connections == 1 for person in people)

    asyncio.run(run())


def test_the_same_without_repair_goes_deaf(cluster):
    """The control: a process whose hub does not sweep hears nothing while Redis is away."""
    users = UserFactory.create_batch(2)
    room = RoomFactory(members=users)
    cluster.start(webs=1, POSTS_PER_10_SECONDS="100000")
    deaf = Web(cluster.environment, cluster.folder / "deaf.log")
    deaf.arguments[-1] = "tests.realtime.asgi_without_repair:application"
    deaf.start()
    cluster.webs.append(deaf)
    speaker, listener = (Person(user, room.pk, [web]) for user, web in zip(users, cluster.webs, strict=True))

    async def run():
        async with connected([speaker, listener]):
            speaker.post("avec Redis")
            await until(lambda: speaker.seqs == listener.seqs == [1])
            await asyncio.to_thread(cluster.redis.kill)
            speaker.post("sans Redis")
            await until(lambda: speaker.seqs == [1, 2])
            # Longer than two sweeps of a healthy process.
            await asyncio.sleep(4)
            assert listener.seqs == [1]

    asyncio.run(run())


def test_the_last_word_arrives_after_redis_came_back_empty(cluster):
    users = UserFactory.create_batch(2)
    room = RoomFactory(members=users)
    webs = cluster.start(webs=2, POSTS_PER_10_SECONDS="100000")
    people = [Person(user, room.pk, [web]) for user, web in zip(users, webs, strict=True)]

    async def run():
        async with connected(people):
            await asyncio.to_thread(cluster.redis.kill)
            await asyncio.to_thread(cluster.redis.start)
            for person in people:
                person.post("encore")
            await everything_said(people, room, 10)

    asyncio.run(run())
