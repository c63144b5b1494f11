import datetime as dt

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from community import actions
from community.models import OrganisationTheme, Seat
from tests.factories import (
    ClubFactory,
    MembershipFactory,
    SeatFactory,
    TerritoryFactory,
    TownFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
TOWNS, CLUBS, ME, TOKEN = reverse("town-list"), reverse("club-list"), reverse("me"), reverse("token")
PASSWORD = "quatre mots sans rapport"


def bearer(client, email="a@example.org", password=PASSWORD):
    return client.post(TOKEN, {"email": email, "password": password}, content_type="application/json")


class TestToken:
    @pytest.fixture
    def user(self):
        return actions.create_account("a@example.org", PASSWORD)[0]

    def test_works_until_the_password_changes(self, client, user):
        answer = bearer(client).json()
        headers = {"authorization": f"Bearer {answer['token']}"}
        assert client.get(ME, headers=headers).json()["email"] == "a@example.org"
        actions.set_password(user, "une autre phrase bien longue")
        response = client.get(ME, headers=headers)
        assert (response.status_code, response.headers["WWW-Authenticate"]) == (401, "Bearer")
        assert response.headers["content-type"] == "application/problem+json"

    def test_ends_with_the_sessions_and_after_thirty_days(self, client, user):
        first = {"authorization": f"Bearer {bearer(client).json()['token']}"}
        actions.end_sessions(user)
        assert client.get(ME, headers=first).status_code == 401
        second = {"authorization": f"Bearer {bearer(client).json()['token']}"}
        with time_machine.travel(timezone.now() + dt.timedelta(days=29)):
            assert client.get(ME, headers=second).status_code == 200
        with time_machine.travel(timezone.now() + dt.timedelta(days=31)):
            assert client.get(ME, headers=second).status_code == 401

    def test_same_answer_for_unknown_wrong_and_closed(self, client, user):
        actions.create_account("closed@example.org", PASSWORD, is_active=False)
        answers = [
            bearer(client, password="non"),
            bearer(client, email="nobody@example.org"),
            bearer(client, email="closed@example.org"),
        ]
        assert {(answer.status_code, answer.content) for answer in answers} == {(401, answers[0].content)}
        assert bearer(client).status_code == 200

    def test_bad_request_is_a_problem(self, client):
        response = client.post(TOKEN, {"email": "x"}, content_type="application/json")
        assert response.status_code == 400
        assert set(response.json()["errors"]) == {"email", "password"}

    def test_the_sixth_wrong_password_waits(self, client, user):
        assert [bearer(client, password="non").status_code for _ in range(6)] == [401] * 5 + [429]


class TestMe:
    def test_oneself_and_ones_seats(self, client):
        seat = SeatFactory(person__email="a@example.org", title="Maire")
        client.force_login(seat.person)
        answer = client.get(ME).json()
        assert (answer["email"], [one["title"] for one in answer["seats"]]) == ("a@example.org", ["Maire"])

    def test_change_preferences(self, client):
        user = UserFactory()
        client.force_login(user)
        change = {"language": "en", "languages": ["ro"], "time_zone": "Europe/Skopje"}
        assert client.patch(ME, change, content_type="application/json").status_code == 200
        user.refresh_from_db()
        assert (user.language, user.languages, user.time_zone) == ("en", ["ro"], "Europe/Skopje")

    @pytest.mark.parametrize(
        "change", [{"language": "xx"}, {"time_zone": "Mars/Base"}, {"languages": ["zz"]}, {"theme": "pink"}]
    )
    def test_a_value_that_does_not_exist(self, client, change):
        client.force_login(UserFactory())
        response = client.patch(ME, change, content_type="application/json")
        assert response.status_code == 400
        assert set(response.json()["errors"]) == set(change)


class TestTowns:
    @pytest.fixture(autouse=True)
    def _signed_in(self, client):
        client.force_login(UserFactory())

    def test_filters(self, client):
        TerritoryFactory(name="Ózd", country="HU", population=38_000)
        blois = TownFactory(territory__name="Blois", territory__population=47_000)
        actions.set_themes(blois, wanted=[14])
        found = {
            query: [town["name"] for town in client.get(f"{TOWNS}?{query}").json()["results"]]
            for query in ("", "q=ozd", "country=hu", "size=20-50&members=true", "theme=centre.shops", "q=x")
        }
        assert found == {
            "": ["Blois", "Ózd"],
            "q=ozd": ["Ózd"],
            "country=hu": ["Ózd"],
            "size=20-50&members=true": ["Blois"],
            "theme=centre.shops": ["Blois"],
            "q=x": [],
        }

    def test_pages_of_at_most_a_hundred(self, client):
        TerritoryFactory.create_batch(3)
        answer = client.get(f"{TOWNS}?page_size=2").json()
        assert (answer["count"], len(answer["results"])) == (3, 2)
        assert answer["next"].endswith("?page=2&page_size=2")
        assert client.get(f"{TOWNS}?page=9").status_code == 404

    def test_detail_shows_public_things_only(self, client):
        town = TownFactory(territory__name="Vierzon", presentation="Au bord du canal.")
        town.territory.codes.create(scheme="insee", value="18279")
        OrganisationTheme.objects.create(organisation=town, direction="wanted", position=3)
        OrganisationTheme.objects.create(organisation=town, direction="wanted", position=4, is_public=False)
        SeatFactory(
            organisation=town,
            person__name="Maire de Vierzon",
            person__email="secret@example.org",
            title="Maire",
        )
        SeatFactory(organisation=town, state=Seat.State.PENDING)
        response = client.get(reverse("town-detail", args=[town.territory_id]))
        answer = response.json()
        assert answer["codes"] == {"insee": "18279"}
        assert [theme["code"] for theme in answer["organisation"]["themes"]] == ["heritage.industrial"]
        assert answer["organisation"]["people"] == [
            {"name": "Maire de Vierzon", "function": "Maire", "kind": "project_lead"}
        ]
        assert b"secret@example.org" not in response.content

    def test_a_draft_looks_like_a_place_without_members(self, client):
        draft = TownFactory(is_published=False)
        answer = client.get(reverse("town-detail", args=[draft.territory_id])).json()
        assert (answer["organisation"], answer["member"]) == (None, False)

    def test_unknown(self, client):
        response = client.get(reverse("town-detail", args=[999999]))
        assert (response.status_code, response.json()["status"]) == (404, 404)

    def test_equal_query_count(self, client):
        counts = []
        for amount in (1, 2):
            TownFactory.create_batch(amount)
            client.get(TOWNS)
            with CaptureQueriesContext(connection) as queries:
                client.get(TOWNS)
            counts.append(len(queries))
        assert counts[0] == counts[1] <= 6


class TestClubs:
    def test_own_and_public_ones(self, client):
        seat = SeatFactory()
        own = MembershipFactory(
            organisation=seat.organisation, club=ClubFactory(name="A", is_public=False)
        ).club
        ClubFactory(name="B")
        hidden = ClubFactory(name="C", is_public=False)
        client.force_login(seat.person)
        clubs = client.get(CLUBS).json()["results"]
        assert [(club["name"], club["member"], club["town_count"]) for club in clubs] == [
            ("A", True, 1),
            ("B", False, 0),
        ]
        assert client.get(reverse("club-detail", args=[own.pk])).status_code == 200
        assert client.get(reverse("club-detail", args=[hidden.pk])).status_code == 404

    def test_equal_query_count(self, client):
        client.force_login(UserFactory())
        counts = []
        for amount in (1, 2):
            ClubFactory.create_batch(amount)
            client.get(CLUBS)
            with CaptureQueriesContext(connection) as queries:
                client.get(CLUBS)
            counts.append(len(queries))
        assert counts[0] == counts[1] <= 6


@pytest.mark.parametrize("url", [TOWNS, CLUBS, ME, reverse("town-detail", args=[1])])
def test_nobody_signed_in(client, url):
    assert client.get(url).status_code == 401
