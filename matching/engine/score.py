"""The score: what each part is worth (`Weights`) and how much of it two towns earn (`points`).

Every part is a share 0–1 times a maximum in tenths of a point, rounded to whole tenths before anything is
added: what is shown adds up exactly. All arithmetic that orders results is on integers and float64 columns,
element by element, so that one pair gets the same figures in a list, in `explain`, and in any process.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matching.engine.columns import THEMES, UNKNOWN, Columns, positions

PARTS = (
    "population",
    "altitude",
    "centrality",
    "relief",
    "coast",
    "they_help",
    "we_help",
    "mutual",
    "shared",
    "language",
    "programme",
    "network",
)
"""The parts of the score, in the order they are shown. The first five are the scale."""

DEFAULT_TENTHS = (210, 36, 30, 12, 12, 140, 120, 350, 50, 30, 10, 0)
TOTAL = 1000

FAMILIES = {
    "size": ("population",),
    "territory": ("altitude", "centrality", "relief", "coast"),
    "concerns": ("they_help", "we_help", "mutual", "shared"),
    "language": ("language",),
    "programme": ("programme",),
    "network": ("network",),
}
"""What a user sets the importance of."""

IMPORTANCE = {"little": 1 / 3, "normal": 1.0, "a_lot": 3.0}

SCALE = {
    "population": ("log_population", math.log(4)),  # as many people: 1; four times as many: 0
    "altitude": ("altitude", 1.5),  # standard deviations: 873 m
    "centrality": ("centrality", 0.5),
    "relief": ("relief", 1.5),  # 525 m
    "coast": ("coast", 1.0),
}
"""The scale parts: column and the difference at which a part is worth nothing."""

SCALE_PARTS = slice(0, len(SCALE))

FEWEST = 2
"""A list of wishes counts as at least so many ordinary themes. Otherwise a town with a single wish is wholly
helped by everyone who offers it and turns up everywhere: over 6,000 towns the most shown one appeared 15 times
as often as the mean in lists of fifty, and 9 times with this rule (docs/matching.md)."""


@dataclass(frozen=True)
class Weights:
    """The maximum of each part in tenths of a point, in the order of PARTS; they add up to exactly 1,000."""

    tenths: tuple[int, ...] = DEFAULT_TENTHS

    def __post_init__(self) -> None:
        if len(self.tenths) != len(PARTS) or min(self.tenths) < 0 or sum(self.tenths) != TOTAL:
            raise ValueError(f"weights are {len(PARTS)} tenths of a point that add up to {TOTAL}")

    @classmethod
    def of(cls, relative: Mapping[str, float]) -> "Weights":
        """Weights in proportion to these non-negative numbers by part; a part left out keeps its default.

        The largest remainders get the tenths that rounding leaves over. Raises ValueError for an unknown
        part, a negative number, or nothing above zero.
        """
        if unknown := set(relative) - set(PARTS):
            raise ValueError(f"unknown parts: {sorted(unknown)}")
        wanted = [
            float(relative.get(part, tenths)) for part, tenths in zip(PARTS, DEFAULT_TENTHS, strict=True)
        ]
        total = math.fsum(wanted)
        if not all(0 <= value < math.inf for value in wanted) or not 0 < total < math.inf:
            raise ValueError("weights are non-negative, finite, and not all zero")
        exact = [TOTAL * value / total for value in wanted]
        tenths = [math.floor(value) for value in exact]
        by_remainder = sorted(range(len(exact)), key=lambda part: (tenths[part] - exact[part], part))
        for part in by_remainder[: TOTAL - sum(tenths)]:
            tenths[part] += 1
        return cls(tuple(tenths))

    @classmethod
    def important(cls, families: Mapping[str, str], *, network: float = 0) -> "Weights":
        """The defaults with families set to "little" (÷ 3), "normal" or "a_lot" (× 3), brought back to 1,000.

        `network` (tenths before renormalising) switches the friend-of-a-friend part on.
        Raises ValueError for an unknown family or setting.
        """
        relative = {**dict(zip(PARTS, map(float, DEFAULT_TENTHS), strict=True)), "network": float(network)}
        for family, setting in families.items():
            if family not in FAMILIES or setting not in IMPORTANCE:
                raise ValueError(f"unknown importance: {family}={setting}")
            for part in FAMILIES[family]:
                relative[part] *= IMPORTANCE[setting]
        return cls.of(relative)

    def maximum(self, part: str) -> int:
        """What this part can bring, in tenths."""
        return self.tenths[PARTS.index(part)]

    @cached_property
    def scale(self) -> int:
        """What the five parts of the scale can bring together: all a town outside the network can reach."""
        return sum(self.tenths[SCALE_PARTS])


DEFAULT = Weights()


class ThemeWeights:
    """Rare themes weigh more: thousandths of the smooth inverse frequency 1 + ln((1 + members) / (1 + naming it)).

    Integers, so that a sum over a set of themes is exact in whatever order it is made.
    """

    def __init__(self, counts: NDArray[np.int64]):
        naming = np.maximum(counts.astype(float), 0)
        members = np.maximum(naming[THEMES], naming[:THEMES].max(initial=0))
        self.thousandths = np.rint(1000 * (1 + np.log((1 + members) / (1 + naming[:THEMES])))).astype(
            np.int64
        )
        self._each: list[int] = self.thousandths.tolist()
        # The weight of a theme as it is commonly named: the mean over all that members name.
        named = naming[:THEMES].sum()
        ordinary = float(naming[:THEMES] @ self.thousandths / named) if named else float(self.thousandths[0])
        self.fewest = round(FEWEST * ordinary)
        # The sum over one byte of a set, for each of the eight bytes and 256 values.
        bits = np.arange(256)[:, None] >> np.arange(8) & 1
        self._by_byte = self.thousandths.reshape(8, 8) @ bits.T

    def total(self, masks: NDArray[np.uint64]) -> NDArray[np.int64]:
        """The weight of each set of themes."""
        octets = np.ascontiguousarray(masks, dtype="<u8").view(np.uint8).reshape(len(masks), 8)
        total = np.zeros(len(masks), np.int64)
        for byte in range(8):
            total += self._by_byte[byte][octets[:, byte]]
        return total

    def weight(self, bits: int) -> int:
        """The same for one set."""
        return sum(self._each[theme] for theme in positions(bits))

    def share(self, met: Any, wishes: Any) -> Any:
        """How much of these wishes (total weight) is met (weight): 0–1; few wishes count as FEWEST."""
        return met / np.maximum(wishes, self.fewest)

    def rarest_first(self, themes: tuple[int, ...]) -> tuple[int, ...]:
        """These positions, the most telling first."""
        return tuple(sorted(themes, key=lambda theme: (-self._each[theme], theme)))


def shares(ours: Columns, rows: Columns, themes: ThemeWeights) -> NDArray[np.float64]:
    """How much of each part (0–1) `ours`, a single row, and each of `rows` earn together: an array [part, row].

    Seen from the other side, they_help and we_help change places and nothing else changes.
    """
    result = np.zeros((len(PARTS), len(rows["id"])))
    for number, (column, limit) in enumerate(SCALE.values()):
        own = float(ours[column][0])
        if own > UNKNOWN / 2:
            result[number] = np.maximum(0.0, 1.0 - np.abs(rows[column].astype(float) - own) / limit)
    we_want, we_offer = ours["wanted"][0], ours["offered"][0]
    our_total = int(themes.total(ours["wanted"])[0])
    their_total = themes.total(rows["wanted"])
    both_want = themes.total(rows["wanted"] & we_want)
    they_help = themes.share(themes.total(rows["offered"] & we_want), our_total)
    we_help = themes.share(themes.total(rows["wanted"] & we_offer), their_total)
    result[5] = they_help
    result[6] = we_help
    result[7] = np.minimum(they_help, we_help)
    result[8] = themes.share(both_want, our_total + their_total - both_want)
    in_common = np.bitwise_count(rows["languages"] & ours["languages"][0])
    result[9] = np.where(in_common, np.minimum(1.0, (1.0 + in_common) / 3.0), 0.0)  # one: 2/3, two or more: 1
    result[10] = rows["programmes"] & ours["programmes"][0] != 0
    return result


def points(
    ours: Columns,
    rows: Columns,
    weights: Weights,
    themes: ThemeWeights,
    *,
    scale_only: bool = False,
    network: NDArray[Any] | None = None,
) -> NDArray[np.int64]:
    """Tenths of a point by [part, row]. `scale_only`: the rows have no wishes to judge; `network`: shares 0–1 by row."""
    share = shares(ours, rows, themes)
    if network is not None:
        share[-1] = np.clip(network, 0.0, 1.0)
    if scale_only:
        share[SCALE_PARTS.stop :] = 0.0
    return np.rint(np.array(weights.tenths)[:, None] * share).astype(np.int64)


def quick(ours: Columns, rows: Columns, weights: Weights, *, scale_only: bool) -> NDArray[np.float32]:
    """A cheap float32 estimate of the score for choosing whom to score exactly: themes are counted, not weighed."""
    f4 = np.float32
    tenths = dict(zip(PARTS, weights.tenths, strict=True))
    total = np.zeros(len(rows["id"]), f4)
    for part, (column, limit) in SCALE.items():
        own = float(ours[column][0])
        if tenths[part] and own > UNKNOWN / 2:
            gap = rows[column] - f4(own)
            np.abs(gap, out=gap)
            gap *= f4(-tenths[part] / limit)
            gap += f4(tenths[part])
            np.maximum(gap, 0, out=gap)
            total += gap
    if scale_only:
        return total
    we_want, we_offer = ours["wanted"][0], ours["offered"][0]
    wants = max(int(we_want).bit_count(), FEWEST)
    their_wishes = np.maximum(np.bitwise_count(rows["wanted"]), FEWEST).astype(f4) if we_offer else None
    if we_want:
        they_help = np.bitwise_count(rows["offered"] & we_want).astype(f4)
        they_help *= f4(1 / wants)
        total += f4(tenths["they_help"]) * they_help
        both = np.bitwise_count(rows["wanted"] & we_want).astype(f4)
        both *= f4(tenths["shared"] / wants)
        total += both
    if their_wishes is not None:
        we_help = np.bitwise_count(rows["wanted"] & we_offer).astype(f4)
        we_help /= their_wishes
        total += f4(tenths["we_help"]) * we_help
        if we_want:
            np.minimum(they_help, we_help, out=we_help)
            we_help *= f4(tenths["mutual"])
            total += we_help
    if tenths["language"] and ours["languages"][0]:
        total += f4(tenths["language"]) * (rows["languages"] & ours["languages"][0] != 0)
    if tenths["programme"] and ours["programmes"][0]:
        total += f4(tenths["programme"]) * (rows["programmes"] & ours["programmes"][0] != 0)
    return total
