"""A town drawn from its own facts: a skyline as inline SVG, the same for the same town for ever.

No photograph, no upload, no licence. Colours are classes (`s0`…`s5`, `sun`, `win`, `wave`) that
`static/css/app.css` mixes from the tone, so a drawing follows the light and the dark theme.
"""

from functools import lru_cache
from html import escape
from typing import Literal

from community.models import Organisation, Territory
from community.skyline.facts import LANDMARKS, TONES, Facts, facts_of
from community.skyline.picture import mark, skyline

__all__ = ["LANDMARKS", "TONES", "Facts", "Variant", "draw", "facts_of"]

Variant = Literal["card", "banner", "mark"]


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
        return mark(facts), 96, 96
    if variant == "banner":
        return skyline(facts, 1440, 250), 1440, 250
    return skyline(facts, 420, 150), 420, 150
