"""What waits for one person: at most three things to do, each with its own button."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Subquery, Sum
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from community.models import Membership, Organisation, OrganisationTheme, Seat, Territory, User
from community.permissions import acting_seats
from community.themes import by_position
from events.models import Event
from matching.models import Introduction

MAXIMUM = 3
AHEAD = 20  # meetings looked through for one that has no answer yet


@dataclass(frozen=True)
class Task:
    icon: str
    title: str
    detail: str
    url: str
    action: str
    urgent: bool = False


def seats_of(user: User) -> list[Seat]:
    """A person's seats today, the surest first, each with its organisation and all the desk reads from it.

    `confirmed`: whether the person speaks for the organisation · `asking`: how many ask to join its clubs.
    """
    asking = (
        Membership.objects.filter(club__animator=OuterRef("organisation"), state=Membership.State.REQUESTED)
        .order_by()
        .values("club__animator")
        .annotate(n=Count("pk"))
    )
    people = (
        Territory.objects.filter(groups=OuterRef("organisation"))
        .order_by()
        .values("groups")
        .annotate(n=Sum("population"))
    )
    speaking = acting_seats(user).filter(organisation=OuterRef("organisation"))
    seats: list[Seat] = list(
        Seat.objects.current()
        .of(user)
        .exclude(state=Seat.State.REFUSED)
        .annotate(
            confirmed=Exists(speaking),
            asking=Coalesce(Subquery(asking.values("n")), 0),
            people=Subquery(people.values("n")),
        )
        .select_related("organisation__territory", "organisation__matching_preference")
        .prefetch_related("organisation__themes")
        .order_by("-level", "pk")
    )
    for seat in seats:
        seat.organisation.people = seat.people  # type: ignore[attr-defined]
    return seats


def own_seat(seats: list[Seat]) -> Seat | None:
    """The seat in the town (or group of towns) a person is at home in: the surest one."""
    kinds = Organisation.Kind.TOWN, Organisation.Kind.GROUP
    return next((seat for seat in seats if seat.organisation.kind in kinds), None)


def agenda(user: User) -> list[Event]:
    """What concerns the person and comes next, soonest first."""
    return list(Event.objects.upcoming_for(user)[:AHEAD])


def tasks(seats: list[Seat], coming: list[Event]) -> list[Task]:
    """The first three things that wait for this person, the ones other people wait for first."""
    verified = {seat.organisation_id: seat for seat in seats if seat.state == Seat.State.VERIFIED}
    home = own_seat(seats)
    found = [
        *_letters(verified),
        *_requests(verified.values()),
        *_events(coming),
        *_profile(home.organisation if home else None),
    ]
    return found[:MAXIMUM]


def _letters(towns: Iterable[int]) -> list[Task]:
    letters = (
        Introduction.objects.open()
        .filter(to_organisation__in=towns)
        .select_related("from_organisation")[:MAXIMUM]
    )
    return [
        Task(
            icon="mail",
            title=_("%(town)s wrote to you") % {"town": letter.from_organisation.name},
            detail=f"« {Truncator(letter.body).chars(90)} »",
            url=reverse("matching:letter", args=[letter.pk]),
            action=_("Read"),
            urgent=True,
        )
        for letter in letters
    ]


def _requests(seats: Iterable[Seat]) -> list[Task]:
    """Organisations that ask to join a club this person animates."""
    count: int = sum(seat.asking for seat in seats)  # type: ignore[attr-defined]
    if not count:
        return []
    return [
        Task(
            icon="user-plus",
            title=ngettext("%(n)d town asks to join", "%(n)d towns ask to join", count) % {"n": count},
            detail=_("They wait for your answer."),
            url=reverse("community:club_list"),
            action=_("Answer"),
        )
    ]


def _events(coming: list[Event]) -> list[Task]:
    unanswered = [event for event in coming if not event.my_answer]
    return [
        Task(
            icon="calendar-check",
            title=event.title,
            detail=_("Are you coming? Nobody knows yet."),
            url=reverse("events:event_detail", args=[event.pk]),
            action=_("Answer"),
        )
        for event in unanswered[:1]
    ]


def _profile(organisation: Organisation | None) -> list[Task]:
    if organisation is None:
        return [
            Task(
                icon="sprout",
                title=_("Name your town"),
                detail=_("Five fields, three minutes. Then ten towns, with their reasons."),
                url=reverse("community:onboarding"),
                action=_("Begin"),
                urgent=True,
            )
        ]
    directions = {theme.direction for theme in organisation.themes.all()}
    if OrganisationTheme.Direction.WANTED not in directions:
        return [
            Task(
                icon="sprout",
                title=_("Say what occupies your town"),
                detail=_("Two minutes. The towns proposed will be much closer to you."),
                url=reverse("community:town_detail", args=[organisation.territory_id]),
                action=_("Say it"),
            )
        ]
    if OrganisationTheme.Direction.OFFERED not in directions:
        return [
            Task(
                icon="sprout",
                title=_("Say what your town can show"),
                detail=_("It is what other towns look for first."),
                url=reverse("community:town_detail", args=[organisation.territory_id]),
                action=_("Say it"),
            )
        ]
    return []


def examples() -> list[tuple[Organisation, str]]:
    """Three member towns of three countries, each with something it can show others, for a visitor."""
    done = (
        OrganisationTheme.objects.filter(
            direction=OrganisationTheme.Direction.OFFERED,
            level=OrganisationTheme.Level.DONE,
            is_public=True,
            organisation__is_published=True,
            organisation__kind=Organisation.Kind.TOWN,
        )
        .select_related("organisation__territory")
        .order_by("organisation", "position")[:200]
    )
    by_country = {row.organisation.territory.country: row for row in done if row.organisation.territory}
    return [(row.organisation, by_position()[row.position].label) for row in list(by_country.values())[:3]]
