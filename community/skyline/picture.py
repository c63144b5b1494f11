"""The picture, from the sky at the back to the water in front."""

import random

from community.skyline.facts import Facts
from community.skyline.landmarks import landmark
from community.skyline.pencil import path, shape, window


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
        self.pieces.append(path(css, [*data, f"V{self.height}z"]))

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
        parts = [shape([(x, self.base), (x, eaves), *ridge, (x + width, eaves), (x + width, self.base)])]
        if self.dice.random() < 0.3:
            chimney = x + width * self.between(0.66, 0.78)
            parts.append(
                shape(
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
        k, x = self.scale, -14 * self.scale
        houses: list[str] = []
        while x < self.width:
            width = self.between(26, 52) * k
            houses += self.house(x, width, self.between(32, 48) * k)
            x += width * 0.94 + (self.between(6, 26) * k if self.dice.random() < 0.3 else 0)
        self.pieces.append(path("s3", houses))

    def near_street(self) -> None:
        """Houses, trees between them, lit windows. Before the landmark the houses are low."""
        k, x = self.scale, -14 * self.scale
        houses: list[str] = []
        trees: list[str] = []
        lights: list[str] = []
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
                window(x + (7 + number * 14) * k, self.base - walls * 0.72, 4 * k, 6 * k)
                for number in range(int(width // (15 * k)))
                if self.dice.random() < 0.38
            ]
            x += width + (self.between(6, 26) * k if self.dice.random() < 0.3 else 0)
        self.pieces += [path("s4", houses), path("s5", trees), path("win", lights)]

    def foreground(self) -> None:
        depth = self.height - self.base
        css = "s2" if self.facts.water else "s3"
        self.pieces.append(f'<rect class="{css}" y="{self.base}" width="{self.width}" height="{depth}"/>')
        if self.facts.water:
            waves = [
                f"M{self.between(0, self.width):.0f} {self.base + self.between(8, depth - 5):.0f}h{self.between(18, 70):.0f}"
                for _ in range(self.width // 60)
            ]
            self.pieces.append(path("wave", waves))


def skyline(facts: Facts, width: int, height: int) -> str:
    sheet = _Sheet(facts, width, height)
    sheet.sky()
    sheet.horizon()
    sheet.far_street()
    sheet.pieces.append(landmark(facts.landmark, sheet.landmark_x, sheet.base, sheet.scale * 0.74))
    sheet.near_street()
    sheet.foreground()
    return "".join(sheet.pieces)


def mark(facts: Facts) -> str:
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
        + landmark(facts.landmark, 48, 84, 0.5)
        + '<path class="s4" d="M2 84V66L14 57L26 66V84zM70 84V68L82 58L94 68V84z"/>'
        + '<path class="win" d="M11 69h5v7h-5z"/>'
        + f'<path class="{ground}" d="M0 84h96v12H0z"/>'
    )
