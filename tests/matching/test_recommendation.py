"""Who is proposed to a town, and what its settings and refusals change."""

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test.utils import CaptureQueriesContext

from community.actions import add_twinning
from community.models import Organisation, OrganisationTheme
from matching import actions
from matching.actions import refresh_index_row
from matching.engine import DEFAULT
from matching.models import Importance, Refusal
from matching.recommendation import proposals, top_matches
from matching.weights import taste, taste_of
from tests.factories import TerritoryFactory, UserFactory
from tests.matching.towns import FRICHES, HEALTH, SHOPS, STATIONS, mayor_of, member, newcomer

pytestmark = pytest.mark.django_db


def names(town: Organisation, **options: object) -> list[str]:
    return [proposal.name for proposal in proposals(town, mayor_of(town), **options).items]  # type: ignore[arg-type]


@pytest.fixture
def vierzon() -> Organisation:
    return member("Vierzon", wanted=(FRICHES, SHOPS), offered=(STATIONS,))


def test_mutual_help_comes_first(vierzon: Organisation) -> None:
    member("Semblable")
    member("Ózd", wanted=(STATIONS,), offered=(FRICHES, SHOPS), country="HU")
    assert names(vierzon) == ["Ózd", "Semblable"]


@pytest.mark.parametrize("direction", ["ours", "theirs"])
def test_present_partners_are_not_proposed(vierzon: Organisation, direction: str) -> None:
    other, third = member("Ózd"), member("Béjar")
    assert set(names(vierzon)) == {"Ózd", "Béjar"}
    if direction == "ours":
        add_twinning(vierzon, other.territory)
    else:
        add_twinning(other, vierzon.territory)
    assert names(vierzon) == [third.name]


def test_a_group_is_not_proposed_its_own_communes(vierzon: Organisation) -> None:
    valley = member("Vallée")
    commune = member("Modane")
    assert "Modane" in names(valley)
    valley.territories.add(commune.territory)
    assert "Modane" not in names(valley)
    assert "Vallée" not in names(commune)


def test_refused_and_taken_back(vierzon: Organisation) -> None:
    other, mayor = member("Ózd"), mayor_of(vierzon)
    member("Béjar")
    before = names(vierzon)
    actions.refuse_town(mayor, vierzon, other.territory, Refusal.Reason.SIZE)
    assert names(vierzon) == ["Béjar"]
    assert taste_of(vierzon).weights.maximum("population") > DEFAULT.maximum("population")
    assert actions.restore_town(mayor, vierzon, other.territory)
    assert names(vierzon) == before
    assert taste_of(vierzon).weights == DEFAULT
    assert not actions.restore_town(mayor, vierzon, other.territory)


def test_one_town_s_refusal_is_not_another_s(vierzon: Organisation) -> None:
    other, third = member("Ózd"), member("Béjar")
    actions.refuse_town(mayor_of(vierzon), vierzon, other.territory, Refusal.Reason.THEMES)
    assert "Ózd" in names(third)


def test_refusing_again_replaces_the_reason_and_bad_ones_are_refused(vierzon: Organisation) -> None:
    other, mayor = member("Ózd"), mayor_of(vierzon)
    actions.refuse_town(mayor, vierzon, other.territory, Refusal.Reason.SIZE)
    actions.refuse_town(mayor, vierzon, other.territory, Refusal.Reason.LANGUAGE)
    assert list(vierzon.refusals.values_list("reason", flat=True)) == ["language"]
    with pytest.raises(ValueError, match="cannot refuse"):
        actions.refuse_town(mayor, vierzon, other.territory, "taste")
    with pytest.raises(ValueError, match="cannot refuse"):
        actions.refuse_town(mayor, vierzon, vierzon.territory, Refusal.Reason.SIZE)


def test_refusals_are_bounded() -> None:
    normal = dict.fromkeys(("size", "concerns", "language"), Importance.NORMAL)
    one, four, forty = (taste(normal, ["language"] * n).weights.maximum("language") for n in (1, 4, 40))
    assert DEFAULT.maximum("language") < one < four == forty
    a_lot = taste({**normal, "language": Importance.A_LOT}, []).weights.maximum("language")
    assert forty < a_lot


def test_too_far_comes_last(vierzon: Organisation) -> None:
    far = member("Ózd", latitude=48.2, longitude=20.3, country="HU", population=9000)
    member("Salgótarján", latitude=48.1, longitude=19.8, country="HU", population=30000)
    farther = member("Iași", latitude=47.2, longitude=27.6, country="RO", population=9100)
    assert names(vierzon)[-1] == "Salgótarján"
    actions.refuse_town(mayor_of(vierzon), vierzon, far.territory, Refusal.Reason.FAR)
    assert names(vierzon) == ["Salgótarján", farther.name]


