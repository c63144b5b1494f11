"""One room as this process knows it: how far it has read, who may read, who listens here."""

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING

from realtime.frames import batch_frame, event_frame
from realtime.log import Head

if TYPE_CHECKING:
    from realtime.sockets import Socket

BATCH_BYTES = 64 * 1024
BATCH_EVENTS = 100
RECENT_EVENTS = 256
RECENT_BYTES = 512 * 1024

Encoded = tuple[int, str]  # number, event as JSON


class Feed:
    """State only; the hub moves it. `head` is None until the database has been asked once."""

    def __init__(self, room: int) -> None:
        self.room = room
        self.head: int | None = None
        self.wanted = 0
        self.acl = -1  # unknown: the readers are loaded before anything is offered
        self.readers: frozenset[int] = frozenset()
        self.stale = False
        self.sockets: set[Socket] = set()
        self.opening = 0  # subscriptions that wait for the database
        self.pulling: asyncio.Task[None] | None = None
        self._recent: deque[Encoded] = deque()
        self._recent_bytes = 0

    @property
    def unused(self) -> bool:
        return not self.sockets and not self.opening

    def opened(self, head: Head) -> None:
        """The database was asked; a head that has moved on since is kept."""
        if self.head is None:
            self.head = head.seq
        self.wanted = max(self.wanted, head.seq)

    @property
    def behind(self) -> bool:
        return self.head is not None and (self.wanted > self.head or self.stale)

    def advance(self, events: Sequence[Encoded], *, rewrites: bool) -> None:
        """Remember events just read, in order, as the newest."""
        if rewrites:
            # What was kept may show words that have been taken back.
            self._recent.clear()
            self._recent_bytes = 0
        for event in events:
            self._recent.append(event)
            self._recent_bytes += len(event[1])
        while len(self._recent) > RECENT_EVENTS or self._recent_bytes > RECENT_BYTES:
            self._recent_bytes -= len(self._recent.popleft()[1])
        self.head = events[-1][0]

    def recent(self, after: int) -> list[Encoded] | None:
        """The kept events after a number, or None when some of them are no longer kept."""
        if not self._recent or self._recent[0][0] > after + 1:
            return None
        return [event for event in self._recent if event[0] > after]


def frames_of(room: int, after: int, events: Sequence[Encoded], head: int) -> list[tuple[int, int, str]]:
    """`[(first, last, frame), …]`: one `ev` for one event, `batch` frames of a bounded size for several."""
    if len(events) == 1:
        seq, text = events[0]
        return [(seq, seq, event_frame(text))]
    frames = []
    chunk: list[str] = []
    size = 0
    for seq, text in events:
        chunk.append(text)
        size += len(text)
        if size >= BATCH_BYTES or len(chunk) == BATCH_EVENTS or seq == events[-1][0]:
            frames.append((after + 1, seq, batch_frame(room, after, seq, chunk, more=seq < head)))
            after, chunk, size = seq, [], 0
    return frames
