"""The 64 themes towns want or offer. Codes and positions (bits) are permanent; labels are translated."""

import csv
import functools
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

FILE = Path(__file__).parent / "data" / "themes.csv"


@dataclass(frozen=True)
class Family:
    """Themes that belong together; `icon` is a lucide name."""

    code: str
    label: str | Promise
    icon: str

    def __str__(self) -> str:
        return str(self.label)


FAMILIES = {
    family.code: family
    for family in (
        Family("heritage", _("Heritage"), "landmark"),
        Family("housing", _("Housing"), "house"),
        Family("centre", _("Town centre and shops"), "store"),
        Family("planning", _("Planning and landscape"), "map"),
        Family("mobility", _("Mobility"), "train-front"),
        Family("digital", _("Digital"), "laptop"),
        Family("tourism", _("Tourism"), "luggage"),
        Family("culture", _("Culture and exchange"), "drama"),
        Family("economy", _("Economy and crafts"), "factory"),
        Family("ecology", _("Ecology and energy"), "trees"),
        Family("mountain", _("Mountain, coast and risks"), "mountain"),
        Family("property", _("Public buildings"), "building-2"),
        Family("social", _("Health, youth and solidarity"), "heart-handshake"),
        Family("governance", _("Governance and cooperation"), "handshake"),
    )
}


@dataclass(frozen=True)
class Theme:
    position: int
    code: str
    family: str
    labels: tuple[tuple[str, str], ...]  # (language, label)
    keywords: tuple[str, ...]

    @property
    def label(self) -> str:
        """The label in the active language, else in English."""
        labels = dict(self.labels)
        return labels.get((get_language() or "fr")[:2], labels["en"])

    def __str__(self) -> str:
        return self.label


@functools.cache
def all_themes() -> tuple[Theme, ...]:
    """Every theme, by position."""
    with FILE.open(encoding="utf-8") as file:
        rows = [
            Theme(
                position=int(row["position"]),
                code=row["code"],
                family=row["family"],
                labels=(("fr", row["label_fr"]), ("en", row["label_en"])),
                keywords=tuple(word.strip() for word in row["keywords"].split(",")),
            )
            for row in csv.DictReader(file)
        ]
    return tuple(sorted(rows, key=lambda theme: theme.position))


def in_families() -> list[tuple[Family, list[Theme]]]:
    """Every theme, below its family, both in the order of the file."""
    return [
        (family, [theme for theme in all_themes() if theme.family == family.code])
        for family in FAMILIES.values()
    ]


@functools.cache
def by_position() -> dict[int, Theme]:
    return {theme.position: theme for theme in all_themes()}


@functools.cache
def by_code() -> dict[str, Theme]:
    return {theme.code: theme for theme in all_themes()}


def mask(positions: Iterable[int]) -> int:
    """Positions as the 64-bit mask the matching index holds."""
    result = 0
    for position in positions:
        result |= 1 << position
    return result


def positions_in(texts: Iterable[str]) -> list[int]:
    """The themes that a form or an address names by position, in that order; anything else counts as none."""
    known = {str(position): position for position in by_position()}
    return [known[text] for text in texts if text in known]
