"""Two hubs as two processes with a treacherous layer between them; the database is the oracle."""

import asyncio
import random
import threading
import time
import uuid

import pytest
from django.db import DatabaseError, connections, transaction

from messaging import actions
from messaging.actions import log as room_log
from messaging.live import MessagingLog
from messaging.models import RoomEvent
from realtime import bell
from tests.factories import RoomFactory, UserFactory
from tests.realtime.client import Client, FakeLayer, db, hub, session_headers, until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio]

NEVER = 60.0


@pytest.fixture
def user():
    return UserFactory()


@pytest.fixture
def room(user):
    return RoomFactory(members=[user])


@pytest.fixture
def headers(user):
    return session_headers(user)


def say(user, room, text):
    return actions.post_message(user.pk, room.pk, text, limited=False)


def dropping(seed, lost):
    dice = random.Random(seed)

    def fate(message):
        copies = 2 if dice.random() < 0.3 else 1
        return [dice.random() * 0.1 for _ in range(copies) if dice.random() >= lost]

    return fate


def in_the_log(room):
    return list(RoomEvent.objects.filter(room=room).values_list("seq", flat=True))


@pytest.mark.parametrize("lost", [0.3, 1.0])
async def test_bells_lost_doubled_and_late(user, room, headers, lost):
    layer = FakeLayer()
    layer.fate = dropping(7, lost)
    async with (
        hub(layer=layer) as here,
        hub(layer=layer, hears_itself=False) as there,
        Client(here, headers) as near,
        Client(there, headers) as far,
    ):
        await near.follow(room.pk, 0)
        await far.follow(room.pk, 0)
        for number in range(60):
            await db(say, user, room, str(number))
        log = await db(in_the_log, room)
        await until(lambda: near.seqs(room.pk)[-1:] == far.seqs(room.pk)[-1:] == [60])
        assert near.seqs(room.pk) == far.seqs(room.pk) == log == list(range(1, 61))


async def test_the_same_without_repair_goes_deaf(user, room, headers):
    """The control: with the repair off, a lost bell is a lost message. If this passes, the test above proves nothing."""
    layer = FakeLayer()
    layer.fate = dropping(7, 1.0)
    async with (
        hub(layer=layer) as here,
        hub(layer=layer, hears_itself=False, repair=False) as there,
        Client(here, headers) as near,
        Client(there, headers) as far,
    ):
        await near.follow(room.pk, 0)
        await far.follow(room.pk, 0)
        for number in range(5):
            await db(say, user, room, str(number))
        await until(lambda: near.seqs(room.pk) == [1, 2, 3, 4, 5])
        # Several sweeps of the other hubs go by.
        await asyncio.sleep(0.5)
        assert far.seqs(room.pk) == []


@pytest.mark.parametrize("trouble", ["throws", "hangs"])
async def test_a_broken_layer_costs_nothing(user, room, headers, trouble, monkeypatch):
    monkeypatch.setattr(bell, "CONNECT_SECONDS", 0.3)
    monkeypatch.setattr(bell, "SEND_SECONDS", 0.2)
    layer = FakeLayer()
    layer.broken = ConnectionError() if trouble == "throws" else None
    layer.hangs = trouble == "hangs"
    async with (
        hub(layer=layer) as here,
        hub(layer=layer, hears_itself=False) as there,
        Client(here, headers) as near,
        Client(there, headers) as far,
    ):
        await near.follow(room.pk, 0)
        await far.follow(room.pk, 0)
        ok = await near.post(room.pk, "Quand même")
        assert ok["t"] == "ok"
        await until(lambda: near.seqs(room.pk) == far.seqs(room.pk) == [1])
        layer.broken, layer.hangs = None, False
        await until(lambda: len(layer.queues) == 2)
        await db(say, user, room, "Encore")
        await until(lambda: near.seqs(room.pk) == far.seqs(room.pk) == [1, 2])


