"""The room log: numbers are taken last, under the room's row lock, in the transaction of the change they record."""

import datetime as dt
from typing import Any

from django.db import connection, models, transaction
from django.db.models import F

from messaging.models import Message, Room, RoomEvent, RoomMember, Topic
from realtime import publish

Entry = tuple[str, int | None, Message | None, dict[str, Any]]  # kind, actor id, message, payload

_POST = """
WITH writer AS (
    SELECT 1 FROM messaging_roommember WHERE room_id = %(room)s AND user_id = %(author)s AND can_write FOR SHARE
), numbered AS (
    UPDATE messaging_room SET last_seq = last_seq + 1, last_message_number = last_message_number + 1
    WHERE id = %(room)s AND EXISTS (SELECT 1 FROM writer) RETURNING last_seq, last_message_number, kind
), in_topic AS (
    UPDATE messaging_topic SET message_count = message_count + 1, last_message_at = %(at)s
    WHERE id = %(topic)s AND EXISTS (SELECT 1 FROM numbered)
), posted AS (
    INSERT INTO messaging_message
        (room_id, topic_id, author_id, seat_id, client_id, number, body, html, words, lang, reply_to_id, created_at)
    SELECT %(room)s, %(topic)s, %(author)s, %(seat)s, %(cid)s, last_message_number, %(body)s, %(html)s, %(words)s,
        %(lang)s, %(reply_to)s, %(at)s FROM numbered RETURNING id, number
)
INSERT INTO messaging_roomevent (room_id, seq, kind, message_id, actor_id, payload, at)
SELECT %(room)s, last_seq, 'posted', posted.id, %(author)s, '{}', %(at)s FROM numbered, posted
RETURNING id, seq, message_id, (SELECT number FROM posted), (SELECT kind FROM numbered)
"""


def append_message(message: Message) -> RoomEvent | None:
    """Number and store a message with its event; None, and nothing stored, when its author may not write in the
    room at this moment. The event also carries `room_kind`. Raises IntegrityError for a (author, client_id) that is already there.
    """
    with transaction.atomic():
        event = (
            _append_in_one_statement(message)
            if connection.vendor == "postgresql"
            else _append_step_by_step(message)
        )
        if event is not None:
            publish.ring(event.room_id, event.seq)
    return event


def _append_in_one_statement(message: Message) -> RoomEvent | None:
    with connection.cursor() as cursor:
        cursor.execute(
            _POST,
            {
                "room": message.room_id,
                "topic": message.topic_id,
                "author": message.author_id,
                "seat": message.seat_id,
                "cid": message.client_id,
                "body": message.body,
                "html": message.html,
                "words": message.words,
                "lang": message.lang,
                "reply_to": message.reply_to_id,
                "at": message.created_at,
            },
        )
        row = cursor.fetchone()
    if row is None:
        return None
    pk, seq, message.pk, message.number, room_kind = row
    message._state.adding = False
    return _posted(message, seq, room_kind, pk)


def _append_step_by_step(message: Message) -> RoomEvent | None:
    """What the one statement does, for databases that cannot write in a CTE. The transaction is the only writer."""
    if not RoomMember.objects.filter(room=message.room_id, user=message.author_id, can_write=True).exists():
        return None
    rooms = Room.objects.filter(pk=message.room_id)
    rooms.update(last_seq=F("last_seq") + 1, last_message_number=F("last_message_number") + 1)
    seq, message.number, room_kind = rooms.values_list("last_seq", "last_message_number", "kind").get()
    message.save(force_insert=True)
    if message.topic_id:
        Topic.objects.filter(pk=message.topic_id).update(
            message_count=F("message_count") + 1, last_message_at=message.created_at
        )
    event = _posted(message, seq, room_kind)
    event.save(force_insert=True)
    return event


def _posted(message: Message, seq: int, room_kind: str, pk: int | None = None) -> RoomEvent:
    event = RoomEvent(
        pk=pk,
        room_id=message.room_id,
        seq=seq,
        kind=RoomEvent.Kind.POSTED,
        message=message,
        actor_id=message.author_id,
        at=message.created_at,
    )
    event._state.adding = pk is None
    event.room_kind = room_kind
    return event


def append_events(
    room_id: int,
    events: list[Entry],
    at: dt.datetime,
    *,
    readers_changed: bool = False,
) -> int:
    """Add events to the log, in the caller's transaction and as its last step.
    Returns the number of the last one.
    """
    rooms = Room.objects.filter(pk=room_id)
    changes: dict[str, models.expressions.Combinable] = {"last_seq": F("last_seq") + len(events)}
    if readers_changed:
        changes["acl_version"] = F("acl_version") + 1
    rooms.update(**changes)
    last = rooms.values_list("last_seq", flat=True).get()
    RoomEvent.objects.bulk_create(
        RoomEvent(
            room_id=room_id, seq=seq, kind=kind, actor_id=actor, message=message, payload=payload, at=at
        )
        for seq, (kind, actor, message, payload) in enumerate(events, last - len(events) + 1)
    )
    publish.ring(room_id, last)
    return last
