"""Every change to an event, to an answer and to a calendar address. Pages, the API and commands call these.

What counts seats holds the event's row (`SELECT … FOR UPDATE`; on SQLite transactions are IMMEDIATE, which
comes to the same): two people never get the last seat.
"""

import base64
import hashlib
import secrets
import zoneinfo
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils import timezone, translation
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _

from community.models import Membership, Seat, User
from events import notices, permissions
from events.models import CalendarFeed, Event, Registration
from events.when import sentence
from notifications.actions import notify
from notifications.kinds import Kind

# A change of one of these is a new SEQUENCE, and people who said they come are told.
TIME_AND_PLACE = (
    "starts_at",
    "ends_at",
    "time_zone",
    "format",
    "place_name",
    "address",
    "town",
    "video_provider",
    "video_link",
)
EDITABLE = (
    *TIME_AND_PLACE,
    "title",
    "summary",
    "description",
    "programme",
    "practical",
    "kind",
    "language",
    "topics",
    "capacity",
    "club",
    "audience",
    "latitude",
    "longitude",
)


# Events


@transaction.atomic
def create_event(by: User, *, organiser: Any, publish: bool = False, **fields: Any) -> Event:
    """Announce an event in the name of an organisation in which `by` holds a verified seat; a draft unless
    `publish`.

    Raises PermissionDenied for another organisation or for a club in which they have no place, ValidationError
    for fields that do not fit, TypeError for a field that is not one of EDITABLE.
    """
    _refuse_unknown(fields)
    if not permissions.organisers_for(by).filter(pk=organiser.pk).exists():
        raise PermissionDenied
    event = Event(
        organiser=organiser,
        created_by=by,
        state=Event.State.OPEN if publish else Event.State.DRAFT,
        is_demo=by.is_demo,
        **fields,
    )
    _check_club(by, event)
    event.full_clean()
    event.save()
    return event


@transaction.atomic
def update_event(event: Event, by: User, **fields: Any) -> Event:
    """Change an event. A changed time or place is a new SEQUENCE and is told to those who come; more seats go
    to the waiting list, first come first.

    Fewer seats than people registered put nobody out. Raises as `create_event`.
    """
    _refuse_unknown(fields)
    event = _locked_for_edit(event, by)
    if event.state == Event.State.CANCELLED:
        raise ValidationError(_("This event is cancelled; it cannot be changed any more."), code="cancelled")
    changed = [name for name, value in fields.items() if getattr(event, name) != value]
    if not changed:
        return event
    for name in changed:
        setattr(event, name, fields[name])
    if {"club", "audience"} & set(changed):
        _check_club(by, event)
    event.full_clean()
    moved = bool(set(TIME_AND_PLACE) & set(changed))
    if moved:
        event.sequence += 1
    event.save(update_fields=[*changed, "sequence"])
    if moved and event.takes_answers:
        _tell(
            event, notices.CHANGED, _people(event, Registration.State.REGISTERED, Registration.State.WAITING)
        )
    if "capacity" in changed:
        _fill_seats(event)
    return event


@transaction.atomic
def publish_event(event: Event, by: User) -> Event:
    """Show a draft to those it is for. Nothing happens to an event that is no draft."""
    event = _locked_for_edit(event, by)
    if event.state == Event.State.DRAFT:
        _move_to(event, Event.State.OPEN)
    return event


@transaction.atomic
def cancel_event(event: Event, by: User) -> Event:
    """Cancel a published event and tell everybody who is registered or waits. Raises ValidationError for a
    draft (discard it) and for an event that is over."""
    event = _locked_for_edit(event, by)
    if event.state == Event.State.CANCELLED:
        return event
    if event.state == Event.State.DRAFT:
        raise ValidationError(_("Nobody has seen this draft yet; delete it instead."), code="draft")
    if event.is_over:
        raise ValidationError(_("This event is over; it can no longer be cancelled."), code="over")
    _move_to(event, Event.State.CANCELLED)
    _tell(event, notices.CANCELLED, _people(event, Registration.State.REGISTERED, Registration.State.WAITING))
    return event


