"""Post, edit, delete. A message is stored once however often it is sent (author and client id)."""

import re
import unicodedata
import uuid
from functools import partial

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from community.models import Seat, User
from community.models.territory import search_key
from messaging import permissions
from messaging.actions.log import append_events, append_message
from messaging.markdown import render
from messaging.models import Message, Room, RoomEvent, RoomMember, Topic
from messaging.models.message import BODY_LENGTH
from messaging.notices import DIRECT_MESSAGE
from notifications.actions import notify
from realtime.limits import Allowance, Limits
from realtime.refusals import Refused

_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z]{2,4})?")
_posts = Allowance(Limits.from_settings().posts, Limits.from_settings().per)


def post_message(
    author_id: int,
    room_id: int,
    body: str,
    *,
    cid: uuid.UUID | None = None,
    topic_id: int | None = None,
    reply_to_id: int | None = None,
    lang: str = "",
    limited: bool = True,
) -> tuple[RoomEvent, bool]:
    """Write a message (Markdown, at most 8,000 characters); returns its event (`.seq`, `.message`) and whether it
    had been posted before: the same `cid` of the same author is stored once.

    `limited=False` is for our own commands: people have 10 posts in 10 s. The person told by notification is the
    other one of a direct room; a club's messages are followed by topic.
    """
    if limited and (wait := _posts.take(author_id)):
        raise Refused("rate_limited", _("That is a lot at once. Try again in a moment."), retry_after=wait)
    message = Message(
        room_id=room_id,
        topic_id=topic_id,
        author_id=author_id,
        client_id=cid or uuid.uuid4(),
        reply_to_id=reply_to_id,
        lang=_clean_language(lang),
        created_at=timezone.now(),
        **_written(body),
    )
    _check_references(message)
    message.seat_id = _speaking_seat(author_id)
    return _store(message)


def _store(message: Message) -> tuple[RoomEvent, bool]:
    try:
        event = append_message(message)
    except IntegrityError:
        return _already_posted(message), True
    if event is None:
        # Seen but not writable, or not there at all: only the first may be said.
        Room.objects.get(pk=message.room_id, members__user=message.author_id)
        raise PermissionDenied
    if event.room_kind in (Room.Kind.DIRECT, Room.Kind.INTRODUCTION):
        transaction.on_commit(partial(_tell_the_other_one, message), robust=True)
    return event, False


def _already_posted(message: Message) -> RoomEvent:
    event = (
        RoomEvent.objects.select_related("message__topic")
        .filter(
            kind=RoomEvent.Kind.POSTED,
            message__author=message.author_id,
            message__client_id=message.client_id,
        )
        .first()
    )
    if event is None or event.room_id != message.room_id:
        raise Refused("conflict", _("This message was sent elsewhere already."), field="cid")
    return event


def _written(body: str) -> dict[str, str]:
    """The three forms of a body that are stored; raises Refused for an empty or too long one."""
    body = "".join(
        c for c in body.replace("\r\n", "\n") if c in "\n\t" or unicodedata.category(c) != "Cc"
    ).strip()
    if not body:
        raise Refused("invalid", _("Write something first."), field="body")
    if len(body) > BODY_LENGTH:
        raise Refused("too_large", _("A message has at most 8,000 characters."), field="body")
    try:
        body.encode()
    except UnicodeEncodeError:
        raise Refused(
            "invalid", _("This text has a character that cannot be stored."), field="body"
        ) from None
    return {"body": body, "html": render(body), "words": search_key(body)}


def _clean_language(lang: str) -> str:
    if lang and not _LANGUAGE.fullmatch(lang):
        raise Refused("invalid", _("This is not a language."), field="lang")
    return lang


def _check_references(message: Message) -> None:
    """A topic and an answered message are of the same room."""
    if message.topic_id and not Topic.objects.filter(pk=message.topic_id, room=message.room_id).exists():
        raise Refused("invalid", _("This topic is not in this room."), field="topic")
    if (
        message.reply_to_id
        and not Message.objects.filter(pk=message.reply_to_id, room=message.room_id).exists()
    ):
        raise Refused("invalid", _("The message you answer is not in this room."), field="reply_to")


def _speaking_seat(author_id: int) -> int | None:
    """For whom the person speaks today: the id of their first verified seat, if any."""
    return Seat.objects.current().verified().of(author_id).values_list("pk", flat=True).first()


def _tell_the_other_one(message: Message) -> None:
    room = Room.objects.get(pk=message.room_id)
    others = room.members.exclude(user=message.author_id).values_list("user", flat=True)
    author = User.objects.get(messages=message)
    notify(others, DIRECT_MESSAGE.code, _room_url(room), {"author": str(author)}, key=f"room:{room.pk}")


def _room_url(room: Room) -> str:
    try:
        return reverse("messaging:room_detail", args=[room.pk])
    except NoReverseMatch:
        return "/"


@transaction.atomic
def edit_message(user_id: int, message_id: int, body: str) -> RoomEvent:
    """Rewrite one's own message; everyone reads the new words, also in the past. Sent twice, it changes once."""
    written = _written(body)
    message, member = _locked(user_id, message_id)
    if not permissions.can_edit(member, message):
        raise PermissionDenied
    if message.body == written["body"]:
        return message.events.order_by("-seq")[:1].get()
    message.edited_at = timezone.now()
    for field, value in written.items():
        setattr(message, field, value)
    message.save(update_fields=[*written, "edited_at"])
    return _record(RoomEvent.Kind.EDITED, user_id, message)


@transaction.atomic
def delete_message(user_id: int, message_id: int) -> RoomEvent:
    """Blank one's own message for everyone; its place and number stay. Sent twice, it is deleted once."""
    message, member = _locked(user_id, message_id)
    if not permissions.can_delete(member, message):
        raise PermissionDenied
    if message.deleted_at:
        return message.events.order_by("-seq")[:1].get()
    message.body = message.html = message.words = ""
    message.deleted_at = timezone.now()
    message.save(update_fields=["body", "html", "words", "deleted_at"])
    return _record(RoomEvent.Kind.DELETED, user_id, message)


def _locked(user_id: int, message_id: int) -> tuple[Message, RoomMember]:
    """The message and the person's row in its room, both locked: members first, then the message, then the room."""
    room_id = Message.objects.visible_to(user_id).values_list("room", flat=True).get(pk=message_id)
    member = RoomMember.objects.select_for_update().filter(room=room_id, user=user_id).first()
    if member is None:
        raise Message.DoesNotExist
    return Message.objects.select_for_update().get(pk=message_id), member


def _record(kind: str, user_id: int, message: Message) -> RoomEvent:
    seq = append_events(message.room_id, [(kind, user_id, message, {})], timezone.now())
    return RoomEvent.objects.get(room=message.room_id, seq=seq)
