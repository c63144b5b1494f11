"""The score of a pair: exact, additive, reciprocal, soft."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.engine import (
    DEFAULT,
    FAMILIES,
    IMPORTANCE,
    LANGUAGES,
    PARTS,
    Store,
    Town,
    Weights,
    columns_of,
    explain,
    language_mask,
    languages,
    mask,
    positions,
)
from matching.engine.columns import country_code, country_number, town_at
from matching.engine.reasons import match
from matching.engine.score import ThemeWeights, points, shares
from tests.matching.rows import towns

EVEN = ThemeWeights(np.zeros(65, int))
counts = st.lists(st.integers(0, 500), min_size=65, max_size=65).map(np.array)
importance = st.fixed_dictionaries({family: st.sampled_from(sorted(IMPORTANCE)) for family in FAMILIES})
weights = importance.map(lambda chosen: Weights.important(chosen, network=40))
share_of = {part: number for number, part in enumerate(PARTS)}


def share(ours: Town, theirs: Town, part: str) -> float:
    return float(shares(columns_of([ours]), columns_of([theirs]), EVEN)[share_of[part], 0])


def seen(ours: Town, theirs: Town, weights: Weights = DEFAULT, themes: ThemeWeights = EVEN):
    rows = columns_of([theirs])
    pool = "members" if theirs.member else "gazetteer"
    tenths = points(columns_of([ours]), rows, weights, themes, scale_only=not theirs.member)
    return match(ours, rows, 0, tenths[:, 0], weights, themes, pool)


@settings(deadline=None)
@given(towns(), towns(), weights, counts)
def test_what_is_shown_adds_up_exactly(ours, theirs, weights, counts):
    found = seen(ours, theirs, weights, ThemeWeights(counts))
    assert sum(found.parts.values()) == found.score <= found.maximum == sum(found.maxima.values())
    assert all(0 <= found.parts[part] <= found.maxima[part] for part in PARTS)
    assert found.maximum == (1000 if theirs.member else weights.scale)
    assert all(bar is None or 0 <= bar <= 1 for bar in found.bars.values())
    assert found.doubt.key
    assert found.would_raise is None or found.would_raise.tenths >= 0


@settings(deadline=None)
@given(towns(), towns(), counts)
def test_the_two_sides_mirror_each_other(ours, theirs, counts):
    themes = ThemeWeights(counts)
    there = shares(columns_of([ours]), columns_of([theirs]), themes)[:, 0]
    back = shares(columns_of([theirs]), columns_of([ours]), themes)[:, 0]
    they, we = share_of["they_help"], share_of["we_help"]
    assert (there[they], there[we]) == (back[we], back[they])
    assert np.array_equal(np.delete(there, [they, we]), np.delete(back, [they, we]))
    assert there[share_of["mutual"]] == min(there[they], there[we])


@settings(deadline=None)
@given(st.integers(1, 10_000_000), st.floats(1, 20))
def test_scale_is_soft_and_ends_at_four_times(people, ratio):
    smaller, larger = Town(1, population=people), Town(2, population=round(people * ratio))
    earned = share(smaller, larger, "population")
    exact = max(0.0, 1 - np.log(round(people * ratio) / people) / np.log(4))
    assert earned == pytest.approx(exact, abs=1e-5)  # logarithms are kept in single precision


def test_four_times_larger_earns_nothing_and_is_still_scored():
    assert share(Town(1, population=10_000), Town(2, population=40_000), "population") == pytest.approx(
        0, abs=1e-6
    )
    assert share(Town(1, population=10_000), Town(2, population=10_000), "population") == 1
    found = seen(Town(1, population=10_000, wanted=3), Town(2, population=90_000, offered=3, member=True))
    assert (found.parts["population"], found.parts["they_help"]) == (0, 140)


@pytest.mark.parametrize("part", ["population", "altitude", "relief", "centrality", "coast"])
def test_what_is_unknown_earns_nothing_even_on_both_sides(part):
    known = Town(1, population=900, altitude=0, relief=0, centrality=0, coast=False)
    assert share(known, known, part) == 1
    assert share(Town(1), known, part) == share(known, Town(1), part) == share(Town(1), Town(2), part) == 0


def test_a_population_of_nought_is_unknown():
    assert share(Town(1, population=0), Town(2, population=0), "population") == 0
    assert town_at(columns_of([Town(1, population=0)]), 0).population is None


def test_mutual_is_the_smaller_of_both_shares():
    ours = Town(1, wanted=mask([0, 1, 2, 3]), offered=mask([10]))
    theirs = Town(2, wanted=mask([10, 11]), offered=mask([0]), member=True)
    assert [share(ours, theirs, part) for part in ("they_help", "we_help", "mutual")] == [0.25, 0.5, 0.25]
    found = seen(ours, theirs)
    assert (found.they_offer, found.we_offer, found.common) == ((0,), (10,), ())
    assert (found.parts["they_help"], found.parts["we_help"], found.parts["mutual"]) == (35, 60, 88)


def test_a_single_wish_counts_as_two():
    ours = Town(1, wanted=mask([0]), offered=mask([1, 2]))
    one, two = (Town(2, wanted=mask(themes), offered=mask([0]), member=True) for themes in ([1], [1, 2]))
    assert [share(ours, one, part) for part in ("they_help", "we_help", "mutual")] == [0.5, 0.5, 0.5]
    assert [share(ours, two, part) for part in ("they_help", "we_help", "mutual")] == [0.5, 1.0, 0.5]
    assert (
        seen(ours, Town(2, 900, wanted=mask([1, 2]), offered=mask([0, 5]), member=True)).would_raise.key
        == "we_want"
    )


def test_a_rare_theme_weighs_more():
    members = np.zeros(65, int)
    members[[0, 64]] = 100  # everyone names theme 0, nobody theme 1
    themes = ThemeWeights(members)
    ours = columns_of([Town(1, wanted=mask([0, 1]))])
    common, rare = (
        shares(ours, columns_of([Town(2, offered=mask([theme]))]), themes)[share_of["they_help"], 0]
        for theme in (0, 1)
    )
    assert rare > 0.8 > 0.2 > common
    assert rare + common == pytest.approx(1)
    assert themes.rarest_first((0, 1)) == (1, 0)


@settings(deadline=None)
@given(st.sets(st.integers(0, 63)), counts)
def test_the_weight_of_a_set_is_the_sum_of_its_themes(chosen, counts):
    themes = ThemeWeights(counts)
    total = themes.total(np.array([mask(chosen)], "u8"))[0]
    assert total == themes.weight(mask(chosen)) == sum(int(themes.thousandths[theme]) for theme in chosen)


@settings(deadline=None)
@given(towns(member=True), towns(member=True), st.integers(0, 63))
def test_one_more_language_in_common_never_lowers_the_score(ours, theirs, position):
    def with_it(town):
        return Town(
            **{
                **{name: getattr(town, name) for name in Town.__slots__},
                "languages": town.languages | 1 << position,
            }
        )

    assert seen(with_it(ours), with_it(theirs)).score >= seen(ours, theirs).score


# Importance settings.


def test_the_defaults_are_those_of_the_design():
    assert dict(zip(PARTS, DEFAULT.tenths, strict=True)) == {
        "population": 210, "altitude": 36, "centrality": 30, "relief": 12, "coast": 12,
        "they_help": 140, "we_help": 120, "mutual": 350, "shared": 50, "language": 30, "programme": 10, "network": 0,
    }  # fmt: skip
    assert Weights.important({}) == DEFAULT
    assert DEFAULT.scale == 300


def test_every_setting_adds_up_and_more_importance_is_never_less_weight():
    order = ("little", "normal", "a_lot")
    families = [family for family in FAMILIES if family != "network"]
    for chosen in itertools.product(order, repeat=len(families)):
        settings_ = dict(zip(families, chosen, strict=True))
        here = Weights.important(settings_)
        assert sum(here.tenths) == 1000
        for family in families:
            if settings_[family] == "a_lot":
                continue
            more = Weights.important({**settings_, family: order[order.index(settings_[family]) + 1]})
            for part in FAMILIES[family]:
                assert more.maximum(part) >= here.maximum(part), (settings_, part)


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(PARTS), st.floats(0, 1e6), min_size=1))
def test_any_non_negative_weights_become_a_thousand_tenths(relative):
    assert sum(Weights.of(relative).tenths) == 1000


@pytest.mark.parametrize(
    "relative",
    [
        {"population": -1.0},
        {"mutual": float("nan")},
        {"fame": 1.0},
        dict.fromkeys(PARTS, 0.0),
        {"mutual": float("inf")},
    ],
)
def test_impossible_weights_are_refused(relative):
    with pytest.raises(ValueError, match=r"weights|unknown"):
        Weights.of(relative)


@pytest.mark.parametrize("chosen", [{"fame": "normal"}, {"size": "enormous"}])
def test_an_unknown_importance_is_refused(chosen):
    with pytest.raises(ValueError, match="unknown importance"):
        Weights.important(chosen)


# Reasons.


def test_the_doubt_is_the_weakest_part_with_its_figures():
    ours = Town(1, 25_700, 120, 60, 0.8, False, wanted=mask([0, 1]), offered=mask([5, 6]), languages=1)
    alike = {
        "altitude": 120,
        "relief": 60,
        "centrality": 0.8,
        "coast": False,
        "wanted": mask([5]),
        "member": True,
    }
    larger = Town(2, 90_000, offered=mask([0, 1]), languages=1, **alike)
    assert _figures(seen(ours, larger)) == ("population", 25_700, 90_000)
    teaches_half = Town(2, 25_000, offered=mask([1]), languages=3, **alike)
    assert _figures(seen(ours, teaches_half)) == ("they_help", 2, 1)
    mute = Town(2, 25_700, offered=mask([0, 1]), languages=2, **alike)
    assert _figures(seen(ours, mute)) == ("language", 1, 0)
    unknown = Town(2, None, offered=mask([0, 1]), languages=1, **alike)
    assert _figures(seen(ours, unknown)) == ("population", 25_700, None)


def test_a_perfect_match_still_has_a_doubt():
    twin = {"population": 900, "altitude": 1, "relief": 1, "centrality": 1, "coast": True, "languages": 3}
    wishes = {"wanted": 3, "offered": 3, "programmes": 1, "member": True}
    found = seen(
        Town(1, latitude=48.85, longitude=2.35, **twin, **wishes),
        Town(2, latitude=41.99, longitude=21.43, **twin, **wishes),
    )
    assert found.score == 1000
    assert found.doubt.key == "distance"
    assert found.doubt.theirs == found.distance_km == pytest.approx(1666, rel=0.01)
    assert found.would_raise is None


def test_what_is_worth_little_is_no_doubt_unless_it_is_said_to_matter():
    same = {"altitude": 10, "relief": 10, "centrality": 0.5, "languages": 3, "wanted": 3, "offered": 3}
    inland, seaside = Town(1, 900, coast=False, **same), Town(2, 1100, coast=True, member=True, **same)
    assert _figures(seen(inland, seaside)) == ("population", 900, 1100)
    matters = Weights.important({"territory": "a_lot"})
    assert _figures(seen(inland, seaside, matters)) == ("coast", False, True)


def _figures(found):
    return found.doubt.key, found.doubt.ours, found.doubt.theirs


@settings(deadline=None)
@given(towns(member=True), towns(member=True), counts)
def test_what_would_raise_the_score_does_raise_it_by_that_much(ours, theirs, counts):
    themes = ThemeWeights(counts)
    before = seen(ours, theirs, themes=themes)
    lever = before.would_raise
    if lever is None or lever.key not in ("we_offer", "they_offer"):
        return
    changed = ours if lever.key == "we_offer" else theirs
    fields = {name: getattr(changed, name) for name in Town.__slots__}
    fields["offered"] |= mask(lever.themes)
    moved = Town(**fields)
    after = (
        seen(moved, theirs, themes=themes) if lever.key == "we_offer" else seen(ours, moved, themes=themes)
    )
    assert after.score - before.score == pytest.approx(lever.tenths, abs=2)  # the gain itself is rounded
    assert lever.tenths > 0


def test_a_town_outside_the_network_is_judged_on_its_scale_alone():
    ours = Town(1, 10_000, 100, 50, 0.5, False, languages=1, wanted=1, offered=2)
    found = seen(ours, Town(2, 10_000, 100, 50, 0.5, False, languages=1, wanted=2, offered=1))
    assert (found.score, found.maximum, found.closeness) == (300, 300, "very_close")
    assert found.bars == {"size": 1.0, "concerns": None, "territory": 1.0, "language": None}
    assert (found.they_offer, found.languages, found.would_raise.key) == ((), (), "they_join")


# Columns.


@settings(deadline=None)
@given(towns())
def test_a_town_comes_back_from_its_columns(town):
    back = town_at(columns_of([town]), 0)
    for name in ("id", "country", "languages", "wanted", "offered", "programmes", "coast"):
        assert getattr(back, name) == getattr(town, name)
    assert (back.visible, back.member, back.full, back.opted_out) == (
        town.visible,
        town.member,
        town.full,
        town.opted_out,
    )
    assert back.population == (town.population or None)
    for name, close in (
        ("altitude", 0.1),
        ("relief", 0.1),
        ("centrality", 1e-4),
        ("latitude", 1e-4),
        ("longitude", 1e-4),
    ):
        assert getattr(back, name) == (
            None if getattr(town, name) is None else pytest.approx(getattr(town, name), abs=close)
        )


def test_an_impossible_population_is_held_within_bounds():
    assert town_at(columns_of([Town(1, population=-5)]), 0).population is None
    assert town_at(columns_of([Town(1, population=10**12)]), 0).population == 2**32 - 1


def test_masks_languages_and_countries_have_one_meaning():
    assert positions(mask([63, 0, 5])) == (0, 5, 63)
    assert languages(language_mask(["hu", "fr"])) == ("fr", "hu")
    assert len(set(LANGUAGES)) == len(LANGUAGES) == 64
    assert [country_code(country_number(code)) for code in ("AA", "FR", "ZZ")] == ["AA", "FR", "ZZ"]
    assert [country_number(code) for code in ("", "fr", "Fr", "FRA", "ÎÉ", "法国")] == [0] * 6
    with pytest.raises(ValueError, match="64"):
        mask([64])
    with pytest.raises(ValueError, match="not in"):
        language_mask(["klingon"])


def test_explain_needs_both_towns_to_be_there(tmp_path):
    store = Store(tmp_path)
    store.rebuild(
        columns_of([Town(1, 900), Town(2, 900, member=True), Town(3, opted_out=True), Town(4, visible=False)])
    )
    assert explain(store, 1, 2).parts["population"] == 210
    assert [explain(store, 1, other) for other in (3, 4, 99)] == [None, None, None]
    with pytest.raises(KeyError):
        explain(store, 99, 1)
