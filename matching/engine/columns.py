"""What the index knows of a town, and the arrays it is kept in.

A set (themes, languages, programmes) is one unsigned 64-bit integer: position p is bit p.
Everything that is unknown earns nothing; it is never guessed.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

type_names = {
    "id": "<i8",
    "population": "<u4",
    "log_population": "<f4",
    "altitude": "<f4",
    "relief": "<f4",
    "centrality": "<f4",
    "coast": "<f4",
    "latitude": "<f4",
    "longitude": "<f4",
    "country": "<u2",
    "languages": "<u8",
    "wanted": "<u8",
    "offered": "<u8",
    "programmes": "<u8",
    "flags": "<u1",
    "sequence": "<u4",
    "changed": "<i8",
}
COLUMNS: dict[str, np.dtype[Any]] = {name: np.dtype(kind) for name, kind in type_names.items()}
"""Every column of the store, in a fixed byte order so that a file means the same everywhere."""

Columns = dict[str, NDArray[Any]]
"""Arrays of one length by column name: some rows of the index."""

UNKNOWN = -1e30
"""Stands for a missing number: so far from every real value that its component is zero."""

VISIBLE, MEMBER, FULL, OPTED_OUT = 1, 2, 4, 8
"""Bits of the column `flags`."""

THEMES = 64
"""Positions of community/data/themes.csv, permanent."""

_CODES = (
    "fr en ro hu mk de it es pl pt nl el bg cs sk sl hr sr bs sq tr uk ru be lt lv et fi sv no da is "
    "ga mt lb ca eu gl br co oc ar he fa hy ka az zh ja ko vi hi id sw mn kk uz km lo th my cy me gd"
)
LANGUAGES = tuple(_CODES.split())
"""Working languages by bit position (ISO 639-1). Permanent: append, never reorder; 64 at most."""

ALTITUDE_SPREAD, RELIEF_SPREAD = 581.88, 349.87
"""Standard deviations in metres over the 154,201 towns of community/data/towns.csv.gz. Constants rather
than statistics of the rows at hand: two towns get the same score whoever else is in the index."""


@dataclass(frozen=True, slots=True)
class Town:
    """One town as the index knows it. `None` and a population of 0 mean unknown.

    Altitude and relief (range of altitude within 20 km) in metres; centrality is the share 0–1 of the
    people within 20 km who live in the town; latitude and longitude in degrees (WGS 84); country is ISO
    3166-1 alpha-2; the four sets are bit masks (`mask`, `language_mask`).
    """

    id: int
    population: int | None = None
    altitude: float | None = None
    relief: float | None = None
    centrality: float | None = None
    coast: bool | None = None
    latitude: float | None = None
    longitude: float | None = None
    country: str = ""
    languages: int = 0
    wanted: int = 0
    offered: int = 0
    programmes: int = 0
    visible: bool = True
    member: bool = False
    full: bool = False
    opted_out: bool = False


def mask(positions: Iterable[int]) -> int:
    """The set of positions 0–63 as one integer. Raises ValueError for any other position."""
    bits = 0
    for position in positions:
        if not 0 <= position < 64:
            raise ValueError(f"position {position} is not in 0–63")
        bits |= 1 << position
    return bits


def positions(bits: int) -> tuple[int, ...]:
    """The positions of a mask, ascending: the inverse of `mask`."""
    found = []
    while bits:
        lowest = bits & -bits
        found.append(lowest.bit_length() - 1)
        bits ^= lowest
    return tuple(found)


def language_mask(codes: Iterable[str]) -> int:
    """The set of ISO 639-1 codes as one integer. A code outside LANGUAGES raises ValueError."""
    return mask(LANGUAGES.index(code) for code in codes)


def languages(bits: int) -> tuple[str, ...]:
    """The codes of a mask, in the order of LANGUAGES."""
    return tuple(LANGUAGES[position] for position in positions(bits) if position < len(LANGUAGES))


def country_number(code: str) -> int:
    """1–676 for two ASCII capitals, 0 for anything else (unknown)."""
    if len(code) == 2 and "A" <= code[0] <= "Z" and "A" <= code[1] <= "Z":
        return (ord(code[0]) - 65) * 26 + ord(code[1]) - 64
    return 0


def country_code(number: int) -> str:
    """The inverse of `country_number`."""
    return chr(65 + (number - 1) // 26) + chr(65 + (number - 1) % 26) if number else ""


def columns_from(
    *,
    id: ArrayLike,
    population: ArrayLike,
    altitude: ArrayLike,
    relief: ArrayLike,
    centrality: ArrayLike,
    coast: ArrayLike,
    latitude: ArrayLike,
    longitude: ArrayLike,
    country: Sequence[str],
    languages: ArrayLike = 0,
    wanted: ArrayLike = 0,
    offered: ArrayLike = 0,
    programmes: ArrayLike = 0,
    flags: ArrayLike = VISIBLE,
) -> Columns:
    """Plain arrays of one length, in the units of `Town`, as columns ready for `Store.rebuild`.

    `None` or NaN in a number is unknown, and so is a population of 0. A set or `flags` may be a single
    value for all rows.
    """
    ids = np.asarray(id, dtype=COLUMNS["id"])
    people = np.nan_to_num(_numbers(population), nan=0.0)
    with np.errstate(divide="ignore"):
        log_people = np.where(people > 0, np.log(np.maximum(people, 1)), np.nan)
    by_country = {code: country_number(code) for code in set(country)}
    plain: dict[str, ArrayLike] = {
        "id": ids,
        "population": np.clip(people, 0, 2**32 - 1),
        "log_population": _known(log_people),
        "altitude": _known(_numbers(altitude) / ALTITUDE_SPREAD),
        "relief": _known(_numbers(relief) / RELIEF_SPREAD),
        "centrality": _known(_numbers(centrality)),
        "coast": _known(_numbers(coast)),
        "latitude": _known(_numbers(latitude)),
        "longitude": _known(_numbers(longitude)),
        "country": [by_country[code] for code in country],
        "languages": languages,
        "wanted": wanted,
        "offered": offered,
        "programmes": programmes,
        "flags": flags,
        "sequence": 0,
        "changed": 0,
    }
    return {
        name: np.array(np.broadcast_to(np.asarray(plain[name]).astype(kind), ids.shape))
        for name, kind in COLUMNS.items()
    }


def columns_of(towns: Sequence[Town]) -> Columns:
    """The same for a few towns."""
    return columns_from(
        **{
            name: [getattr(town, name) for town in towns]
            for name in (
                "id",
                "population",
                "altitude",
                "relief",
                "centrality",
                "coast",
                "latitude",
                "longitude",
            )
        },
        **{
            name: np.array([getattr(town, name) for town in towns], dtype="<u8")
            for name in ("languages", "wanted", "offered", "programmes")
        },
        country=[town.country for town in towns],
        flags=[flags_of(town) for town in towns],
    )


def flags_of(town: Town) -> int:
    """The byte of the column `flags`."""
    return town.visible * VISIBLE | town.member * MEMBER | town.full * FULL | town.opted_out * OPTED_OUT


def town_at(rows: Columns, row: int) -> Town:
    """One row of columns as a Town again, metres and degrees restored."""
    flags = int(rows["flags"][row])
    coast = _plain(rows["coast"][row])
    return Town(
        id=int(rows["id"][row]),
        population=int(rows["population"][row]) or None,
        altitude=_plain(rows["altitude"][row], ALTITUDE_SPREAD, digits=1),
        relief=_plain(rows["relief"][row], RELIEF_SPREAD, digits=1),
        centrality=_plain(rows["centrality"][row], digits=4),
        coast=None if coast is None else bool(coast),
        latitude=_plain(rows["latitude"][row], digits=4),
        longitude=_plain(rows["longitude"][row], digits=4),
        country=country_code(int(rows["country"][row])),
        languages=int(rows["languages"][row]),
        wanted=int(rows["wanted"][row]),
        offered=int(rows["offered"][row]),
        programmes=int(rows["programmes"][row]),
        visible=bool(flags & VISIBLE),
        member=bool(flags & MEMBER),
        full=bool(flags & FULL),
        opted_out=bool(flags & OPTED_OUT),
    )


def theme_counts(rows: Columns) -> NDArray[np.int64]:
    """How many member rows want or offer each theme, and at [64] how many name any theme at all."""
    named = (rows["wanted"] | rows["offered"])[rows["flags"] & MEMBER != 0]
    counts = [np.count_nonzero(named & np.uint64(1 << theme)) for theme in range(THEMES)]
    return np.array([*counts, np.count_nonzero(named)], dtype="<i8")


def _numbers(values: ArrayLike) -> NDArray[np.float64]:
    return np.asarray(values, dtype=float)  # None becomes NaN


def _known(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(np.isfinite(values), values, UNKNOWN)


def _plain(value: Any, unit: float = 1.0, digits: int = 6) -> float | None:
    return None if value <= UNKNOWN / 2 else round(float(value) * unit, digits)
