import json
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from community import actions
from community.models import Organisation, OrganisationTheme, Seat, Territory
from tests.factories import (
    ClubFactory,
    MembershipFactory,
    OrganisationFactory,
    SeatFactory,
    TerritoryFactory,
    TownFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
LIST = reverse("community:town_list")
WANTED, OFFERED = OrganisationTheme.Direction.WANTED, OrganisationTheme.Direction.OFFERED


def names(response) -> list[str]:
    return [territory.name for territory, _where, _chip in response.context["rows"]]


def page_of(town: Organisation) -> str:
    return reverse("community:town_detail", args=[town.territory_id])


class TestDirectory:
    @pytest.fixture
    def towns(self):
        TerritoryFactory(name="Vierzon", population=25_000, department="Cher", region="Centre-Val de Loire")
        TerritoryFactory(name="Ózd", population=38_000, country="HU")
        TerritoryFactory(name="Gien", population=13_000)
        blois = TownFactory(territory__name="Blois", territory__population=47_000)
        actions.set_themes(blois, wanted=[14], offered=[0])
        OrganisationTheme.objects.create(organisation=blois, direction=WANTED, position=20, is_public=False)
        TownFactory(territory__name="Brouillon", territory__population=900, is_published=False)

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("", ["Blois", "Ózd", "Vierzon", "Gien", "Brouillon"]),
            ("q=ozd", ["Ózd"]),
            ("q=xqz", []),
            ("pays=HU", ["Ózd"]),
            ("pays=ZZ", ["Blois", "Ózd", "Vierzon", "Gien", "Brouillon"]),
            ("taille=10-20", ["Gien"]),
            ("taille=0-2", ["Brouillon"]),
            ("taille=20-50&pays=FR", ["Blois", "Vierzon"]),
            ("membres=1", ["Blois"]),
            ("sujet=centre.shops", ["Blois"]),
            ("sujet=heritage.restoration&q=b", ["Blois"]),
            ("sujet=planning.land", []),
            ("q=b", ["Blois", "Brouillon"]),
            ("q=b&membres=1", ["Blois"]),
            ("page=99", ["Blois", "Ózd", "Vierzon", "Gien", "Brouillon"]),
        ],
    )
    def test_filters(self, client, towns, query, found):
        assert names(client.get(f"{LIST}?{query}")) == found

    def test_filters_are_links_that_keep_the_others(self, client, towns):
        page = client.get(f"{LIST}?q=b&taille=20-50&page=1").content.decode()
        assert 'href="?q=b&amp;taille=5-10"' in page
        assert 'href="?q=b" aria-current="true"' in page

    def test_nothing_found_says_what_to_do(self, client, towns):
        page = client.get(f"{LIST}?q=xqz").content.decode()
        assert "Aucune ville ne correspond" in page
        assert f'href="{LIST}"' in page

    def test_pages(self, client, settings):
        TerritoryFactory.create_batch(35)
        first, second = client.get(LIST), client.get(f"{LIST}?page=2")
        assert (len(names(first)), len(names(second))) == (30, 5)
        assert not set(names(first)) & set(names(second))

    def test_more_than_a_person_looks_through(self, client, monkeypatch):
        monkeypatch.setattr("community.views.towns.CEILING", 3)
        TerritoryFactory.create_batch(5, name="Villers")
        for query in ("", "?q=villers"):
            response = client.get(LIST + query)
            assert len(names(response)) == 3
            assert "Plus de 1\u00a0000 villes" in response.content.decode()

    @pytest.mark.parametrize("query", ["", "?q=ville", "?membres=1"])
    def test_equal_query_count(self, client, query):
        client.force_login(UserFactory())
        counts = []
        for amount in (1, 2):
            TownFactory.create_batch(amount)
            client.get(LIST + query)
            with _Counter() as counter:
                client.get(LIST + query)
            counts.append(counter.count)
        assert counts[0] == counts[1] <= 12

    def test_suggestions(self, client, towns):
        url = reverse("community:town_suggest")
        answer = client.get(url, {"q": "viérz"}).json()["towns"]
        assert [(town["name"], town["where"], town["member"]) for town in answer] == [
            ("Vierzon", "Cher, Centre-Val de Loire", False)
        ]
        fragment = client.get(url, {"q": "blois"}, headers={"hx-request": "true"}).content.decode()
        assert "Blois" in fragment
        assert "<html" not in fragment
        assert client.get(url).json() == {"towns": []}


class _Counter:
    """How many queries ran inside the block."""

    def __enter__(self):
        self.context = CaptureQueriesContext(connection)
        self.context.__enter__()
        return self

    def __exit__(self, *exc):
        self.context.__exit__(*exc)
        self.count = len(self.context)


