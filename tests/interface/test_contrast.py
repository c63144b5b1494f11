"""The colours of app.css keep the ratios of WCAG 2.2 in both themes."""

import re
from pathlib import Path

import pytest
from django.conf import settings

CSS = (Path(settings.BASE_DIR) / "static/css/app.css").read_text()
# foreground, background, least ratio: 7 body text, 4.5 text, 3 borders of controls and the focus ring
PAIRS = [
    ("ink", "paper", 7),
    ("ink", "surface", 7),
    ("ink", "inset", 7),
    ("ink", "honey-s", 7),
    ("ink", "brand-s", 7),
    ("ink2", "paper", 4.5),
    ("ink2", "surface", 4.5),
    ("ink2", "inset", 4.5),
    ("ink2", "brand-s", 4.5),
    ("ink2", "good-s", 4.5),
    ("brand", "paper", 4.5),
    ("brand", "surface", 4.5),
    ("brand", "inset", 4.5),
    ("brand", "brand-s", 4.5),
    ("brand-d", "brand-s", 4.5),
    ("on-brand", "brand", 4.5),
    ("on-brand", "brand-d", 4.5),
    ("honey-i", "honey-s", 4.5),
    ("honey-i", "surface", 4.5),
    ("good", "good-s", 4.5),
    ("good", "surface", 4.5),
    ("bad", "bad-s", 4.5),
    ("bad", "surface", 4.5),
    ("surface", "bad", 4.5),
    ("edge", "surface", 3),
    ("edge", "paper", 3),
    ("edge", "inset", 3),
    ("focus", "paper", 3),
    ("focus", "surface", 3),
    ("focus", "brand-s", 3),
    ("brand", "line", 3),
]


def tokens(selector: str) -> dict[str, str]:
    block = CSS[CSS.index(selector + " {") :]
    return dict(re.findall(r"--([a-z0-9-]+): (#[0-9A-F]{6});", block[: block.index("}")]))


LIGHT, DARK = tokens(":root"), tokens('[data-theme="dark"]')
SYSTEM_DARK = tokens(':root:not([data-theme="light"])')


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def ratio(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_the_formula_itself() -> None:
    assert ratio("#000000", "#FFFFFF") == pytest.approx(21)
    assert ratio("#767676", "#FFFFFF") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("front", "back", "least"), PAIRS)
def test_contrast(theme: dict[str, str], front: str, back: str, least: float) -> None:
    assert ratio(theme[front], theme[back]) >= least


def test_the_chosen_dark_is_the_system_dark() -> None:
    assert DARK == SYSTEM_DARK


def test_dark_changes_every_colour_but_the_lit_windows() -> None:
    assert LIGHT.keys() - DARK.keys() == {"window"}
