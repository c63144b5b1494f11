"""What the hub asks of whoever keeps the room logs. `config/asgi.py` hands it an implementation."""

from collections.abc import Callable, Collection
from typing import Any, NamedTuple, Protocol


class Head(NamedTuple):
    """How far a room's log has come, and the version of the list of its readers."""

    seq: int
    acl: int


class Event(NamedTuple):
    """`fields` go out as they are, JSON, beside `room` and `seq`. `rewrites`: earlier events read differently now."""

    seq: int
    fields: dict[str, Any]
    rewrites: bool = False


class Page(NamedTuple):
    """Events that follow one another without a gap, with the head of **the same statement**."""

    head: Head
    events: list[Event]


class RoomLog(Protocol):
    """Plain synchronous questions to the database. Each is called in a thread that has its own connection."""

    def heads(self, rooms: Collection[int]) -> dict[int, Head]:
        """The heads of those of the rooms that exist. One query."""

    def readable(self, user: int, rooms: Collection[int]) -> dict[int, Head]:
        """The same, of those that this person may read. One query."""

    def readers(self, room: int) -> tuple[int, frozenset[int]]:
        """The version of the list of readers, and their user ids, of one statement."""

    def events(self, room: int, after: int, limit: int) -> Page | None:
        """The next `limit` events after number `after`, in order; None when there is no such room."""


# (user id, frame) -> the fields of the `ok` frame, or None for no answer. Raises `Refused`.
Command = Callable[[int, dict[str, Any]], dict[str, Any] | None]
