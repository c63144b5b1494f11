"""Topics: what a conversation in a room is about."""

import unicodedata
import uuid

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from messaging import permissions
from messaging.actions.log import append_events
from messaging.actions.messages import post_message
from messaging.models import Message, RoomEvent, RoomMember, Topic
from realtime.refusals import Refused

TITLE_LENGTH = 150


@transaction.atomic
def start_topic(
    author_id: int,
    room_id: int,
    title: str,
    body: str,
    *,
    cid: uuid.UUID | None = None,
    lang: str = "",
    limited: bool = True,
) -> tuple[Topic, RoomEvent]:
    """Open a topic with its first message. The same `cid` again gives the topic of the first time."""
    title = " ".join("".join(" " if unicodedata.category(c) == "Cc" else c for c in title).split())
    if not title or len(title) > TITLE_LENGTH:
        raise Refused("invalid", _("A topic needs a title of at most 150 characters."), field="title")
    known = (
        Message.objects.filter(author=author_id, client_id=cid).exclude(topic=None).first() if cid else None
    )
    topic = (known.topic if known else None) or Topic.objects.create(
        room_id=room_id, title=title, created_by_id=author_id, last_message_at=timezone.now()
    )
    event, duplicate = post_message(
        author_id, room_id, body, cid=cid, topic_id=topic.pk, lang=lang, limited=limited
    )
    if duplicate and known is None:
        if event.message is None or event.message.topic_id is None:
            raise Refused("conflict", _("This message was sent elsewhere already."), field="cid")
        # The same cid arrived twice at once, and the other one won: its topic is the topic.
        topic.delete()
        topic = Topic.objects.get(messages__events=event)
    return topic, event


@transaction.atomic
def resolve_topic(user_id: int, topic_id: int, *, resolved: bool = True) -> RoomEvent | None:
    """Mark a topic as answered, or open it again; anyone who writes in the room may. None if it was so already."""
    room_id = Topic.objects.visible_to(user_id).values_list("room", flat=True).get(pk=topic_id)
    member = RoomMember.objects.select_for_update().filter(room=room_id, user=user_id).first()
    if not permissions.can_write(member):
        raise PermissionDenied
    state = Topic.State.RESOLVED if resolved else Topic.State.OPEN
    if not Topic.objects.filter(pk=topic_id).exclude(state=state).update(state=state):
        return None
    kind = RoomEvent.Kind.RESOLVED if resolved else RoomEvent.Kind.REOPENED
    seq = append_events(room_id, [(kind, user_id, None, {"topic": topic_id})], timezone.now())
    return RoomEvent.objects.get(room=room_id, seq=seq)