def test_settings_change_the_order_at_once(vierzon: Organisation) -> None:
    member("Même taille", country="DE", population=9000)
    member("Mêmes soucis", wanted=(STATIONS,), offered=(FRICHES,), country="HU", population=20000)
    mayor = mayor_of(vierzon)
    assert names(vierzon)[0] == "Mêmes soucis"
    actions.set_importance(mayor, vierzon, size=Importance.A_LOT, concerns=Importance.LITTLE)
    assert names(vierzon)[0] == "Même taille"
    actions.set_importance(mayor, vierzon, size=Importance.NORMAL, concerns=Importance.NORMAL)
    assert names(vierzon)[0] == "Mêmes soucis"
    with pytest.raises(ValueError, match="unknown importance"):
        actions.set_importance(mayor, vierzon, size="huge")


def test_filters(vierzon: Organisation) -> None:
    member("Ózd", offered=(FRICHES,), country="HU")
    member("Béjar", wanted=(HEALTH,), country="ES")
    assert names(vierzon, country="HU") == ["Ózd"]
    assert names(vierzon, theme=HEALTH) == ["Béjar"]
    assert names(vierzon, country="HU", theme=HEALTH) == []


def test_gazetteer_is_near_unless_a_country_is_named(vierzon: Organisation) -> None:
    TerritoryFactory(name="Voisine", country="FR")
    TerritoryFactory(name="Paducah", country="US", latitude=37.1, longitude=-88.6)
    member("Membre")
    assert names(vierzon, pool="gazetteer") == ["Voisine"]
    assert names(vierzon, pool="gazetteer", country="US") == ["Paducah"]


def test_private_wishes_count_for_confirmed_people_only(vierzon: Organisation) -> None:
    OrganisationTheme.objects.create(
        organisation=vierzon, position=HEALTH, direction="wanted", is_public=False
    )
    other = member("Ózd", offered=(HEALTH,))
    known = proposals(vierzon, mayor_of(vierzon)).items[0].match
    unknown = proposals(vierzon, newcomer(vierzon)).items[0].match
    assert known.they_offer == (HEALTH,)
    assert unknown.they_offer == ()
    # Nor does the other town's list know of it.
    theirs = proposals(other, mayor_of(other)).items[0].match
    assert theirs.we_offer == ()


def test_a_thin_profile_is_told_what_is_missing(vierzon: Organisation) -> None:
    member("Ózd")
    thin = member("Vide")
    Organisation.objects.filter(pk=thin.pk).update(languages=[])
    thin.refresh_from_db()
    assert len(proposals(thin, mayor_of(thin)).missing) == 3
    assert proposals(vierzon, mayor_of(vierzon)).missing == []


def test_top_matches_are_for_the_own_town(vierzon: Organisation) -> None:
    other = member("Ózd")
    assert [p.name for p in top_matches(vierzon, mayor_of(vierzon))] == ["Ózd"]
    assert [p.name for p in top_matches(vierzon, newcomer(vierzon))] == ["Ózd"]
    assert top_matches(vierzon, mayor_of(other)) == []
    assert top_matches(vierzon, UserFactory()) == []


def test_what_counts_is_said_by_the_town(vierzon: Organisation) -> None:
    other = member("Ózd")
    for stranger in (mayor_of(other), newcomer(vierzon), UserFactory()):
        with pytest.raises(PermissionDenied):
            actions.set_importance(stranger, vierzon, size=Importance.A_LOT)
        with pytest.raises(PermissionDenied):
            actions.refuse_town(stranger, vierzon, other.territory, Refusal.Reason.SIZE)
        with pytest.raises(PermissionDenied):
            actions.restore_town(stranger, vierzon, other.territory)
    assert not vierzon.refusals.exists()


def test_an_index_ahead_of_the_database_shows_no_ghost(vierzon: Organisation) -> None:
    other = member("Ózd")
    assert names(vierzon) == ["Ózd"]
    Organisation.objects.filter(pk=other.pk).update(is_published=False)
    assert names(vierzon) == []
    refresh_index_row(other.territory_id)
    assert names(vierzon) == []


@pytest.mark.parametrize("pool", ["members", "gazetteer"])
def test_queries_do_not_depend_on_the_length(vierzon: Organisation, pool: str) -> None:
    def ask() -> tuple[int, int]:
        mayor = mayor_of(vierzon)
        with CaptureQueriesContext(connection) as queries:
            found = proposals(vierzon, mayor, pool=pool).items
            for proposal in found:
                assert proposal.why
                assert proposal.bars
                assert proposal.closeness
        return len(found), len(queries)

    def add(name: str) -> None:
        town = member(name) if pool == "members" else None
        territory = town.territory if town else TerritoryFactory(name=name)
        refresh_index_row(territory.pk)

    add("Une")
    ask()
    one = ask()
    add("Deux")
    add("Trois")
    three = ask()
    assert (one[0], three[0]) == (1, 3)
    assert one[1] == three[1]
