"""A match as its reasons: figures and keys. Sentences are written elsewhere, in the reader's language."""

from dataclasses import dataclass, field
from math import asin, cos, radians, sin, sqrt
from typing import Any

from matching.engine.columns import Columns, Town, languages, positions, town_at
from matching.engine.score import FAMILIES, FEWEST, PARTS, SCALE_PARTS, ThemeWeights, Weights

EARTH_KM = 6371.0088
CLOSENESS = {"members": (0.55, 0.40), "gazetteer": (0.85, 0.65)}
"""Shares of the reachable maximum from which a match is called very close, close. A member of our scale that
meets half of our wishes while we meet half of theirs reaches .62; a town outside the network is judged on its
scale alone, so more is asked of it: .85 is about a third more or fewer people, all else equal."""

DOUBT_FLOOR = 0.02
"""A part worth less than this of the whole is not worth a doubt: two points of a hundred."""

DOUBTABLE = ("population", "altitude", "centrality", "relief", "coast", "they_help", "we_help", "language")
"""`mutual` only repeats they_help or we_help; not having a concern or a programme in common is no reason to hesitate."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """The weakest part and its figures on either side (`None`: unknown).

    key          ours                              theirs
    population   inhabitants                       inhabitants
    altitude     metres                            metres
    relief       metres                            metres
    centrality   share 0–1                         share 0–1
    coast        True by the sea                   True by the sea
    they_help    themes we want                    how many of them they offer
    we_help      how many of their wishes we offer themes they want
    language     languages we work in              how many of them they share
    distance     None                              kilometres, when no part leaves a doubt
    """

    key: str
    ours: float | None
    theirs: float | None


@dataclass(frozen=True, slots=True)
class Raise:
    """What would raise the score most, by how many tenths at best, through which themes (the most telling first).

    we_offer: our offering `themes`, which they want · they_offer: their offering `themes`, which we want ·
    we_want / they_want: naming more wishes, there being fewer than two (`themes`: what the other offers) · language: a (second) common language ·
    our_population / their_population: filling it in · they_join: they are not in the network yet.
    """

    key: str
    tenths: int
    themes: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Match:
    """One town seen from another. Tenths of a point everywhere; `sum(parts.values()) == score`.

    `parts` and `maxima` have the keys of PARTS. `bars` are 0–1 for size, concerns, territory, language;
    `None` where nothing can be said (a town outside the network has named no concern and no language).
    Theme positions are the most telling (rarest) first. `distance_km` is `None` if either place is unknown.
    """

    id: int
    pool: str
    score: int
    maximum: int
    parts: dict[str, int]
    maxima: dict[str, int]
    ours: Town
    theirs: Town
    distance_km: float | None
    they_offer: tuple[int, ...]
    we_offer: tuple[int, ...]
    common: tuple[int, ...]
    languages: tuple[str, ...]
    programmes: tuple[int, ...]
    closeness: str
    bars: dict[str, float | None]
    doubt: Doubt
    would_raise: Raise | None
    pips: int = field(default=0)

    @property
    def scale(self) -> int:
        """Tenths earned by the five parts of the scale together."""
        return sum(list(self.parts.values())[SCALE_PARTS])


def match(
    ours: Town, rows: Columns, row: int, tenths: Any, weights: Weights, themes: ThemeWeights, pool: str
) -> Match:
    """The match for one row of `rows`, whose points are the column `tenths`."""
    theirs = town_at(rows, row)
    member = pool == "members"
    parts = {part: int(value) for part, value in zip(PARTS, tenths, strict=True)}
    maxima = {
        part: most if member or number < SCALE_PARTS.stop else 0
        for number, (part, most) in enumerate(zip(PARTS, weights.tenths, strict=True))
    }
    score, maximum = sum(parts.values()), sum(maxima.values())
    closeness = _closeness(score, maximum, pool)
    found = Match(
        id=theirs.id,
        pool=pool,
        score=score,
        maximum=maximum,
        parts=parts,
        maxima=maxima,
        ours=ours,
        theirs=theirs,
        distance_km=distance(ours, theirs),
        they_offer=themes.rarest_first(positions(theirs.offered & ours.wanted)) if member else (),
        we_offer=themes.rarest_first(positions(theirs.wanted & ours.offered)) if member else (),
        common=themes.rarest_first(positions(theirs.wanted & ours.wanted)) if member else (),
        languages=languages(theirs.languages & ours.languages) if member else (),
        programmes=positions(theirs.programmes & ours.programmes) if member else (),
        closeness=closeness,
        bars={
            family: _bar(parts, maxima, family) for family in ("size", "concerns", "territory", "language")
        },
        doubt=_doubt(ours, theirs, parts, maxima),
        would_raise=_would_raise(ours, theirs, parts, maxima, themes, member),
        pips={"very_close": 5, "close": 4}.get(closeness, 3),
    )
    return found


def distance(one: Town, other: Town) -> float | None:
    """Great-circle kilometres, to a tenth; `None` if a place is unknown."""
    if None in (one.latitude, one.longitude, other.latitude, other.longitude):
        return None
    north, south = radians(one.latitude or 0), radians(other.latitude or 0)
    east = radians((other.longitude or 0) - (one.longitude or 0))
    chord = sin((south - north) / 2) ** 2 + cos(north) * cos(south) * sin(east / 2) ** 2
    return round(2 * EARTH_KM * asin(sqrt(min(1.0, chord))), 1)


def _closeness(score: int, maximum: int, pool: str) -> str:
    very_close, close = CLOSENESS[pool]
    if score >= very_close * maximum:
        return "very_close"
    return "close" if score >= close * maximum else "possible"


def _bar(parts: dict[str, int], maxima: dict[str, int], family: str) -> float | None:
    most = sum(maxima[part] for part in FAMILIES[family])
    return sum(parts[part] for part in FAMILIES[family]) / most if most else None


def _doubt(ours: Town, theirs: Town, parts: dict[str, int], maxima: dict[str, int]) -> Doubt:
    floor = DOUBT_FLOOR * sum(maxima.values())
    candidates = [part for part in DOUBTABLE if maxima[part] and maxima[part] >= floor]
    weakest = min(candidates, key=lambda part: (parts[part] / maxima[part], -maxima[part]), default="")
    if not weakest or parts[weakest] == maxima[weakest]:
        return Doubt("distance", None, distance(ours, theirs))
    if weakest == "they_help":
        return Doubt(weakest, ours.wanted.bit_count(), (theirs.offered & ours.wanted).bit_count())
    if weakest == "we_help":
        return Doubt(weakest, (theirs.wanted & ours.offered).bit_count(), theirs.wanted.bit_count())
    if weakest == "language":
        return Doubt(weakest, ours.languages.bit_count(), (theirs.languages & ours.languages).bit_count())
    return Doubt(weakest, getattr(ours, weakest), getattr(theirs, weakest))


def _would_raise(
    ours: Town,
    theirs: Town,
    parts: dict[str, int],
    maxima: dict[str, int],
    themes: ThemeWeights,
    member: bool,
) -> Raise | None:
    """Our own levers come first if one is worth at least a point, then what only they can do."""
    if not member:
        return Raise("they_join", 0)

    def lever(key: str, help_part: str, wishes: int, bits: int) -> Raise:
        # With all these wishes met, the part is as full as they allow, and mutual as the lesser side allows.
        other = "we_help" if help_part == "they_help" else "they_help"
        if not bits:
            return Raise(key, 0)
        weight = themes.weight(wishes)
        met = weight / max(weight, themes.fewest)
        reached = min(met, parts[other] / maxima[other]) if maxima[other] else 0.0
        gain = max(0, round(maxima[help_part] * met) - parts[help_part])
        gain += max(0, round(maxima["mutual"] * reached) - parts["mutual"])
        return Raise(key, gain, themes.rarest_first(positions(bits)))

    def fact(key: str, part: str, missing: bool) -> Raise:
        return Raise(key, maxima[part] - parts[part] if missing else 0)

    more = theirs.offered & ~ours.wanted if ours.wanted.bit_count() < FEWEST else 0
    theirs_more = ours.offered & ~theirs.wanted if theirs.wanted.bit_count() < FEWEST else 0
    own = [
        lever("we_offer", "we_help", theirs.wanted, theirs.wanted & ~ours.offered),
        lever("we_want", "they_help", ours.wanted | more, more),
        fact("our_population", "population", not ours.population),
        fact("language", "language", True),
    ]
    others = [
        lever("they_offer", "they_help", ours.wanted, ours.wanted & ~theirs.offered),
        lever("they_want", "we_help", theirs.wanted | theirs_more, theirs_more),
        fact("their_population", "population", not theirs.population),
    ]
    best = max(own, key=lambda option: option.tenths)
    if best.tenths < 10:
        best = max([best, *others], key=lambda option: option.tenths)
    return best if best.tenths > 0 else None
