"""How much one client may ask of us. Numbers of the protocol; `settings.REALTIME` overrides them."""

import threading
import time
import weakref
from collections import deque
from collections.abc import Hashable
from dataclasses import dataclass, fields
from typing import Any

from django.conf import settings


@dataclass(frozen=True, slots=True)
class Limits:
    """Times are seconds, sizes are bytes of UTF-8."""

    frame_bytes: int = 64 * 1024
    posts: int = 10  # per `per` seconds and person
    controls: int = 60  # any other frame but `ack`, per `per` seconds and socket
    acks: int = 2000
    per: float = 10.0
    refusals: int = 20  # refused frames per `per` seconds before the socket is closed
    rooms: int = 200  # subscriptions of one socket
    sockets: int = 8  # of one person, in one process
    window_frames: int = 64
    window_bytes: int = 256 * 1024
    ack_seconds: float = 30.0
    heartbeat: float = 25.0
    silence: float = 60.0
    backlog: int = 500  # events; a client further behind reads pages by REST
    sweep: tuple[float, float] = (1.0, 1.8)  # a random pause between two looks at the database
    typing: float = 2.0
    wait: float = 25.0
    waiters: int = 200
    ticket_seconds: int = 30

    @classmethod
    def from_settings(cls) -> "Limits":
        """The defaults with what `settings.REALTIME` overrides; raises TypeError for a name that is not a limit."""
        return cls(**getattr(settings, "REALTIME", {}))

    def published(self) -> dict[str, Any]:
        """What a client must know, as sent in `welcome`."""
        hidden = {"sweep", "waiters", "acks", "refusals", "ticket_seconds", "typing", "silence", "heartbeat"}
        return {field.name: getattr(self, field.name) for field in fields(self) if field.name not in hidden}


_allowances: "weakref.WeakSet[Allowance]" = weakref.WeakSet()


class Allowance:
    """At most `count` times in any `seconds`, for each key. Thread-safe; forgets keys that fall silent."""

    def __init__(self, count: int, seconds: float) -> None:
        self.count = count
        self.seconds = seconds
        self._taken: dict[Hashable, deque[float]] = {}
        self._lock = threading.Lock()
        _allowances.add(self)

    def take(self, key: Hashable = None) -> float:
        """Take one: 0 when allowed, else the seconds to wait (nothing is taken then)."""
        now = time.monotonic()
        with self._lock:
            taken = self._taken.setdefault(key, deque(maxlen=self.count))
            if len(taken) == self.count and (wait := taken[0] + self.seconds - now) > 0:
                return wait
            taken.append(now)
            if len(self._taken) > 10_000:
                self._forget(now)
            return 0.0

    def clear(self) -> None:
        """Nobody has taken anything."""
        with self._lock:
            self._taken.clear()

    def _forget(self, now: float) -> None:
        for key in [key for key, taken in self._taken.items() if taken[-1] + self.seconds < now]:
            del self._taken[key]


def clear_allowances() -> None:
    """Every allowance of this process starts afresh (between tests)."""
    for allowance in list(_allowances):
        allowance.clear()
