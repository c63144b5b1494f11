"""What a drawing depends on: the town's measured facts, its choice, else the habit of its region or country."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from community.models import Organisation, Territory

LANDMARKS = ("belfry", "clock", "steeple", "works", "castle", "dome", "gable")
TONES = ("petrol", "brick", "slate", "moss", "plum", "ochre")
# Where the town has not chosen: what its country is known for, most common first.
COUNTRY_LANDMARKS: dict[str, Sequence[str]] = {
    "AL": ("dome", "castle"),
    "AT": ("steeple", "castle"),
    "BA": ("dome", "steeple"),
    "BE": ("belfry", "gable"),
    "BG": ("dome", "clock"),
    "CH": ("clock", "steeple"),
    "CZ": ("gable", "clock"),
    "DE": ("steeple", "gable", "works"),
    "DK": ("gable", "steeple"),
    "DZ": ("dome",),
    "EG": ("dome",),
    "ES": ("castle", "steeple"),
    "FR": ("steeple", "belfry", "castle"),
    "GB": ("steeple", "works"),
    "GR": ("dome",),
    "HU": ("clock", "steeple", "works"),
    "IT": ("belfry", "dome", "castle"),
    "LU": ("castle", "steeple"),
    "MA": ("dome", "castle"),
    "MK": ("dome", "clock"),
    "NL": ("gable", "belfry"),
    "PL": ("gable", "belfry", "works"),
    "PT": ("castle", "steeple"),
    "RO": ("clock", "steeple", "dome"),
    "RS": ("dome",),
    "RU": ("dome",),
    "SE": ("steeple",),
    "SI": ("steeple", "castle"),
    "SK": ("castle", "gable"),
    "TN": ("dome",),
    "TR": ("dome",),
    "UA": ("dome", "clock"),
    "XK": ("dome",),
}
REGION_LANDMARKS: dict[str, Sequence[str]] = {
    "Hauts-de-France": ("belfry", "works", "gable"),
    "Grand Est": ("gable", "works", "steeple"),
    "Bretagne": ("steeple", "castle"),
    "Centre-Val de Loire": ("belfry", "castle", "steeple"),
}
# Height of a roof over its width: flat under the sun, steep under snow and rain.
FLAT, LOW, MIDDLE, STEEP = (0.06, 0.14), (0.18, 0.32), (0.3, 0.5), (0.46, 0.72)
FLAT_ROOFS = {"DZ", "EG", "IL", "JO", "LB", "LY", "MA", "MR", "SN", "SY", "TN"}
LOW_ROOFS = {"AL", "BG", "CY", "ES", "GR", "HR", "IT", "ME", "MK", "MT", "PT", "RS", "TR", "XK"}
STEEP_ROOFS = {"AT", "BE", "CZ", "DE", "DK", "EE", "FI", "LT", "LU", "LV", "NL", "NO", "PL", "RO", "SE", "SK"}
LOW_REGIONS = {"Occitanie", "Provence-Alpes-Côte d'Azur", "Nouvelle-Aquitaine", "Corse"}
STEEP_REGIONS = {"Grand Est", "Bretagne", "Normandie", "Hauts-de-France"}


@dataclass(frozen=True)
class Facts:
    """What a drawing depends on, and nothing else."""

    seed: str
    tone: str
    landmark: str
    relief: int  # 0 plain, 1 hills, 2 mountains
    water: bool
    roofs: tuple[float, float]


def facts_of(town: Territory | Organisation) -> Facts:
    """The facts of a town; what nobody has told falls back to its region's or country's habit.

    A town chooses its landmark (`Organisation.landmark`); relief and coast are measured.
    """
    place = town.territory if isinstance(town, Organisation) else town
    country = place.country if place else ""
    region = place.region if place else ""
    seed = f"{place.name} {place.latitude} {place.longitude}" if place else str(town)
    chosen = _chosen_landmark(town)
    dice = random.Random(seed)  # noqa: S311 - a drawing, not a secret
    choice = REGION_LANDMARKS.get(region) or COUNTRY_LANDMARKS.get(country) or ("steeple", "clock")
    tone, usual = dice.choice(TONES), dice.choice(choice)
    return Facts(
        seed=seed,
        tone=tone,
        landmark=chosen if chosen in LANDMARKS else usual,
        relief=_relief(place),
        water=_water(place, dice),
        roofs=_roofs(country, region),
    )


def _chosen_landmark(town: Territory | Organisation) -> str:
    """What the town chose. A territory is not asked for its organisation: lists would pay a query a row."""
    if isinstance(town, Organisation):
        return town.landmark
    if Territory.organisation.is_cached(town):
        return getattr(getattr(town, "organisation", None), "landmark", "")
    return ""


def _relief(place: Territory | None) -> int:
    """Thresholds in metres between the lowest and the highest point within 20 km."""
    relief = (place.relief_m if place else None) or 0
    if relief >= 500:
        return 2
    return 1 if relief >= 90 else 0


def _water(place: Territory | None, dice: random.Random) -> bool:
    """Towns grow on water: by the sea and from 20,000 inhabitants on always, smaller ones often."""
    if place is None:
        return False
    population = place.population or 0
    return place.coast or population >= 20_000 or dice.random() < 0.6


def _roofs(country: str, region: str) -> tuple[float, float]:
    if country in FLAT_ROOFS:
        return FLAT
    if country in LOW_ROOFS or region in LOW_REGIONS:
        return LOW
    if country in STEEP_ROOFS or region in STEEP_REGIONS:
        return STEEP
    return MIDDLE
