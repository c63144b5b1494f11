import pytest
from django.urls import reverse

from community import actions
from community.models import Organisation, OrganisationTheme, Seat
from tests.factories import SeatFactory, TerritoryFactory, TownFactory, UserFactory

pytestmark = pytest.mark.django_db
START, TOWN, CONCERNS, OFFERS, ROLE = (
    reverse(f"community:onboarding{step}") for step in ("", "_town", "_concerns", "_offers", "_role")
)


@pytest.fixture
def vierzon():
    return TerritoryFactory(name="Vierzon", department="Cher", population=25_068, population_source="INSEE")


@pytest.fixture
def user(client):
    user = UserFactory(name="")
    client.force_login(user)
    return user


def test_from_nothing_to_ten_towns_without_a_password(client, user, vierzon):
    user.set_unusable_password()
    user.save(update_fields=["password"])
    client.force_login(user)
    assert client.get(START).headers["location"] == TOWN
    page = client.get(TOWN, {"q": "vierz"}).content.decode()
    assert "25\u00a0068 habitants (INSEE, 2023)" in page
    assert client.post(TOWN, {"territory": vierzon.pk}).headers["location"] == CONCERNS
    assert client.get(START).headers["location"] == CONCERNS
    assert "Qu’est-ce qui occupe" in client.get(CONCERNS).content.decode()
    assert client.post(CONCERNS, {"themes": [3, 14]}).headers["location"] == OFFERS
    assert client.get(START).headers["location"] == OFFERS
    assert client.post(OFFERS, {"themes": [0], "languages": ["fr", "ro"]}).headers["location"] == ROLE
    assert client.get(START).headers["location"] == ROLE
    data = {"name": "Ana", "kind": "elected", "title": "Maire"}
    matches = reverse("matching:town_matches", args=[vierzon.pk])
    assert client.post(ROLE, data).headers["location"] == matches
    assert client.get(START).headers["location"] == matches
    organisation = Organisation.objects.get(territory=vierzon)
    assert sorted(organisation.themes.values_list("direction", "position")) == [
        ("offered", 0),
        ("wanted", 3),
        ("wanted", 14),
    ]
    assert (organisation.languages, organisation.is_published) == (["fr", "ro"], False)
    seat = Seat.objects.get()
    assert (seat.state, seat.level, seat.kind, seat.title) == ("pending", 0, "elected", "Maire")
    user.refresh_from_db()
    assert (user.name, user.has_usable_password()) == ("Ana", False)
    assert client.get(matches).status_code == 200


@pytest.mark.parametrize("step", [CONCERNS, OFFERS, ROLE])
def test_no_town_yet_leads_back_to_it(client, user, step):
    assert client.get(step).headers["location"] == TOWN
    assert client.post(step, {"themes": [1]}).headers["location"] == TOWN


def test_every_step_can_be_passed(client, user, vierzon):
    client.post(TOWN, {"territory": vierzon.pk})
    for step, following in ((CONCERNS, OFFERS), (OFFERS, ROLE)):
        assert f'href="{following}"' in client.get(step).content.decode()
    matches = reverse("matching:town_matches", args=[vierzon.pk])
    assert f'href="{matches}"' in client.get(ROLE).content.decode()


@pytest.mark.parametrize(
    ("themes", "words"),
    [
        ([1, 2, 3, 4, 5, 6], "Choisissez 5 sujets au plus."),
        ([], "Choisissez au moins un sujet, ou passez cette étape."),
        (["64"], "Sélectionnez un choix valide."),
        (["x"], "Sélectionnez un choix valide."),
    ],
)
def test_what_cannot_be_chosen_is_said_and_nothing_is_lost(client, user, vierzon, themes, words):
    client.post(TOWN, {"territory": vierzon.pk})
    response = client.post(CONCERNS, {"themes": themes})
    assert response.status_code == 400
    page = response.content.decode()
    assert words in page
    assert page.count(" checked>") == len([one for one in themes if isinstance(one, int)])
    assert not OrganisationTheme.objects.exists()


def test_count_of_towns_that_share(client, user):
    for positions in ([3], [3, 14], [20]):
        actions.set_themes(TownFactory(), wanted=positions)
    actions.set_themes(TownFactory(is_published=False), wanted=[3])
    url = reverse("community:theme_count")
    assert "2 villes du réseau partagent ces sujets" in client.get(url, {"themes": [3, 14]}).content.decode()
    assert "1 ville du réseau partage ces sujets" in client.get(url, {"themes": 20}).content.decode()
    assert client.get(url).content.decode().strip() == ""


def test_another_town_takes_the_first_claim_back(client, user, vierzon):
    client.post(TOWN, {"territory": TerritoryFactory(name="Gien").pk})
    client.post(TOWN, {"territory": vierzon.pk})
    assert [seat.organisation.name for seat in Seat.objects.of(user)] == ["Vierzon"]


def test_a_town_with_confirmed_people_is_not_described_by_a_newcomer(client, user, vierzon):
    town = TownFactory(territory=vierzon)
    actions.set_themes(town, wanted=[3])
    SeatFactory(organisation=town)
    client.post(TOWN, {"territory": vierzon.pk})
    for step in (CONCERNS, OFFERS):
        assert client.get(step).headers["location"] == ROLE
        assert client.post(step, {"themes": [20]}).headers["location"] == ROLE
    assert list(town.themes.values_list("position", flat=True)) == [3]


def test_search_as_you_type_gets_the_list_only(client, user, vierzon):
    fragment = client.get(TOWN, {"q": "vierz"}, headers={"hx-request": "true"}).content.decode()
    assert "C’est ma ville" in fragment
    assert "<html" not in fragment


def test_unknown_territory(client, user):
    for value in ("999999", "x", ""):
        assert client.post(TOWN, {"territory": value}).status_code == 404
