"""Test data: plainly named, with traits for what a test is about."""

import datetime as dt
from typing import Any

import factory
from django.utils import timezone
from django.utils.text import slugify

from community.models import Club, Membership, Network, Organisation, Seat, Territory, User
from events.models import Event
from messaging.actions import set_members
from messaging.models import Room


class UserFactory(factory.django.DjangoModelFactory[User]):
    class Meta:
        model = User

    email = factory.Sequence(lambda n: f"personne{n}@example.org")
    name = factory.Sequence(lambda n: f"Personne {n}")


class TerritoryFactory(factory.django.DjangoModelFactory[Territory]):
    class Meta:
        model = Territory

    name = factory.Sequence(lambda n: f"Ville {n}")
    country = "FR"
    population = 9000
    population_year = 2023
    population_source = "GeoNames"
    latitude = 47.2
    longitude = 2.1
    altitude_m = 120
    relief_m = 60
    centrality = 0.3


class TownFactory(factory.django.DjangoModelFactory[Organisation]):
    """A member town with its territory; pass `territory__name=…` for a name."""

    class Meta:
        model = Organisation

    kind = Organisation.Kind.TOWN
    territory = factory.SubFactory(TerritoryFactory)
    name = factory.SelfAttribute("territory.name")
    slug = factory.LazyAttributeSequence(lambda o, n: f"{slugify(o.name)}-{n}")
    languages = ["fr"]
    is_published = True


class OrganisationFactory(factory.django.DjangoModelFactory[Organisation]):
    class Meta:
        model = Organisation

    kind = Organisation.Kind.ASSOCIATION
    name = factory.Sequence(lambda n: f"Association {n}")
    slug = factory.Sequence(lambda n: f"association-{n}")
    is_published = True


class SeatFactory(factory.django.DjangoModelFactory[Seat]):
    class Meta:
        model = Seat

    person = factory.SubFactory(UserFactory)
    organisation = factory.SubFactory(TownFactory)
    kind = Seat.Kind.PROJECT_LEAD
    state = Seat.State.VERIFIED
    level = 1


class NetworkFactory(factory.django.DjangoModelFactory[Network]):
    class Meta:
        model = Network

    organisation = factory.SubFactory(OrganisationFactory, kind=Organisation.Kind.NETWORK)


class ClubFactory(factory.django.DjangoModelFactory[Club]):
    class Meta:
        model = Club

    name = factory.Sequence(lambda n: f"Club {n}")
    slug = factory.Sequence(lambda n: f"club-{n}")


class MembershipFactory(factory.django.DjangoModelFactory[Membership]):
    class Meta:
        model = Membership

    club = factory.SubFactory(ClubFactory)
    organisation = factory.SubFactory(TownFactory)
    role = Membership.Role.MEMBER
    state = Membership.State.ACTIVE


class RoomFactory(factory.django.DjangoModelFactory[Room]):
    """A room; `members=[user, …]` write in it, `readers=[user, …]` only read."""

    class Meta:
        model = Room
        skip_postgeneration_save = True

    kind = Room.Kind.CIRCLE

    @classmethod
    def _create(cls, model_class: type[Room], *args: object, **kwargs: Any) -> Room:
        members = [(user.pk, True) for user in kwargs.pop("members", [])]
        readers = [(user.pk, False) for user in kwargs.pop("readers", [])]
        room = super()._create(model_class, *args, **kwargs)
        set_members(room, members + readers)
        return room


class EventFactory(factory.django.DjangoModelFactory[Event]):
    """A published, public event in three weeks; pass `club=…, audience="plenary"` for a circle's."""

    class Meta:
        model = Event

    title = factory.Sequence(lambda n: f"Rencontre {n}")
    organiser = factory.SubFactory(OrganisationFactory)
    state = Event.State.OPEN
    starts_at = factory.LazyFunction(lambda: timezone.now().replace(microsecond=0) + dt.timedelta(days=21))
    ends_at = factory.LazyAttribute(lambda o: o.starts_at + dt.timedelta(hours=2))
