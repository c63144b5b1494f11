"""The map of a list of towns: inline SVG, cropped to its pins, no script, no tile server.

The outlines are Natural Earth's (public domain) as the npm package world-atlas ships them; they are
read once per process and clipped, thinned and rounded for each view.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
from babel.core import get_global
from django.conf import settings
from numpy.typing import NDArray

WIDTH, HEIGHT = 340, 324  # pixels at the width of the side column
PIN, GAP, EDGE = 13, 30, 18  # radius of a pin, least distance of two centres, room at the border
LIMIT = 78.0  # degrees of latitude; Mercator tears the poles apart
ANTARCTICA = "010"
Ring = NDArray[np.float64]


@dataclass(frozen=True)
class Pin:
    """A town on the map. `url` is where its pin leads, e.g. `#town-12`; degrees WGS 84."""

    name: str
    latitude: float
    longitude: float
    country: str = ""  # ISO 3166-1 alpha-2; its outline is set off
    url: str = ""


@dataclass(frozen=True)
class View:
    """A window on the Mercator plane: its left and lower border and its width, in radians."""

    left: float
    bottom: float
    width: float

    @property
    def scale(self) -> float:
        return WIDTH / self.width

    def place(self, longitude: float, latitude: float) -> tuple[float, float]:
        """Pixels from the top left."""
        return (
            (math.radians(longitude) - self.left) * self.scale,
            HEIGHT - (_mercator(latitude) - self.bottom) * self.scale,
        )


def draw(pins: Sequence[Pin], home: Pin | None = None) -> str:
    """The map as an SVG string: pins numbered in their order, a line from `home` to each.

    Pins closer than 30 px are pushed apart; a short stroke leads back to the true place.
    """
    points = [*([home] if home else []), *pins]
    if not points:
        return ""
    view = fit([(p.longitude, p.latitude) for p in points])
    true = [view.place(p.longitude, p.latitude) for p in points]
    moved = push_apart(true, first_stays=home is not None)
    first = 1 if home else 0
    lines = "".join(_curve(moved[0], spot) for spot in moved[first:]) if home else ""
    leads = "".join(
        f'<path class="lead" d="M{tx:.0f} {ty:.0f}L{x:.0f} {y:.0f}"/>'
        for (tx, ty), (x, y) in zip(true[first:], moved[first:], strict=True)
        if math.dist((tx, ty), (x, y)) > PIN
    )
    marks = "".join(
        f'<a class="pin" href="{escape(pin.url)}" aria-label="{number}, {escape(pin.name)}">'
        f'<circle cx="{x:.0f}" cy="{y:.0f}" r="{PIN}"/><text x="{x:.0f}" y="{y + 5:.0f}">{number}</text></a>'
        for number, (pin, (x, y)) in enumerate(zip(pins, moved[first:], strict=True), 1)
    )
    base = outlines(view, frozenset(p.country for p in points if p.country))
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}">{base}<g aria-hidden="true">{lines and _path("link", lines)}{leads}'
        f"{_home(home, moved) if home else ''}</g>{marks}</svg>"
    )


def fit(points: Sequence[tuple[float, float]]) -> View:
    """The view that shows all (longitude, latitude), never closer than 400 km or so, with room at the border.

    Views snap to a coarse grid, so lists of the same region share one set of outlines.
    """
    xs = [math.radians(longitude) for longitude, _ in points]
    ys = [_mercator(latitude) for _, latitude in points]
    room = WIDTH / (WIDTH - 4 * EDGE)
    width = max(max(xs) - min(xs), (max(ys) - min(ys)) * WIDTH / HEIGHT, math.radians(6)) * room
    width = math.radians(6) * 2 ** (math.ceil(4 * math.log2(width / math.radians(6))) / 4)
    width = min(width, 2 * math.pi)
    step = width / 32
    height = width * HEIGHT / WIDTH
    left = round(((max(xs) + min(xs)) / 2 - width / 2) / step) * step
    bottom = round(((max(ys) + min(ys)) / 2 - height / 2) / step) * step
    return View(left, bottom, width)


def push_apart(
    spots: Sequence[tuple[float, float]], *, first_stays: bool = False
) -> list[tuple[float, float]]:
    """Move spots until any two are GAP pixels apart and all are inside the frame; deterministic.

    With `first_stays` the first (the home town) keeps its place.
    """
    if not spots:
        return []
    at = np.array(spots, dtype=float)
    fixed = 1 if first_stays else 0
    # Spots on the very same place need a direction to part in: each gets its own angle.
    turn = np.arange(len(at)) * 2.4
    at[fixed:] += 0.01 * np.stack([np.cos(turn), np.sin(turn)], axis=1)[fixed:]
    lowest, highest = np.array([EDGE, EDGE]), np.array([WIDTH - EDGE, HEIGHT - EDGE])
    for _ in range(400):
        apart = at[:, None] - at[None, :]
        distance = np.hypot(apart[..., 0], apart[..., 1])
        np.fill_diagonal(distance, np.inf)
        lack = GAP + 0.5 - distance
        if lack.max() <= 0.4:
            break
        push = np.where(lack > 0, lack / 2, 0)[..., None] * apart / np.maximum(distance, 1e-6)[..., None]
        at[fixed:] += push.sum(axis=1)[fixed:] * 0.7
        at[fixed:] = np.clip(at[fixed:], lowest, highest)
    return [(float(x), float(y)) for x, y in at]


# ---------- outlines ----------


@lru_cache(maxsize=128)
def outlines(view: View, countries: frozenset[str]) -> str:
    """The land in a view as two paths, those countries set off. Empty when the atlas is not installed."""
    chosen = {number for code in countries for number in _numeric_codes().get(code, ())}
    land: list[str] = []
    high: list[str] = []
    for code, rings in _atlas():
        for ring in rings:
            data = _ring_path(ring, view)
            if data:
                (high if code in chosen else land).append(data)
    return _path("land", "".join(land)) + _path("hi", "".join(high))


def _path(css: str, data: str) -> str:
    return f'<path class="{css}" d="{data}"/>' if data else ""


def _ring_path(ring: Ring, view: View) -> str:
    """One outline in pixels: outside the frame cut off, points closer than a pixel and a half left out."""
    xs = (ring[:, 0] - view.left) * view.scale
    ys = HEIGHT - (ring[:, 1] - view.bottom) * view.scale
    if xs.max() < 0 or xs.min() > WIDTH or ys.max() < 0 or ys.min() > HEIGHT:
        return ""
    if max(xs.max() - xs.min(), ys.max() - ys.min()) < 4:
        return ""  # an islet smaller than a dot
    points = _clip(_thin(np.stack([xs, ys], axis=1)))
    if len(points) < 3:
        return ""
    whole = [(round(x), round(y)) for x, y in points]
    (x, y), *rest = whole
    steps = [f"M{x} {y}"]
    for nx, ny in rest:
        if (nx, ny) != (x, y):
            steps.append(f"l{nx - x} {ny - y}".replace(" -", "-"))
            x, y = nx, ny
    return "".join(steps) + "z" if len(steps) > 2 else ""


def _thin(points: Ring) -> Ring:
    """Leave out points closer than about a pixel and a half to the last one kept."""
    keep = [0]
    last = points[0]
    for i in range(1, len(points)):
        x, y = points[i]
        if abs(x - last[0]) + abs(y - last[1]) >= 1.8:
            keep.append(i)
            last = points[i]
    return points[keep]


def _clip(points: Ring) -> list[tuple[float, float]]:
    """Sutherland and Hodgman (1974), against the frame and 6 px around it."""
    margin = 6.0
    polygon = [(float(x), float(y)) for x, y in points]
    for axis, limit, sign in (
        (0, -margin, 1),
        (0, WIDTH + margin, -1),
        (1, -margin, 1),
        (1, HEIGHT + margin, -1),
    ):
        cut: list[tuple[float, float]] = []
        for i, here in enumerate(polygon):
            before = polygon[i - 1]
            inside, was = sign * (here[axis] - limit) >= 0, sign * (before[axis] - limit) >= 0
            if inside != was:
                share = (limit - before[axis]) / (here[axis] - before[axis])
                cut.append(
                    (before[0] + share * (here[0] - before[0]), before[1] + share * (here[1] - before[1]))
                )
            if inside:
                cut.append(here)
        polygon = cut
        if not polygon:
            break
    return polygon


def _mercator(latitude: float) -> float:
    bounded = math.radians(max(-LIMIT, min(LIMIT, latitude)))
    return math.log(math.tan(math.pi / 4 + bounded / 2))


@lru_cache(maxsize=1)
def _numeric_codes() -> dict[str, list[str]]:
    """ISO alpha-2 → its numeric codes, as the atlas uses them, from CLDR's aliases (France has two)."""
    numbers: dict[str, list[str]] = {}
    for code, names in get_global("territory_aliases").items():
        if code.isdigit() and len(names) == 1:
            numbers.setdefault(names[0], []).append(code)
    return numbers