async def test_a_database_that_goes_away_and_returns(user, room, headers, monkeypatch):
    class Away(MessagingLog):
        away = False

        def events(self, *arguments):
            if self.away:
                raise OSError
            return super().events(*arguments)

        def heads(self, *arguments):
            if self.away:
                raise OSError
            return super().heads(*arguments)

    async with hub() as server, Client(server, headers) as client:
        server.log = Away()
        await client.follow(room.pk, 0)
        server.log.away = True
        await db(say, user, room, "Pendant la panne")
        client.send(t="ping")
        await client.expect("pong")
        assert client.seqs(room.pk) == []
        server.log.away = False
        await until(lambda: client.seqs(room.pk) == [1])


@pytest.mark.parametrize("step", ["readable", "events", "readers"])
@pytest.mark.parametrize("when", ["before", "after"])
async def test_subscribing_against_a_commit(user, room, headers, step, when):
    """A message is committed right before or right after each question the subscription asks; no sweep helps."""

    class Racing(MessagingLog):
        raced = False

    def racing(name):
        question = getattr(MessagingLog, name)

        def asked(self, *arguments):
            if name != step or self.raced:
                return question(self, *arguments)
            self.raced = True
            if when == "before":
                say(user, room, "Pendant")
                return question(self, *arguments)
            answer = question(self, *arguments)
            say(user, room, "Pendant")
            return answer

        return asked

    for name in ("readable", "events", "readers"):
        setattr(Racing, name, racing(name))
    await db(say, user, room, "Avant")
    async with hub(sweep=(NEVER, NEVER)) as server, Client(server, headers) as client:
        server.log = Racing()
        await client.follow(room.pk, 0)
        await db(say, user, room, "Après")
        await until(lambda: client.seqs(room.pk) == [1, 2, 3])


async def test_a_member_removed_mid_burst_gets_nothing_later(user):
    gone, other = await db(UserFactory), await db(UserFactory)
    room = await db(RoomFactory, members=[user, gone, other])
    headers = [await db(session_headers, person) for person in (gone, other)]
    layer = FakeLayer()
    layer.fate = lambda message: []
    async with (
        hub(layer=layer) as here,
        hub(layer=layer, hears_itself=False) as there,
        Client(here, headers[0]) as near,
        Client(there, headers[0]) as far,
        Client(here, headers[1]) as stays,
    ):
        for client in (near, far, stays):
            await client.follow(room.pk, 0)
        for number in range(10):
            await db(say, user, room, f"avant {number}")
        await db(actions.set_members, room, [(user.pk, True), (other.pk, True)])
        for number in range(10):
            await db(say, user, room, f"apres {number}")
        for client in (near, far):
            await client.expect("left")
            assert not any("apres" in text for text in client.texts)
            assert client.seqs(room.pk) == list(range(1, len(client.seqs(room.pk)) + 1))
            refused = await client.post(room.pk, "Et moi ?")
            assert refused["code"] == "not_found"
        await until(lambda: stays.seqs(room.pk) == list(range(1, 22)))
        for client in (near, far):
            client.send(t="ping")
            await client.expect("pong")
            assert not any("apres" in text for text in client.texts)


async def test_removed_while_subscribing(user):
    """The right was there when the database was asked; the hub has heard of its end before the answer arrives."""
    other = await db(UserFactory)
    room = await db(RoomFactory, members=[user, other])

    class Removing(MessagingLog):
        def readable(self, reader, rooms):
            heads = super().readable(reader, rooms)
            if reader == other.pk:
                actions.set_members(room, [(user.pk, True)])
                while server.feeds[room.pk].readers != {user.pk}:
                    time.sleep(0.005)
            return heads

    async with (
        hub(sweep=(NEVER, NEVER)) as server,
        Client(server, await db(session_headers, user)) as stays,
        Client(server, await db(session_headers, other)) as goes,
    ):
        await stays.follow(room.pk)
        server.log = Removing()
        goes.send(t="sub", rooms=[[room.pk, -1]])
        await goes.expect("left")
        await db(say, user, room, "Entre nous")
        await until(lambda: stays.seqs(room.pk) == [1, 2])
        assert goes.seqs(room.pk) == []


