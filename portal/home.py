"""What waits for one person: at most three things to do, each with its own button."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from community.models import Membership, Organisation, OrganisationTheme, Seat, User
from community.themes import by_position
from events.models import Event
from matching.models import Introduction

MAXIMUM = 3


@dataclass(frozen=True)
class Task:
    icon: str
    title: str
    detail: str
    url: str
    action: str
    urgent: bool = False


def own_organisation(user: User) -> Organisation | None:
    """The town (or group of towns) a person sits in today, the verified seat first."""
    seat = (
        Seat.objects.current()
        .of(user)
        .exclude(state=Seat.State.REFUSED)
        .filter(organisation__kind__in=[Organisation.Kind.TOWN, Organisation.Kind.GROUP])
        .select_related("organisation__territory")
        .order_by("-level", "pk")
        .first()
    )
    return seat.organisation if seat else None


def tasks(user: User, organisation: Organisation | None) -> list[Task]:
    """The first three things that wait for this person, the ones other people wait for first."""
    found = [*_letters(user), *_requests(user), *_events(user), *_profile(organisation)]
    return found[:MAXIMUM]


def _letters(user: User) -> list[Task]:
    towns = Seat.objects.current().verified().of(user).values("organisation")
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


def _requests(user: User) -> list[Task]:
    """Organisations that ask to join a club this person animates."""
    animated = Organisation.objects.filter(
        pk__in=Seat.objects.current().verified().of(user).values("organisation")
    )
    asking = Membership.objects.filter(club__animator__in=animated, state=Membership.State.REQUESTED)
    count = asking.count()
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


def _events(user: User) -> list[Task]:
    unanswered = Event.objects.awaiting_answer_of(user)[:1]
    return [
        Task(
            icon="calendar-check",
            title=event.title,
            detail=_("Are you coming? Nobody knows yet."),
            url=reverse("events:event_detail", args=[event.pk]),
            action=_("Answer"),
        )
        for event in unanswered
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
    directions = set(organisation.themes.values_list("direction", flat=True))
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
