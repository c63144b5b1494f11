"""A town drawn from its own facts: a skyline as inline SVG, the same for the same town for ever.

No photograph, no upload, no licence. Colours are classes (`s0`…`s5`, `sun`, `win`, `wave`) that
`static/css/app.css` mixes from the tone, so a drawing follows the light and the dark theme.
"""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from typing import Literal

from community.models import Organisation, Territory

Variant = Literal["card", "banner", "mark"]
Point = tuple[float, float]

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
    landmark = ""
    place: Territory | None
    if isinstance(town, Organisation):
        place, landmark, seed = town.territory, town.landmark, f"{town.name} {town.pk}"
    else:
        place, seed = town, f"{town.name} {town.pk}"
    country = place.country if place else ""
    region = place.region if place else ""
    if place:
        seed = f"{place.name} {place.latitude} {place.longitude}"
    dice = random.Random(seed)  # noqa: S311 - a drawing, not a secret
    choice = REGION_LANDMARKS.get(region) or COUNTRY_LANDMARKS.get(country) or ("steeple", "clock")
    return Facts(
        seed=seed,
        tone=dice.choice(TONES),
        landmark=landmark if landmark in LANDMARKS else dice.choice(choice),
        relief=_relief(place),
        water=_water(place, dice),
        roofs=_roofs(country, region),
    )


def draw(town: Territory | Organisation, variant: Variant = "card", *, label: str = "", css: str = "") -> str:
    """The town as inline SVG. `banner` is 1440×250, `card` 420×150, `mark` 96×96 (the town's avatar).

    Without `label` the drawing is hidden from screen readers: it repeats what the words say.
    `css` adds classes, "s" makes the small mark.
    """
    facts = facts_of(town)
    body, width, height = _picture(facts, variant)
    classes = " ".join(filter(None, ["sky", "mark" if variant == "mark" else "", css]))
    named = f'role="img" aria-label="{escape(label)}"' if label else 'aria-hidden="true"'
    return (
        f'<svg class="{classes}" data-tone="{facts.tone}" viewBox="0 0 {width} {height}" '
        f'preserveAspectRatio="xMidYMax slice" {named}>{body}</svg>'
    )


@lru_cache(maxsize=2048)
def _picture(facts: Facts, variant: Variant) -> tuple[str, int, int]:
    if variant == "mark":
        return _mark(facts), 96, 96
    if variant == "banner":
        return _skyline(facts, 1440, 250), 1440, 250
    return _skyline(facts, 420, 150), 420, 150


# ---------- facts ----------


def _relief(place: Territory | None) -> int:
    """Thresholds in metres between the lowest and the highest point within 20 km."""
    relief = (place.relief_m if place else None) or 0
    if relief >= 500:
        return 2
    return 1 if relief >= 90 else 0


def _water(place: Territory | None, dice: random.Random) -> bool:
    """Towns grow on water: by the sea always; inland the larger the likelier."""
    if place is None:
        return False
    population = place.population or 0
    return place.coast or dice.random() < (0.85 if population >= 10_000 else 0.5)


def _roofs(country: str, region: str) -> tuple[float, float]:
    if country in FLAT_ROOFS:
        return FLAT
    if country in LOW_ROOFS or region in LOW_REGIONS:
        return LOW
    if country in STEEP_ROOFS or region in STEEP_REGIONS:
        return STEEP
    return MIDDLE


# ---------- the pencil: short path data, whole numbers ----------


def _shape(points: Iterable[Point]) -> str:
    """A closed shape as path data with relative steps, the shortest there is."""
    rounded = [(round(x), round(y)) for x, y in points]
    (x, y), *rest = rounded
    steps = [f"M{x} {y}"]
    for nx, ny in rest:
        if nx == x and ny == y:
            continue
        if nx == x:
            steps.append(f"v{ny - y}")
        elif ny == y:
            steps.append(f"h{nx - x}")
        else:
            steps.append(f"l{nx - x} {ny - y}".replace(" -", "-"))
        x, y = nx, ny
    return "".join(steps) + "z"