async def test_a_failed_subscription_leaves_nothing_behind(user, room, headers):
    class Away(MessagingLog):
        def readable(self, *arguments):
            raise DatabaseError

    async with hub() as server, Client(server, headers) as client:
        server.log = Away()
        client.send(t="sub", rooms=[[room.pk, -1]])
        assert (await client.expect("err"))["code"] == "unavailable"
        assert server.feeds == {}


async def test_a_slow_backlog_does_not_delay_ping(user, room, headers):
    release = threading.Event()

    class Slow(MessagingLog):
        def events(self, *arguments):
            release.wait(8)
            return super().events(*arguments)

    await db(say, user, room, "Un")
    async with hub() as server, Client(server, headers) as client:
        server.log = Slow()
        client.send(t="sub", rooms=[[room.pk, 0]])
        await until(lambda: server.feeds)
        client.send(t="ping")
        await client.expect("pong")
        assert client.seqs(room.pk) == []
        release.set()
        await until(lambda: client.seqs(room.pk) == [1])


async def test_a_member_who_comes_back_is_heard_again(user):
    other = await db(UserFactory)
    room = await db(RoomFactory, members=[user, other])
    async with hub() as server, Client(server, await db(session_headers, other)) as client:
        await client.follow(room.pk, 0)
        await db(actions.set_members, room, [(user.pk, True)])
        await client.expect("left")
        await db(actions.set_members, room, [(user.pk, True), (other.pk, True)])
        await client.follow(room.pk, 0)
        await db(say, user, room, "Rebonjour")
        await until(lambda: client.seqs(room.pk) == [1, 2, 3])


async def test_one_client_id_at_once_on_two_sockets_is_one_row(user, room, headers):
    async with hub() as server, Client(server, headers) as one, Client(server, headers) as two:
        await one.follow(room.pk, 0)
        cid = str(uuid.uuid4())
        answers = await asyncio.gather(*(client.post(room.pk, "Une fois", cid) for client in (one, two)))
        assert sorted(answer["duplicate"] for answer in answers) == [False, True]
        assert {answer["seq"] for answer in answers} == {1}
        await until(lambda: one.seqs(room.pk) == [1])
        assert await db(in_the_log, room) == [1]


async def test_a_hub_behind_its_client_repeats_nothing(user, room, headers):
    """The client was told more by the process it comes from than this one has read."""
    async with (
        hub(sweep=(NEVER, NEVER), hears_itself=False) as server,
        Client(server, headers) as old,
        Client(server, headers) as new,
    ):
        await old.follow(room.pk, 0)
        for number in range(5):
            await db(say, user, room, str(number))
        assert server.feeds[room.pk].head == 0
        await new.follow(room.pk, 4)
        await until(lambda: old.seqs(room.pk) == [1, 2, 3, 4, 5])
        await until(lambda: new.seqs(room.pk) == [5])


async def test_a_cursor_beyond_the_log_starts_again(user, room, headers):
    await db(say, user, room, "Un")
    async with hub() as server, Client(server, headers) as client:
        await client.follow(room.pk, 77)
        assert client.of("reset") == [{"t": "reset", "room": room.pk, "head": 1}]
        await db(say, user, room, "Deux")
        await until(lambda: client.seqs(room.pk) == [2])


