"""Asking the index: masks, a cheap score over whole columns, the exact score of the best, diversity.

The scan reads columns while others may be writing; whatever it chooses is read again, row by row
consistent, filtered again and scored exactly, so that no half-written town is ever shown.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matching.engine.columns import (
    FULL,
    MEMBER,
    OPTED_OUT,
    UNKNOWN,
    VISIBLE,
    Columns,
    Town,
    columns_of,
    country_number,
    town_at,
)
from matching.engine.reasons import EARTH_KM, Match, match
from matching.engine.score import DEFAULT, ThemeWeights, Weights, points, quick
from matching.engine.store import Store
from matching.engine.table import Table, UnreadableError

POOLS = {"members": VISIBLE | MEMBER, "gazetteer": VISIBLE}
SHORTLIST = 1500
FIRST, CAP = 10, 3
"""Among the first ten, at most three of a country."""

DIVERSITY_SPAN = 0.2
"""Of the reachable maximum: what a fully similar town would lose at diversity 1."""

KM_A_DEGREE = 111.0
"""Less than a degree of latitude is long, so that a band of latitudes refuses nobody within reach."""

PATIENCE = 0.005
"""Seconds to wait for rows being written; a row takes microseconds, unless its writer died half way."""

DIVERSE = 100
"""Places ranked with regard to diversity; those after them follow by score."""

BLOCK = 1 << 15
"""Rows scanned at a time: the intermediate arrays stay in the processor's cache."""


@dataclass(frozen=True)
class Filters:
    """Who may be proposed at all. Sets that are empty or None filter nothing.

    A town whose population (place) is unknown passes no size (distance) filter.
    `languages`, `programmes` and `themes` (wanted or offered) are masks: one in common is enough. `exclude` takes ids:
    partners, refusals.
    """

    countries: Collection[str] | None = None
    not_countries: Collection[str] = ()
    abroad: bool = False
    exclude: Collection[int] = ()
    languages: int = 0
    programmes: int = 0
    themes: int = 0
    population: tuple[int | None, int | None] = (None, None)
    within_km: float | None = None


EVERYONE = Filters()


@dataclass(frozen=True)
class Matches:
    """A page of matches, best first.

    `candidates` is how many towns pass the filters, `reachable` how many of them further pages can show
    (SHORTLIST at most), `generation` the key for a cache.
    """

    items: list[Match]
    candidates: int
    reachable: int
    generation: int
    pool: str
    ours: Town


@dataclass
class _Question:
    """What does not change between the blocks of a scan."""

    ours: Columns
    filters: Filters
    pool: str
    weights: Weights
    countries: NDArray[np.bool_] | None = field(init=False)
    excluded: NDArray[np.int64] = field(init=False)

    def __post_init__(self) -> None:
        filters = self.filters
        self.countries = None
        if filters.countries is not None or filters.not_countries or filters.abroad:
            allowed = np.full(677, filters.countries is None)
            for code in filters.countries or ():
                allowed[country_number(code)] = True
            for code in filters.not_countries:
                allowed[country_number(code)] = False
            if filters.abroad:
                allowed[int(self.ours["country"][0])] = False
            self.countries = allowed

    def allows(self, rows: Columns) -> NDArray[np.bool_]:
        """Which of these rows may be proposed: the only place where this is decided."""
        filters = self.filters
        shown = rows["flags"] & (VISIBLE | MEMBER | FULL | OPTED_OUT) == POOLS[self.pool]
        if self.countries is not None:
            shown &= self.countries[rows["country"]]
        if filters.languages:
            shown &= rows["languages"] & np.uint64(filters.languages) != 0
        if filters.programmes:
            shown &= rows["programmes"] & np.uint64(filters.programmes) != 0
        if filters.themes:
            shown &= (rows["wanted"] | rows["offered"]) & np.uint64(filters.themes) != 0
        smallest, largest = filters.population
        if smallest is not None or largest is not None:
            shown &= (rows["population"] >= max(smallest or 0, 1)) & (
                rows["population"] <= min(2**32 - 1 if largest is None else max(largest, 0), 2**32 - 1)
            )
        if filters.within_km is not None:
            band = filters.within_km / KM_A_DEGREE
            shown &= np.abs(rows["latitude"] - self.ours["latitude"][0]) <= np.float32(band)
            near = np.flatnonzero(shown)
            shown[near] = self._within(rows["latitude"][near], rows["longitude"][near])
        return shown

    def _within(self, latitude: NDArray[Any], longitude: NDArray[Any]) -> NDArray[np.bool_]:
        own_latitude, own_longitude = float(self.ours["latitude"][0]), float(self.ours["longitude"][0])
        known = (latitude > UNKNOWN / 2) & (longitude > UNKNOWN / 2)
        if own_latitude <= UNKNOWN / 2 or own_longitude <= UNKNOWN / 2:
            return np.zeros_like(known)
        north = np.radians(np.where(known, latitude, 0).astype(float))
        east = np.radians(np.where(known, longitude, 0).astype(float) - own_longitude)
        own = np.radians(own_latitude)
        chord = np.sin((north - own) / 2) ** 2 + np.cos(north) * np.cos(own) * np.sin(east / 2) ** 2
        kilometres = 2 * EARTH_KM * np.arcsin(np.sqrt(np.minimum(chord, 1)))
        return known & (kilometres <= float(self.filters.within_km or 0))


