"""Asking the index: who may be proposed, in what order, and that a list agrees with the pair."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.engine import (
    MEMBER,
    VISIBLE,
    Filters,
    NotBuiltError,
    Store,
    Town,
    UnreadableError,
    Weights,
    columns_from,
    columns_of,
    distance,
    explain,
    language_mask,
    mask,
    query,
    search,
)
from matching.engine.score import ThemeWeights, points
from matching.engine.table import Table
from tests.matching.rows import COUNTRIES, columns, many, masks, towns


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """3,000 members and 1,000 towns outside the network, larger than the shortlist."""
    store = Store(tmp_path_factory.mktemp("index"))
    store.rebuild(columns(4000, members=0.75))
    return store


@pytest.fixture(scope="module")
def asking(store):
    """The ids of members to ask for."""
    table = store.table()
    members = np.flatnonzero(table.columns["flags"][: table.rows] & MEMBER)
    return [int(id) for id in table.columns["id"][members[::97]]]


def everything(store, asking, pool="members", weights=None):
    """The exact score of every candidate, without shortlist: what the engine must agree with."""
    table = store.table()
    rows = table.snapshot()
    ours = table.read(table.find([asking]))
    flags = VISIBLE | MEMBER if pool == "members" else VISIBLE
    shown = (rows["flags"] == flags) & (rows["id"] != asking)
    rows = {name: values[shown] for name, values in rows.items()}
    themes = ThemeWeights(table.themes)
    tenths = points(ours, rows, weights or Weights(), themes, scale_only=pool == "gazetteer").sum(axis=0)
    order = np.lexsort((rows["id"], -tenths))
    return [(int(rows["id"][row]), int(tenths[row])) for row in order]


@pytest.mark.parametrize("pool", ["members", "gazetteer"])
def test_the_best_towns_are_those_of_an_exhaustive_search(store, asking, pool):
    for id in asking[:10]:
        best = search(store, id, pool=pool, limit=100, diversity=0).items
        # The cap moves some of the first ten back, never out of the first hundred but for a few.
        exact = everything(store, id, pool)
        assert sorted(found.score for found in best)[50:] == sorted(tenths for _, tenths in exact[:50])
        assert {found.id: found.score for found in best}.items() <= dict(exact).items()


def test_a_list_says_what_the_pair_says(store, asking):
    weights = Weights.important({"concerns": "a_lot", "size": "little"})
    for pool in ("members", "gazetteer"):
        for found in search(store, asking[0], pool=pool, weights=weights).items:
            assert explain(store, asking[0], found.id, weights=weights) == found


def test_the_same_question_has_the_same_answer_whatever_the_order_of_rows(store, asking, tmp_path):
    plain = many(4000, members=0.75)
    order = np.random.default_rng(5).permutation(4000)
    other = Store(tmp_path)
    other.rebuild(
        columns_from(
            **{
                name: [values[i] for i in order] if name == "country" else values[order]
                for name, values in plain.items()
            }
        )
    )
    for id in asking[:5]:
        for pool in ("members", "gazetteer"):
            assert (
                search(store, id, pool=pool, limit=24).items == search(other, id, pool=pool, limit=24).items
            )


def test_equal_towns_are_ordered_by_id_even_at_the_border_of_the_shortlist(tmp_path):
    store = Store(tmp_path)
    twins = [Town(id, 900, country=("FR", "RO", "HU", "MK")[id % 4], member=True) for id in range(1, 2001)]
    store.rebuild(columns_of(twins[:1000]))
    store.put(*reversed(twins[1000:]))
    page = search(store, Town(0, 900, country="IT"), limit=1500, diversity=0)
    assert [found.id for found in page.items] == list(range(1, 1501))
    assert (page.candidates, page.reachable) == (2000, 1500)


def test_pages_follow_each_other_without_gap_or_repeat(store, asking):
    whole = [found.id for found in search(store, asking[1], limit=130).items]
    pages = [
        found.id
        for start in range(0, 130, 13)
        for found in search(store, asking[1], limit=13, offset=start).items
    ]
    assert pages == whole
    assert len(set(whole)) == 130
    assert search(store, asking[1], limit=10, offset=5000).items == []


filters = st.builds(
    Filters,
    countries=st.one_of(st.none(), st.sets(st.sampled_from((*COUNTRIES, "XX", "")), max_size=4)),
    not_countries=st.sets(st.sampled_from(COUNTRIES), max_size=3),
    abroad=st.booleans(),
    exclude=st.sets(st.integers(0, 40)),
    languages=st.one_of(st.just(0), masks),
    programmes=st.one_of(st.just(0), masks),
    population=st.tuples(
        st.one_of(st.none(), st.integers(0, 9000)), st.one_of(st.none(), st.integers(0, 90_000))
    ),
    within_km=st.one_of(st.none(), st.floats(0, 20_000)),
)


def allowed(asking: Town, town: Town, filters: Filters, pool: str) -> bool:
    """The filters in plain words."""
    smallest, largest = filters.population
    apart = distance(asking, town)
    return (
        town.id != asking.id
        and town.id not in filters.exclude
        and (town.visible, town.member, town.full, town.opted_out) == (True, pool == "members", False, False)
        and (filters.countries is None or town.country in filters.countries)
        and town.country not in filters.not_countries
        and not (filters.abroad and town.country == asking.country)
        and (not filters.languages or bool(town.languages & filters.languages))
        and (not filters.programmes or bool(town.programmes & filters.programmes))
        and (smallest is None or bool(town.population and town.population >= smallest))
        and (largest is None or bool(town.population and town.population <= largest))
        and (filters.within_km is None or (apart is not None and apart <= filters.within_km + 0.1))
    )


@settings(deadline=None, max_examples=150)
@given(
    st.lists(towns(id=st.integers(0, 40)), max_size=40, unique_by=lambda town: town.id),
    towns(id=st.integers(0, 50)),
    filters,
    st.sampled_from(["members", "gazetteer"]),
)
def test_filters_are_never_violated(tmp_path_factory, everyone, asking, filters, pool):
    store = Store(tmp_path_factory.mktemp("index"))
    store.rebuild(columns_of(everyone))
    page = search(store, asking, filters=filters, pool=pool, limit=50)
    read = [store.get(town.id) for town in everyone]
    assert all(allowed(asking, found.theirs, filters, pool) for found in page.items)
    if (
        filters.within_km is None
    ):  # at the very edge of a distance a tenth of a kilometre may decide either way
        assert {found.id for found in page.items} == {
            town.id for town in read if allowed(asking, town, filters, pool)
        }
    assert page.candidates == page.reachable == len(page.items)
    assert all(found.score == sum(found.parts.values()) for found in page.items)


def test_partners_full_hidden_and_opted_out_towns_are_never_proposed(tmp_path):
    store = Store(tmp_path)
    twin = Town(1, 900, country="RO", wanted=1, offered=2, member=True)
    store.rebuild(
        columns_of(
            [
                twin,
                replace(twin, id=2, full=True),
                replace(twin, id=3, opted_out=True),
                replace(twin, id=4, visible=False),
                replace(twin, id=5, member=False),
                replace(twin, id=6),
            ]
        )
    )
    asking = Town(9, 900, country="FR", wanted=2, offered=1)
    assert [found.id for found in search(store, asking).items] == [1, 6]
    assert [found.id for found in search(store, asking, filters=Filters(exclude=[1, 77])).items] == [6]
    assert [found.id for found in search(store, asking, pool="gazetteer").items] == [5]
    assert [found.id for found in search(store, 1).items] == [6]


@pytest.mark.parametrize("pool", ["members", "gazetteer"])
def test_at_most_three_of_a_country_among_the_first_ten(store, asking, pool):
    for id in asking:
        for diversity in (0, 0.25):
            countries = [
                found.theirs.country for found in search(store, id, pool=pool, diversity=diversity).items
            ]
            assert len(countries) == 10
            assert max(map(countries.count, countries)) <= 3


def test_the_cap_reaches_past_the_shortlist_and_yields_where_countries_run_out(tmp_path):
    store = Store(tmp_path)
    near = [Town(id, 1000, country="FR", member=True) for id in range(1, 1801)]
    far = [Town(id, 4000, country="RO", member=True) for id in range(2001, 2006)]
    store.rebuild(columns_of(near + far))
    countries = [found.theirs.country for found in search(store, Town(0, 1000)).items]
    assert len(countries) == 10
    assert (countries[:6].count("FR"), countries[:6].count("RO")) == (3, 3)
    only = search(store, Town(0, 1000), filters=Filters(countries={"FR"})).items
    assert [found.theirs.country for found in only] == ["FR"] * 10


def test_diversity_prefers_another_country_and_other_themes_among_near_equals(tmp_path):
    store = Store(tmp_path)
    asking = Town(0, 1000, wanted=mask([1, 2, 3, 4]))
    first = Town(1, 1000, country="RO", offered=mask([1, 2]), member=True)
    alike = Town(2, 1010, country="RO", offered=mask([1, 2]), member=True)
    other = Town(3, 1020, country="HU", offered=mask([3, 4]), member=True)
    full = Town(4, offered=mask([3, 4]), member=True, full=True)  # makes all four themes equally frequent
    store.rebuild(columns_of([first, alike, other, full]))
    assert [found.id for found in search(store, asking, diversity=0).items] == [1, 2, 3]
    assert [found.id for found in search(store, asking).items] == [1, 3, 2]


@pytest.mark.parametrize("count", [0, 1, 3])
@pytest.mark.parametrize("pool", ["members", "gazetteer"])
def test_a_network_of_none_one_and_three(tmp_path, count, pool):
    store = Store(tmp_path)
    store.rebuild(columns_of([Town(id, 900, country="FR", member=pool == "members") for id in range(count)]))
    page = search(store, Town(99, 900), pool=pool)
    assert [found.id for found in page.items] == list(range(count))
    assert page.candidates == count
    if count:
        assert len(search(store, 0, pool=pool).items) == count - 1
        assert store.table().find([0, 99]).tolist() == [0, -1]


def test_a_town_that_is_not_in_the_index_gets_the_same_list(store, asking):
    known = store.get(asking[2])
    assert search(store, known).items == search(store, asking[2]).items
    newcomer = replace(known, id=-1)
    assert search(store, newcomer).items[0].id in {asking[2], search(store, asking[2]).items[0].id}


def test_more_importance_never_worsens_the_family_of_the_first_result(store, asking):
    """Choosing by a heavier family cannot lower what the best of a plain ranking brings in it."""

    def bar(id, settings_):
        found = search(store, id, weights=Weights.important(settings_), limit=1, diversity=0).items[0]
        return found.bars["size"]

    for id in asking:
        assert bar(id, {"size": "a_lot"}) >= bar(id, {}) - 0.02 >= bar(id, {"size": "little"}) - 0.04


def test_friends_of_friends_count_when_they_are_switched_on(store, asking):
    last = everything(store, asking[3])[-1][0]
    weights = Weights.important({}, network=3000)
    assert search(store, asking[3], network={last: 1.0}).items[0].id != last
    best = search(store, asking[3], weights=weights, network={last: 1.0, 10**12: 1.0}).items[0]
    assert (best.id, best.parts["network"]) == (last, weights.maximum("network"))
    assert explain(store, asking[3], last, weights=weights, network=1.0) == best


def test_a_language_filter_is_one_in_common(tmp_path):
    store = Store(tmp_path)
    store.rebuild(
        columns_of(
            [
                Town(id, 900, languages=language_mask(spoken), member=True)
                for id, spoken in enumerate([["ro"], ["fr", "en"], []])
            ]
        )
    )
    page = search(store, Town(9, 900), filters=Filters(languages=language_mask(["fr", "hu"])))
    assert [found.id for found in page.items] == [1]


def test_without_an_index_or_a_known_town_the_caller_is_told(tmp_path, store):
    with pytest.raises(NotBuiltError):
        search(Store(tmp_path / "nothing"), 1)
    assert Store(tmp_path / "nothing").generation() == 0
    with pytest.raises(KeyError):
        search(store, -5)
    with pytest.raises(KeyError):
        search(store, Town(1), pool="everyone")


def test_a_half_written_row_is_left_out_until_it_is_whole(tmp_path):
    store = Store(tmp_path)
    store.rebuild(columns_of([Town(id, 900, member=True) for id in (1, 2, 3)]))
    broken = Table(store.table().folder, writable=True)
    broken.columns["sequence"][broken.find([2])] += 1  # its writer died half way
    assert [found.id for found in search(store, 1).items] == [3]
    with pytest.raises(UnreadableError):
        search(store, 2)
    with pytest.raises(UnreadableError):
        store.get(2)
    assert explain(store, 1, 2) is None
    store.put(Town(2, 900, member=True))
    assert [found.id for found in search(store, 1).items] == [2, 3]


def test_a_town_that_opts_out_while_it_is_being_found_is_not_shown(tmp_path, monkeypatch):
    store = Store(tmp_path)
    store.rebuild(columns_of([Town(id, 900, member=True) for id in (1, 2, 3)]))
    shortlist = query._shortlist

    def opts_out_meanwhile(*scanned):
        store.put(Town(2, 900, member=True, opted_out=True))
        return shortlist(*scanned)

    monkeypatch.setattr(query, "_shortlist", opts_out_meanwhile)
    assert [found.id for found in search(store, 1).items] == [3]


def test_equal_towns_are_ordered_by_id_whenever_they_joined(tmp_path):
    store = Store(tmp_path)
    store.rebuild(columns_of([Town(7, 900, member=True)]))
    store.put(Town(5, 900, member=True), Town(3, 900, member=True))
    assert [found.id for found in search(store, Town(0, 900)).items] == [3, 5, 7]
