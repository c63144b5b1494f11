"""A5: for whoever may not, "forbidden" and "does not exist" are one answer: handshake, frames, GET."""

import datetime as dt
import uuid

import pytest
from django.utils import timezone

from messaging import actions
from realtime.identity import issue_ticket
from tests.factories import RoomFactory, UserFactory
from tests.realtime.client import Client, db, hub, session_headers

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio]


@pytest.mark.parametrize(
    "cookie", [b"", b"sessionid=", b"sessionid=nobody", b"sessionid=\xff\x00", b"a=b; ; =;sessionid"]
)
async def test_an_anonymous_handshake_learns_nothing(cookie):
    async with (
        hub() as server,
        Client(server, [(b"cookie", cookie), (b"origin", b"http://testserver")]) as client,
    ):
        assert (client.code, client.frames) == (4001, [])


async def test_a_ticket_works_once_and_for_30_seconds():
    user = await db(UserFactory)
    ticket, seconds = await db(issue_ticket, user)
    old, _ = await db(issue_ticket, user, timezone.now() - dt.timedelta(seconds=31))
    assert seconds == 30
    async with hub() as server:
        async with Client(server, [], query=f"ticket={ticket}") as client:
            assert client.frames[0]["user"] == user.pk
        for used in (ticket, old, "guess", "%00", ""):
            async with Client(server, [], query=f"ticket={used}") as client:
                assert client.frames == []
                assert client.code in (4001, 4003)


async def test_every_frame_about_a_room_gives_one_answer(client):
    owner, stranger = await db(UserFactory.create_batch, 2)
    room = await db(RoomFactory, members=[owner])
    topic, event = await db(actions.start_topic, owner.pk, room.pk, "Halles", "Secret")
    await db(client.force_login, stranger)
    cid = str(uuid.uuid4())

    def frames(room, message, topic):
        return [
            {"t": "sub", "rooms": [[room, 0]]},
            {"t": "since", "room": room, "after": 0},
            {"t": "post", "room": room, "cid": cid, "body": "Bonjour"},
            {"t": "edit", "room": room, "message": message, "cid": cid, "body": "Bonjour"},
            {"t": "delete", "room": room, "message": message, "cid": cid},
            {"t": "resolve", "room": room, "topic": topic, "cid": cid},
            {"t": "read", "room": room, "seq": 1},
        ]

    answers = []
    async with hub() as server, Client(server, await db(session_headers, stranger)) as socket:
        for place in ((room.pk, event.message.pk, topic.pk), (10**6, 10**6, 10**6)):
            seen = len(socket.frames)
            for number, frame in enumerate(frames(*place), 1):
                socket.send(**frame)
                await socket.expect_more(seen + number)
            answers.append([{**frame, "room": 0} for frame in socket.frames[seen:]])
    assert answers[0] == answers[1]
    assert [answer.get("code", answer["t"]) for answer in answers[0]] == ["left"] * 2 + ["not_found"] * 5
    for path in ("", "events/", "topics/"):
        pages = [await db(client.get, f"/api/v1/rooms/{pk}/{path}") for pk in (room.pk, 10**6)]
        assert pages[0].status_code == pages[1].status_code == 404
        assert pages[0].content == pages[1].content