async def test_a_reader_that_never_reads_holds_one_window(user, room, headers):
    async with (
        hub(ack_seconds=NEVER) as server,
        Client(server, headers, acks=False) as stuck,
        Client(server, headers) as healthy,
    ):
        await stuck.follow(room.pk, 0)
        await healthy.follow(room.pk, 0)
        stuck.reads.clear()
        for number in range(150):
            await db(say, user, room, f"{number} " + "x" * 6000)
        await until(lambda: healthy.seqs(room.pk) == list(range(1, 151)))
        socket = next(s for s in server.all_sockets() if s._behind)
        assert socket._unacknowledged_bytes <= server.limits.window_bytes + 200  # a frame's own braces
        assert sum(map(len, socket._queue)) <= server.limits.window_bytes
        # It reads at last: everything comes, once and in order.
        stuck.acks = True
        stuck.reads.set()
        await until(lambda: stuck.seqs(room.pk)[-1:] == [150])
        assert stuck.seqs(room.pk) == list(range(1, 151))


async def test_a_reader_that_never_reads_is_closed(user, room, headers):
    async with (
        hub(ack_seconds=0.3, window_frames=4) as server,
        Client(server, headers, acks=False) as stuck,
        Client(server, headers) as healthy,
    ):
        await stuck.follow(room.pk, 0)
        await healthy.follow(room.pk, 0)
        for number in range(10):
            await db(say, user, room, str(number))
        await until(lambda: stuck.code)
        assert stuck.code == 4013
        await until(lambda: healthy.seqs(room.pk) == list(range(1, 11)))


async def test_two_hundred_writers_and_a_reader_that_never_skips(user, headers):
    writers = await db(UserFactory.create_batch, 20)
    room = await db(RoomFactory, members=[user, *writers])
    seen: list[int] = []
    done = threading.Event()

    def poll():
        log = MessagingLog()
        while not (done.is_set() and (not seen or len(seen) == 200)):
            page = log.events(room.pk, seen[-1] if seen else 0, 50)
            seen.extend(event.seq for event in page.events)
        connections.close_all()

    reader = threading.Thread(target=poll)
    reader.start()
    limit = asyncio.Semaphore(8)

    async def write(number):
        async with limit:
            await db(say, writers[number % 20], room, str(number))

    async with hub() as server, Client(server, headers) as client:
        await client.follow(room.pk, 0)
        await asyncio.gather(*(write(number) for number in range(200)))
        done.set()
        await asyncio.to_thread(reader.join, 10)
        assert seen == list(range(1, 201))
        await until(lambda: client.seqs(room.pk) == list(range(1, 201)))


async def test_a_rollback_is_heard_by_nobody(user, room, headers):
    def rolled_back():
        with transaction.atomic():
            say(user, room, "Jamais")
            transaction.set_rollback(True)

    async with hub() as server, Client(server, headers) as client:
        await client.follow(room.pk, 0)
        await db(rolled_back)
        await db(say, user, room, "Toujours")
        await until(lambda: client.seqs(room.pk) == [1])
        assert client.events(room.pk)[0]["message"]["body"] == "Toujours"


@pytest.mark.parametrize("moment", ["before the commit", "before the bell"])
async def test_death_around_the_commit(user, room, headers, monkeypatch, moment):
    """The process dies: before the commit nothing happened, after it the message arrives without any bell. The
    client, which saw no `ok`, sends the same again and nothing is stored twice.
    """
    cid = uuid.uuid4()

    def die(*arguments):
        raise SystemExit

    def post_and_die():
        try:
            with transaction.atomic():
                actions.post_message(user.pk, room.pk, "Ici", cid=cid)
                if moment == "before the commit":
                    die()
        except SystemExit:
            pass

    async with hub() as server, Client(server, headers) as client:
        await client.follow(room.pk, 0)
        with monkeypatch.context() as patched:
            patched.setattr(room_log.publish, "ring", lambda *arguments: None)
            await db(post_and_die)
        answer = await client.post(room.pk, "Ici", str(cid))
        assert answer["duplicate"] == (moment == "before the bell")
        await until(lambda: client.seqs(room.pk) == [1])
        assert await db(in_the_log, room) == [1]
