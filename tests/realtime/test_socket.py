"""One process: who gets in, what comes through, what a frame may be."""

import asyncio
import uuid

import pytest

from community.models import User
from messaging import actions
from messaging.models import Message
from realtime import bell
from tests.factories import RoomFactory, UserFactory
from tests.realtime.client import Client, db, hub, session_headers, until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio]


@pytest.fixture
def ada() -> User:
    return UserFactory(name="Ada")


@pytest.fixture
def bob() -> User:
    return UserFactory(name="Bob")


@pytest.fixture
def room(ada, bob):
    return RoomFactory(members=[ada, bob])


@pytest.fixture
def headers(ada, bob):
    return session_headers(ada), session_headers(bob)


async def test_welcome_says_who_and_how_much(ada, headers):
    async with hub() as server, Client(server, headers[0]) as client:
        welcome = client.frames[0]
        assert client.accepted["subprotocol"] == "entrevilles.v1"
        assert (welcome["t"], welcome["user"], welcome["heartbeat"]) == ("welcome", ada.pk, 25.0)
        assert welcome["limits"]["window_frames"] == 64


async def test_a_message_reaches_everyone_in_the_room_once(ada, room, headers):
    async with hub() as server, Client(server, headers[0]) as one, Client(server, headers[1]) as two:
        await one.follow(room.pk)
        await two.follow(room.pk)
        cid = str(uuid.uuid4())
        ok = await one.post(room.pk, "Bonjour **Bob**", cid)
        again = await one.post(room.pk, "Bonjour **Bob**", cid)
        assert ok == {"t": "ok", "cid": cid, "room": room.pk, "seq": 1, "duplicate": False}
        assert again == {**ok, "duplicate": True}
        await until(lambda: one.seqs(room.pk) == two.seqs(room.pk) == [1])
        event = two.events(room.pk)[0]
        assert (event["kind"], event["actor"]) == ("posted", {"id": ada.pk, "name": "Ada"})
        assert (event["message"]["cid"], event["message"]["html"]) == (
            cid,
            "<p>Bonjour <strong>Bob</strong></p>",
        )
        frames = [client.texts[-1] for client in (one, two)]
        await one.post(room.pk, "Encore")
        await until(lambda: two.seqs(room.pk) == [1, 2])
        assert frames[0]


async def test_the_text_is_encoded_once_for_all(room, headers):
    async with hub() as server, Client(server, headers[0]) as one, Client(server, headers[1]) as two:
        await one.follow(room.pk)
        await two.follow(room.pk)
        await db(actions.post_message, server_user(one), room.pk, "Un")
        await until(lambda: one.seqs(room.pk) == two.seqs(room.pk) == [1])
        texts = [next(text for text in client.texts if '"ev"' in text) for client in (one, two)]
        assert texts[0] is texts[1]


def server_user(client):
    return client.frames[0]["user"]


async def test_a_page_post_reaches_the_sockets(ada, room, headers):
    async with hub(sweep=(60, 60)) as server, Client(server, headers[1]) as client:
        await client.follow(room.pk)
        await db(actions.post_message, ada.pk, room.pk, "Par formulaire")
        await until(lambda: client.seqs(room.pk) == [1])


async def test_what_was_missed_comes_first_and_in_order(ada, room, headers):
    for number in range(7):
        await db(actions.post_message, ada.pk, room.pk, str(number))
    async with hub() as server, Client(server, headers[1]) as client:
        await client.follow(room.pk, since=2)
        await db(actions.post_message, ada.pk, room.pk, "7")
        await until(lambda: client.seqs(room.pk) == [3, 4, 5, 6, 7, 8])


async def test_edits_and_deletes_while_away(ada, room, headers):
    kept, _ = await db(actions.post_message, ada.pk, room.pk, "Faute")
    gone, _ = await db(actions.post_message, ada.pk, room.pk, "Secret")
    async with hub() as server, Client(server, headers[1]) as before:
        await before.follow(room.pk, since=0)
        before.hang_up()
        await db(actions.edit_message, ada.pk, kept.message.pk, "Juste")
        await db(actions.delete_message, ada.pk, gone.message.pk)
        async with Client(server, headers[1]) as after:
            await after.follow(room.pk, since=0)
            await until(lambda: after.seqs(room.pk) == [1, 2, 3, 4])
            events = after.events(room.pk)
            assert [event["kind"] for event in events] == ["posted", "posted", "edited", "deleted"]
            assert [event["message"]["body"] for event in events] == ["Juste", "", "Juste", ""]
            assert not any("Secret" in text for text in after.texts)


async def test_too_far_behind_is_told_to_page(ada, room, headers):
    for number in range(6):
        await db(actions.post_message, ada.pk, room.pk, str(number))
    async with hub(backlog=5) as server, Client(server, headers[1]) as client:
        await client.follow(room.pk, since=0)
        assert client.of("reset") == [{"t": "reset", "room": room.pk, "head": 6}]
        await db(actions.post_message, ada.pk, room.pk, "nouveau")
        await until(lambda: client.seqs(room.pk) == [7])


async def test_since_fills_a_gap_by_pages(ada, room, headers):
    for number in range(5):
        await db(actions.post_message, ada.pk, room.pk, str(number))
    async with hub() as server, Client(server, headers[1]) as client:
        client.send(t="since", room=room.pk, after=1, limit=2)
        batch = await client.expect("batch")
        assert (batch["from"], batch["to"], batch["more"]) == (1, 3, True)
        assert client.seqs(room.pk) == [2, 3]


