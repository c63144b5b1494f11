"""A club with its two circles, and one person of each sort."""

import datetime as dt
from dataclasses import dataclass

import pytest
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from community.models import Circle, Club, Membership, Organisation, Seat, User
from events.models import Event
from tests.factories import (
    ClubFactory,
    EventFactory,
    MembershipFactory,
    OrganisationFactory,
    SeatFactory,
    UserFactory,
)

PEOPLE = ("member", "animator", "guest", "intern", "partner", "former", "unverified", "outsider", "anonymous")


@dataclass
class Scene:
    club: Club
    people: dict[str, User | AnonymousUser]
    organisation: Organisation  # the animator's
    events: dict[str, Event]

    def __getitem__(self, name: str) -> User | AnonymousUser:
        return self.people[name]


@pytest.fixture
def scene(db: None) -> Scene:
    roles = Membership.Role
    club = ClubFactory(name="Cœur de ville")
    for kind in Circle.Kind:
        Circle.objects.create(club=club, kind=kind)
    people: dict[str, User | AnonymousUser] = {"anonymous": AnonymousUser()}
    animating = OrganisationFactory(name="Villes au Carré")
    people["animator"] = SeatFactory(organisation=animating, kind=Seat.Kind.ANIMATOR).person
    MembershipFactory(club=club, organisation=animating, role=roles.ANIMATOR)
    member = SeatFactory()
    people["member"] = member.person
    MembershipFactory(club=club, organisation=member.organisation)
    people["unverified"] = SeatFactory(organisation=member.organisation, state=Seat.State.PENDING).person
    partner = SeatFactory(organisation=OrganisationFactory())
    people["partner"] = partner.person
    MembershipFactory(club=club, organisation=partner.organisation, role=roles.PARTNER)
    former = SeatFactory()
    people["former"] = former.person
    MembershipFactory(club=club, organisation=former.organisation, state=Membership.State.ENDED)
    people["outsider"] = SeatFactory().person
    for role in (roles.GUEST, roles.INTERN):
        people[role] = UserFactory()
        MembershipFactory(
            club=club,
            organisation=None,
            person=people[role],
            role=role,
            ends_on=timezone.localdate() + dt.timedelta(days=30),
        )
    about = {"organiser": animating, "club": club}
    events = {
        "public": EventFactory(title="Canari public", **about),
        "plenary": EventFactory(title="Canari plénière", audience="plenary", **about),
        "practitioners": EventFactory(title="Canari praticiens", audience="practitioners", **about),
        "draft": EventFactory(title="Canari brouillon", state="draft", **about),
    }
    return Scene(club=club, people=people, organisation=animating, events=events)
