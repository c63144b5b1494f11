"""Clients over a real line, as a browser would behave: cursors, an outbox, reconnections. For the cluster tests."""

import asyncio
import contextlib
import json
import random
import uuid
from collections.abc import AsyncIterator, Callable
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from messaging.models import RoomEvent
from tests.cluster import Web, session_cookies
from tests.realtime.client import db

PASSING = ("unavailable", "rate_limited")


async def until(condition: Callable[[], Any], seconds: float = 20, what: str = "it") -> Any:
    """Wait for a condition, as long as it may take; AssertionError after `seconds`."""
    deadline = asyncio.get_running_loop().time() + seconds
    while not (value := condition()):
        assert asyncio.get_running_loop().time() < deadline, f"{what} did not happen in {seconds} s"
        await asyncio.sleep(0.02)
    return value


class Person:
    """One signed-in person in one room. Keeps what it got in `events`; `ledger` holds the answers to its posts."""

    def __init__(self, user: Any, room: int, webs: list[Web], *, reconnects: bool = True) -> None:
        cookies = session_cookies(user)
        self.user = user.pk
        self.cookie = "; ".join(f"{name}={value}" for name, value in cookies.items())
        self.room = room
        self.webs = webs
        self.reconnects = reconnects
        self.events: list[dict[str, Any]] = []
        self.cursor = 0
        self.outbox: dict[str, str] = {}
        self.ledger: dict[str, int] = {}
        self.errors: list[dict[str, Any]] = []
        self.closes: list[int | None] = []
        self.connections = 0
        self.left = False
        self._line: ClientConnection | None = None
        self._received = 0
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "Person":
        self._task = asyncio.create_task(self._live())
        await until(lambda: self.connections, what="the first connection")
        return self

    async def __aexit__(self, *error: object) -> None:
        assert self._task is not None
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task

    def post(self, body: str) -> str:
        """Put a message into the outbox; it is sent now or after the next connection."""
        cid = str(uuid.uuid4())
        self.outbox[cid] = body
        return cid

    @property
    def seqs(self) -> list[int]:
        return [event["seq"] for event in self.events]

    async def _live(self) -> None:
        pause = 0.05
        while True:
            web = (
                self.webs[self.connections % len(self.webs)]
                if self.connections
                else self.webs[self.user % len(self.webs)]
            )
            try:
                async with connect(
                    web.url.replace("http", "ws", 1) + "/ws/",
                    additional_headers={"Cookie": self.cookie},
                    origin=web.url,
                    subprotocols=["entrevilles.v1"],
                    proxy=None,
                    max_size=None,
                    open_timeout=5,
                    close_timeout=1,
                ) as line:
                    pause = 0.05
                    await self._talk(line)
            except (OSError, InvalidHandshake, ConnectionClosed, TimeoutError) as error:
                self.closes.append(getattr(getattr(error, "rcvd", None), "code", None))
                if self._line is None:
                    self.webs = [*self.webs[1:], self.webs[0]]
            self._line = None
            if not self.reconnects:
                return
            await asyncio.sleep(pause * random.uniform(0.5, 1.5))
            pause = min(pause * 2, 1.0)

    async def _talk(self, line: ClientConnection) -> None:
        self._line, self._received = line, 0
        await line.send(json.dumps({"t": "sub", "rooms": [[self.room, self.cursor]]}))
        sender = asyncio.create_task(self._send_outbox(line))
        try:
            async for text in line:
                self._received += 1
                self._take(json.loads(text))
        finally:
            sender.cancel()
            await asyncio.gather(sender, return_exceptions=True)

    async def _send_outbox(self, line: ClientConnection) -> None:
        """Send what has no answer yet, in order, twenty at a time; what was refused for now is sent again."""
        sent: set[str] = set()
        acknowledged = 0
        while True:
            if self._received > acknowledged:
                acknowledged = self._received
                await line.send(json.dumps({"t": "ack", "n": acknowledged}))
            sent -= {error.get("cid", "") for error in self.errors if error["code"] in PASSING}
            self.errors = [error for error in self.errors if error["code"] not in PASSING]
            for cid, body in list(self.outbox.items())[:20]:
                if cid not in sent:
                    sent.add(cid)
                    await line.send(json.dumps({"t": "post", "room": self.room, "cid": cid, "body": body}))
            await asyncio.sleep(0.01)

    def _take(self, frame: dict[str, Any]) -> None:
        kind = frame["t"]
        if kind == "welcome":
            self.connections += 1
        elif kind == "ok":
            self.ledger[frame["cid"]] = frame["seq"]
            self.outbox.pop(frame["cid"], None)
        elif kind == "err":
            self.errors.append(frame)
        elif kind == "left":
            self.left = True
        elif kind in ("ev", "batch"):
            for event in frame["events"] if kind == "batch" else [frame]:
                # No mercy: on one line nothing is skipped and nothing comes twice.
                assert event["seq"] == self.cursor + 1, (event["seq"], self.cursor)
                self.cursor = event["seq"]
                self.events.append(event)


async def all_hold(people: list[Person], log: list[int], seconds: float = 20) -> None:
    """Everyone ends with exactly the log."""
    await until(lambda: all(person.cursor >= log[-1] for person in people), seconds, "everyone's log")
    assert all(person.seqs == log for person in people)


@contextlib.asynccontextmanager
async def connected(people: list[Person]) -> AsyncIterator[list[Person]]:
    """All of them on line, and off again at the end."""
    await asyncio.gather(*(person.__aenter__() for person in people))
    try:
        yield people
    finally:
        await asyncio.gather(*(person.__aexit__() for person in people))


def log_of(room: Any) -> list[int]:
    """The numbers of a room's events, from the database."""
    return list(RoomEvent.objects.filter(room=room).order_by("seq").values_list("seq", flat=True))


async def everything_said(people: list[Person], room: Any, seconds: float = 30) -> list[int]:
    """Every post was answered, and everyone holds the whole log, which has no gap; returns it."""
    await until(lambda: not any(person.outbox for person in people), seconds, "every ok")
    log = await db(log_of, room)
    assert log == list(range(1, len(log) + 1))
    await all_hold(people, log)
    assert len(log) == sum(len(person.ledger) for person in people)
    return log
