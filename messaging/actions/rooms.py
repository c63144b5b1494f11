"""Rooms and the rows that say who reads them."""

from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone

from community.models import Circle
from messaging.actions.log import Entry, append_events
from messaging.models import ReadMark, Room, RoomEvent, RoomMember


@transaction.atomic
def open_room(
    kind: str,
    members: Iterable[tuple[int, bool]] = (),
    *,
    title: str = "",
    circle: Circle | None = None,
) -> Room:
    """Make a room with its readers `[(user id, may write), …]`."""
    room = Room.objects.create(kind=kind, title=title, circle=circle)
    set_members(room, members)
    return room


@transaction.atomic
def set_members(room: Room, members: Iterable[tuple[int, bool]]) -> bool:
    """Make the room's readers exactly `[(user id, may write), …]`, in the caller's transaction; returns whether
    anything changed. The log records who joined and left, except on the room's first day; newcomers start with
    everything read. Sockets of people who left are unsubscribed within 2 s.
    """
    wanted = dict(members)
    # Always members before the room's counter: a message being posted locks them in the same order.
    rows = {row.user_id: row for row in room.members.select_for_update().order_by("pk")}
    left = sorted(rows.keys() - wanted.keys())
    joined = sorted(wanted.keys() - rows.keys())
    changed = [row for pk, row in rows.items() if pk in wanted and row.can_write != wanted[pk]]
    if not (left or joined or changed):
        return False
    room.members.filter(user__in=left).delete()
    for row in changed:
        row.can_write = wanted[row.user_id]
    RoomMember.objects.bulk_update(changed, ["can_write"])
    RoomMember.objects.bulk_create(
        [RoomMember(room=room, user_id=pk, can_write=wanted[pk]) for pk in joined], ignore_conflicts=True
    )
    _start_newcomers_at_the_end(room, joined)
    told: list[Entry] = [(RoomEvent.Kind.LEFT, pk, None, {}) for pk in left]
    if rows:
        told += [(RoomEvent.Kind.JOINED, pk, None, {}) for pk in joined]
    append_events(room.pk, told, timezone.now(), readers_changed=True)
    room.refresh_from_db(fields=["last_seq", "acl_version"])
    return True


def _start_newcomers_at_the_end(room: Room, users: list[int]) -> None:
    number = Room.objects.values_list("last_message_number", flat=True).get(pk=room.pk)
    if number:
        now = timezone.now()
        ReadMark.objects.bulk_create(
            [ReadMark(user_id=pk, room=room, number=number, moved_at=now) for pk in users],
            ignore_conflicts=True,
        )


@transaction.atomic
def sync_circle(circle_id: int) -> None:
    """A circle has changed: it has a room, and the readers of all its rooms are the circle's own.

    Called by name from `community` (settings.CIRCLE_CHANGED), inside the transaction of the change.
    """
    circle = Circle.objects.select_for_update().get(pk=circle_id)
    readers = circle.readers()
    if not circle.rooms.exists():
        Room.objects.create(kind=Room.Kind.CIRCLE, circle=circle)
    for room in circle.rooms.order_by("pk"):
        set_members(room, readers)


@transaction.atomic
def open_direct(user_id: int, other_id: int) -> Room:
    """The one room of two people, made on first use; both at once get the same. ValueError for oneself."""
    if user_id == other_id:
        raise ValueError("A direct room is for two.")
    first, second = sorted([user_id, other_id])
    room, created = Room.objects.get_or_create(
        direct_key=f"{first}:{second}", defaults={"kind": Room.Kind.DIRECT}
    )
    if created:
        set_members(room, [(first, True), (second, True)])
    return room
