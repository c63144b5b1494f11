"""The room hub: reads each new event once, encodes it once, and offers the same text to every local socket.

Rings only make it look sooner. What guarantees delivery is the sweep: every second or two, and whenever the
layer fails or comes back, one query compares the heads of all local rooms with what was read.
"""

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Any

from django.db import connection

from realtime import bell, identity
from realtime.feed import BATCH_EVENTS, Encoded, Feed, frames_of
from realtime.frames import batch_frame, encode, encode_event
from realtime.identity import Identity
from realtime.limits import Limits
from realtime.log import Command, Head, RoomLog
from realtime.sockets import Socket
from realtime.threads import DatabaseThreads

log = logging.getLogger(__name__)

READERS = 4  # threads for the hub's own questions
WRITERS = 4  # threads for people's commands; SQLite has one writer anyway, and waits less with one


class Hub:
    """One per process. `repair=False` is the control experiment of the tests: it must fail them."""

    def __init__(
        self,
        rooms: RoomLog,
        commands: Mapping[str, Command],
        *,
        layer: Callable[[], Any] = bell.shared_layer,
        limits: Limits | None = None,
        told: Mapping[str, Any] | None = None,
        repair: bool = True,
    ) -> None:
        self.log = rooms
        self.commands = commands
        self.limits = limits or Limits.from_settings()
        self.told = {**self.limits.published(), **(told or {})}
        self.repair = repair
        self._layer = layer
        self._loop: asyncio.AbstractEventLoop | None = None
        self.closing = False
        self.sockets: dict[int, set[Socket]] = {}
        self.feeds: dict[int, Feed] = {}
        self.waiters: dict[int, list[tuple[int, asyncio.Future[None]]]] = {}

    # Life

    def start(self) -> None:
        """Come to life in the running event loop; once there, does nothing."""
        loop = asyncio.get_running_loop()
        if self._loop is loop:
            return
        self._loop = loop
        self.closing = False
        self.sockets, self.feeds, self.waiters = {}, {}, {}
        self.reading = DatabaseThreads(READERS, "hub-read")
        self.writing = DatabaseThreads(1 if connection.vendor == "sqlite" else WRITERS, "hub-write")
        self.doorbell = bell.Doorbell(self._layer())
        self._typed: dict[tuple[int, int], float] = {}
        self._swept = asyncio.Event()
        self._sweep_now = asyncio.Event()
        self._tasks = [loop.create_task(self._sweep_for_ever())]
        if self.doorbell.layer is not None:
            self._tasks.append(loop.create_task(self.doorbell.listen(self, self._sweep_now.set)))
        bell.attach(self, loop)

    def stop(self) -> "asyncio.Future[None]":
        """Say `bye` to every socket, close it with 4012, and end: in this event loop it does not start again.

        The goodbyes are on their way when this returns, whatever then happens to the sockets' own tasks.
        """
        assert self._loop is not None
        if self.closing:
            return asyncio.ensure_future(asyncio.sleep(0))
        self.closing = True
        bell.detach(self)
        goodbyes = [socket.close(4012) for socket in self.all_sockets()]
        work = [*self._tasks, *(feed.pulling for feed in self.feeds.values() if feed.pulling)]
        for task in work:
            task.cancel()
        return asyncio.ensure_future(self._ended([*goodbyes, *work]))

    async def _ended(self, tasks: list["asyncio.Task[None]"]) -> None:
        await asyncio.gather(*tasks, return_exceptions=True)
        self.reading.close()
        self.writing.close()

    def all_sockets(self) -> list[Socket]:
        return [socket for sockets in self.sockets.values() for socket in sockets]

    def enter(self, socket: Socket) -> bool:
        """Count a socket in; False when its person has too many here already."""
        own = self.sockets.setdefault(socket.user, set())
        if len(own) >= self.limits.sockets:
            return False
        own.add(socket)
        return True

    def leave(self, socket: Socket) -> None:
        own = self.sockets.get(socket.user, set())
        own.discard(socket)
        if not own:
            self.sockets.pop(socket.user, None)
        for room in list(socket.cursors):
            self.unsubscribe(socket, room)

    # Subscriptions

    async def subscribe(self, socket: Socket, wishes: list[tuple[int, int]]) -> None:
        """Let the socket follow `[(room, last number it holds, or −1), …]`, as far as its person may read."""
        feeds = {room: self.feeds.setdefault(room, Feed(room)) for room, _ in wishes}
        # Counted first: a ring that comes while the database answers is remembered by the feed.
        for feed in feeds.values():
            feed.opening += 1
        try:
            heads = await self.reading.run(self.log.readable, socket.user, list(feeds))
            for room, since in wishes:
                if room in heads and not socket.closed:
                    self._join(socket, feeds[room], since, heads[room])
                else:
                    self.unsubscribe(socket, room)
                    socket.left(room)
        finally:
            for feed in feeds.values():
                feed.opening -= 1
                self._tidy(feed)

    def _join(self, socket: Socket, feed: Feed, since: int, head: Head) -> None:
        feed.opened(head)
        if head.acl != feed.acl:
            # Older or newer than what this hub knows: the readers are loaded again before anything is offered.
            feed.acl, feed.stale = -1, True
        feed.sockets.add(socket)
        if since < 0:
            since = head.seq
        if since > head.seq or head.seq - since > self.limits.backlog:
            socket.follow(feed.room, head.seq)
            socket.control(encode({"t": "reset", "room": feed.room, "head": head.seq}))
        else:
            # The cursor is the client's even if this process has not read so far: nothing may come twice.
            socket.follow(feed.room, since)
            if since < head.seq:
                socket.catch_up(feed.room)
            else:
                socket.control(batch_frame(feed.room, since, since, [], more=False))
        self._pull(feed)

    def unsubscribe(self, socket: Socket, room: int) -> None:
        socket.forget(room)
        feed = self.feeds.get(room)
        if feed is not None:
            feed.sockets.discard(socket)
            self._tidy(feed)

    def _tidy(self, feed: Feed) -> None:
        if feed.unused and self.feeds.get(feed.room) is feed:
            del self.feeds[feed.room]

    # What rings. `…_here_and_elsewhere` is for this process, the plain verbs are what others rang.

    def ring(self, room: int, seq: int) -> None:
        """The log of `room` has reached `seq`, as far as somebody knows."""
        self._wake(room, seq)
        feed = self.feeds.get(room)
        if feed is not None and seq > feed.wanted:
            feed.wanted = seq
            self._pull(feed)

    def ring_here_and_elsewhere(self, room: int, seq: int) -> None:
        self.ring(room, seq)
        self.doorbell.ring(room, seq)

    def tell(self, users: list[int], payload: dict[str, Any]) -> None:
        """Give people's sockets a `notify` frame; one that is behind does without."""
        frame = encode({**payload, "t": "notify"})
        for user in users:
            for socket in self.sockets.get(user, ()):
                socket.offer_fleeting(frame)

    def tell_here_and_elsewhere(self, users: list[int], payload: dict[str, Any]) -> None:
        self.tell(users, payload)
        self.doorbell.tell(users, payload)

    def recheck(self, users: list[int]) -> None:
        """Look at these people's sessions now. A ticket cannot be looked at again: such a socket closes."""
        for user in users:
            for socket in list(self.sockets.get(user, ())):
                if socket.identity.session is None:
                    socket.close(4001)
        self._sweep_now.set()

    def recheck_here_and_elsewhere(self, users: list[int]) -> None:
        self.recheck(users)
        self.doorbell.recheck(users)

    def fleeting(self, room: int, user: int, fields: dict[str, Any]) -> None:
        """Pass on what is never stored (typing) to those who listen here; nobody waits for it."""
        feed = self.feeds.get(room)
        if feed is None or user not in feed.readers:
            return
        frame = encode({**fields, "t": "eph", "room": room, "user": user})
        for socket in feed.sockets:
            if socket.user != user:
                socket.offer_fleeting(frame)

    def typing(self, socket: Socket, room: int, fields: dict[str, Any]) -> None:
        """Somebody types; told at most once every 2 s."""
        now = time.monotonic()
        if room not in socket.cursors or now - self._typed.get((room, socket.user), -60) < self.limits.typing:
            return
        if len(self._typed) > 5000:
            self._typed.clear()
        self._typed[room, socket.user] = now
        self.fleeting(room, socket.user, fields)
        self.doorbell.fleeting(room, socket.user, fields)

    # Waiting without a socket (long poll)

    async def wait(self, room: int, after: int, seconds: float) -> bool:
        """Sleep until the log of `room` passes `after`, at most so long; False at once when too many wait."""
        self.start()
        if sum(map(len, self.waiters.values())) >= self.limits.waiters:
            return False
        assert self._loop is not None
        waiter = (after, self._loop.create_future())
        self.waiters.setdefault(room, []).append(waiter)
        try:
            async with asyncio.timeout(seconds):
                # What was committed between the page's query and the line above.
                for head in (await self.reading.run(self.log.heads, [room])).values():
                    self._wake(room, head.seq)
                await waiter[1]
        except TimeoutError:
            pass
        finally:
            waiting = self.waiters.get(room, [])
            if waiter in waiting:
                waiting.remove(waiter)
            if not waiting:
                self.waiters.pop(room, None)
        return True

    def _wake(self, room: int, seq: int) -> None:
        for after, future in self.waiters.get(room, ()):
            if after < seq and not future.done():
                future.set_result(None)

    # Reading

    def _pull(self, feed: Feed) -> None:
        if feed.behind and (feed.pulling is None or feed.pulling.done()):
            feed.pulling = asyncio.get_running_loop().create_task(self._pull_all(feed))

    async def _pull_all(self, feed: Feed) -> None:
        pause = 0.1
        while feed.behind and not feed.unused:
            assert feed.head is not None
            wanted = feed.wanted
            try:
                events, head, rewrites = await self._read(feed, feed.head, BATCH_EVENTS * 2)
                pause = 0.1
            except Exception as error:
                log.warning("Room %s could not be read: %s", feed.room, type(error).__name__)
                await asyncio.sleep(pause * random.uniform(0.75, 1.25))  # noqa: S311
                pause = min(pause * 2, 1.0)
                continue
            if not events:
                if feed.wanted == wanted:  # else somebody rang while we looked
                    feed.wanted = feed.head
                continue
            before = feed.head
            feed.advance(events, rewrites=rewrites)
            frames = frames_of(feed.room, before, events, max(head, feed.wanted))
            for socket in list(feed.sockets):
                socket.offer(feed.room, frames)

    async def _read(self, feed: Feed, after: int, limit: int) -> tuple[list[Encoded], int, bool]:
        """Encoded events after a number, the head, and whether one of them rewrites the past. Readers who
        changed are reloaded first, so that whoever left is gone before anything is offered.
        """
        stale, feed.stale = feed.stale, False
        try:
            page = await self.reading.run(self._read_page, feed.room, after, limit)
            if page is None:
                self._set_readers(feed, feed.acl, frozenset())
                return [], after, False
            events, head, rewrites = page
            if head.acl != feed.acl:
                stale = True
                self._set_readers(feed, *await self.reading.run(self.log.readers, feed.room))
        except Exception:
            feed.stale = feed.stale or stale
            raise
        return events, head.seq, rewrites

    def _read_page(self, room: int, after: int, limit: int) -> tuple[list[Encoded], Head, bool] | None:
        """Read and encode, in a database thread."""
        page = self.log.events(room, after, limit)
        if page is None:
            return None
        events = [(event.seq, encode_event(room, event.seq, event.fields)) for event in page.events]
        if events and events[-1][0] - after != len(events):
            log.error("Room %s has a gap after %s", room, after)
        return events, page.head, any(event.rewrites for event in page.events)

    def _set_readers(self, feed: Feed, acl: int, readers: frozenset[int]) -> None:
        feed.acl, feed.readers = acl, readers
        for socket in [socket for socket in feed.sockets if socket.user not in readers]:
            self.unsubscribe(socket, feed.room)
            socket.left(feed.room)

    async def after(self, room: int, after: int) -> tuple[list[Encoded], int] | None:
        """The next events after a number for a socket that is behind, and the head: from memory, else from the
        database. None when nobody here listens to the room any more.
        """
        feed = self.feeds.get(room)
        if feed is None or feed.head is None:
            return None
        kept = None if feed.acl < 0 or feed.stale else feed.recent(after)
        if kept:
            return kept, feed.head
        events, head, _rewrites = await self._read(feed, after, BATCH_EVENTS)
        if head > feed.wanted:
            feed.wanted = head
            self._pull(feed)
        return events, head

    async def page(self, user: int, room: int, after: int, limit: int) -> tuple[list[Encoded], int] | None:
        """A page of any room for a person, or None if it is not theirs to read."""
        read = await self.reading.run(self._page, user, room, after, limit)
        return read and (read[0], read[1].seq)

    def _page(self, user: int, room: int, after: int, limit: int) -> tuple[list[Encoded], Head, bool] | None:
        return self._read_page(room, after, limit) if self.log.readable(user, [room]) else None

    # Repair

    async def _sweep_for_ever(self) -> None:
        while True:
            try:
                async with asyncio.timeout(random.uniform(*self.limits.sweep)):  # noqa: S311
                    await self._sweep_now.wait()
            except TimeoutError:
                pass
            self._sweep_now.clear()
            for step in (self._sweep_rooms, self._sweep_identities, self._sweep_silence):
                await self._safely(step)

    async def _safely(self, step: Callable[[], Awaitable[None]]) -> None:
        try:
            await step()
        except Exception as error:
            log.warning("%s failed: %s", step.__name__, type(error).__name__)

    async def _sweep_rooms(self) -> None:
        rooms: Collection[int] = {*self.feeds, *self.waiters}
        if not rooms or not self.repair:
            return
        heads = await self.reading.run(self.log.heads, rooms)
        for room in rooms:
            feed = self.feeds.get(room)
            head = heads.get(room)
            if head is not None:
                self.ring(room, head.seq)
            if feed is not None and feed.head is not None and (head is None or head.acl != feed.acl):
                feed.stale = True
                self._pull(feed)

    async def _sweep_identities(self) -> None:
        by_identity: dict[Identity, list[Socket]] = {}
        for socket in self.all_sockets():
            by_identity.setdefault(socket.identity, []).append(socket)
        if by_identity:
            for gone in await self.reading.run(identity.expired, by_identity):
                for socket in by_identity[gone]:
                    socket.close(4001)

    async def _sweep_silence(self) -> None:
        now = time.monotonic()
        for socket in self.all_sockets():
            socket.check(now)
