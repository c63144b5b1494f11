"""The socket edge: the room logs as the hub reads them, and the frames people send."""

import uuid
from collections.abc import Callable, Collection
from typing import Any

from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.db.models import F
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from community.models import User
from messaging import actions
from messaging.models import Message, Room, RoomEvent
from realtime.frames import number
from realtime.log import Command, Event, Head, Page
from realtime.refusals import Refused

REWRITING = {RoomEvent.Kind.EDITED, RoomEvent.Kind.DELETED}


class MessagingLog:
    """The `realtime.log.RoomLog` of this application."""

    def heads(self, rooms: Collection[int]) -> dict[int, Head]:
        return _heads(Room.objects.filter(pk__in=rooms))

    def readable(self, user: int, rooms: Collection[int]) -> dict[int, Head]:
        return _heads(Room.objects.filter(pk__in=rooms, members__user=user))

    def readers(self, room: int) -> tuple[int, frozenset[int]]:
        rows = list(Room.objects.filter(pk=room).values_list("acl_version", "members__user"))
        return (rows[0][0] if rows else -1), frozenset(user for _acl, user in rows if user is not None)

    def events(self, room: int, after: int, limit: int) -> Page | None:
        rows = list(
            events_after(room, after)[:limit].annotate(head=F("room__last_seq"), acl=F("room__acl_version"))
        )
        if rows:
            head = Head(rows[0].head, rows[0].acl)
            return Page(head, [Event(row.seq, event_fields(row), row.kind in REWRITING) for row in rows])
        known = self.heads([room]).get(room)
        return known and Page(known, [])


def _heads(rooms: Any) -> dict[int, Head]:
    return {pk: Head(seq, acl) for pk, seq, acl in rooms.values_list("pk", "last_seq", "acl_version")}


def events_after(room: int, after: int) -> Any:
    """The log of a room after a number, in order, with all that `event_fields` needs."""
    return (
        RoomEvent.objects.filter(room=room, seq__gt=after)
        .order_by("seq")
        .select_related(
            "actor", "message__author", "message__topic", "message__seat__organisation__territory"
        )
    )


def event_fields(event: RoomEvent) -> dict[str, Any]:
    """An event as every client gets it, REST and socket alike, but for `room` and `seq`."""
    fields: dict[str, Any] = {
        "kind": event.kind,
        "at": event.at.isoformat(),
        "actor": event.actor and {"id": event.actor.pk, "name": str(event.actor)},
        "payload": event.payload,
    }
    if event.message is not None:
        fields["message"] = message_fields(event.message)
    return fields


def message_fields(message: Message) -> dict[str, Any]:
    """A message as it reads now: edited in all its events, blank in all its events once deleted."""
    return {
        "id": message.pk,
        "cid": str(message.client_id),
        "number": message.number,
        "topic": message.topic and {"id": message.topic.pk, "title": message.topic.title},
        "author": author_fields(message),
        "body": message.body,
        "html": message.html,
        "lang": message.lang,
        "reply_to": message.reply_to_id,
        "created_at": message.created_at.isoformat(),
        "edited_at": message.edited_at and message.edited_at.isoformat(),
        "deleted": message.deleted_at is not None,
    }


def author_fields(message: Message) -> dict[str, Any] | None:
    """Who wrote and for whom they spoke; None for a former member."""
    if message.author is None:
        return None
    fields: dict[str, Any] = {"id": message.author.pk, "name": str(message.author)}
    if message.seat is not None:
        organisation = message.seat.organisation
        territory = organisation.territory
        fields["organisation"] = {
            "name": organisation.name,
            "kind": organisation.kind,
            "country": territory.country if territory else None,
            "population": territory.population if territory else None,
        }
        fields["role"] = message.seat.title or message.seat.kind
    return fields


def post(user: int, frame: dict[str, Any]) -> dict[str, Any]:
    """`post {room, cid, body, topic?, lang?, reply_to?}`"""
    event, duplicate = actions.post_message(
        user,
        number(frame, "room"),
        _text(frame, "body"),
        cid=_client_id(frame),
        topic_id=_optional(frame, "topic"),
        reply_to_id=_optional(frame, "reply_to"),
        lang=_text(frame, "lang", ""),
    )
    return {"room": event.room_id, "seq": event.seq, "duplicate": duplicate}


def edit(user: int, frame: dict[str, Any]) -> dict[str, Any]:
    """`edit {room, message, cid, body}`"""
    _client_id(frame)
    _in_room(frame)
    event = actions.edit_message(user, number(frame, "message"), _text(frame, "body"))
    return {"room": event.room_id, "seq": event.seq, "duplicate": False}


def delete(user: int, frame: dict[str, Any]) -> dict[str, Any]:
    """`delete {room, message, cid}`"""
    _client_id(frame)
    _in_room(frame)
    event = actions.delete_message(user, number(frame, "message"))
    return {"room": event.room_id, "seq": event.seq, "duplicate": False}


def resolve(user: int, frame: dict[str, Any]) -> dict[str, Any]:
    """`resolve {room, topic, cid, resolved?}`"""
    _client_id(frame)
    resolved = frame.get("resolved", True)
    if not isinstance(resolved, bool):
        raise Refused("invalid", "`resolved` is true or false.", field="resolved")
    event = actions.resolve_topic(user, number(frame, "topic"), resolved=resolved)
    room = number(frame, "room")
    return {"room": room, "seq": event.seq if event else None, "duplicate": event is None}


def read(user: int, frame: dict[str, Any]) -> None:
    """`read {room, seq, topic?}`; answered only when refused."""
    actions.mark_read(user, number(frame, "room"), number(frame, "seq"), topic_id=_optional(frame, "topic"))


def _client_id(frame: dict[str, Any]) -> uuid.UUID:
    try:
        return uuid.UUID(_text(frame, "cid"))
    except ValueError:
        raise Refused("invalid", "`cid` must be a UUID.", field="cid") from None


def _in_room(frame: dict[str, Any]) -> None:
    """The message is of the room the frame names, so that a client cannot be confused about where it acted."""
    if not Message.objects.filter(pk=number(frame, "message"), room=number(frame, "room")).exists():
        raise Refused("not_found", _("There is nothing here that you may use."))


def _text(frame: dict[str, Any], field: str, default: str | None = None) -> str:
    value = frame.get(field, default)
    if value is None and default is not None:
        return default
    if not isinstance(value, str):
        raise Refused("invalid", f"`{field}` must be a text.", field=field)
    return value


def _optional(frame: dict[str, Any], field: str) -> int | None:
    return None if frame.get(field) is None else number(frame, field)


def _answering(command: Callable[[int, dict[str, Any]], dict[str, Any] | None]) -> Command:
    """What is not there and what may not be seen are refused with the same words, in the person's language."""

    def answered(user: int, frame: dict[str, Any]) -> dict[str, Any] | None:
        try:
            return command(user, frame)
        except ObjectDoesNotExist:
            refused = Refused("not_found", _("There is nothing here that you may use."))
        except PermissionDenied:
            refused = Refused("invalid", _("You may read here, not do this."), field="room")
        except Refused as error:
            refused = error
        language = User.objects.filter(pk=user).values_list("language", flat=True).first()
        with translation.override(language or settings.LANGUAGE_CODE):
            refused.detail = str(refused.detail)
        raise refused

    return answered


COMMANDS: dict[str, Command] = {
    command.__name__: _answering(command) for command in (post, edit, delete, resolve, read)
}
