"""The one WebSocket application, protocol `entrevilles.v1` (docs/realtime.md).

A plain ASGI callable and not a Channels consumer: no channel-layer channel per socket, so trouble in the layer
can neither close nor deafen anybody, and no thread hop per frame.
"""

import asyncio
import logging
import sys
import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from django.db import DatabaseError

from realtime import frames
from realtime.frames import encode, error_frame, number, whole
from realtime.hub import Hub
from realtime.identity import identify, origin_allowed, ticket_in
from realtime.limits import Allowance
from realtime.refusals import Refused
from realtime.sockets import Send, Socket

log = logging.getLogger(__name__)

PROTOCOL = "entrevilles.v1"
PENDING_JOBS = 100

Receive = Callable[[], Awaitable[dict[str, Any]]]


class SocketApplication:
    """Serves the sockets of one hub at one path; any other path is refused like a foreign Origin."""

    def __init__(self, hub: Hub, path: str = "/ws/") -> None:
        self.hub = hub
        self.path = path
        self._hooked = False

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        self.hub.start()
        self._hook_shutdown()
        await receive()  # websocket.connect
        # The Origin guards the cookie; a ticket is its own proof.
        allowed = scope["path"] == self.path and (ticket_in(scope) or origin_allowed(scope))
        if self.hub.closing or not allowed:
            await send({"type": "websocket.close", "code": 4003})  # before accept: the client sees 403
            return
        protocol = PROTOCOL if PROTOCOL in scope.get("subprotocols", ()) else None
        try:
            identity = await self.hub.reading.run(identify, scope)
        except DatabaseError:
            log.warning("A socket could not be opened: no database")
            await send({"type": "websocket.accept", "subprotocol": protocol})
            await send({"type": "websocket.close", "code": 4012})
            return
        await send({"type": "websocket.accept", "subprotocol": protocol})
        if identity is None:
            await send({"type": "websocket.close", "code": 4001})
            return
        await Connection(self.hub, Socket(self.hub, identity, send)).serve(receive)

    def _hook_shutdown(self) -> None:
        """On SIGTERM every socket gets `bye` and 4012. Daphne 4.2's own way may end in a KeyError before that."""
        reactor = sys.modules.get("twisted.internet.reactor")
        if self._hooked or reactor is None or not getattr(reactor, "running", False):
            return
        self._hooked = True
        reactor.addSystemEventTrigger("before", "shutdown", self._stop_with_reactor)

    def _stop_with_reactor(self) -> Any:
        from twisted.internet.defer import Deferred  # noqa: PLC0415 - only where Twisted already serves

        # At once: Daphne has just cancelled every socket's task, and they will be gone in the loop's next turn.
        return Deferred.fromFuture(asyncio.ensure_future(self._flush(self.hub.stop())))

    async def _flush(self, stopped: "asyncio.Future[None]") -> None:
        await stopped
        await asyncio.sleep(0.2)  # the close frames leave in the reactor's next turns