class _Friends:
    """The shares of the network part, by place in the table."""

    def __init__(self, table: Table, network: Mapping[int, float]):
        found = table.find(list(network))
        shares = np.clip(np.array(list(network.values()), dtype=float), 0.0, 1.0)
        order = np.argsort(found, kind="stable")
        self.places, self.shares = found[order], shares[order]

    def of(self, places: NDArray[np.int64]) -> NDArray[np.float64]:
        if not len(self.places):
            return np.zeros(len(places))
        nearest = np.minimum(np.searchsorted(self.places, places), len(self.places) - 1)
        return np.where(self.places[nearest] == places, self.shares[nearest], 0.0)


def search(
    store: Store,
    town: int | Town,
    *,
    pool: str = "members",
    filters: Filters = EVERYONE,
    weights: Weights = DEFAULT,
    limit: int = 10,
    offset: int = 0,
    diversity: float = 0.25,
    network: Mapping[int, float] | None = None,
) -> Matches:
    """The towns that fit `town` best: an id of the index, or a Town that need not be in it (onboarding).

    `pool` is "members" (full score) or "gazetteer" (towns outside the network: scale only, out of `weights.scale`).
    Never shown: the town itself, hidden, full and opted-out towns, whatever the filters refuse. Equal scores are
    ordered by id. `diversity` 0 ranks by score alone; the cap of three a country among the first ten stays, unless
    too few countries remain to fill them. `network` gives shares 0–1 by id for the part of that name.

    Raises NotBuiltError; KeyError for an unknown id or pool; UnreadableError if the asking row is broken.
    """
    table = store.table()
    generation = table.generation
    themes = ThemeWeights(table.themes)
    ours = _asking(table, town)
    question = _Question(ours, filters, pool, weights)
    excluded = table.find([*filters.exclude, int(ours["id"][0])])
    places, estimates = _scan(table, question, np.unique(excluded[excluded >= 0]))
    friends = _Friends(table, network or {}) if weights.maximum("network") else None
    if friends:
        estimates += weights.maximum("network") * friends.of(places)
    chosen = _shortlist(table, places, estimates)
    rows = table.read(chosen, PATIENCE)
    rows = _taken(rows, np.flatnonzero(question.allows(rows)))
    shares = friends.of(table.find(rows["id"])) if friends else None
    tenths = points(ours, rows, weights, themes, scale_only=pool == "gazetteer", network=shares)
    order = _ranked(rows, tenths.sum(axis=0), offset + limit, diversity, weights, pool)
    asking = town if isinstance(town, Town) else town_at(ours, 0)
    page = [
        match(asking, rows, row, tenths[:, row], weights, themes, pool)
        for row in order[offset : offset + limit]
    ]
    return Matches(page, len(places), len(rows["id"]), generation, pool, asking)


def explain(
    store: Store,
    town: int | Town,
    other: int,
    *,
    weights: Weights = DEFAULT,
    network: float = 0.0,
) -> Match | None:
    """The same figures as `search` for one pair, whatever the filters: for a town's page and for comparing.

    None when the other town is unknown, hidden or opted out. Raises like `search`.
    """
    table = store.table()
    ours = _asking(table, town)
    place = table.find([other])
    rows = table.read(place[place >= 0])
    if not len(rows["id"]) or int(rows["flags"][0]) & (VISIBLE | OPTED_OUT) != VISIBLE:
        return None
    themes = ThemeWeights(table.themes)
    pool = "members" if int(rows["flags"][0]) & MEMBER else "gazetteer"
    tenths = points(ours, rows, weights, themes, scale_only=pool == "gazetteer", network=np.array([network]))
    asking = town if isinstance(town, Town) else town_at(ours, 0)
    return match(asking, rows, 0, tenths[:, 0], weights, themes, pool)


