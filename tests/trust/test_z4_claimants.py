"""Z4: whoever only claims a town sees nothing that is its people's alone, and reaches nobody."""

import datetime as dt

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from community import actions
from community.models import Organisation, Seat
from community.permissions import can_act_for
from events.permissions import organisers_for
from matching.models import Refusal
from tests.factories import (
    EventFactory,
    RoomFactory,
    SeatFactory,
    TerritoryFactory,
    TownFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def mayor():
    town = TownFactory(presentation="Ce que nous disons de nous")
    return SeatFactory(organisation=town, kind=Seat.Kind.ELECTED)


@pytest.fixture
def claimant(mayor):
    stranger = UserFactory()
    actions.claim_town(stranger, mayor.organisation.territory)
    return stranger


def test_z4_a_page_taken_off_the_site_is_hidden_from_claimants(client, mayor, claimant):
    actions.publish_profile(mayor.person, mayor.organisation, published=False)
    page = reverse("community:town_detail", args=[mayor.organisation.territory_id])
    seen = {}
    for person in (mayor.person, claimant):
        client.force_login(person)
        seen[person] = "Ce que nous disons de nous" in client.get(page).content.decode()
    assert seen == {mayor.person: True, claimant: False}


def test_z4_the_first_claimants_prepare_the_draft_until_somebody_is_confirmed():
    people = UserFactory.create_batch(2)
    territory = TerritoryFactory()
    seats = [actions.claim_town(person, territory) for person in people]
    drafts = Organisation.objects.filter(territory=territory)
    assert [drafts.visible_to(person).count() for person in people] == [1, 1]
    actions.verify_seat(None, seats[0])
    drafts.update(is_published=False)
    assert [drafts.visible_to(person).count() for person in people] == [1, 0]


def test_z4_towns_put_aside_are_the_towns_own(client, mayor, claimant):
    town, other = mayor.organisation, TerritoryFactory(name="Écartée")
    Refusal.objects.create(
        organisation=town, territory=other, person=mayor.person, reason=Refusal.Reason.SIZE
    )
    address = reverse("matching:refused_towns", args=[town.territory_id])
    client.force_login(mayor.person)
    assert "Écartée" in client.get(address).content.decode()
    client.force_login(claimant)
    assert client.get(address).status_code == 404


def test_z4_an_account_alone_writes_to_nobody(client, mayor, claimant):
    address = reverse("messaging:direct_create") + f"?a={mayor.person_id}"
    confirmed = SeatFactory().person
    client.force_login(confirmed)
    assert client.post(address).status_code == 302
    client.force_login(claimant)
    assert (client.get(address).status_code, client.post(address).status_code) == (404, 404)
    RoomFactory(members=[claimant, mayor.person])
    assert client.post(address).status_code == 302


def test_z4_an_event_offers_its_contact_to_confirmed_people(client, mayor, claimant):
    event = EventFactory(organiser=mayor.organisation, created_by=mayor.person)
    found = {}
    for person in (SeatFactory().person, claimant):
        client.force_login(person)
        found[person] = client.get(event.get_absolute_url()).context["contact"]
    assert list(found.values()) == [mayor.person_id, None]


@pytest.mark.parametrize(
    ("kind", "speaks"), [("elected", True), ("agent", True), ("guest", False), ("expert", False)]
)
def test_z4_a_guest_of_a_town_announces_nothing_in_its_name(mayor, kind, speaks):
    seat = SeatFactory(organisation=mayor.organisation, kind=kind)
    assert organisers_for(seat.person).exists() is speaks


@pytest.mark.parametrize(
    ("zone", "moment"),
    [
        (
            "Pacific/Pago_Pago",
            dt.datetime(2026, 11, 22, 2, tzinfo=dt.UTC),
        ),  # the 21st there, the 22nd in Paris
        ("Pacific/Kiritimati", dt.datetime(2026, 11, 22, 20, tzinfo=dt.UTC)),  # the 23rd there
    ],
)
def test_z4_dates_follow_the_sites_day_whoever_looks(mayor, zone, moment):
    """Who sets a zone far to the west does not keep a seat longer; a seat ended from the east ends at once."""
    seat = SeatFactory(organisation=mayor.organisation, ends_on=dt.date(2026, 11, 21))
    with time_machine.travel(moment, tick=False):
        with timezone.override(zone):
            assert not can_act_for(seat.person, mayor.organisation)
            actions.end_seat(None, mayor)
        assert not can_act_for(mayor.person, mayor.organisation)
