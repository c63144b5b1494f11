"""The long poll: an empty page waits in the event loop, without a thread, and is asked again when the room rings."""

import asyncio
import json

import pytest
from django.core.asgi import get_asgi_application

from messaging import actions
from realtime.waiting import WaitingApplication
from tests.factories import RoomFactory, UserFactory
from tests.realtime.client import db, hub, session_headers, until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio]


class Poll:
    """One GET on its way."""

    def __init__(self, server, headers, room, query):
        self.messages = []
        self.hang_up = asyncio.Event()
        self.scope = {
            "type": "http",
            "method": "GET",
            "path": f"/api/v1/rooms/{room.pk}/events/",
            "query_string": query.encode(),
            "headers": [*headers, (b"host", b"testserver")],
        }
        self._asked = False
        application = WaitingApplication(get_asgi_application(), server)
        self.task = asyncio.create_task(application(self.scope, self.receive, self.send))

    async def receive(self):
        if not self._asked:
            self._asked = True
            return {"type": "http.request", "body": b""}
        await self.hang_up.wait()
        return {"type": "http.disconnect"}

    async def send(self, message):
        self.messages.append(message)

    async def answer(self):
        await asyncio.wait_for(self.task, 8)
        body = b"".join(message.get("body", b"") for message in self.messages[1:])
        return self.messages[0]["status"], json.loads(body)

    @property
    def headers(self):
        return {name.lower(): value for name, value in self.messages[0]["headers"]}


@pytest.fixture
def user():
    return UserFactory()


@pytest.fixture
def room(user):
    return RoomFactory(members=[user])


@pytest.fixture
def headers(user):
    return session_headers(user)


async def test_what_is_there_comes_at_once(user, room, headers):
    await db(actions.post_message, user.pk, room.pk, "Déjà")
    async with hub() as server:
        status, page = await Poll(server, headers, room, "after=0&wait=20").answer()
        assert (status, [event["seq"] for event in page["events"]]) == (200, [1])


async def test_an_empty_page_waits_for_the_next_event(user, room, headers):
    async with hub() as server:
        poll = Poll(server, headers, room, "after=0&wait=20")
        await until(lambda: server.waiters)
        assert poll.messages == []
        await db(actions.post_message, user.pk, room.pk, "Enfin")
        status, page = await poll.answer()
        assert (status, [event["seq"] for event in page["events"]]) == (200, [1])
        assert b"x-wait-for-room" not in poll.headers
        assert server.waiters == {}


async def test_after_the_time_the_empty_page_comes(room, headers):
    async with hub() as server:
        assert await Poll(server, headers, room, "wait=0.1").answer() == (
            200,
            {"events": [], "head": 0, "more": False},
        )


async def test_without_a_bell_the_sweep_wakes(user, room, headers):
    async with hub(hears_itself=False) as server:
        poll = Poll(server, headers, room, "after=0&wait=20")
        await until(lambda: server.waiters)
        await db(actions.post_message, user.pk, room.pk, "Sans sonner")
        assert len((await poll.answer())[1]["events"]) == 1


async def test_who_lost_the_room_while_waiting_gets_404(user, room, headers):
    other = await db(UserFactory)
    async with hub() as server:
        poll = Poll(server, headers, room, "after=0&wait=20")
        await until(lambda: server.waiters)
        await db(actions.set_members, room, [(other.pk, True)])
        assert (await poll.answer())[0] == 404


async def test_too_many_waiting_are_told_to_come_back(room, headers):
    async with hub(waiters=1) as server:
        first = Poll(server, headers, room, "wait=20")
        await until(lambda: server.waiters)
        second = Poll(server, headers, room, "wait=20")
        assert (await second.answer())[1]["events"] == []
        assert second.headers[b"retry-after"] == b"5"
        first.hang_up.set()
        await asyncio.wait_for(first.task, 8)
        await until(lambda: not server.waiters)