@transaction.atomic
def mark_held(event: Event, by: User) -> Event:
    """State that the event took place. Raises ValidationError before it starts or when it is not open."""
    event = _locked_for_edit(event, by)
    if event.state == Event.State.HELD:
        return event
    if event.state != Event.State.OPEN or event.starts_at > timezone.now():
        raise ValidationError(_("This event has not taken place."), code="not_held")
    _move_to(event, Event.State.HELD)
    return event


@transaction.atomic
def discard_draft(event: Event, by: User) -> None:
    """Delete a draft. Raises ValidationError for an event that people have seen."""
    event = _locked_for_edit(event, by)
    if event.state != Event.State.DRAFT:
        raise ValidationError(_("This event is published; cancel it instead."), code="published")
    event.delete()


def _refuse_unknown(fields: dict[str, Any]) -> None:
    unknown = set(fields) - set(EDITABLE)
    if unknown:
        raise TypeError(f"An event has no field {', '.join(sorted(unknown))} to set.")


def _check_club(by: User, event: Event) -> None:
    """An event is shown in a club only by those who have a place in it; partners announce public events."""
    if event.club_id is None:
        return
    theirs = permissions.clubs_for(by).filter(pk=event.club_id)
    if not theirs.exists():
        raise PermissionDenied


def _locked_for_edit(event: Event, by: User) -> Event:
    locked = Event.objects.select_for_update().get(pk=event.pk)
    if not permissions.may_edit(by, locked):
        raise PermissionDenied
    return locked


def _move_to(event: Event, state: str) -> None:
    event.state = state
    event.sequence += 1
    event.save(update_fields=["state", "sequence"])


# Answers


@transaction.atomic
def register(event: Event, user: User) -> Registration:
    """Take a seat or, when there is none, a place at the end of the waiting list. Saying it twice changes
    nothing.

    Raises Event.DoesNotExist when the person may not see the event, ValidationError when it takes no answers.
    """
    event, answer = _locked_for_answer(event, user)
    states = Registration.State
    if answer and answer.state in (states.REGISTERED, states.WAITING):
        return answer
    seated = Registration.objects.registered().filter(event=event).count()
    full = event.capacity is not None and seated >= event.capacity
    return _answer(event, user, answer, states.WAITING if full else states.REGISTERED)


@transaction.atomic
def decline(event: Event, user: User) -> Registration:
    """Say that one is not coming; a seat that becomes free goes to the first who waits. Raises as `register`."""
    event, answer = _locked_for_answer(event, user)
    if answer and answer.state == Registration.State.DECLINED:
        return answer
    answer = _answer(event, user, answer, Registration.State.DECLINED)
    _fill_seats(event)
    return answer


@transaction.atomic
def cancel_registration(event: Event, user: User) -> None:
    """Take one's answer back, whatever it was; a seat that becomes free goes to the first who waits. Raises as
    `register`."""
    event, answer = _locked_for_answer(event, user)
    if answer:
        answer.delete()
        _fill_seats(event)


def _locked_for_answer(event: Event, user: User) -> tuple[Event, Registration | None]:
    locked = Event.objects.visible_to(user).select_for_update().get(pk=event.pk)
    if locked.state == Event.State.CANCELLED:
        raise ValidationError(_("This event is cancelled."), code="cancelled")
    if locked.state == Event.State.DRAFT:
        raise ValidationError(_("This event is not published yet."), code="draft")
    if locked.is_over:
        raise ValidationError(_("This event is over."), code="over")
    return locked, Registration.objects.filter(event=locked, user=user).first()


