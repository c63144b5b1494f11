"""Z2, people and towns: no form and no endpoint writes who somebody is or what was confirmed."""

from typing import Any

import pytest
from django.forms.models import model_to_dict
from django.test import Client
from django.urls import reverse

from community.models import Organisation, Seat, User
from tests.factories import ClubFactory, MembershipFactory, OrganisationFactory, SeatFactory, TerritoryFactory

pytestmark = pytest.mark.django_db
SMUGGLED = {
    "is_staff": "on",
    "is_superuser": "1",
    "is_active": "",
    "is_demo": "on",
    "email": "other@example.org",
    "session_epoch": "9",
    "password": "x",
    "state": "verified",
    "level": "3",
    "verified_at": "2026-01-01",
    "source": "moi",
    "is_published": "on",
    "kind": "network",
    "territory": "1",
    "slug": "autre",
    "programmes": "1",
    "role": "animator",
    "person": "1",
    "organisation": "1",
}
PROFILE = {"presentation_language": "fr", "availability": "open", "presentation": "x"}


def frozen(*objects: Any) -> list[dict[str, Any]]:
    """Everything stored of these, but what the request was for."""
    free = {"name", "presentation", "availability", "updated_at", "languages", "labels", "title", "theme"}
    for one in objects:
        one.refresh_from_db()
    return [
        {key: str(value) for key, value in model_to_dict(one).items() if key not in free} for one in objects
    ]


@pytest.fixture
def pending(client: Client) -> Seat:
    draft = SeatFactory(state=Seat.State.PENDING, level=0, organisation__is_published=False)
    client.force_login(draft.person)
    return draft


def test_z2_profile_preferences_and_onboarding(client: Client, pending: Seat) -> None:
    town = pending.organisation
    before = frozen(pending.person, town, pending)
    requests = [
        (reverse("community:town_edit", args=[town.territory_id]), PROFILE),
        (
            reverse("community:preferences"),
            {"name": "x", "language": "fr", "time_zone": "Europe/Paris", "theme": "dark"},
        ),
        (reverse("community:onboarding_concerns"), {"themes": "1"}),
        (reverse("community:onboarding_offers"), {"themes": "1"}),
        (reverse("community:set_theme"), {"theme": "dark"}),
    ]
    for url, data in requests:
        assert client.post(url, SMUGGLED | data).status_code == 302, url
    assert frozen(pending.person, town, pending) == before


def test_z2_the_role_step_writes_kind_and_title_only(client: Client, pending: Seat) -> None:
    data = SMUGGLED | {"name": "x", "kind": "elected", "title": "Maire"}
    client.post(reverse("community:onboarding_role"), data)
    pending.refresh_from_db()
    assert (pending.kind, pending.state, pending.level, pending.source) == ("elected", "pending", 0, "")
    for kind in ("animator", "custodian", "expert"):
        assert client.post(reverse("community:onboarding_role"), data | {"kind": kind}).status_code == 400
    pending.refresh_from_db()
    assert pending.kind == "elected"


def test_z2_claiming_a_town_gives_nothing_more(client: Client, pending: Seat) -> None:
    territory = TerritoryFactory()
    client.post(reverse("community:onboarding_town"), SMUGGLED | {"territory": territory.pk})
    seat = Seat.objects.get(organisation__territory=territory)
    assert (seat.state, seat.level, seat.kind, seat.person) == ("pending", 0, "agent", pending.person)
    assert not Organisation.objects.get(territory=territory).is_published


def test_z2_asking_for_a_club_is_a_request(client: Client) -> None:
    seat = SeatFactory()
    club = ClubFactory(animator=OrganisationFactory())
    client.force_login(seat.person)
    data = SMUGGLED | {"organisation": seat.organisation_id, "state": "active"}
    client.post(reverse("community:club_join", args=[club.slug]), data)
    membership = club.memberships.get()
    assert (membership.state, membership.role, membership.organisation) == (
        "requested",
        "member",
        seat.organisation,
    )


def test_z2_the_api_ignores_them(client: Client) -> None:
    seat = SeatFactory(state=Seat.State.PENDING)
    client.force_login(seat.person)
    before = frozen(seat.person, seat)
    change = SMUGGLED | {"seats": [{"state": "verified"}], "id": 1, "name": "Nouveau"}
    assert client.patch(reverse("me"), change, content_type="application/json").status_code == 200
    assert frozen(seat.person, seat) == before
    for url in (
        reverse("town-list"),
        reverse("club-list"),
        reverse("town-detail", args=[seat.organisation.territory_id]),
    ):
        for method in ("post", "put", "patch", "delete"):
            assert getattr(client, method)(url, SMUGGLED, content_type="application/json").status_code == 405


def test_z2_the_administration_cannot_write_a_verification(client: Client) -> None:
    seat = SeatFactory(state=Seat.State.PENDING, level=0)
    membership = MembershipFactory()
    staff = User.objects.create_user("admin@example.org", is_staff=True, is_superuser=True)
    client.force_login(staff)
    before = frozen(seat)
    client.post(reverse("admin:community_seat_change", args=[seat.pk]), SMUGGLED)
    assert frozen(seat) == before
    assert client.get(reverse("admin:community_membership_change", args=[membership.pk])).status_code == 200
