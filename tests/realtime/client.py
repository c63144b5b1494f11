"""A client of the socket application without a network, and a few hubs to talk to."""

import asyncio
import json
import uuid
from collections.abc import Callable
from contextlib import asynccontextmanager
from typing import Any

from django.conf import settings
from django.db import connections
from django.test import Client as DjangoClient

from messaging.live import COMMANDS, MessagingLog
from realtime import bell
from realtime.consumers import SocketApplication
from realtime.hub import Hub
from realtime.limits import Limits

FAST = {"sweep": (0.05, 0.1)}
PATIENCE = 8.0


def limits(**changes: Any) -> Limits:
    return Limits(**{**FAST, "posts": 10_000, "controls": 10_000, **changes})


async def db(function: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    """Run ORM code beside the event loop, on a connection of its own."""

    def run() -> Any:
        try:
            return function(*arguments, **named)
        finally:
            connections.close_all()

    return await asyncio.to_thread(run)


async def until(condition: Callable[[], Any], seconds: float = PATIENCE) -> Any:
    """Wait for a condition to hold, as long as it may take; AssertionError after `seconds`."""
    deadline = asyncio.get_running_loop().time() + seconds
    while not (value := condition()):
        assert asyncio.get_running_loop().time() < deadline, "it did not happen in time"
        await asyncio.sleep(0.005)
    return value


def session_headers(user: Any, origin: str | None = "http://testserver") -> list[tuple[bytes, bytes]]:
    """The handshake's headers of a signed-in browser."""
    browser = DjangoClient()
    browser.force_login(user)
    cookie = f"{settings.SESSION_COOKIE_NAME}={browser.cookies[settings.SESSION_COOKIE_NAME].value}"
    return [(b"cookie", cookie.encode()), *([(b"origin", origin.encode())] if origin else [])]


class FakeLayer:
    """A channel layer between hubs of one event loop that drops, doubles, reorders, hangs or throws on demand."""

    def __init__(self) -> None:
        self.queues: dict[str, asyncio.Queue[Any]] = {}
        self.fate: Callable[[dict[str, Any]], list[float]] = lambda message: [0.0]  # delays of its copies
        self.broken: Exception | None = None
        self.hangs = False

    async def _trouble(self) -> None:
        if self.broken:
            raise self.broken
        if self.hangs:
            await asyncio.Event().wait()

    async def new_channel(self) -> str:
        await self._trouble()
        name = uuid.uuid4().hex
        self.queues[name] = asyncio.Queue()
        return name

    async def group_add(self, group: str, channel: str) -> None:
        await self._trouble()

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        await self._trouble()
        for queue in self.queues.values():
            for delay in self.fate(message):
                asyncio.get_running_loop().call_later(delay, queue.put_nowait, message)

    async def receive(self, channel: str) -> dict[str, Any]:
        return await self.queues[channel].get()


@asynccontextmanager
async def hub(*, layer: Any = None, hears_itself: bool = True, repair: bool = True, **changes: Any) -> Any:
    """A hub that stops at the end. `hears_itself=False`: what this process commits does not ring it directly, as if
    it were another process.
    """
    made = Hub(MessagingLog(), COMMANDS, layer=lambda: layer, limits=limits(**changes), repair=repair)
    made.start()
    if not hears_itself:
        bell.detach(made)
    try:
        yield made
    finally:
        await made.stop()


class Client:
    """One socket. Acknowledges by itself; keeps everything it received in `frames`."""

    def __init__(
        self,
        hub: Hub,
        headers: list[tuple[bytes, bytes]],
        *,
        query: str = "",
        path: str = "/ws/",
        subprotocols: tuple[str, ...] = ("entrevilles.v1",),
        acks: bool = True,
    ) -> None:
        self.hub = hub
        self.scope = {
            "type": "websocket",
            "path": path,
            "query_string": query.encode(),
            "headers": headers,
            "subprotocols": list(subprotocols),
        }
        self.acks = acks
        self.frames: list[dict[str, Any]] = []
        self.texts: list[str] = []
        self.code: int | None = None
        self.accepted: dict[str, Any] | None = None
        self.reads = asyncio.Event()  # cleared: the server's `send` blocks, as with a full TCP buffer
        self.reads.set()
        self._input: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "Client":
        self._input.put_nowait({"type": "websocket.connect"})
        application = SocketApplication(self.hub)
        self._task = asyncio.create_task(application(self.scope, self._input.get, self._receive))
        await until(lambda: self.code is not None or self.frames)
        return self

    async def __aexit__(self, *error: object) -> None:
        self.reads.set()
        self.hang_up()
        assert self._task is not None
        await asyncio.wait_for(self._task, PATIENCE)

    def hang_up(self) -> None:
        self._input.put_nowait({"type": "websocket.disconnect", "code": 1005})

    async def _receive(self, message: dict[str, Any]) -> None:
        await self.reads.wait()
        if message["type"] == "websocket.accept":
            self.accepted = message
        elif message["type"] == "websocket.close":
            self.code = message["code"]
        else:
            self.texts.append(message["text"])
            self.frames.append(json.loads(message["text"], parse_constant=_refuse))
            if self.acks:
                self.send(t="ack", n=len(self.frames))

    def send(self, **frame: Any) -> None:
        self.send_text(json.dumps(frame))

    def send_text(self, text: str) -> None:
        self._input.put_nowait({"type": "websocket.receive", "text": text})

    def send_bytes(self, data: bytes) -> None:
        self._input.put_nowait({"type": "websocket.receive", "bytes": data})

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [frame for frame in self.frames if frame["t"] == kind]

    def events(self, room: int) -> list[dict[str, Any]]:
        """The events of a room in the order in which they came, from `ev` and `batch`."""
        found = []
        for frame in self.frames:
            if frame["t"] in ("ev", "batch") and frame["room"] == room:
                found += frame["events"] if frame["t"] == "batch" else [frame]
        return found

    def seqs(self, room: int) -> list[int]:
        return [event["seq"] for event in self.events(room)]

    async def expect(self, kind: str, count: int = 1) -> dict[str, Any]:
        """Wait until `count` frames of a kind have come; the last of them."""
        await until(lambda: len(self.of(kind)) >= count)
        return self.of(kind)[count - 1]

    async def expect_more(self, count: int) -> None:
        """Wait until `count` frames of any kind have come."""
        await until(lambda: len(self.frames) >= count)

    async def follow(self, room: int, since: int = -1) -> None:
        """Subscribe; wait for the answer and for the hub's first look at the room, so that no test races with it."""
        seen = len(self.frames)
        self.send(t="sub", rooms=[[room, since]])
        await until(
            lambda: any(
                f["t"] in ("batch", "left", "reset") and f["room"] == room for f in self.frames[seen:]
            )
        )
        await until(lambda: room not in self.hub.feeds or self.hub.feeds[room].acl >= 0)

    async def post(self, room: int, body: str, cid: str | None = None, **fields: Any) -> dict[str, Any]:
        """Post and wait for `ok` or `err`."""
        cid = cid or str(uuid.uuid4())
        seen = len(self.frames)
        self.send(t="post", room=room, cid=cid, body=body, **fields)
        return await until(
            lambda: next(
                (f for f in self.frames[seen:] if f["t"] in ("ok", "err") and f.get("cid") == cid), None
            )
        )


def _refuse(name: str) -> None:
    raise AssertionError(f"{name} is not strict JSON")