@lru_cache(maxsize=1)
def _atlas() -> list[tuple[str, list[Ring]]]:
    """Every country: its numeric code and its outlines on the Mercator plane. About 0.2 s, once."""
    file = Path(settings.BASE_DIR) / "node_modules/world-atlas/countries-50m.json"
    if not file.exists():
        return []
    topology = json.loads(file.read_text())
    scale, shift = np.array(topology["transform"]["scale"]), np.array(topology["transform"]["translate"])
    arcs = [_plane(np.cumsum(np.array(arc), axis=0) * scale + shift) for arc in topology["arcs"]]
    countries = []
    for shape in topology["objects"]["countries"]["geometries"]:
        code = str(shape.get("id", ""))
        if code != ANTARCTICA:  # its outline goes round the pole
            countries.append(
                (code, [whole for ring in _outer_rings(shape) for whole in _sides(_stitch(ring, arcs))])
            )
    return countries


def _sides(ring: Ring) -> list[Ring]:
    """An outline across the 180th meridian is whole on either side of the map: Chukotka left and right."""
    ring = np.stack([np.unwrap(ring[:, 0]), ring[:, 1]], axis=1)
    turn = np.array([2 * np.pi, 0])
    if ring[:, 0].max() > np.pi + 1e-6:
        return [ring, ring - turn]
    return [ring, ring + turn] if ring[:, 0].min() < -np.pi - 1e-6 else [ring]