def _answer(event: Event, user: User, answer: Registration | None, state: str) -> Registration:
    """Write the person's one row, with a new ticket: who comes back stands at the end of the line."""
    last = Registration.objects.filter(event=event).aggregate(last=Max("ticket"))["last"] or 0
    if answer is None:
        return Registration.objects.create(
            event=event, user=user, state=state, ticket=last + 1, organisation_id=_comes_for(event, user)
        )
    answer.state = state
    answer.ticket = last + 1
    answer.save(update_fields=["state", "ticket", "updated_at"])
    return answer


def _comes_for(event: Event, user: User) -> int | None:
    """The organisation a person stands for: the one that is in the event's club, else their first."""
    own = list(Seat.objects.current().verified().of(user).values_list("organisation", flat=True))
    if event.club_id and len(own) > 1:
        in_club = Membership.objects.active().filter(club=event.club_id, organisation__in=own)
        first = in_club.values_list("organisation", flat=True).first()
        if first:
            return first
    return own[0] if own else None


def _fill_seats(event: Event) -> None:
    """Give free seats to the waiting list, first come first, and tell them. The event's row is locked."""
    if not event.takes_answers:
        return
    waiting = list(Registration.objects.waiting().filter(event=event))
    # Somebody who has left the club since keeps their line, and gets neither a seat nor a word.
    readers = event.readers_among(row.user_id for row in waiting)
    lucky = [row for row in waiting if row.user_id in readers]
    if event.capacity is not None:
        seated = Registration.objects.registered().filter(event=event).count()
        lucky = lucky[: max(0, event.capacity - seated)]
    if not lucky:
        return
    Registration.objects.filter(pk__in=[row.pk for row in lucky]).update(
        state=Registration.State.REGISTERED, updated_at=timezone.now()
    )
    _tell(event, notices.PROMOTED, [row.user_id for row in lucky])


# Telling people


def _people(event: Event, *states: str) -> list[int]:
    return list(Registration.objects.filter(event=event, state__in=states).values_list("user", flat=True))


def _tell(event: Event, kind: Kind, user_ids: Iterable[int]) -> None:
    """Notify those who may still see the event, with the time on each one's clock and in their language."""
    user_ids = event.readers_among(user_ids)
    readers: dict[tuple[str, str], list[int]] = defaultdict(list)
    for pk, language, zone in User.objects.filter(pk__in=user_ids).values_list("pk", "language", "time_zone"):
        readers[language, zone].append(pk)
    for (language, zone), pks in readers.items():
        with translation.override(language):
            context = {
                "title": event.title,
                "when": sentence(event, zoneinfo.ZoneInfo(zone)),
                "where": where(event),
            }
        notify(pks, kind.code, event.get_absolute_url(), context)


def where(event: Event) -> str:
    """The place in a few words: `Hôtel de ville, Cahors`, `by video`."""
    place = ", ".join(filter(None, [event.place_name, event.town.name if event.town else ""]))
    return place if event.has_place and place else str(event.get_format_display()).lower()


# Calendar addresses


def rotate_feed(user: User) -> str:
    """Give the person a new calendar address and end the one they had; returns the new token."""
    nonce = secrets.token_urlsafe(32)
    token = _feed_token(nonce)
    fresh = {"nonce": nonce, "digest": feed_digest(token), "created_at": timezone.now()}
    CalendarFeed.objects.update_or_create(user=user, defaults=fresh)
    return token


def revoke_feed(user: User) -> None:
    """End the person's calendar address."""
    CalendarFeed.objects.filter(user=user).delete()


def feed_token(feed: CalendarFeed) -> str:
    """The token of a feed, to show it to its owner; "" when SECRET_KEY has changed since it was made (the
    address goes on working)."""
    token = _feed_token(feed.nonce)
    return token if constant_time_compare(feed_digest(token), feed.digest) else ""


def feed_digest(token: str) -> str:
    """What is stored of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def _feed_token(nonce: str) -> str:
    secret = salted_hmac("events.calendar_feed", nonce, algorithm="sha256").digest()
    return base64.urlsafe_b64encode(secret).decode().rstrip("=")
