"""Z4: only the approval workflow gives "verified"; who is not verified cannot act for a town."""

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse

from community import actions
from community.models import Seat, User
from tests.factories import ClubFactory, OrganisationFactory, SeatFactory, TerritoryFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def pending(client: Client) -> Seat:
    person, _new = actions.create_account("maire@example.org")
    seat = actions.claim_town(person, TerritoryFactory(name="Vierzon"), Seat.Kind.ELECTED, "Maire")
    client.force_login(person)
    return seat


def test_z4_unverified_prepares_but_does_not_publish(client: Client, pending: Seat) -> None:
    pk = pending.organisation.territory_id
    assert client.get(reverse("community:town_edit", args=[pk])).status_code == 200
    with pytest.raises(PermissionDenied):
        actions.publish_profile(pending.person, pending.organisation)
    assert client.post(reverse("community:town_publish", args=[pk])).status_code == 403
    pending.organisation.refresh_from_db()
    assert not pending.organisation.is_published


def test_z4_unverified_asks_for_no_club_and_stands_in_none(client: Client, pending: Seat) -> None:
    club = actions.create_club("Club", "club", animator=OrganisationFactory())
    with pytest.raises(PermissionDenied):
        actions.request_membership(pending.person, club, pending.organisation)
    client.post(reverse("community:club_join", args=[club.slug]), {"organisation": pending.organisation_id})
    assert not club.memberships.filter(organisation=pending.organisation).exists()
    actions.add_member_to_club(None, club, organisation=pending.organisation)
    assert all(circle.readers() == [] for circle in club.circles.all())


def test_z4_unverified_wears_no_badge(pending: Seat) -> None:
    SeatFactory(organisation=pending.organisation, person__name="Agente confirmée")
    actions.publish_profile(None, pending.organisation)
    page = (
        Client()
        .get(reverse("community:town_detail", args=[pending.organisation.territory_id]))
        .content.decode()
    )
    assert "Agente confirmée" in page
    assert "Maire" not in page


def test_z4_nobody_verifies_oneself(pending: Seat) -> None:
    User.objects.filter(pk=pending.person_id).update(is_staff=True)
    with pytest.raises(PermissionDenied):
        actions.verify_seat(User.objects.get(pk=pending.person_id), pending)
    with pytest.raises(PermissionDenied):
        actions.give_seat(
            pending.person, pending.person, ClubFactory(animator=OrganisationFactory()).animator, "animator"
        )
    assert not Seat.objects.verified().exists()


def test_z4_approval_opens_the_doors_and_refusal_closes_them(client: Client, pending: Seat) -> None:
    staff, _new = actions.create_account("admin@example.org", is_staff=True)
    club = actions.create_club("Club", "club", animator=OrganisationFactory())
    actions.verify_seat(staff, pending, level=2)
    pending.organisation.refresh_from_db()
    assert pending.organisation.is_published
    actions.request_membership(pending.person, club, pending.organisation)
    actions.refuse_seat(staff, pending, "mandat terminé")
    with pytest.raises(PermissionDenied):
        actions.request_membership(pending.person, club, pending.organisation)
    assert (
        client.get(reverse("community:town_edit", args=[pending.organisation.territory_id])).status_code
        == 404
    )


def test_z4_the_administration_decides_by_action(client: Client) -> None:
    seat = SeatFactory(state=Seat.State.PENDING)
    staff = User.objects.create_user("admin@example.org", is_staff=True, is_superuser=True)
    own = SeatFactory(person=staff, state=Seat.State.PENDING)
    client.force_login(staff)
    data = {"action": "verify_mandate", "_selected_action": [seat.pk, own.pk]}
    client.post(reverse("admin:community_seat_changelist"), data)
    seat.refresh_from_db()
    own.refresh_from_db()
    assert (seat.state, seat.level, own.state) == ("verified", 2, "pending")
