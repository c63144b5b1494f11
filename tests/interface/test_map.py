import itertools
import math
from xml.etree import ElementTree

import pytest

from portal import worldmap
from portal.worldmap import EDGE, GAP, HEIGHT, WIDTH, Pin

VIERZON = Pin("Vierzon", 47.22, 2.07, "FR")
PARTNERS = [
    Pin("Ózd", 48.22, 20.3, "HU", "#ozd"),
    Pin("Sighișoara", 46.22, 24.79, "RO", "#sighisoara"),
    Pin("Rendsburg", 54.3, 9.66, "DE", "#rendsburg"),
    Pin("Kičevo", 41.51, 20.96, "MK", "#kicevo"),
]
CROWD = [Pin(f"Bourg {n}", 47.2 + n / 500, 2.1, "FR", f"#b{n}") for n in range(24)]
WORLD = [
    Pin("Sendai", 38.3, 140.9, "JP", "#a"),
    Pin("Cusco", -13.5, -72, "PE", "#b"),
    Pin("Nuuk", 64.2, -51.7, "GL", "#c"),
]


def links(svg: str) -> list[ElementTree.Element]:
    return list(ElementTree.fromstring(svg).iter("a"))


@pytest.mark.parametrize(
    "pins", [PARTNERS, CROWD, WORLD, PARTNERS[:1]], ids=["europe", "crowd", "world", "one"]
)
def test_small_well_formed_and_without_style(pins: list[Pin]) -> None:
    svg = worldmap.draw(pins, VIERZON)
    assert len(svg.encode()) <= 30 * 1024
    assert "style=" not in svg
    assert 'class="land"' in svg or 'class="hi"' in svg
    assert [link.findtext("text") for link in links(svg)] == [str(n) for n in range(1, len(pins) + 1)]
    assert [link.get("href") for link in links(svg)] == [pin.url for pin in pins]
    assert [link.get("aria-label") for link in links(svg)] == [
        f"{n}, {pin.name}" for n, pin in enumerate(pins, 1)
    ]


@pytest.mark.parametrize(
    "pins", [PARTNERS, CROWD, WORLD, [VIERZON] * 5], ids=["europe", "crowd", "world", "one place"]
)
def test_pins_are_apart_and_inside(pins: list[Pin]) -> None:
    view = worldmap.fit([(p.longitude, p.latitude) for p in pins])
    spots = worldmap.push_apart([view.place(p.longitude, p.latitude) for p in pins])
    assert all(EDGE <= x <= WIDTH - EDGE and EDGE <= y <= HEIGHT - EDGE for x, y in spots)
    assert min(math.dist(a, b) for a, b in itertools.combinations(spots, 2)) >= GAP - 0.5


def test_pins_that_have_room_stay_where_they_are() -> None:
    spots = [(50.0, 50.0), (200.0, 120.0)]
    moved = worldmap.push_apart(spots)
    assert all(math.dist(a, b) < 0.1 for a, b in zip(spots, moved, strict=True))


def test_home_stays() -> None:
    moved = worldmap.push_apart([(100.0, 100.0), (101.0, 100.0)], first_stays=True)
    assert moved[0] == (100.0, 100.0)
    assert math.dist(*moved) >= GAP - 0.5


def test_the_countries_of_the_pins_are_set_off() -> None:
    one = worldmap.outlines(worldmap.fit([(2, 47), (21, 48)]), frozenset({"FR", "HU"}))
    none = worldmap.outlines(worldmap.fit([(2, 47), (21, 48)]), frozenset())
    assert 'class="hi"' in one
    assert 'class="hi"' not in none


def test_the_name_of_home_keeps_clear_of_the_pins() -> None:
    below = Pin("Bourges", 46.7, 2.2, "FR", "#b")
    far = Pin("Lille", 50.6, 3.06, "FR", "#l")
    text = ElementTree.fromstring(worldmap.draw([below, far], VIERZON)).find(".//g[@class='home']/text")
    circle = ElementTree.fromstring(worldmap.draw([below, far], VIERZON)).find(".//g[@class='home']/circle")
    assert text is not None
    assert circle is not None
    assert float(text.get("y", 0)) < float(circle.get("cy", 0))


def test_names_are_escaped_and_no_pins_draw_nothing() -> None:
    svg = worldmap.draw([Pin('<b>"', 47, 2, "FR", "#x")])
    assert links(svg)[0].get("aria-label") == '1, <b>"'
    assert worldmap.draw([]) == ""


def test_without_the_atlas_the_pins_remain(settings: object, tmp_path: object) -> None:
    settings.BASE_DIR = tmp_path  # type: ignore[attr-defined]
    worldmap._atlas.cache_clear()
    worldmap.outlines.cache_clear()
    svg = worldmap.draw(PARTNERS, VIERZON)
    worldmap._atlas.cache_clear()
    worldmap.outlines.cache_clear()
    assert len(links(svg)) == 4
    assert 'class="land"' not in svg