class TestTownPage:
    @pytest.fixture
    def town(self):
        town = TownFactory(
            territory__name="Vierzon", presentation="Au bord du canal.", labels=["Ville d’art"]
        )
        actions.set_themes(town, wanted=[14], offered=[0])
        return town

    def test_public_page(self, client, town):
        SeatFactory(
            organisation=town,
            person__name="Maire de Vierzon",
            person__email="maire@vierzon.example",
            title="Maire",
        )
        SeatFactory(organisation=town, person__name="Personne en attente", state=Seat.State.PENDING)
        SeatFactory(organisation=town, person__name="Personne refusée", state=Seat.State.REFUSED)
        page = client.get(page_of(town)).content.decode()
        for shown in (
            "Au bord du canal.",
            "Ville d’art",
            "Maire de Vierzon",
            "Commerce de proximité",
            "GeoNames, 2023",
        ):
            assert shown in page
        for hidden in ("maire@vierzon.example", "en attente", "refusée", "Modifier la page"):
            assert hidden not in page

    def test_draft_is_seen_by_its_own_people_only(self, client):
        draft = TownFactory(territory__name="Gien", presentation="Pas encore.", is_published=False)
        own = SeatFactory(organisation=draft, state=Seat.State.PENDING).person
        for user, sees in ((None, False), (UserFactory(), False), (own, True)):
            if user:
                client.force_login(user)
            page = client.get(page_of(draft)).content.decode()
            assert ("Pas encore." in page) == sees
            assert ("Pas encore dans le réseau" in page) != sees

    def test_private_wish_is_for_the_town_itself(self, client, town):
        OrganisationTheme.objects.create(organisation=town, direction=WANTED, position=63, is_public=False)
        own = SeatFactory(organisation=town).person
        for user, sees in ((UserFactory(), False), (own, True)):
            client.force_login(user)
            assert ("projets européens" in client.get(page_of(town)).content.decode()) == sees

    def test_place_outside_the_network(self, client):
        ozd = TerritoryFactory(name="Ózd", country="HU", population=38_000)
        page = client.get(reverse("community:town_detail", args=[ozd.pk])).content.decode()
        assert "Pas encore dans le réseau" in page
        assert 'lang="hu"' in page
        assert "38\u00a0000" in page

    def test_merged_commune_names_its_successor(self, client):
        new = TerritoryFactory(name="Neuville-la-Neuve")
        old = TerritoryFactory(name="Neuville", successor=new)
        page = client.get(reverse("community:town_detail", args=[old.pk])).content.decode()
        assert reverse("community:town_detail", args=[new.pk]) in page

    def test_unknown_is_404(self, client):
        assert client.get("/villes/999999/").status_code == 404

    def test_structured_data_cannot_end_its_element(self, client):
        evil = TerritoryFactory(name="</script><b>x")
        page = client.get(reverse("community:town_detail", args=[evil.pk])).content.decode()
        block = re.search(
            r'<script type="application/ld\+json" nonce="([^"]+)">(.*?)</script>', page, re.DOTALL
        )
        assert json.loads(block[2])["name"] == "</script><b>x"
        assert "</script><b>" not in page

    def test_equal_query_count(self, client, town):
        client.force_login(SeatFactory(organisation=town, person__name="A").person)
        counts = []
        for amount in (1, 2):
            for _ in range(amount):
                SeatFactory(organisation=town)
                MembershipFactory(organisation=town, club=ClubFactory())
                actions.add_twinning(town, TerritoryFactory())
            client.get(page_of(town))
            with _Counter() as counter:
                client.get(page_of(town))
            counts.append(counter.count)
        assert counts[0] == counts[1] <= 12

    def test_my_town(self, client):
        client.force_login(UserFactory())
        assert client.get(reverse("community:my_town")).headers["location"] == reverse("community:onboarding")
        seat = SeatFactory()
        client.force_login(seat.person)
        assert client.get(reverse("community:my_town")).headers["location"] == page_of(seat.organisation)


class TestOrganisationPage:
    def test_a_valley_and_its_towns(self, client):
        valley = OrganisationFactory(kind="group", name="Vallée de la Maurienne", slug="maurienne")
        valley.territories.set(
            [TerritoryFactory(name="Modane"), TownFactory(territory__name="Aussois").territory]
        )
        actions.set_themes(valley, wanted=[50])
        SeatFactory(organisation=valley, person__name="Animatrice", person__email="secret@example.org")
        page = client.get(valley.get_absolute_url()).content.decode()
        for shown in (
            "Vallée de la Maurienne",
            "Modane",
            "Aussois",
            "Dans le réseau",
            "Vallées de transit",
            "Animatrice",
        ):
            assert shown in page
        assert "secret@example.org" not in page

    def test_drafts_are_hidden_and_towns_have_their_own_page(self, client):
        assert client.get(OrganisationFactory(is_published=False).get_absolute_url()).status_code == 404
        town = TownFactory()
        url = reverse("community:organisation_detail", args=[town.slug])
        assert client.get(url).headers["location"] == page_of(town)