def _plane(degrees: Ring) -> Ring:
    latitude = np.radians(np.clip(degrees[:, 1], -LIMIT, LIMIT))
    return np.stack([np.radians(degrees[:, 0]), np.log(np.tan(np.pi / 4 + latitude / 2))], axis=1)


def _outer_rings(shape: dict[str, Any]) -> list[list[int]]:
    """The outer border of each polygon; holes are other countries, drawn for themselves."""
    polygons = shape.get("arcs", [])
    if shape["type"] == "Polygon":
        return [polygons[0]]
    return [polygon[0] for polygon in polygons]


def _stitch(ring: list[int], arcs: list[Ring]) -> Ring:
    """TopoJSON: a negative number is an arc backwards; each arc begins where the last one ended."""
    parts = [arcs[i] if i >= 0 else arcs[~i][::-1] for i in ring]
    return np.concatenate([parts[0], *(part[1:] for part in parts[1:])])


# ---------- pins ----------


def _curve(start: tuple[float, float], end: tuple[float, float]) -> str:
    """A flat arc, bent upwards."""
    (x, y), (tx, ty) = start, end
    bend = math.dist(start, end) * 0.16
    return f"M{x:.0f} {y:.0f}Q{(x + tx) / 2:.0f} {(y + ty) / 2 - bend:.0f} {tx:.0f} {ty:.0f}"


def _home(home: Pin, spots: Sequence[tuple[float, float]]) -> str:
    """The home town and its name, on the side where it hides the fewest pins: below, above, right or left."""
    x, y = spots[0]
    width = 8 * len(home.name)
    half = min(width / 2, WIDTH / 2) + 2
    middle = min(max(x, half), WIDTH - half)
    boxes = [(middle, y + 22), (middle, y - 22), (x + 16 + half, y), (x - 16 - half, y)]
    inside = [box for box in boxes if half <= box[0] <= WIDTH - half and 10 <= box[1] <= HEIGHT - 10]
    wx, wy = min(inside or boxes[:1], key=lambda box: _hidden(box, half, spots[1:]))
    return (
        f'<g class="home"><circle cx="{x:.0f}" cy="{y:.0f}" r="11"/>'
        f'<text x="{wx:.0f}" y="{wy + 5:.0f}">{escape(home.name)}</text></g>'
    )


def _hidden(middle: tuple[float, float], half: float, pins: Sequence[tuple[float, float]]) -> int:
    """How many pins a label of that middle and half width would touch."""
    return sum(abs(x - middle[0]) < half + PIN and abs(y - middle[1]) < 9 + PIN for x, y in pins)
