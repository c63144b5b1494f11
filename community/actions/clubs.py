"""Clubs and who belongs to them. Every change tells the circles in the same transaction."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from community import notices
from community.actions.changed import circles_changed, seats_changed
from community.models import Circle, Club, Membership, Organisation, Seat, User
from community.permissions import acting_seats, can_act_for, can_animate
from community.today import today
from notifications.actions import notify

Role, State = Membership.Role, Membership.State
FOR_A_TIME = (Role.GUEST, Role.INTERN)


@transaction.atomic
def create_club(
    name: str, slug: str, *, animator: Organisation, commissioners: Iterable[Organisation] = (), **fields: Any
) -> Club:
    """A club with its two circles, its animator in it. The same slug again returns that club, updated."""
    values = {"name": name, "animator": animator, **fields}
    club, _created = Club.objects.update_or_create(slug=slug, defaults=values)
    club.commissioners.set(commissioners)
    for kind in Circle.Kind.values:
        Circle.objects.get_or_create(club=club, kind=kind)
    add_member_to_club(None, club, organisation=animator, role=Role.ANIMATOR)
    return club


@transaction.atomic
def add_member_to_club(
    by: User | None,
    club: Club,
    *,
    organisation: Organisation | None = None,
    person: User | None = None,
    role: str = Role.MEMBER,
    starts_on: dt.date | None = None,
    ends_on: dt.date | None = None,
) -> Membership:
    """An active place for an organisation, or for a person as guest or intern until a day. By the animator (None: the
    command line). Adding again changes role and dates. ValidationError without organisation, person or end date."""
    if by is not None and not can_animate(by, club):
        raise PermissionDenied
    if (organisation is None) == (person is None):
        raise ValidationError(_("Name an organisation or a person."))
    if role in FOR_A_TIME and ends_on is None:
        raise ValidationError({"ends_on": _("A guest needs an end date.")})
    membership, _created = Membership.objects.update_or_create(
        club=club,
        organisation=organisation,
        person=person,
        defaults={"role": role, "state": State.ACTIVE, "starts_on": starts_on, "ends_on": ends_on},
    )
    circles_changed([club.pk])
    return membership


@transaction.atomic
def request_membership(by: User, club: Club, organisation: Organisation) -> Membership:
    """Ask for a place, for an organisation one acts for. The animators are told. Asking again changes nothing.

    Raises PermissionDenied without a verified seat (trust Z4).
    """
    if not can_act_for(by, organisation):
        raise PermissionDenied
    membership, created = Membership.objects.get_or_create(club=club, organisation=organisation)
    over = membership.state in (State.ENDED, State.ALUMNI)
    if over:
        membership.state, membership.starts_on, membership.ends_on = State.REQUESTED, None, None
        membership.save(update_fields=["state", "starts_on", "ends_on"])
    if created or over:
        animators = Seat.objects.current().verified().filter(organisation=club.animator_id)
        notify(
            animators.values_list("person", flat=True),
            notices.MEMBERSHIP_REQUESTED,
            reverse("community:club_requests", args=[club.slug]),
            {"organisation": organisation.name, "club": club.name},
            key=f"{notices.MEMBERSHIP_REQUESTED}:{membership.pk}",
        )
    return membership


@transaction.atomic
def accept_membership(by: User, membership: Membership) -> Membership:
    """The animator lets somebody in, from today. Their people with a seat are told. Raises PermissionDenied, and
    ValidationError when the request was taken back or refused meanwhile.
    """
    if not can_animate(by, membership.club):
        raise PermissionDenied
    now = Membership.objects.select_for_update().values_list("state", flat=True).get(pk=membership.pk)
    if now in (State.ENDED, State.ALUMNI):
        raise ValidationError(_("There is no request any more: it was taken back or declined."))
    membership.state = State.ACTIVE
    membership.starts_on = membership.starts_on or today()
    membership.save(update_fields=["state", "starts_on"])
    circles_changed([membership.club_id])
    if membership.organisation is not None:
        seats = Seat.objects.current().verified().filter(organisation=membership.organisation)
        notify(
            seats.values_list("person", flat=True),
            notices.MEMBERSHIP_ACCEPTED,
            reverse("community:club_list"),
            {"organisation": membership.organisation.name, "club": membership.club.name},
            key=f"{notices.MEMBERSHIP_ACCEPTED}:{membership.pk}",
        )
    return membership


@transaction.atomic
def end_membership(by: User | None, membership: Membership) -> Membership:
    """The place is over from now on, or the request is refused. By the animator, or by the member itself."""
    if by is not None and not (can_animate(by, membership.club) or _is_own(by, membership)):
        raise PermissionDenied
    membership.state = State.ENDED
    membership.ends_on = today()
    membership.save(update_fields=["state", "ends_on"])
    circles_changed([membership.club_id])
    return membership


def _is_own(user: User, membership: Membership) -> bool:
    if membership.person_id is not None:
        return membership.person_id == user.pk
    return acting_seats(user).filter(organisation=membership.organisation_id).exists()


def refresh_circles() -> int:
    """Bring every circle, and what else follows seats, in line with today's dates: seats and places end by themselves at
    midnight, nobody presses a button. Every web process does it once a day (config/asgi.py); returns how many clubs were looked at."""
    clubs = list(Club.objects.values_list("pk", flat=True))
    for club in clubs:
        with transaction.atomic():
            circles_changed([club])
    began_or_ended = Q(ends_on__lt=today()) | Q(starts_on=today())
    for organisation in (
        Seat.objects.filter(began_or_ended).values_list("organisation", flat=True).distinct().order_by()
    ):
        with transaction.atomic():
            seats_changed(organisation)
    return len(clubs)
