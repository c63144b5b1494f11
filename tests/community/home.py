"""What waits for one person: at most three things to do, each with its own button."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from community.models import Membership, Organisation, OrganisationTheme, Seat, User
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
    letters = Introduction.objects.awaiting_answer_of(user).select_related("from_organisation")[:MAXIMUM]
    return [
        Task(
            icon="mail",
            title=_("%(town)s wrote to you") % {"town": letter.from_organisation.name},
            detail="« %s »" % letter.body[:90].strip() if letter.body else "",
            url=reverse("matching:introduction_detail", args=[letter.pk]),
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
    unanswered = Event.objects.upcoming_for(user).unanswered_by(user)[:1]
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
                url=reverse("community:town_edit", args=[organisation.territory_id]),
                action=_("Say it"),
            )
        ]
    if OrganisationTheme.Direction.OFFERED not in directions:
        return [
            Task(
                icon="sprout",
                title=_("Say what your town can show"),
                detail=_("It is what other towns look for first."),
                url=reverse("community:town_edit", args=[organisation.territory_id]),
                action=_("Say it"),
            )
        ]
    return []
