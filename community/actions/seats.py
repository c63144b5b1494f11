"""Seats: claimed, verified or refused, ended. Only verifying makes anybody speak for a town (trust Z4)."""

import datetime as dt

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify

from community import notices
from community.actions.changed import circles_of_organisation_changed, profile_changed
from community.languages import languages_of
from community.models import Organisation, Seat, Territory, User
from community.permissions import can_act_for, can_verify
from community.today import today
from notifications.actions import notify


@transaction.atomic
def claim_town(user: User, territory: Territory, kind: str = Seat.Kind.AGENT, title: str = "") -> Seat:
    """A pending seat of the person in the town's organisation, which is made as an unpublished draft if there is none.

    One claim at a time: a claim for another town, still pending, is taken back. Claiming again changes kind and title
    of a pending seat, and leaves a verified or refused one as it is. Those who run the site are told.
    """
    organisation = town_of(territory)
    mine = Seat.objects.current().of(user)
    mine.filter(state=Seat.State.PENDING).exclude(organisation=organisation).delete()
    seat = mine.filter(organisation=organisation).order_by("-state").first()
    if seat is None:
        seat = Seat.objects.create(person=user, organisation=organisation, kind=kind, title=title[:120])
        _tell_verifiers(seat)
    elif seat.state == Seat.State.PENDING:
        seat.kind, seat.title = kind, title[:120]
        seat.save(update_fields=["kind", "title"])
    profile_changed(organisation)
    return seat


def town_of(territory: Territory) -> Organisation:
    """The organisation of a place; made as an unpublished draft if there is none."""
    organisation, _created = Organisation.objects.get_or_create(
        territory=territory,
        defaults={
            "kind": Organisation.Kind.TOWN,
            "name": territory.name,
            "slug": f"{slugify(territory.name)[:60] or 'ville'}-{territory.pk}",
            "languages": languages_of(territory.country),
        },
    )
    return organisation


@transaction.atomic
def give_seat(
    by: User | None,
    person: User,
    organisation: Organisation,
    kind: str,
    title: str = "",
    *,
    level: int = 1,
    source: str = "",
    ends_on: dt.date | None = None,
) -> Seat:
    """A verified seat at once, from somebody who may verify (None: the command line). Giving it again changes nothing
    but title and end."""
    seat, created = Seat.objects.get_or_create(
        person=person,
        organisation=organisation,
        kind=kind,
        ends_on=ends_on,
        defaults={"title": title[:120]},
    )
    if not created and seat.title != title[:120]:
        seat.title = title[:120]
        seat.save(update_fields=["title"])
    if seat.state != Seat.State.VERIFIED:
        verify_seat(by, seat, level=level, source=source, tell=False)
    return seat


@transaction.atomic
def verify_seat(by: User | None, seat: Seat, *, level: int = 2, source: str = "", tell: bool = True) -> Seat:
    """Confirm a seat: 1 the organisation, 2 the mandate, 3 vouched for by a national network. `by` None: the command line.

    The first verified seat of a town publishes the page it prepared. Raises PermissionDenied for whoever may not verify,
    ValueError for a level that does not exist.
    """
    if by is not None and not can_verify(by, seat):
        raise PermissionDenied
    if level not in (1, 2, 3):
        raise ValueError(f"there is no verification level {level}")
    organisation = Organisation.objects.select_for_update().get(pk=seat.organisation_id)
    seat.state, seat.level, seat.verified_at = Seat.State.VERIFIED, level, timezone.now()
    seat.source = (source or (str(by) if by else ""))[:120]
    seat.save(update_fields=["state", "level", "verified_at", "source"])
    if not organisation.is_published:
        organisation.is_published = True
        organisation.save(update_fields=["is_published", "updated_at"])
    circles_of_organisation_changed(organisation.pk)
    profile_changed(organisation)
    if tell:
        notify(
            [seat.person_id],
            notices.SEAT_VERIFIED,
            organisation.get_absolute_url(),
            {"organisation": organisation.name},
        )
    return seat


@transaction.atomic
def refuse_seat(by: User | None, seat: Seat, reason: str = "") -> Seat:
    """Say no to a claim, or take a verification back; the reason is kept. Raises PermissionDenied."""
    if by is not None and not can_verify(by, seat):
        raise PermissionDenied
    seat.state, seat.level, seat.verified_at, seat.source = Seat.State.REFUSED, 0, None, reason[:120]
    seat.save(update_fields=["state", "level", "verified_at", "source"])
    circles_of_organisation_changed(seat.organisation_id)
    name = seat.organisation.name
    notify([seat.person_id], notices.SEAT_REFUSED, reverse("portal:help"), {"organisation": name})
    return seat


@transaction.atomic
def end_seat(by: User | None, seat: Seat) -> Seat:
    """The seat is over from now on; what the organisation owns stays. By the person, by somebody who acts for the
    organisation, or by who may verify."""
    allowed = (
        by is None or by.pk == seat.person_id or can_act_for(by, seat.organisation) or can_verify(by, seat)
    )
    if not allowed:
        raise PermissionDenied
    # The last day counts: over now means that yesterday was the last one.
    seat.ends_on = today() - dt.timedelta(days=1)
    seat.save(update_fields=["ends_on"])
    circles_of_organisation_changed(seat.organisation_id)
    return seat


def _tell_verifiers(seat: Seat) -> None:
    staff = User.objects.filter(is_staff=True, is_active=True).exclude(pk=seat.person_id)
    notify(
        staff.values_list("pk", flat=True),
        notices.SEAT_PENDING,
        reverse("admin:community_seat_change", args=[seat.pk]),
        {"person": str(seat.person), "organisation": seat.organisation.name},
    )
