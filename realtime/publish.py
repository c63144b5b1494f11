"""The only way for application code to reach a browser over the socket. Everything leaves after the commit."""

from collections.abc import Iterable
from functools import partial
from typing import Any

from django.db import transaction

from realtime import bell


def ring(room: int, seq: int) -> None:
    """Say that the log of `room` has reached `seq`. Carries no data: every process reads the log itself."""
    transaction.on_commit(partial(bell.ring, room, seq), robust=True)


def tell(users: Iterable[int], payload: dict[str, Any]) -> None:
    """Send a `notify` frame with `payload` (JSON) to every open socket of these people. May be lost: store first."""
    transaction.on_commit(partial(bell.tell, sorted(set(users)), payload), robust=True)


def recheck(users: Iterable[int]) -> None:
    """Look again at once whether these people's sockets may stay open: after a logout, a changed password, a
    deactivation, "end sessions". Sockets opened with a ticket are closed. Without this call it takes up to 2 s.
    """
    transaction.on_commit(partial(bell.recheck, sorted(set(users))), robust=True)
