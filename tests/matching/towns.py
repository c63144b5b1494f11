"""Member towns for tests: with wishes, and somebody to write to."""

from typing import Any

from community.models import Organisation, OrganisationTheme, Seat, User
from tests.factories import SeatFactory, TownFactory, UserFactory

FRICHES, SHOPS, HEALTH, STATIONS, WATER = 3, 14, 55, 25, 46


def member(
    name: str, wanted: tuple[int, ...] = (), offered: tuple[int, ...] = (), **traits: Any
) -> Organisation:
    """A town of the network with a confirmed mayor (`mayor_of`)."""
    town = TownFactory(territory__name=name, **{f"territory__{k}": v for k, v in traits.items()})
    for direction, positions in (("wanted", wanted), ("offered", offered)):
        for position in positions:
            OrganisationTheme.objects.create(organisation=town, position=position, direction=direction)
    SeatFactory(organisation=town, kind=Seat.Kind.ELECTED, person__name=f"Maire de {name}")
    return town


def mayor_of(town: Organisation) -> User:
    return User.objects.get(seats__organisation=town, seats__kind=Seat.Kind.ELECTED)


def newcomer(town: Organisation) -> User:
    """Somebody whose seat there is not confirmed yet."""
    person = UserFactory()
    SeatFactory(person=person, organisation=town, state=Seat.State.PENDING, kind=Seat.Kind.AGENT, level=0)
    return person