def _window(x: float, y: float, width: float, height: float) -> str:
    return f"M{x:.0f} {y:.0f}h{max(2, round(width))}v{max(3, round(height))}h-{max(2, round(width))}z"


def _circle(x: float, y: float, radius: float) -> str:
    r = max(2, round(radius))
    return f"M{x - r:.0f} {y:.0f}a{r} {r} 0 0 1 {2 * r} 0a{r} {r} 0 0 1-{2 * r} 0z"


def _path(css: str, data: Iterable[str]) -> str:
    joined = "".join(data)
    return f'<path class="{css}" d="{joined}"/>' if joined else ""


# Each landmark stands on (0, 0), y upwards, in units the caller scales: outlines, then windows
# (x, y, width, height), then round windows (x, y, radius).
_OUTLINES: dict[str, Sequence[Sequence[Point]]] = {
    "belfry": (
        ((-14, 0), (-14, 92), (-19, 90), (0, 134), (19, 90), (14, 92), (14, 0)),
        ((-2, 128), (0, 150), (2, 128)),
    ),
    "clock": (
        ((-17, 0), (-17, 84), (17, 84), (17, 0)),
        ((-24, 82), (-20, 94), (20, 94), (24, 82)),
        ((-19, 93), (-6, 128), (0, 158), (6, 128), (19, 93)),
        ((-24, 90), (-20, 118), (-16, 90)),
        ((16, 90), (20, 118), (24, 90)),
    ),
    "steeple": (
        ((-13, 0), (-13, 75), (-16, 74), (0, 150), (16, 74), (13, 75), (13, 0)),
        ((13, 0), (10, 38), (36, 60), (64, 38), (66, 0)),
    ),
    "works": (
        ((-70, 0), (-70, 44), (-52, 62), (-52, 44), (-34, 62), (-34, 44), (-16, 62), (-16, 0)),
        ((0, 0), (3, 130), (13, 130), (16, 0)),
        ((26, 0), (28, 102), (37, 102), (39, 0)),
    ),
    "castle": (
        (
            *(
                (-46, 0),
                (-46, 64),
                (-40, 64),
                (-40, 72),
                (-32, 72),
                (-32, 64),
                (-24, 64),
                (-24, 72),
                (-18, 72),
            ),
            *((-18, 50), (18, 50), (18, 84), (24, 84), (24, 92), (32, 92), (32, 84), (40, 84), (40, 92)),
            *((46, 92), (46, 0)),
        ),
    ),
    "dome": (
        (
            (-30, 0),
            (-30, 52),
            (-24, 52),
            (-22, 63),
            (-14, 71),
            (0, 76),
            (14, 71),
            (22, 63),
            (24, 52),
            (30, 52),
            (30, 0),
        ),
        ((-2, 72), (-1, 96), (1, 96), (2, 72)),
    ),
    "gable": (
        (
            *((-24, 0), (-24, 50), (-18, 50), (-18, 64), (-11, 64), (-11, 78), (-4, 78), (-4, 90)),
            *((4, 90), (4, 78), (11, 78), (11, 64), (18, 64), (18, 50), (24, 50), (24, 0)),
        ),
    ),
}
_WINDOWS: dict[str, Sequence[tuple[float, float, float, float]]] = {
    "belfry": ((-3, 54, 6, 12),),
    "clock": ((-3, 46, 6, 12),),
    "steeple": ((-3, 62, 6, 13),),
    "works": ((-62, 30, 8, 10), (-44, 30, 8, 10)),
    "castle": ((28, 70, 6, 12), (-34, 50, 6, 11), (-4, 34, 8, 14)),
    "dome": ((-16, 38, 6, 12), (10, 38, 6, 12), (-3, 38, 6, 12)),
    "gable": ((-3, 70, 6, 9), (-12, 42, 6, 10), (6, 42, 6, 10)),
}
_DIALS: dict[str, tuple[float, float, float]] = {"belfry": (0, 76, 8), "clock": (0, 68, 7)}


