"""One open socket: its place in each room, its window, its queue. Nothing here waits for the client."""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Coroutine, Generator
from typing import TYPE_CHECKING, Any

from realtime.frames import batch_frame, encode
from realtime.identity import Identity

if TYPE_CHECKING:
    from realtime.feed import Encoded
    from realtime.hub import Hub

log = logging.getLogger(__name__)

Send = Callable[[dict[str, Any]], Coroutine[Any, Any, None]]


class Socket:
    """Frames wait in `queue` only as far as the window is open. Beyond that the socket is *behind* in a room:
    it holds no frames, only a cursor, and reads from there once the client has acknowledged.
    """

    def __init__(self, hub: "Hub", identity: Identity, send: Send) -> None:
        self.hub = hub
        self.identity = identity
        self.user = identity.user
        self.cursors: dict[int, int] = {}
        self.closed = False
        self.heard_at = time.monotonic()
        self._send = send
        self._queue: deque[str] = deque()
        self._behind: dict[int, None] = {}  # rooms to read again, in order
        self._unacknowledged: deque[int] = deque()  # sizes of frames sent or queued
        self._unacknowledged_bytes = 0
        self._acknowledged = 0
        self._moved_at = time.monotonic()  # when the window last opened
        self._sender: asyncio.Task[None] | None = None  # there only while the server makes us wait
        self._reader: asyncio.Task[None] | None = None
        self._ending: asyncio.Task[None] | None = None

    # Rooms

    def follow(self, room: int, cursor: int) -> None:
        self.cursors[room] = cursor
        self._behind.pop(room, None)

    def forget(self, room: int) -> None:
        self.cursors.pop(room, None)
        self._behind.pop(room, None)

    def left(self, room: int) -> None:
        """The person may not read this room (any more), or there is none: the same answer."""
        self.control(encode({"t": "left", "room": room}))

    def offer(self, room: int, frames: list[tuple[int, int, str]]) -> None:
        """New frames `[(first, last, text), …]` of a room: taken if they follow on and the window is open."""
        cursor = self.cursors.get(room)
        if cursor is None or room in self._behind:
            return
        for first, last, text in frames:
            if last <= cursor:
                continue
            if first != cursor + 1 or not self._open(len(text)):
                self.catch_up(room)
                return
            cursor = self.cursors[room] = last
            self._put(text)

    def offer_fleeting(self, text: str) -> None:
        """A frame that is dropped when the window is more than half full."""
        if len(self._unacknowledged) * 2 < self.hub.limits.window_frames and self._open(len(text)):
            self._put(text)

    def control(self, text: str) -> None:
        """An answer to something the client sent; its number is bounded by what a client may send."""
        self._put(text)

    # The window

    def _open(self, size: int) -> bool:
        limits = self.hub.limits
        if not self._unacknowledged:
            return True
        return (
            len(self._unacknowledged) < limits.window_frames
            and self._unacknowledged_bytes + size <= limits.window_bytes
        )

    @property
    def window_full(self) -> bool:
        return not self._open(0)

    def acknowledged(self, count: int) -> None:
        """The client has received `count` frames since the socket opened."""
        moved = min(count - self._acknowledged, len(self._unacknowledged))
        if moved <= 0:
            return
        self._acknowledged += moved
        self._moved_at = time.monotonic()
        for _ in range(moved):
            self._unacknowledged_bytes -= self._unacknowledged.popleft()
        self._read_behind()

    def check(self, now: float) -> None:
        """Close a client that has fallen silent, or that acknowledges nothing while there is more for it."""
        limits = self.hub.limits
        waiting = self._unacknowledged and (self._behind or self.window_full)
        if now - self.heard_at > limits.silence or (waiting and now - self._moved_at > limits.ack_seconds):
            self.close(4013)

    # Writing

    def _put(self, text: str) -> None:
        if self.closed:
            return
        if not self._unacknowledged:
            self._moved_at = time.monotonic()
        self._unacknowledged.append(len(text))
        self._unacknowledged_bytes += len(text)
        self._queue.append(text)
        self._flush()

    def _flush(self) -> None:
        """Write the queue as long as the server takes frames without waiting, as Daphne always does: that saves a
        task for each frame and socket. What waits is finished in a task.
        """
        if self._sender is not None:
            return
        try:
            while self._queue:
                sending = self._send({"type": "websocket.send", "text": self._queue.popleft()}).__await__()
                try:
                    waits_for = next(sending)
                except StopIteration:
                    continue
                rest = self._send_rest(_Unfinished(sending, waits_for))
                self._sender = asyncio.get_running_loop().create_task(rest)
                return
        except Exception as error:
            self._broken(error)

    async def _send_rest(self, unfinished: "_Unfinished") -> None:
        try:
            await unfinished
            while self._queue:
                await self._send({"type": "websocket.send", "text": self._queue.popleft()})
        except Exception as error:
            self._broken(error)
        finally:
            self._sender = None

    def _broken(self, error: Exception) -> None:
        log.warning("A socket could not be written to: %s", type(error).__name__)
        self.close(4012)

    # Behind: reading on from one's own cursors, beside the writing

    def catch_up(self, room: int) -> None:
        """Read on from this socket's own cursor."""
        self._behind[room] = None
        self._read_behind()

    def _read_behind(self) -> None:
        if self._behind and not self.closed and (self._reader is None or self._reader.done()):
            self._reader = asyncio.get_running_loop().create_task(self._read_all())

    async def _read_all(self) -> None:
        while self._behind and not self.closed and not self.window_full:
            if not await self._read_on(next(iter(self._behind))):
                return  # until the client acknowledges

    async def _read_on(self, room: int) -> bool:
        """Take the next piece of a room's backlog; False when the window has no room for it."""
        cursor = self.cursors[room]
        try:
            read = await self.hub.after(room, cursor)
        except Exception as error:
            log.warning("Room %s could not be read: %s", room, type(error).__name__)
            await asyncio.sleep(0.3)
            return True
        if self.cursors.get(room) != cursor or room not in self._behind:
            return True  # unsubscribed, or subscribed anew, while the database answered
        if read is None:
            self.forget(room)
            return True
        events, head = read
        if head - cursor > self.hub.limits.backlog:
            self.follow(room, head)
            self._put(encode({"t": "reset", "room": room, "head": head}))
            return True
        if events and not self._open(len(events[0][1])):
            return False
        last = cursor
        if events:
            last = self.cursors[room] = self.answer_page(room, cursor, events, head)
        feed = self.hub.feeds.get(room)
        if feed is None or last >= max(head, feed.head or 0):
            self._behind.pop(room, None)
        return True

    def answer_page(self, room: int, after: int, events: "list[Encoded]", head: int) -> int:
        """Put the beginning of a page, as much as the window has room for, into one `batch`; its last number."""
        limits = self.hub.limits
        space = min(limits.window_bytes - self._unacknowledged_bytes, limits.frame_bytes)
        last = after
        texts: list[str] = []
        for seq, text in events:
            space -= len(text)
            if texts and space < 0:
                break
            texts.append(text)
            last = seq
        self._put(batch_frame(room, after, last, texts, more=last < head))
        return last

    # Ending

    def close(self, code: int) -> "asyncio.Task[None]":
        """Send `bye` and close from our side; what is queued is forgotten. Nobody has to wait for the task."""
        if self._ending is None:
            self.closed = True
            self._queue.clear()
            self._behind.clear()
            self._ending = asyncio.get_running_loop().create_task(self._say_goodbye(code))
        return self._ending

    async def _say_goodbye(self, code: int) -> None:
        bye = {"t": "bye", "reason": _REASONS.get(code, "closed"), "retry_ms": 0 if code == 4001 else 1000}
        try:
            async with asyncio.timeout(2):
                await self._send({"type": "websocket.send", "text": encode(bye)})
                await self._send({"type": "websocket.close", "code": code})
        except Exception as error:
            log.debug("A socket was gone before it was closed: %s", type(error).__name__)

    def gone(self) -> None:
        """The client has gone; nothing is sent any more."""
        self.closed = True
        self._queue.clear()
        self._behind.clear()


class _Unfinished:
    """The rest of a coroutine that was begun outside a task: awaiting it goes on where it waits."""

    def __init__(self, rest: Generator[Any, Any, None], waits_for: Any) -> None:
        self._rest = rest
        self._waits_for = waits_for

    def __await__(self) -> Generator[Any, Any, None]:
        yield self._waits_for
        yield from self._rest


_REASONS = {4001: "signed_out", 4008: "rate_limited", 4009: "protocol", 4012: "restarting", 4013: "too_slow"}
