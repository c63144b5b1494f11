"""Markers of what a person has read. They move forward only; opening a page moves none."""

from django.db.models import Max
from django.utils import timezone

from messaging.models import Message, ReadMark, Room, Topic
from notifications.actions import mark_read_about
from realtime import publish


def mark_read(user_id: int, room_id: int, seq: int, *, topic_id: int | None = None) -> bool:
    """The person has read up to event `seq`: in one topic, or in the whole room. False if they had already.

    Their other devices are told; what the bell said about the room is read with its last message.
    """
    room = Room.objects.visible_to(user_id).get(pk=room_id)
    topic = None if topic_id is None else Topic.objects.get(pk=topic_id, room=room)
    read = Message.objects.filter(room=room, events__kind="posted", events__seq__lte=seq)
    if topic:
        read = read.filter(topic=topic)
    number = read.aggregate(number=Max("number"))["number"]
    if number is None:
        return False
    now = timezone.now()
    mark, created = ReadMark.objects.get_or_create(
        user_id=user_id,
        room=room,
        topic=topic,
        defaults={"number": number, "moved_at": now},
    )
    moved = created or bool(
        ReadMark.objects.filter(pk=mark.pk, number__lt=number).update(number=number, moved_at=now)
    )
    if moved:
        publish.tell([user_id], {"kind": "read", "room": room_id, "topic": topic_id, "number": number})
        if number >= room.last_message_number:
            mark_read_about(user_id, f"room:{room_id}")
    return moved