class TestEdit:
    @pytest.fixture
    def town(self):
        return TownFactory(territory__name="Vierzon")

    @pytest.fixture
    def url(self, town):
        return reverse("community:town_edit", args=[town.territory_id])

    @pytest.fixture
    def data(self):
        return {
            "presentation": "Au bord du canal.",
            "presentation_language": "fr",
            "languages": ["fr", "ro"],
            "labels": "UNESCO\n\nVille d’art\nUNESCO",
            "website": "ville.example",
            "availability": "full",
            "landmark": "works",
        }

    def test_saved(self, client, town, url, data):
        client.force_login(SeatFactory(organisation=town).person)
        assert client.get(url).status_code == 200
        assert client.post(url, data).status_code == 302
        town.refresh_from_db()
        assert (town.presentation, town.availability, town.landmark) == ("Au bord du canal.", "full", "works")
        assert (town.languages, town.labels) == (["fr", "ro"], ["UNESCO", "Ville d’art"])
        assert town.website == "https://ville.example"

    @pytest.mark.parametrize(
        "change",
        [
            {"website": "javascript:alert(1)"},
            {"languages": ["zz"]},
            {"availability": "x"},
            {"landmark": "x"},
            {"labels": "x\n" * 1 + "y" * 81},
        ],
    )
    def test_bad_value_keeps_what_was_typed(self, client, town, url, data, change):
        client.force_login(SeatFactory(organisation=town).person)
        response = client.post(url, data | change)
        assert response.status_code == 400
        assert "Au bord du canal." in response.content.decode()
        town.refresh_from_db()
        assert town.presentation == ""

    def test_nobody_else(self, client, town, url, data):
        others = [
            UserFactory(),
            SeatFactory().person,
            SeatFactory(organisation=town, state=Seat.State.PENDING).person,
        ]
        others.append(SeatFactory(organisation=town, kind=Seat.Kind.GUEST).person)
        for user in others:
            client.force_login(user)
            assert (client.get(url).status_code, client.post(url, data).status_code) == (404, 404)
        client.logout()
        assert client.post(url, data).status_code == 302
        town.refresh_from_db()
        assert town.presentation == ""

    def test_themes_and_levels(self, client, town):
        client.force_login(SeatFactory(organisation=town).person)
        themes = reverse("community:town_themes", args=[town.territory_id, "cherche"])
        assert client.get(themes).status_code == 200
        assert client.post(themes, {"themes": [3, 14]}).status_code == 302
        levels = reverse("community:town_levels", args=[town.territory_id, "cherche"])
        client.post(levels, {"level-3": "done", "level-14": "under_way"})
        assert dict(town.themes.values_list("position", "level")) == {3: "done", 14: "under_way"}
        client.post(themes, {"themes": [14, 15]})
        assert dict(town.themes.values_list("position", "level")) == {14: "under_way", 15: "idea"}

    def test_nine_themes_are_refused_in_words(self, client, town):
        client.force_login(SeatFactory(organisation=town).person)
        themes = reverse("community:town_themes", args=[town.territory_id, "partage"])
        response = client.post(themes, {"themes": list(range(9))})
        assert response.status_code == 400
        assert "Choisissez 8 sujets au plus." in response.content.decode()
        assert response.content.decode().count(" checked>") == 9
        assert not town.themes.exists()

    def test_twin_towns(self, client, town):
        client.force_login(SeatFactory(organisation=town).person)
        twin = TerritoryFactory(name="Hereford", country="GB")
        edit = reverse("community:town_edit", args=[town.territory_id])
        assert "Hereford" in client.get(edit, {"jumelle": "heref"}).content.decode()
        add = reverse("community:twinning_add", args=[town.territory_id])
        client.post(add, {"partner": twin.pk, "since": "1994"})
        client.post(add, {"partner": town.territory_id})
        assert list(town.twinnings.values_list("partner", "since")) == [(twin.pk, 1994)]
        client.post(reverse("community:twinning_remove", args=[town.territory_id, twin.pk]))
        assert not town.twinnings.exists()

    def test_publish_asks_once(self, client, town):
        client.force_login(SeatFactory(organisation=town).person)
        url = reverse("community:town_publish", args=[town.territory_id])
        assert client.get(url).status_code == 200
        for published in (False, True):
            client.post(url)
            town.refresh_from_db()
            assert town.is_published is published


def test_profile_change_reaches_matching(settings, django_capture_on_commit_callbacks, monkeypatch):
    told = []
    monkeypatch.setattr("community.actions.changed.import_string", lambda path: told.append)
    town = TownFactory()
    with django_capture_on_commit_callbacks(execute=True):
        actions.set_themes(town, wanted=[1])
        actions.update_profile(town, presentation="x")
        actions.add_twinning(town, TerritoryFactory())
    assert told == [town.territory_id] * 3
    assert Territory.objects.count() == 2


def test_members_come_first_then_the_largest(client):
    TerritoryFactory(name="Mégapole", population=9_000_000)
    TerritoryFactory(name="Grande", population=90_000)
    TownFactory(territory__name="Membre", territory__population=4_000)
    shown = [territory.name for territory, _, _ in client.get(reverse("community:town_list")).context["rows"]]
    assert shown == ["Membre", "Mégapole", "Grande"]
