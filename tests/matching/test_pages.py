"""The pages and the API: what they show, to whom, and that every form works without a script."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from community.models import Organisation, OrganisationTheme, Seat
from matching import actions
from matching.models import Introduction, Preference, Refusal
from tests.factories import SeatFactory, TerritoryFactory, TownFactory, UserFactory
from tests.matching.towns import FRICHES, HEALTH, STATIONS, mayor_of, member, newcomer

pytestmark = pytest.mark.django_db
HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def vierzon() -> Organisation:
    return member("Vierzon", wanted=(FRICHES,), offered=(STATIONS,), latitude=47.22, longitude=2.07)


@pytest.fixture
def ozd() -> Organisation:
    return member("Ózd", wanted=(STATIONS,), offered=(FRICHES,), country="HU", population=9500)


@pytest.fixture
def mayor(client: Client, vierzon: Organisation) -> Client:
    client.force_login(mayor_of(vierzon))
    return client


def proches(town: Organisation) -> str:
    return f"/villes/{town.territory_id}/proches/"


def words(response: object) -> str:
    """The text of a page, with plain spaces."""
    html = response.content.decode().replace("\u00a0", " ")  # type: ignore[attr-defined]
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def test_the_page_says_why(mayor: Client, vierzon: Organisation, ozd: Organisation) -> None:
    text = words(mayor.get(proches(vierzon)))
    assert "Villes proches de Vierzon" in text
    assert "1 ville du réseau est ouverte aux partenariats" in text
    assert "Hongrie, 9 500 hab." in text
    assert "Ózd peut montrer « Patrimoine industriel et friches à reconvertir », que vous cherchez" in text
    for label in (
        "Taille",
        "Préoccupations",
        "Territoire",
        "Langues de travail",
        "Un doute.",
        "Ce qui compte pour vous",
    ):
        assert label in text
    html = mayor.get(proches(vierzon)).content.decode()
    assert f'href="/villes/{ozd.territory_id}/ecrire/"' in html
    assert '<svg class="bar"' in html
    assert html.count("btn primary") == 1


def test_no_match_yet(mayor: Client, vierzon: Organisation) -> None:
    assert "Aucune ville assez proche pour l’instant" in words(mayor.get(proches(vierzon)))


def test_towns_outside_the_network_stand_apart(
    mayor: Client, vierzon: Organisation, ozd: Organisation
) -> None:
    stranger = TerritoryFactory(name="Loches", population=8800)
    members, others = (
        words(mayor.get(proches(vierzon), {"pool": pool})) for pool in ("members", "gazetteer")
    )
    assert "Loches" not in members
    assert "Ózd" not in others
    assert "Inviter Loches" in others
    letter = words(mayor.get(f"/villes/{vierzon.territory_id}/inviter/{stranger.pk}/"))
    assert "Madame, Monsieur le Maire" in letter
    assert "http://testserver" in letter


@pytest.mark.parametrize(
    "query", ["?country=XX", "?theme=999", "?theme=x", "?page=99", "?page=x", "?pool=x", "?country=%00"]
)
def test_filters_that_do_not_exist_filter_nothing(
    mayor: Client, vierzon: Organisation, ozd: Organisation, query: str
) -> None:
    response = mayor.get(proches(vierzon) + query)
    assert response.status_code == 200
    assert "Ózd" in words(response)


def test_filters(mayor: Client, vierzon: Organisation, ozd: Organisation) -> None:
    member("Béjar", wanted=(HEALTH,), country="ES")
    assert "Béjar" not in words(mayor.get(proches(vierzon), {"country": "HU"})).partition("Pourquoi")[2]
    titles = re.findall(r'id="ville-(\d+)"', mayor.get(proches(vierzon), {"theme": HEALTH}).content.decode())
    assert titles == [str(Organisation.objects.get(name="Béjar").territory_id)]


def test_htmx_gets_the_changing_parts_alone(mayor: Client, vierzon: Organisation, ozd: Organisation) -> None:
    html = mayor.get(proches(vierzon), {"country": "HU"}, **HTMX).content.decode()
    assert html.lstrip().startswith('<div id="proposals"')
    assert "<html" not in html
    assert html.count('hx-swap-oob="true"') == 3


def test_settings_are_kept_and_change_the_list(
    mayor: Client, vierzon: Organisation, ozd: Organisation
) -> None:
    url = f"/villes/{vierzon.territory_id}/proches/reglages/"
    chosen = {"size": "a_lot", "concerns": "little", "language": "normal"}
    assert mayor.post(url, chosen).status_code == 302
    kept = Preference.objects.get(organisation=vierzon)
    assert (kept.size, kept.concerns) == ("a_lot", "little")
    html = mayor.get(proches(vierzon)).content.decode()
    assert re.search(r'name="size" value="a_lot"[^>]*checked', html)
    assert mayor.post(url, {**chosen, "size": "huge"}).status_code == 302
    kept.refresh_from_db()
    assert kept.size == "a_lot"
    assert mayor.post(url, chosen, **HTMX).content.decode().lstrip().startswith('<div id="proposals"')


def test_a_form_on_the_list_keeps_its_filters(
    mayor: Client, vierzon: Organisation, ozd: Organisation
) -> None:
    member("Béjar", country="ES")
    chosen = {"size": "normal", "concerns": "little", "language": "normal", "country": "ES", "x": "y"}
    url = f"/villes/{vierzon.territory_id}/proches/reglages/"
    assert mayor.post(url, chosen)["Location"] == f"{proches(vierzon)}?country=ES"
    html = mayor.post(url, chosen, **HTMX).content.decode()
    assert re.findall(r'name="country" value="(\w+)"', html) == ["ES"]
    assert "Ózd" not in html
    refuse = f"/villes/{vierzon.territory_id}/ecarter/{ozd.territory_id}/"
    back = mayor.post(refuse, {"reason": "far", "pool": "members", "page": "1"})["Location"]
    assert back == f"{proches(vierzon)}?pool=members&page=1"


def test_without_an_index_the_page_says_so(
    mayor: Client, vierzon: Organisation, ozd: Organisation, settings: object, tmp_path: object
) -> None:
    file = tmp_path / "not-a-folder"  # type: ignore[operator]
    file.write_text("")
    settings.MATCHING_INDEX_DIR = file  # type: ignore[attr-defined]
    assert "ne peut pas être établie pour l’instant" in words(mayor.get(proches(vierzon)))
    assert mayor.get("/").status_code == 200
    assert mayor.get(f"/api/v1/towns/{vierzon.territory_id}/matches/").status_code == 503


def test_not_for_us_and_back(mayor: Client, vierzon: Organisation, ozd: Organisation) -> None:
    here, there = vierzon.territory_id, ozd.territory_id
    response = mayor.post(f"/villes/{here}/ecarter/{there}/", {"reason": "size"}, follow=True)
    text = words(response)
    assert "Ózd est écartée" in text
    assert "1 ville ne vous est plus proposée. La taille compte un peu plus." in text
    assert "Écrire à Ózd" not in text
    aside = words(mayor.get(f"/villes/{here}/ecartees/"))
    assert "Ózd" in aside
    assert "Pas notre taille" in aside
    mayor.post(f"/villes/{here}/reprendre/{there}/")
    assert "Écrire à Ózd" in words(mayor.get(proches(vierzon)))
    assert "Aucune ville n’est écartée" in words(mayor.get(f"/villes/{here}/ecartees/"))


def test_refusing_without_a_reason_refuses_nothing(
    mayor: Client, vierzon: Organisation, ozd: Organisation
) -> None:
    mayor.post(f"/villes/{vierzon.territory_id}/ecarter/{ozd.territory_id}/", {"reason": "x"})
    assert not Refusal.objects.exists()
    assert mayor.post(f"/villes/{vierzon.territory_id}/ecarter/{vierzon.territory_id}/").status_code == 404


def test_a_letter_from_the_page_to_the_answer(
    mayor: Client, vierzon: Organisation, ozd: Organisation
) -> None:
    write = f"/villes/{ozd.territory_id}/ecrire/"
    assert "Ózd saura que vous partagez 2 sujets" in words(mayor.get(write))
    empty = mayor.post(write, {"body": "  "})
    assert "Veuillez vérifier" in words(empty) or 'role="alert"' in empty.content.decode()
    long = mayor.post(write, {"body": "mots " * 300})
    assert "mots mots" in long.content.decode()
    assert not Introduction.objects.exists()
    response = mayor.post(write, {"body": "Bonjour d’une <b>ville</b> de gare."}, follow=True)
    letter = Introduction.objects.get()
    assert response.redirect_chain[-1][0] == f"/lettres/{letter.pk}/"
    text = words(response)
    assert "Votre lettre est partie. Ózd est prévenue." in text
    assert "Bonjour d’une &lt;b&gt;ville&lt;/b&gt; de gare." in text
    assert "Accepter" not in text
    assert "attend sa réponse" in words(mayor.get(write))
    assert "Ózd" in words(mayor.get("/lettres/"))

    other = Client()
    other.force_login(mayor_of(ozd))
    assert "Vierzon vous a écrit" in words(other.get(f"/lettres/{letter.pk}/"))
    answered = words(other.post(f"/lettres/{letter.pk}/accepter/", follow=True))
    assert "Vous êtes en relation" in answered
    again = words(other.post(f"/lettres/{letter.pk}/decliner/", follow=True))
    assert "a reçu sa réponse entre-temps" in again
    assert "Voir la lettre" in words(mayor.get(proches(vierzon)))


def test_a_letter_that_waits(client: Client, ozd: Organisation) -> None:
    town = member("Blois")
    person = newcomer(town)
    client.force_login(person)
    write = f"/villes/{ozd.territory_id}/ecrire/"
    assert "votre lettre est gardée" in words(client.get(write))
    text = words(client.post(write, {"body": "Bonjour"}, follow=True))
    assert "Elle part dès que votre fonction est confirmée" in text
    letter = Introduction.objects.get()
    assert "Bonjour" in client.get(write).content.decode()
    client.post(f"/lettres/{letter.pk}/retirer/")
    assert not Introduction.objects.exists()


def test_whose_town_when_there_are_two(mayor: Client, vierzon: Organisation, ozd: Organisation) -> None:
    second = member("Bourges")
    SeatFactory(organisation=second, person=mayor_of(vierzon), kind=Seat.Kind.AGENT)
    write = f"/villes/{ozd.territory_id}/ecrire/"
    assert "Au nom de" in words(mayor.get(write))
    mayor.post(write, {"body": "Bonjour", "sender": second.pk})
    assert Introduction.objects.get().from_organisation == second
    foreign = member("Béjar")
    mayor.post(write, {"body": "Bonjour", "sender": foreign.pk})
    assert not Introduction.objects.filter(from_organisation=foreign).exists()


def test_a_town_where_nobody_answers_says_so(mayor: Client) -> None:
    empty = TownFactory(territory__name="Vide")
    text = words(mayor.get(f"/villes/{empty.territory_id}/ecrire/"))
    assert "Personne ne peut encore recevoir de lettre" in text
    assert "Votre lettre" not in text


def test_people_without_a_town_write_no_letter(client: Client, ozd: Organisation) -> None:
    client.force_login(UserFactory())
    response = client.get(f"/villes/{ozd.territory_id}/ecrire/", follow=True)
    assert response.redirect_chain == [(f"/villes/{ozd.territory_id}/", 302)]
    assert "Une première lettre va d’une ville à une autre" in words(response)


def test_declining_and_throwing_away_ask_once(
    mayor: Client, vierzon: Organisation, ozd: Organisation
) -> None:
    letter = actions.send_introduction(mayor_of(ozd), ozd, vierzon, "Bonjour")
    assert "Décliner cette lettre" in words(mayor.get(f"/lettres/{letter.pk}/decliner/"))
    letter.refresh_from_db()
    assert letter.state == Introduction.State.SENT
    assert "À répondre" in words(mayor.get("/lettres/"))
    mayor.post(f"/lettres/{letter.pk}/decliner/")
    letter.refresh_from_db()
    assert letter.state == Introduction.State.DECLINED
    assert mayor.get(f"/lettres/{letter.pk}/decliner/").status_code == 302
    kept = actions.send_introduction(newcomer(vierzon), vierzon, member("Béjar"), "Plus tard")
    assert mayor.get(f"/lettres/{kept.pk}/retirer/").status_code == 404


PRIVATE = ["proches/", "proches/?pool=gazetteer", "ecartees/", "inviter/{other}/"]
CHANGES = ["proches/reglages/", "ecarter/{other}/", "reprendre/{other}/"]


@pytest.mark.parametrize("who", ["stranger", "other_mayor", "refused", "former", "staff"])
def test_a_town_s_list_is_its_own(client: Client, vierzon: Organisation, ozd: Organisation, who: str) -> None:
    person = {
        "stranger": UserFactory,
        "other_mayor": lambda: mayor_of(ozd),
        "refused": lambda: SeatFactory(organisation=vierzon, state=Seat.State.REFUSED).person,
        "former": lambda: SeatFactory(organisation=vierzon, ends_on="2020-01-01").person,
        "staff": lambda: UserFactory(is_staff=True, is_superuser=True),
    }[who]()
    client.force_login(person)
    base = f"/villes/{vierzon.territory_id}/"
    for path in PRIVATE:
        assert client.get(base + path.format(other=ozd.territory_id)).status_code == 404, path
    for path in CHANGES:
        data = {"reason": "size", "size": "a_lot", "concerns": "normal", "language": "normal"}
        assert client.post(base + path.format(other=ozd.territory_id), data).status_code == 404, path
    assert client.get(f"/api/v1/towns/{vierzon.territory_id}/matches/").status_code == 404
    assert not Refusal.objects.exists()
    assert not Preference.objects.exists()


def test_signed_out_people_are_asked_to_sign_in(client: Client, vierzon: Organisation) -> None:
    response = client.get(proches(vierzon))
    assert response.status_code == 302
    assert response["Location"].startswith("/connexion/")
    assert client.get(f"/api/v1/towns/{vierzon.territory_id}/matches/").status_code in (401, 403)


def test_a_newcomer_reads_and_sets_nothing(client: Client, vierzon: Organisation, ozd: Organisation) -> None:
    OrganisationTheme.objects.create(
        organisation=vierzon, position=HEALTH, direction="wanted", is_public=False
    )
    OrganisationTheme.objects.create(organisation=ozd, position=HEALTH, direction="offered")
    client.force_login(newcomer(vierzon))
    text = words(client.get(proches(vierzon)))
    assert "Ózd peut montrer" in text
    assert "Pas pour nous" not in text
    assert "Ce qui compte pour vous" not in text
    chips = re.findall(r'chip same">.*?</svg>(.*?)</span>', client.get(proches(vierzon)).content.decode())
    assert not [label for label in chips if "Santé" in label]
    url = f"/villes/{vierzon.territory_id}/ecarter/{ozd.territory_id}/"
    assert client.post(url, {"reason": "size"}).status_code == 403


@pytest.mark.parametrize("who", ["stranger", "third_mayor", "pending"])
def test_a_letter_is_for_two_towns(
    client: Client, vierzon: Organisation, ozd: Organisation, who: str
) -> None:
    letter = actions.send_introduction(mayor_of(vierzon), vierzon, ozd, "Un canari")
    person = {
        "stranger": UserFactory,
        "third_mayor": lambda: mayor_of(member("Béjar")),
        "pending": lambda: newcomer(ozd),
    }
    client.force_login(person[who]())
    assert client.get(f"/lettres/{letter.pk}/").status_code == 404
    assert "canari" not in client.get("/lettres/").content.decode()
    for verb in ("accepter", "decliner", "retirer"):
        assert client.post(f"/lettres/{letter.pk}/{verb}/").status_code == 404
    letter.refresh_from_db()
    assert letter.state == Introduction.State.SENT


def test_the_sender_does_not_answer_their_own_letter(
    mayor: Client, vierzon: Organisation, ozd: Organisation
) -> None:
    letter = actions.send_introduction(mayor_of(vierzon), vierzon, ozd, "Bonjour")
    for verb in ("accepter", "decliner", "retirer"):
        assert mayor.post(f"/lettres/{letter.pk}/{verb}/").status_code == 403
    letter.refresh_from_db()
    assert letter.state == Introduction.State.SENT


def test_the_number_of_queries_does_not_grow(mayor: Client, vierzon: Organisation) -> None:
    def ask(add: int) -> int:
        for number in range(add):
            town = member(f"Ville {number}-{add}", offered=(FRICHES,), country="HU")
            actions.refresh_index_row(town.territory_id)
        with CaptureQueriesContext(connection) as queries:
            html = mayor.get(proches(vierzon)).content.decode()
        shown.append(html.count('class="card match"'))
        return len(queries)

    shown: list[int] = []
    ask(1)
    assert ask(0) == ask(2)
    assert shown == [1, 1, 3]


def test_the_api_gives_the_numbers(mayor: Client, vierzon: Organisation, ozd: Organisation) -> None:
    (match,) = mayor.get(f"/api/v1/towns/{vierzon.territory_id}/matches/").json()
    assert match["town"] == {"id": ozd.territory_id, "name": "Ózd", "country": "HU", "population": 9500}
    assert sum(match["parts"].values()) == match["score"]
    assert sum(match["maxima"].values()) == match["maximum"] == 1000
    assert match["they_offer"] == ["heritage.industrial"]
    assert match["we_offer"] == ["mobility.transit"]
    assert set(match["doubt"]) == {"key", "ours", "theirs", "text"}
    assert match["letter"] is None


@pytest.mark.parametrize(
    ("query", "status", "count"),
    [
        ("?country=HU", 200, 1),
        ("?country=ES", 200, 0),
        ("?theme=heritage.industrial", 200, 1),
        ("?theme=social.health", 200, 0),
        ("?pool=gazetteer", 200, 0),
        ("?limit=1000", 400, None),
        ("?limit=x", 400, None),
        ("?theme=x", 400, None),
        ("?country=<>", 400, None),
        ("?pool=x", 400, None),
    ],
)
def test_the_api_filters(
    mayor: Client, vierzon: Organisation, ozd: Organisation, query: str, status: int, count: int | None
) -> None:
    response = mayor.get(f"/api/v1/towns/{vierzon.territory_id}/matches/{query}")
    assert response.status_code == status
    if count is None:
        assert response["Content-Type"] == "application/problem+json"
    else:
        assert len(response.json()) == count
