"""What counts for one organisation: its three settings, and what its refusals say.

A refusal moves one family a little, within bounds, and never more than the settings do. Nothing is stored:
the weights follow from the rows, so restoring a refused town undoes its effect.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

from community.models import Organisation, Territory
from matching.engine import DEFAULT, FAMILIES, IMPORTANCE, PARTS, Town, Weights, distance
from matching.models import Importance, Refusal

STEP, MOST = 0.15, 0.6  # each refusal adds 15 % to its family, 60 % at most
FAMILY_OF = {
    Refusal.Reason.SIZE: "size",
    Refusal.Reason.THEMES: "concerns",
    Refusal.Reason.LANGUAGE: "language",
}
SETTINGS = ("size", "concerns", "language")


@dataclass(frozen=True)
class Taste:
    """`settings`: importance by family · `refusals`: how many gave each reason · `weights`: what follows ·
    `far_km`: the nearest town refused as too far; towns beyond it come last.
    """

    settings: dict[str, str]
    refusals: dict[str, int]
    weights: Weights
    far_km: float | None = None


def taste_of(organisation: Organisation) -> Taste:
    """Settings and refusals of an organisation; the settings may have been loaded with it."""
    preference = getattr(organisation, "matching_preference", None)
    rows = list(Refusal.objects.filter(organisation=organisation).select_related("territory"))
    found = taste(
        {name: getattr(preference, name, Importance.NORMAL) for name in SETTINGS},
        [row.reason for row in rows],
    )
    home = organisation.territory
    far = [row.territory for row in rows if row.reason == Refusal.Reason.FAR]
    distances = [distance(_place(home), _place(place)) for place in far] if home else []
    return replace(found, far_km=min((km for km in distances if km is not None), default=None))


def taste(settings: dict[str, str], reasons: Iterable[str]) -> Taste:
    """The weights of these settings, moved by these reasons for refusing."""
    refusals = Counter(reasons)
    relative = {part: float(tenths) for part, tenths in zip(PARTS, DEFAULT.tenths, strict=True)}
    factors = {family: IMPORTANCE[setting] for family, setting in settings.items()}
    for reason, family in FAMILY_OF.items():
        factors[family] = factors.get(family, 1.0) * (1 + min(STEP * refusals[reason], MOST))
    for family, factor in factors.items():
        for part in FAMILIES[family]:
            relative[part] *= factor
    return Taste(settings, dict(refusals), Weights.of(relative))


def _place(territory: Territory) -> Town:
    return Town(id=territory.pk, latitude=territory.latitude, longitude=territory.longitude)