def _landmark(name: str, x: float, base: float, scale: float) -> str:
    outlines = [_shape((x + px * scale, base - py * scale) for px, py in line) for line in _OUTLINES[name]]
    lights = [
        _window(x + wx * scale, base - wy * scale, width * scale, height * scale)
        for wx, wy, width, height in _WINDOWS[name]
    ]
    if name in _DIALS:
        dx, dy, radius = _DIALS[name]
        lights.append(_circle(x + dx * scale, base - dy * scale, radius * scale))
    return _path("s5", outlines) + _path("win", lights)


# ---------- the picture ----------


class _Sheet:
    """One drawing under way: its size, its dice, the pieces so far from back to front."""

    def __init__(self, facts: Facts, width: int, height: int) -> None:
        self.facts = facts
        self.width, self.height = width, height
        self.dice = random.Random(facts.seed)  # noqa: S311 - a drawing, not a secret
        self.scale = height / 150 if width < 700 else height / 190
        self.base = height - (34 if facts.water else 12)
        # A wide banner has words and buttons below its right half: the landmark stands left of the middle.
        self.landmark_x = width * (
            self.dice.uniform(0.33, 0.4) if width > 700 else self.dice.uniform(0.48, 0.62)
        )
        self.pieces: list[str] = []

    def between(self, low: float, high: float) -> float:
        return self.dice.uniform(low, high)

    def sky(self) -> None:
        left = self.landmark_x > self.width / 2
        x = self.between(0.12, 0.3) * self.width if left else self.between(0.72, 0.9) * self.width
        self.pieces.append(f'<rect class="s0" width="{self.width}" height="{self.height}"/>')
        self.pieces.append(
            f'<circle class="sun" cx="{x:.0f}" cy="{self.height * 0.3:.0f}" r="{self.height * 0.085:.0f}"/>'
        )

    def ridge(self, css: str, top: float, swing: float, step: float, *, peaks: bool = False) -> None:
        """A line of hills or, with `peaks`, of mountains. Shares of the height; the step in pixels."""
        top, swing = top * self.height, swing * self.height
        x, y = 0.0, top + self.between(-swing, swing)
        data = [f"M0 {self.height}V{y:.0f}"]
        while x < self.width:
            x += step * self.between(0.8, 1.3)
            if peaks:
                data.append(f"L{x:.0f} {top - self.between(0.2, 1) * swing:.0f}")
                x += step * self.between(0.5, 1)
                data.append(f"L{x:.0f} {top + self.between(0.1, 0.6) * swing:.0f}")
            else:
                following = top + self.between(-swing, swing)
                data.append(f"S{x - step * 0.4:.0f} {following:.0f} {x:.0f} {following:.0f}")
        self.pieces.append(_path(css, [*data, f"V{self.height}z"]))

    def horizon(self) -> None:
        if self.facts.relief == 2:
            self.ridge("s1", 0.5, 0.3, 120, peaks=True)
            self.ridge("s2", 0.66, 0.1, 200)
        elif self.facts.relief == 1:
            self.ridge("s1", 0.58, 0.12, 240)
            self.ridge("s2", 0.7, 0.06, 180)
        else:
            self.ridge("s1", 0.72, 0.03, 320)
            self.ridge("s2", 0.78, 0.02, 240)

    def house(self, x: float, width: float, walls: float) -> list[str]:
        """A gable or a hipped roof, sometimes with a chimney."""
        roof = width * self.between(*self.facts.roofs)
        eaves, top = self.base - walls, self.base - walls - roof
        if self.dice.random() < 0.78:
            ridge = [(x + width / 2, top)]
        else:
            ridge = [(x + width * 0.12, eaves - roof * 0.8), (x + width * 0.88, eaves - roof * 0.8)]
        parts = [_shape([(x, self.base), (x, eaves), *ridge, (x + width, eaves), (x + width, self.base)])]
        if self.dice.random() < 0.3:
            chimney = x + width * self.between(0.66, 0.78)
            parts.append(
                _shape(
                    [
                        (chimney, eaves),
                        (chimney, top),
                        (chimney + 4 * self.scale, top),
                        (chimney + 4 * self.scale, eaves),
                    ]
                )
            )
        return parts

    def tree(self, x: float) -> str:
        radius = round(self.between(6, 11) * self.scale)
        return f"M{x - radius:.0f} {self.base}a{radius} {round(radius * 1.5)} 0 0 1 {2 * radius} 0z"

    def far_street(self) -> None:
        k, x, houses = self.scale, -14 * self.scale, []
        while x < self.width:
            width = self.between(26, 52) * k
            houses += self.house(x, width, self.between(32, 48) * k)
            x += width * 0.94 + (self.between(6, 26) * k if self.dice.random() < 0.3 else 0)
        self.pieces.append(_path("s3", houses))

    def near_street(self) -> None:
        """Houses, trees between them, lit windows. Before the landmark the houses are low."""
        k, x = self.scale, -14 * self.scale
        houses, trees, lights = [], [], []
        while x < self.width:
            if self.dice.random() < 0.24:
                count = self.dice.randint(1, 3)
                for number in range(count):
                    (trees if self.dice.random() < 0.5 else houses).append(
                        self.tree(x + (10 + number * 13) * k)
                    )
                x += (count * 13 + 10) * k
                continue
            width, walls = self.between(26, 52) * k, self.between(16, 32) * k
            if abs(x + width / 2 - self.landmark_x) < 34 * k:
                walls *= 0.55
            houses += self.house(x, width, walls)
            lights += [
                _window(x + (7 + number * 14) * k, self.base - walls * 0.72, 4 * k, 6 * k)
                for number in range(int(width // (15 * k)))
                if self.dice.random() < 0.38
            ]
            x += width + (self.between(6, 26) * k if self.dice.random() < 0.3 else 0)
        self.pieces += [_path("s4", houses), _path("s5", trees), _path("win", lights)]

    def foreground(self) -> None:
        depth = self.height - self.base
        css = "s2" if self.facts.water else "s3"
        self.pieces.append(f'<rect class="{css}" y="{self.base}" width="{self.width}" height="{depth}"/>')
        if self.facts.water:
            waves = [
                f"M{self.between(0, self.width):.0f} {self.base + self.between(8, depth - 5):.0f}h{self.between(18, 70):.0f}"
                for _ in range(self.width // 60)
            ]
            self.pieces.append(_path("wave", waves))


def _skyline(facts: Facts, width: int, height: int) -> str:
    sheet = _Sheet(facts, width, height)
    sheet.sky()
    sheet.horizon()
    sheet.far_street()
    sheet.pieces.append(_landmark(facts.landmark, sheet.landmark_x, sheet.base, sheet.scale * 0.74))
    sheet.near_street()
    sheet.foreground()
    return "".join(sheet.pieces)


def _mark(facts: Facts) -> str:
    """The landmark alone between two houses: legible at 40 pixels."""
    right = random.Random(facts.seed).random() < 0.6  # noqa: S311 - a drawing, not a secret
    sun = (
        '<circle class="sun" cx="74" cy="24" r="9"/>'
        if right
        else '<circle class="sun" cx="20" cy="26" r="9"/>'
    )
    hills = (
        "M0 66L26 34L46 58L66 40L96 68V96H0z"
        if facts.relief == 2
        else "M0 66C22 48 40 50 58 60S86 52 96 58V96H0z"
    )
    ground = "s3" if facts.water else "s4"
    return (
        f'<path class="s1" d="M0 0h96v96H0z"/>{sun}<path class="s2" d="{hills}"/>'
        + _landmark(facts.landmark, 48, 84, 0.5)
        + '<path class="s4" d="M2 84V66L14 57L26 66V84zM70 84V68L82 58L94 68V84z"/>'
        + '<path class="win" d="M11 69h5v7h-5z"/>'
        + f'<path class="{ground}" d="M0 84h96v12H0z"/>'
    )