class Connection:
    """What one client sends. Work for the database is done in order, one at a time, beside the reading."""

    def __init__(self, hub: Hub, socket: Socket) -> None:
        self.hub = hub
        self.socket = socket
        limits = hub.limits
        self.controls = Allowance(limits.controls, limits.per)
        self.acks = Allowance(limits.acks, limits.per)
        self.refusals = Allowance(limits.refusals, limits.per)
        self._jobs: deque[dict[str, Any]] = deque()
        self._worker: asyncio.Task[None] | None = None

    async def serve(self, receive: Receive) -> None:
        """Until the client goes."""
        socket = self.socket
        try:
            if not self.hub.enter(socket):
                self.refuse(Refused("rate_limited", "Too many open pages.", retry_after=60))
                await asyncio.sleep(0)
                await socket.close(4008)
                return
            self.welcome()
            while True:
                message = await receive()
                if message["type"] == "websocket.disconnect":
                    return
                if not socket.closed:
                    self.received(message)
        finally:
            socket.gone()
            self.hub.leave(socket)

    def welcome(self) -> None:
        self.socket.control(
            encode(
                {
                    "t": "welcome",
                    "protocol": PROTOCOL,
                    "user": self.socket.user,
                    "limits": self.hub.told,
                    "heartbeat": self.hub.limits.heartbeat,
                }
            )
        )

    def received(self, message: dict[str, Any]) -> None:
        """One frame: answered at once if the database is not needed. Nothing it holds can raise."""
        self.socket.heard_at = time.monotonic()
        frame: dict[str, Any] | None = None
        try:
            text = message.get("text")
            if text is None:
                raise Refused("bad_frame", "Frames are text.")
            if (
                len(text) > self.hub.limits.frame_bytes
                or len(text.encode("utf-8", "replace")) > self.hub.limits.frame_bytes
            ):
                raise Refused("too_large", "A frame has at most 64 KiB.")
            frame = frames.parse(text)
            self.handle(frame)
        except Refused as refused:
            self.refuse(refused, frame)
        except Exception:
            log.exception("A frame was not understood")
            self.refuse(Refused("unavailable", "Something went wrong here."), frame)

    def handle(self, frame: dict[str, Any]) -> None:
        kind = frame["t"]
        allowance = self.acks if kind == "ack" else self.controls
        if kind != "post" and (wait := allowance.take()):
            raise Refused("rate_limited", "Too many frames.", retry_after=wait)
        direct = {"ping": self.ping, "ack": self.ack, "unsub": self.unsub, "typing": self.typing}.get(kind)
        if direct:
            direct(frame)
        elif kind in ("sub", "since") or kind in self.hub.commands:
            if len(self._jobs) >= PENDING_JOBS:
                raise Refused("rate_limited", "Too many frames.", retry_after=1)
            self._jobs.append(frame)
            if self._worker is None or self._worker.done():
                self._worker = asyncio.get_running_loop().create_task(self.work())
        else:
            raise Refused("unknown_frame", "No such frame in entrevilles.v1.")

    def refuse(self, refused: Refused, frame: dict[str, Any] | None = None) -> None:
        """Answer `err`; a client that goes on like this is closed."""
        self.socket.control(error_frame(refused, frame))
        if self.refusals.take():
            self.socket.close(4008 if refused.code == "rate_limited" else 4009)

    # Frames that need no database

    def ping(self, frame: dict[str, Any]) -> None:
        self.socket.control('{"t":"pong"}')

    def ack(self, frame: dict[str, Any]) -> None:
        self.socket.acknowledged(number(frame, "n"))

    def unsub(self, frame: dict[str, Any]) -> None:
        for room in _rooms(frame):
            self.hub.unsubscribe(self.socket, whole(room, "rooms"))

    def typing(self, frame: dict[str, Any]) -> None:
        fields: dict[str, Any] = {"kind": "typing"}
        if frame.get("topic") is not None:
            fields["topic"] = number(frame, "topic")
        self.hub.typing(self.socket, number(frame, "room"), fields)

    # Frames that do

    async def work(self) -> None:
        while self._jobs and not self.socket.closed:
            frame = self._jobs.popleft()
            try:
                await self.perform(frame)
            except Refused as refused:
                self.refuse(refused, frame)
            except DatabaseError as error:
                log.warning("%s could not be done: %s", frame["t"], type(error).__name__)
                self.refuse(Refused("unavailable", "The database does not answer.", retry_after=1), frame)
            except Exception:
                log.exception("%s failed", frame["t"])
                self.refuse(Refused("unavailable", "Something went wrong here.", retry_after=5), frame)

    async def perform(self, frame: dict[str, Any]) -> None:
        if frame["t"] == "sub":
            await self.sub(frame)
        elif frame["t"] == "since":
            await self.since(frame)
        else:
            done = await self.hub.writing.run(self.hub.commands[frame["t"]], self.socket.user, frame)
            if done is not None:
                self.socket.control(encode({"t": "ok", "cid": frame.get("cid"), **done}))

    async def sub(self, frame: dict[str, Any]) -> None:
        wishes = {}
        for wish in _rooms(frame):
            if not isinstance(wish, list) or len(wish) != 2:
                raise Refused("invalid", "`rooms` holds pairs: room, last number held or -1.", field="rooms")
            wishes[whole(wish[0], "rooms")] = whole(wish[1], "rooms", least=-1)
        if len(wishes.keys() | self.socket.cursors.keys()) > self.hub.limits.rooms:
            raise Refused("rate_limited", "Too many rooms.", field="rooms", retry_after=60)
        await self.hub.subscribe(self.socket, list(wishes.items()))

    async def since(self, frame: dict[str, Any]) -> None:
        room, after = number(frame, "room"), number(frame, "after")
        limit = min(number(frame, "limit", least=1) if "limit" in frame else 100, self.hub.limits.backlog)
        if self.socket.window_full:
            raise Refused("rate_limited", "Acknowledge what you have first.", retry_after=1)
        page = await self.hub.page(self.socket.user, room, after, limit)
        if page is None:
            self.socket.left(room)
            return
        self.socket.answer_page(room, after, *page)


def _rooms(frame: dict[str, Any]) -> list[Any]:
    rooms = frame.get("rooms")
    if not isinstance(rooms, list):
        raise Refused("invalid", "`rooms` must be a list.", field="rooms")
    return rooms
