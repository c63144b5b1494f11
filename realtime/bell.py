"""The doorbell between processes. It carries numbers, never data; a lost ring costs a second, not a message.

Rings are collected while the previous send is under way and leave together, so a slow layer sees a few
messages in place of thousands, and nobody waits for it.
"""

import asyncio
import atexit
import logging
import secrets
import threading
from collections.abc import Callable
from typing import Any, Protocol

from channels.layers import InMemoryChannelLayer, get_channel_layer

log = logging.getLogger(__name__)

GROUP = "entrevilles.bell"
SEND_SECONDS = 2.0
CONNECT_SECONDS = 5.0
# More than this waiting for a layer that hangs: told people and typing are forgotten, rooms are kept (one number each).
PENDING_LIMIT = 1000


class Ear(Protocol):
    """What a hub hears. Called in the hub's own event loop."""

    def ring(self, room: int, seq: int) -> None: ...
    def tell(self, users: list[int], payload: dict[str, Any]) -> None: ...
    def recheck(self, users: list[int]) -> None: ...
    def fleeting(self, room: int, user: int, fields: dict[str, Any]) -> None: ...


class Doorbell:
    """One process's subscription to the others, and its voice. Lives in one event loop."""

    def __init__(self, layer: Any) -> None:
        self.layer = layer
        self.name = secrets.token_hex(6)
        self.rooms: dict[int, int] = {}
        self.told: list[tuple[list[int], dict[str, Any]]] = []
        self.rechecks: set[int] = set()
        self.passing: list[tuple[int, int, dict[str, Any]]] = []
        self._sending: asyncio.Task[None] | None = None

    def ring(self, room: int, seq: int) -> None:
        self.rooms[room] = max(seq, self.rooms.get(room, 0))
        self._send()

    def tell(self, users: list[int], payload: dict[str, Any]) -> None:
        if len(self.told) < PENDING_LIMIT:
            self.told.append((users, payload))
        self._send()

    def recheck(self, users: list[int]) -> None:
        self.rechecks.update(users)
        self._send()

    def fleeting(self, room: int, user: int, fields: dict[str, Any]) -> None:
        if len(self.passing) < PENDING_LIMIT:
            self.passing.append((room, user, fields))
        self._send()

    def _send(self) -> None:
        if self.layer is not None and (self._sending is None or self._sending.done()):
            self._sending = asyncio.get_running_loop().create_task(self._send_all())

    async def _send_all(self) -> None:
        while self.rooms or self.told or self.rechecks or self.passing:
            message = {
                "type": "bell",
                "from": self.name,
                "rooms": list(self.rooms.items()),
                "told": self.told,
                "rechecks": list(self.rechecks),
                "passing": self.passing,
            }
            self.rooms, self.told, self.rechecks, self.passing = {}, [], set(), []
            try:
                async with asyncio.timeout(SEND_SECONDS):
                    await self.layer.group_send(GROUP, message)
            except Exception as error:  # the commit has happened: the sweep repairs what nobody heard
                log.warning("The bell did not ring: %s", type(error).__name__)

    async def flush(self) -> None:
        """Wait until what has been rung so far has left (or failed to)."""
        if self._sending is not None:
            await self._sending

    async def listen(self, ear: Ear, connected: Callable[[], None]) -> None:
        """Hand what the other processes ring to `ear`, for ever; call `connected` after every (re)connection."""
        pause = 0.2
        while True:
            try:
                async with asyncio.timeout(CONNECT_SECONDS):
                    channel = await self.layer.new_channel()
                    await self.layer.group_add(GROUP, channel)
                connected()
                pause = 0.2
                while True:
                    self._hear(await self.layer.receive(channel), ear)
            except Exception as error:
                log.warning("The bell cannot be heard: %s", type(error).__name__)
                connected()
                await asyncio.sleep(pause)
                pause = min(pause * 2, 5)

    def _hear(self, message: dict[str, Any], ear: Ear) -> None:
        if message.get("from") == self.name:
            return
        for room, seq in message["rooms"]:
            ear.ring(room, seq)
        for users, payload in message["told"]:
            ear.tell(users, payload)
        if message["rechecks"]:
            ear.recheck(message["rechecks"])
        for room, user, fields in message["passing"]:
            ear.fleeting(room, user, fields)


class _Background:
    """The bell of a process without a hub (a worker, a command): a thread with an event loop of its own."""

    def __init__(self, layer: Any) -> None:
        self.loop = asyncio.new_event_loop()
        self.bell = Doorbell(layer)
        self.thread = threading.Thread(target=self.loop.run_forever, name="bell", daemon=True)
        self.thread.start()
        atexit.register(self.close)

    def close(self) -> None:
        """Let the last rings leave; wait a moment, not for ever."""
        if not self.thread.is_alive():
            return
        try:
            asyncio.run_coroutine_threadsafe(self.bell.flush(), self.loop).result(SEND_SECONDS)
        except Exception as error:
            log.warning("The bell was cut short: %s", type(error).__name__)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(1)


class _Process:
    """Where this process's rings go: to its hub if it has one, else straight to the others."""

    def __init__(self) -> None:
        self.hubs: dict[Any, asyncio.AbstractEventLoop] = {}
        self.background: _Background | None = None
        self.lock = threading.Lock()

    def call(self, verb: str, *arguments: Any) -> None:
        reached = False
        for hub, loop in list(self.hubs.items()):
            try:
                loop.call_soon_threadsafe(getattr(hub, f"{verb}_here_and_elsewhere"), *arguments)
                reached = True
            except RuntimeError:  # its loop has ended
                self.hubs.pop(hub, None)
        if not reached:
            self._call_elsewhere(verb, *arguments)

    def _call_elsewhere(self, verb: str, *arguments: Any) -> None:
        layer = shared_layer()
        if layer is None:
            return
        with self.lock:
            if self.background is not None and self.background.bell.layer is not layer:
                self.background.loop.call_soon_threadsafe(self.background.loop.stop)
                self.background = None
            if self.background is None:
                self.background = _Background(layer)
        self.background.loop.call_soon_threadsafe(getattr(self.background.bell, verb), *arguments)


_process = _Process()


def shared_layer() -> Any:
    """The channel layer other processes hear, or None when there is no other process (in-process layer)."""
    layer = get_channel_layer()
    return None if isinstance(layer, InMemoryChannelLayer) else layer


def attach(hub: Any, loop: asyncio.AbstractEventLoop) -> None:
    """From now on what this process rings goes through `hub`, which lives in `loop`."""
    _process.hubs[hub] = loop


def detach(hub: Any) -> None:
    _process.hubs.pop(hub, None)


def ring(room: int, seq: int) -> None:
    """Ring now, from any thread. Never blocks, never raises for a dead layer. Application code uses `publish`."""
    _process.call("ring", room, seq)


def tell(users: list[int], payload: dict[str, Any]) -> None:
    """Pass a `notify` payload to the sockets of these people, from any thread."""
    _process.call("tell", users, payload)


def recheck(users: list[int]) -> None:
    """Have every process look at these people's sessions now, from any thread."""
    _process.call("recheck", users)
