"""A6: fields the server gives (type, author, id, seq, times) are ignored in what a client sends."""

import uuid

import pytest

from messaging.models import Message
from tests.factories import RoomFactory, UserFactory
from tests.realtime.client import Client, db, hub, session_headers, until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio]

FORGED = {
    "type": "websocket.close",
    "author": 1,
    "author_id": 1,
    "user": 1,
    "actor": {"id": 1, "name": "Le maire"},
    "id": 99,
    "message": 99,
    "seq": 500,
    "number": 500,
    "created": "1999-01-01T00:00:00Z",
    "created_at": "1999-01-01T00:00:00Z",
    "html": "<script>alert(1)</script>",
    "kind": "deleted",
    "payload": {"x": 1},
    "acl": 9,
}


async def test_a_forged_post_is_an_ordinary_post():
    author, other = await db(UserFactory.create_batch, 2)
    room, elsewhere = await db(RoomFactory, members=[author, other]), await db(RoomFactory, members=[other])
    async with (
        hub() as server,
        Client(server, await db(session_headers, author)) as client,
        Client(server, await db(session_headers, other)) as witness,
    ):
        await witness.follow(room.pk, 0)
        await witness.follow(elsewhere.pk, 0)
        ok = await client.post(room.pk, "Vrai", str(uuid.uuid4()), **FORGED)
        assert (ok["t"], ok["seq"]) == ("ok", 1)
        await until(lambda: witness.seqs(room.pk) == [1])
        event = witness.events(room.pk)[0]
        assert (event["kind"], event["actor"]["id"], event["payload"]) == ("posted", author.pk, {})
        assert event["message"]["html"] == "<p>Vrai</p>"
        assert not event["at"].startswith("1999")
        for kind in ("typing", "read", "ping", "ack", "unsub"):
            client.send(**FORGED, t=kind, room=room.pk, rooms=[elsewhere.pk], n=0)
        await client.expect("pong")
        assert witness.seqs(elsewhere.pk) == []
        stored = await db(Message.objects.get)
        assert (stored.author_id, stored.number, stored.deleted_at) == (author.pk, 1, None)


@pytest.mark.parametrize("kind", ["ev", "batch", "ok", "welcome", "bye", "left", "notify", "eph", "reset"])
async def test_server_frames_from_a_client_go_nowhere(kind):
    author, other = await db(UserFactory.create_batch, 2)
    room = await db(RoomFactory, members=[author, other])
    async with (
        hub() as server,
        Client(server, await db(session_headers, author)) as client,
        Client(server, await db(session_headers, other)) as witness,
    ):
        await witness.follow(room.pk, 0)
        seen = len(witness.frames)
        client.send(t=kind, room=room.pk, seq=1, events=[], kind="posted")
        assert (await client.expect("err"))["code"] == "unknown_frame"
        witness.send(t="ping")
        await witness.expect("pong")
        assert [frame["t"] for frame in witness.frames[seen:]] == ["pong"]
