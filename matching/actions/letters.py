"""The first letter between two towns, from the pen to the answer."""

import datetime as dt
import unicodedata
from functools import partial

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from community.models import Organisation, User
from matching import notices, permissions
from matching.models import Introduction
from matching.recommendation import shared_in_public
from messaging.actions import open_room, post_message, set_members
from messaging.models import Room
from notifications.actions import notify
from realtime.refusals import Refused

State = Introduction.State


@transaction.atomic
def send_introduction(
    user: User,
    organisation: Organisation,
    to: Organisation,
    body: str,
    *,
    language: str = "",
    limited: bool = True,
) -> Introduction:
    """Write the first letter of a town to another one.

    A confirmed person's letter leaves at once: a room opens, the letter is its first message, the other town is told.
    Anyone else's is kept (`state` waiting) and leaves when their seat is confirmed; writing again replaces it.
    Raises PermissionDenied, and Refused when the letter is empty or too long, the other town cannot receive it, the two
    are in touch already, or the town has written A_DAY letters since yesterday.
    """
    if not permissions.may_write_letter(user, organisation):
        raise PermissionDenied
    _check(organisation, to)
    letter = Introduction.objects.waiting().filter(
        sender=user, from_organisation=organisation, to_organisation=to
    ).first() or Introduction(sender=user, from_organisation=organisation, to_organisation=to)
    letter.body = _clean(body)
    letter.language = language or user.language
    letter.themes = shared_in_public(organisation, to)
    if permissions.may_speak_for(user, organisation):
        _send(letter, limited=limited)
    else:
        letter.save()
    return letter


@transaction.atomic
def withdraw_introduction(user: User, letter: Introduction) -> None:
    """Throw away a letter that still waits. Raises PermissionDenied for anyone but its writer, or once it is sent."""
    if not Introduction.objects.waiting().filter(pk=letter.pk, sender=user).delete()[0]:
        raise PermissionDenied


@transaction.atomic
def seats_changed(organisation_id: int) -> None:
    """Who speaks for a town has changed: letters kept until then leave, and the readers of its letters follow.

    Called by name from `community` (settings.SEATS_CHANGED), inside the transaction of the change.
    """
    waiting = Introduction.objects.waiting().filter(from_organisation=organisation_id)
    for letter in waiting.select_related("from_organisation", "to_organisation", "sender").order_by("pk"):
        _send_if_confirmed(letter)
    letters = Introduction.objects.exclude(room=None).filter(
        Q(from_organisation=organisation_id) | Q(to_organisation=organisation_id)
    )
    for letter in letters.select_related("room", "sender", "from_organisation", "to_organisation"):
        set_members(_room(letter), _readers(letter))


def _send_if_confirmed(letter: Introduction) -> None:
    """A letter that cannot leave (the towns are in touch meanwhile) stays with its writer."""
    if letter.sender is None or not permissions.may_speak_for(letter.sender, letter.from_organisation):
        return
    try:
        with transaction.atomic():
            _check(letter.from_organisation, letter.to_organisation)
            _send(letter, limited=False)
    except Refused:
        return
    url = reverse("matching:letter", args=[letter.pk])
    notify([letter.sender.pk], notices.LETTER_SENT.code, url, {"town": letter.to_organisation.name})


@transaction.atomic
def accept_introduction(user: User, letter: Introduction) -> Introduction:
    """Yes, let us talk. Raises PermissionDenied, Refused when it was answered meanwhile."""
    return _answer(user, letter, State.ACCEPTED, notices.LETTER_ACCEPTED.code)


@transaction.atomic
def decline_introduction(user: User, letter: Introduction) -> Introduction:
    """No, not now: the room stays readable and closes for writing. Raises like `accept_introduction`."""
    return _answer(user, letter, State.DECLINED, notices.LETTER_DECLINED.code)


