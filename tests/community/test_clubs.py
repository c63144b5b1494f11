import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from community import actions
from community.models import Membership, Seat
from tests.factories import ClubFactory, MembershipFactory, OrganisationFactory, SeatFactory, UserFactory

pytestmark = pytest.mark.django_db
LIST = reverse("community:club_list")


@pytest.fixture
def club():
    return actions.create_club("Cœur de ville", "coeur", animator=OrganisationFactory(name="Villes au Carré"))


def test_list_tells_mine_from_the_others(client, club):
    seat = SeatFactory()
    actions.add_member_to_club(None, club, organisation=seat.organisation)
    ClubFactory(name="Patrimoine")
    ClubFactory(name="Discret", is_public=False)
    client.force_login(seat.person)
    response = client.get(LIST)
    assert [row["club"].name for row in response.context["mine"]] == ["Cœur de ville"]
    assert [row["club"].name for row in response.context["others"]] == ["Patrimoine"]
    page = response.content.decode()
    assert "1 ville. Animé par Villes au Carré" in page
    assert (
        reverse("community:club_join", args=[ClubFactory(slug="x").slug]).replace("/x/", "/coeur/")
        not in page
    )


def test_empty_state(client):
    client.force_login(UserFactory())
    assert "Pas encore de club" in client.get(LIST).content.decode()


def test_ask_to_join(client, club):
    seat = SeatFactory()
    client.force_login(seat.person)
    url = reverse("community:club_join", args=[club.slug])
    assert client.get(url).status_code == 200
    assert client.post(url, {"organisation": seat.organisation_id}).headers["location"] == LIST
    assert club.memberships.get(organisation=seat.organisation).state == Membership.State.REQUESTED
    assert "Demande envoyée" in client.get(LIST).content.decode()


def test_ask_for_a_town_that_is_not_ones_own(client, club):
    mine, second, other = SeatFactory(), SeatFactory(), SeatFactory()
    second.person = mine.person
    second.save(update_fields=["person"])
    client.force_login(mine.person)
    response = client.post(
        reverse("community:club_join", args=[club.slug]), {"organisation": other.organisation_id}
    )
    assert response.status_code == 400
    assert not club.memberships.filter(organisation=other.organisation).exists()


def test_a_hidden_club_does_not_exist(client):
    hidden = ClubFactory(is_public=False)
    client.force_login(SeatFactory().person)
    assert client.get(reverse("community:club_join", args=[hidden.slug])).status_code == 404


def test_requests_are_for_the_animator(client, club):
    asking = SeatFactory()
    membership = actions.request_membership(asking.person, club, asking.organisation)
    url = reverse("community:club_requests", args=[club.slug])
    answer = reverse("community:club_answer", args=[club.slug, membership.pk])
    for user in (
        asking.person,
        UserFactory(),
        SeatFactory(organisation=club.animator, state=Seat.State.PENDING).person,
    ):
        client.force_login(user)
        assert (client.get(url).status_code, client.post(answer, {"answer": "accept"}).status_code) == (
            404,
            404,
        )
    client.force_login(SeatFactory(organisation=club.animator).person)
    assert asking.organisation.name in client.get(url).content.decode()
    client.post(answer, {"answer": "accept"})
    membership.refresh_from_db()
    assert membership.state == Membership.State.ACTIVE
    assert "Personne n’attend" in client.get(url).content.decode()


def test_decline(client, club):
    asking = SeatFactory()
    membership = actions.request_membership(asking.person, club, asking.organisation)
    client.force_login(SeatFactory(organisation=club.animator).person)
    client.post(reverse("community:club_answer", args=[club.slug, membership.pk]), {"answer": "decline"})
    membership.refresh_from_db()
    assert membership.state == Membership.State.ENDED


def test_a_request_taken_back_is_not_accepted_from_an_old_page(client, club):
    asking = SeatFactory()
    membership = actions.request_membership(asking.person, club, asking.organisation)
    actions.end_membership(asking.person, membership)
    client.force_login(SeatFactory(organisation=club.animator).person)
    answer = reverse("community:club_answer", args=[club.slug, membership.pk])
    response = client.post(answer, {"answer": "accept"}, follow=True)
    assert "Il n’y a plus de demande" in response.content.decode()
    membership.refresh_from_db()
    assert membership.state == Membership.State.ENDED


def test_equal_query_count(client):
    seat = SeatFactory()
    client.force_login(seat.person)
    counts = []
    for amount in (1, 2):
        for _ in range(amount):
            MembershipFactory(
                organisation=seat.organisation, club=ClubFactory(animator=OrganisationFactory())
            )
            MembershipFactory(club=ClubFactory(animator=OrganisationFactory()))
        client.get(LIST)
        with CaptureQueriesContext(connection) as queries:
            client.get(LIST)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 12