async def test_a_room_that_is_not_mine_looks_like_one_that_is_not_there(room):
    stranger = await db(UserFactory)
    headers = await db(session_headers, stranger)
    async with hub() as server, Client(server, headers) as client:
        client.send(t="sub", rooms=[[room.pk, 0], [999_999, 0]])
        await client.expect("left", 2)
        assert client.frames[1:] == [{"t": "left", "room": room.pk}, {"t": "left", "room": 999_999}]
        answers = []
        for number in (room.pk, 999_999):
            client.send(t="since", room=number, after=0)
            answer = await client.post(number, "Bonjour", str(uuid.UUID(int=1)))
            answers.append({k: v for k, v in answer.items() if k != "room"})
        assert answers[0] == answers[1]
        assert answers[0]["code"] == "not_found"
        await client.expect("left", 4)
        assert not await db(Message.objects.exists)


async def test_unsubscribed_rooms_are_silent(ada, room, headers):
    async with hub() as server, Client(server, headers[1]) as client:
        await client.follow(room.pk)
        client.send(t="unsub", rooms=[room.pk])
        await until(lambda: not server.feeds)
        await db(actions.post_message, ada.pk, room.pk, "Pour personne")
        client.send(t="ping")
        await client.expect("pong")
        assert client.seqs(room.pk) == []


async def test_reading_is_told_to_the_other_device(ada, bob, room, headers):
    await db(actions.post_message, ada.pk, room.pk, "Lisez")
    async with hub() as server, Client(server, headers[1]) as phone, Client(server, headers[1]) as desk:
        phone.send(t="read", room=room.pk, seq=1)
        told = await desk.expect("notify")
        assert told == {"t": "notify", "kind": "read", "room": room.pk, "topic": None, "number": 1}


async def test_typing_is_passed_on_and_coalesced(ada, room, headers):
    async with hub() as server, Client(server, headers[0]) as one, Client(server, headers[1]) as two:
        await one.follow(room.pk)
        await two.follow(room.pk)
        for _ in range(5):
            one.send(t="typing", room=room.pk, topic=3)
        seen = await two.expect("eph")
        two.send(t="ping")
        await two.expect("pong")
        assert (
            two.of("eph")
            == [seen]
            == [{"kind": "typing", "topic": 3, "t": "eph", "room": room.pk, "user": ada.pk}]
        )
        assert one.of("eph") == []


async def test_a_slow_query_does_not_delay_ping(room, headers, monkeypatch):
    release = asyncio.Event()
    loop = asyncio.get_running_loop()

    def slow(user, frame):
        asyncio.run_coroutine_threadsafe(release.wait(), loop).result(10)
        return {"room": 1, "seq": 1}

    async with hub() as server, Client(server, headers[0]) as client, Client(server, headers[1]) as other:
        server.commands = {**server.commands, "post": slow}
        client.send(t="post")
        client.send(t="ping")
        await client.expect("pong")
        await other.follow(room.pk)
        assert client.of("ok") == []
        release.set()
        await client.expect("ok")


async def test_a_ninth_socket_is_refused(headers):
    async with hub(sockets=1) as server, Client(server, headers[0]), Client(server, headers[0]) as second:
        await until(lambda: second.code)
        assert (second.frames[0]["code"], second.code) == ("rate_limited", 4008)
        async with Client(server, headers[1]) as other:
            assert other.frames[0]["t"] == "welcome"


async def test_posts_are_limited_and_floods_closed(room, headers):
    async with hub(controls=20, refusals=5) as server, Client(server, headers[0]) as client:
        answers = [await client.post(room.pk, str(number)) for number in range(11)]
        assert [answer["t"] for answer in answers] == ["ok"] * 10 + ["err"]
        assert answers[-1]["code"] == "rate_limited"
        assert 0 < answers[-1]["retry_after"] <= 10
        assert client.code is None
        for _ in range(40):
            client.send(t="ping")
        await until(lambda: client.code)
        assert (client.code, client.frames[-1]["t"], client.frames[-1]["reason"]) == (
            4008,
            "bye",
            "rate_limited",
        )


async def test_a_stopping_server_says_goodbye(headers):
    async with hub() as server, Client(server, headers[0]) as one, Client(server, headers[1]) as two:
        await server.stop()
        for client in (one, two):
            assert client.code == 4012
            assert client.frames[-1] == {"t": "bye", "reason": "restarting", "retry_ms": 1000}
        async with Client(server, headers[0]) as late:
            assert (late.accepted, late.code) == (None, 4003)


async def test_silence_closes(headers):
    async with hub(silence=0.2) as server, Client(server, headers[0], acks=False) as client:
        await until(lambda: client.code)
        assert client.code == 4013


async def test_idle_with_heartbeats_stays_open(headers):
    """R4 at a fortieth of the time: silence closes after 1.5 s, a ping comes every 0.6 s, for 3 s."""
    async with hub(silence=1.5, ack_seconds=0.75) as server, Client(server, headers[0], acks=False) as client:
        for _ in range(5):
            await asyncio.sleep(0.6)
            client.send(t="ping")
        await client.expect("pong", 5)
        assert client.code is None


@pytest.mark.parametrize(("language", "detail"), [("fr", "Écrivez"), ("en", "Write something first.")])
async def test_a_refusal_is_said_in_the_person_s_language(ada, room, headers, language, detail):
    ada.language = language
    await db(ada.save, update_fields=["language"])
    async with hub() as server, Client(server, headers[0]) as client:
        assert (await client.post(room.pk, " "))["detail"].startswith(detail)


async def test_nothing_is_left_behind(room, headers):
    async with hub() as server:
        async with Client(server, headers[0]) as client:
            await client.follow(room.pk)
            assert server.feeds
        assert (server.feeds, server.sockets, server.waiters) == ({}, {}, {})


async def test_a_ring_without_a_hub_is_nobodys_trouble():
    bell.ring(1, 1)
    bell.tell([1], {"kind": "read"})
    bell.recheck([1])