def _asking(table: Table, town: int | Town) -> Columns:
    if isinstance(town, Town):
        return columns_of([town])
    place = table.find([town])
    if place[0] < 0:
        raise KeyError(town)
    ours = table.read(place)
    if not len(ours["id"]):
        raise UnreadableError(str(town))
    return ours


def _scan(
    table: Table, question: _Question, excluded: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """The places of every town that may be proposed, ascending, and their estimated scores."""
    places, estimates = [], []
    scale_only = question.pool == "gazetteer"
    rows_in_use = table.rows
    for start in range(0, rows_in_use, BLOCK):
        end = min(start + BLOCK, rows_in_use)
        block = {name: column[start:end] for name, column in table.columns.items()}
        shown = question.allows(block)
        shown[excluded[(excluded >= start) & (excluded < end)] - start] = False
        found = np.flatnonzero(shown)
        if not len(found):
            continue
        if len(found) < len(shown) // 4:  # few: gather them; many: whole columns are faster
            estimate = quick(question.ours, _taken(block, found), question.weights, scale_only=scale_only)
        else:
            estimate = quick(question.ours, block, question.weights, scale_only=scale_only)[found]
        places.append(found + start)
        estimates.append(estimate)
    if not places:
        return np.zeros(0, np.int64), np.zeros(0, np.float32)
    return np.concatenate(places), np.concatenate(estimates)


def _taken(rows: Columns, which: NDArray[Any]) -> Columns:
    return {name: values[which] for name, values in rows.items()}


def _shortlist(table: Table, places: NDArray[np.int64], estimates: NDArray[np.float32]) -> NDArray[np.int64]:
    """The places worth an exact score: the best SHORTLIST, and enough countries to fill the first ten fairly."""
    best = _best(table, places, estimates, SHORTLIST)
    if len(best) == len(places):
        return places[best]
    while True:
        country = table.columns["country"][places[best]]
        present, size = np.unique(country, return_counts=True)
        if np.minimum(size, CAP).sum() >= FIRST:
            return places[best]
        absent = np.flatnonzero(~np.isin(table.columns["country"][places], present))
        if not len(absent):
            return places[best]
        more = absent[_best(table, places[absent], estimates[absent], CAP * FIRST)]
        best = np.concatenate([best, more])


def _best(
    table: Table, places: NDArray[np.int64], estimates: NDArray[np.float32], count: int
) -> NDArray[np.int64]:
    """Which `count` estimates are highest; among equals at the border, the lowest ids."""
    if len(places) <= count:
        return np.arange(len(places))
    border = np.partition(estimates, len(estimates) - count)[len(estimates) - count]
    above = np.flatnonzero(estimates > border)
    equal = np.flatnonzero(estimates == border)
    equal = equal[np.argsort(table.columns["id"][places[equal]], kind="stable")]
    return np.concatenate([above, equal[: count - len(above)]])


def _ranked(
    rows: Columns, score: NDArray[np.int64], needed: int, diversity: float, weights: Weights, pool: str
) -> list[int]:
    """The first `needed` rows in the order they are shown: maximal marginal relevance.

    A candidate loses up to `diversity` × DIVERSITY_SPAN of the reachable maximum for being like a town already
    chosen: half for the same themes (Jaccard), half for the same country.
    """
    order = np.lexsort((rows["id"], -score))
    country = rows["country"][order]
    named = (rows["wanted"] | rows["offered"])[order]
    reachable = weights.scale if pool == "gazetteer" else sum(weights.tenths)
    left = score[order].astype(float)
    likeness = np.zeros(len(order))
    used = np.zeros(677, np.int64)
    ranked: list[int] = []
    cost = diversity * DIVERSITY_SPAN * reachable
    while len(ranked) < min(needed, len(order), DIVERSE):
        worth = left - cost * likeness
        if len(ranked) < FIRST:
            allowed = np.where(used[country] < CAP, worth, -np.inf)
            worth = allowed if allowed.max() > -np.inf else worth
        pick = int(worth.argmax())  # the first of equals: the higher score, then the lower id
        ranked.append(int(order[pick]))
        left[pick] = -np.inf
        used[country[pick]] += 1
        if cost:
            both = np.bitwise_count(named & named[pick])
            either = np.maximum(np.bitwise_count(named | named[pick]), 1)
            np.maximum(likeness, both / either / 2 + (country == country[pick]) / 2, out=likeness)
    rest = order[left > -np.inf]
    return [*ranked, *(int(row) for row in rest[: needed - len(ranked)])]