def _check(organisation: Organisation, to: Organisation) -> None:
    """Raise Refused when this letter cannot be sent to that town now."""
    names = {"town": to.name}
    if to.pk == organisation.pk or to.kind not in (Organisation.Kind.TOWN, Organisation.Kind.GROUP):
        raise Refused("invalid", _("Letters go from town to town."))
    if not to.is_published or not permissions.answering_seats(to).exists():
        raise Refused("unavailable", _("Nobody at %(town)s can receive a letter yet.") % names)
    letters = Introduction.objects.between(organisation, to)
    if letters.filter(state=State.ACCEPTED).exists():
        raise Refused("conflict", _("You are already in touch with %(town)s.") % names)
    if letters.open().filter(from_organisation=to).exists():
        raise Refused("conflict", _("%(town)s has written to you: answer its letter.") % names)
    if letters.open().exists():
        raise Refused("conflict", _("Your town's letter to %(town)s is still to be answered.") % names)


def _check_pace(organisation: Organisation) -> None:
    """Raise Refused when a town has written as often as it may today."""
    since = timezone.now() - dt.timedelta(days=1)
    sent = Introduction.objects.filter(from_organisation=organisation, sent_at__gt=since).count()
    if sent >= Introduction.A_DAY:
        words = _("Your town has sent %(count)s letters since yesterday. Write again tomorrow.")
        raise Refused("rate_limited", words % {"count": sent}, retry_after=86_400)


def _clean(body: str) -> str:
    body = body.replace("\r\n", "\n")
    body = "".join(c for c in body if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs")).strip()
    if not body:
        raise Refused("invalid", _("Write two lines first."), field="body")
    if len(body) > Introduction.LENGTH:
        raise Refused("too_large", _("A first letter has at most 1,000 characters."), field="body")
    return body


def _send(letter: Introduction, *, limited: bool) -> None:
    assert letter.sender is not None
    _check_pace(letter.from_organisation)
    # A letter nobody answered in time is over: it does not stand in the way of this one.
    Introduction.objects.filter(
        from_organisation=letter.from_organisation,
        to_organisation=letter.to_organisation,
        state=State.SENT,
        expires_at__lte=timezone.now(),
    ).update(state=State.EXPIRED)
    letter.state = State.SENT
    letter.sent_at = timezone.now()
    letter.expires_at = letter.sent_at + Introduction.ANSWER_WITHIN
    letter.room = open_room(
        Room.Kind.INTRODUCTION,
        _readers(letter),
        title=f"{letter.from_organisation.name} – {letter.to_organisation.name}"[:150],
    )
    try:
        with transaction.atomic():
            letter.save()
    except IntegrityError:
        # Somebody of the same town sent one in the same moment.
        _check(letter.from_organisation, letter.to_organisation)
        raise
    post_message(letter.sender.pk, letter.room.pk, letter.body, lang=letter.language, limited=limited)
    # After the message's own bell, with its key: the town is told once, and by the town's name.
    transaction.on_commit(partial(_tell, letter), robust=True)


def _tell(letter: Introduction) -> None:
    notify(
        permissions.answering_seats(letter.to_organisation).values_list("person", flat=True),
        notices.LETTER_RECEIVED.code,
        reverse("matching:letter", args=[letter.pk]),
        {"town": letter.from_organisation.name},
        key=f"room:{letter.room_id}",
    )


def _answer(user: User, letter: Introduction, state: str, notice: str) -> Introduction:
    if not permissions.may_speak_for(user, letter.to_organisation):
        raise PermissionDenied
    now = timezone.now()
    answered = Introduction.objects.open(now).filter(pk=letter.pk)
    if not answered.update(state=state, answered_at=now, answered_by=user):
        raise Refused("conflict", _("This letter was answered meanwhile."))
    letter.refresh_from_db()
    set_members(_room(letter), _readers(letter))
    if letter.sender_id:
        url = reverse("matching:letter", args=[letter.pk])
        notify([letter.sender_id], notice, url, {"town": letter.to_organisation.name})
    return letter


def _readers(letter: Introduction) -> list[tuple[int, bool]]:
    """Its writer while they speak for their town, and the confirmed people of both: towns talk, whoever leaves."""
    people: set[int] = set()
    for town in (letter.from_organisation, letter.to_organisation):
        people.update(permissions.answering_seats(town).values_list("person", flat=True))
    if letter.sender and permissions.may_speak_for(letter.sender, letter.from_organisation):
        people.add(letter.sender.pk)
    return [(pk, letter.state != State.DECLINED) for pk in sorted(people)]


def _room(letter: Introduction) -> Room:
    assert letter.room is not None
    return letter.room
