"""Template tags of the interface; builtins, so no template loads them. Catalogue: docs/interface.md."""

import datetime as dt
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any
from urllib.parse import urljoin

from babel.languages import get_official_languages
from django import template
from django.conf import settings
from django.forms import BoundField, CheckboxInput, CheckboxSelectMultiple, RadioSelect
from django.template.context import Context
from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, ngettext
from lucide.templatetags.lucide import lucide as lucide_svg

from community import skyline as skylines
from community.models import Organisation, Territory
from portal import typography, worldmap
from portal.context import Site

register = template.Library()

# Languages not written in Latin letters; a Latin name of such a place is a transliteration.
OTHER_SCRIPTS = {
    "am",
    "ar",
    "be",
    "bg",
    "bn",
    "el",
    "fa",
    "he",
    "hi",
    "hy",
    "ja",
    "ka",
    "kk",
    "km",
    "ko",
    "ky",
} | {*("lo", "mk", "mn", "my", "ne", "ps", "ru", "si", "sr", "ta", "tg", "th", "uk", "ur", "zh")}
# Short words that give no initial: "Maire de Vierzon" is MV.
PARTICLES = {
    "a",
    "à",
    "and",
    "au",
    "aux",
    "d",
    "da",
    "de",
    "del",
    "der",
    "des",
    "di",
    "du",
    "en",
    "et",
    "for",
} | {*("l", "la", "le", "les", "of", "the", "und", "van", "von", "y")}


# ---------- pictures ----------


@lru_cache(maxsize=512)
def _icon_body(name: str) -> str:
    svg = lucide_svg(name, size=None)
    return re.sub(
        r">\s+", ">", re.sub(r"\s*/>", "/>", svg[svg.index(">") + 1 : svg.rindex("</svg>")])
    ).strip()


@register.simple_tag
def icon(name: str, css: str = "") -> SafeString:
    """A lucide icon, decorative: the word beside it or the control's label says the same.

    Raises lucide.IconDoesNotExist on an unknown name.
    """
    body = mark_safe(_icon_body(str(name)))  # noqa: S308 - from the icon package
    return format_html(
        '<svg class="icon{}" viewBox="0 0 24 24" aria-hidden="true">{}</svg>', css and f" {css}", body
    )


@register.simple_tag
def skyline(town: Territory | Organisation, variant: str = "card", label: str = "") -> SafeString:
    """The town's skyline, `card` or `banner`; hidden from screen readers unless it has a label."""
    if variant not in ("card", "banner", "mark"):
        raise template.TemplateSyntaxError(f"skyline: {variant!r} is not card, banner or mark")
    return mark_safe(skylines.draw(town, variant, label=label))  # type: ignore[arg-type]  # noqa: S308 - escaped by draw


@register.simple_tag
def mark(town: Territory | Organisation, css: str = "") -> SafeString:
    """The town's avatar: its landmark in a square; initials for an organisation that is no town. `css="s"` is small."""
    if isinstance(town, Organisation) and town.territory is None:
        return avatar(town.name, css)
    return mark_safe(skylines.draw(town, "mark", css=css))  # noqa: S308 - escaped by draw


@register.simple_tag
def world_map(pins: Iterable[worldmap.Pin], home: worldmap.Pin | None = None) -> SafeString:
    """A map cropped to the pins, numbered in their order, with lines from home. Give it class="map" around it."""
    return mark_safe(worldmap.draw(list(pins), home))  # noqa: S308 - escaped by draw


@register.simple_tag
def avatar(name: object, css: str = "") -> SafeString:
    """Two initials in a circle, decorative: the name stands beside it. `css="s"` is the small one."""
    words = [word for word in re.split(r"[\s'’\-]+", str(name)) if word and word[0].isalnum()]
    telling = [word for word in words if word.casefold() not in PARTICLES] or words
    letters = (telling[0][0] + (telling[-1][0] if len(telling) > 1 else "")).upper() if telling else "?"
    return format_html('<span class="avatar{}" aria-hidden="true">{}</span>', css and f" {css}", letters)


@register.simple_tag
def bar(value: float) -> SafeString:
    """A value from 0 to 100 as a bar, decorative: the words beside it are the information."""
    share = max(0, min(100, round(float(value))))
    return format_html(
        '<svg class="bar" aria-hidden="true"><rect width="{}%" height="100%" rx="3"/></svg>', share
    )


@register.simple_tag
def tally(yes: int, maybe: int, total: int) -> SafeString:
    """Answers to a date: yes, if need be, and the rest, as one bar."""
    total = max(total, yes + maybe, 1)
    first, second = round(100 * yes / total), round(100 * (yes + maybe) / total)
    return format_html(
        '<svg class="bar" aria-hidden="true"><rect class="yes" width="{}%" height="100%"/>'
        '<rect class="maybe" x="{}%" width="{}%" height="100%"/></svg>',
        first,
        first,
        second - first,
    )


@register.simple_tag
def pips(value: int, maximum: int = 5) -> SafeString:
    """Closeness as five dashes, decorative: the word beside it is the information."""
    dashes = format_html_join(
        "", "<i{}></i>", ((mark_safe(' class="on"') if n < int(value) else "",) for n in range(maximum))
    )
    return format_html('<span class="pips" aria-hidden="true">{}</span>', dashes)


# ---------- places ----------


@lru_cache(maxsize=512)
def language_of(country: str) -> str:
    """The language a country's place names are in (BCP 47); empty where there are several."""
    official = get_official_languages(country, de_facto=True)
    languages = {code.partition("_")[0] for code in official}
    return languages.pop() if len(languages) == 1 else {"RS": "sr", "FI": "fi", "AL": "sq"}.get(country, "")


def _latin(text: str) -> bool:
    return all(not letter.isalpha() or letter < "\u0250" or "\u1e00" <= letter <= "\u1eff" for letter in text)


def _name_language(name: str, country: str) -> str:
    language = language_of(country)
    return f"{language}-Latn" if language in OTHER_SCRIPTS and _latin(name) else language


def _span(name: str, language: str) -> SafeString:
    if language:
        return format_html('<span class="place" lang="{}">{}</span>', language, name)
    return format_html('<span class="place">{}</span>', name)


def _territory(town: Any) -> Territory | None:
    if isinstance(town, Organisation):
        return town.territory
    return town if isinstance(town, Territory) else None


@register.simple_tag
def place(town: Territory | Organisation | str, lang: str = "") -> SafeString:
    """A place name, set as on a map, with its language. An organisation that is no town stays plain text."""
    territory = _territory(town)
    if territory is not None:
        return _span(territory.name, lang or _name_language(territory.name, territory.country))
    if isinstance(town, Organisation):
        return format_html("{}", town.name)
    return _span(str(town), lang)


@register.simple_tag
def native(town: Territory | Organisation) -> SafeString:
    """The name in the place's own script (Кичево), or nothing when it is written like ours."""
    territory = _territory(town)
    if territory is None or not territory.native_name or territory.native_name == territory.name:
        return mark_safe("")
    return _span(territory.native_name, language_of(territory.country))


@register.simple_tag
def place_lang(town: Territory | Organisation) -> SafeString:
    """` lang="…"` for an element that is itself the place name, e.g. `<a class="place"{% place_lang town %}>`."""
    territory = _territory(town)
    language = _name_language(territory.name, territory.country) if territory else ""
    return format_html(' lang="{}"', language) if language else mark_safe("")


@register.simple_tag
def country(code: str) -> str:
    """The country's name in the reader's language."""
    return typography.locale().territories.get(str(code).upper(), str(code))


@register.filter
def language_name(code: str) -> str:
    """`hu` → hongrois."""
    return typography.locale().languages.get(str(code), str(code))


# ---------- words, figures, time ----------

for _filter in (
    typography.number,
    typography.french,
    typography.day_month,
    typography.long_date,
    typography.month_year,
    typography.clock,
    typography.when,
    typography.duration,
):
    register.filter(_filter)


@register.simple_tag
def date_tile(moment: dt.date | dt.datetime) -> SafeString:
    """The tile "10 mars" of a list of meetings; put the whole date into the words beside it."""
    day = typography.day_of(moment)
    return format_html(
        '<span class="date" aria-hidden="true"><b>{}</b><span>{}</span></span>',
        day.day,
        typography.short_month(day),
    )


# ---------- forms ----------


@register.filter
def control(field: BoundField) -> SafeString:
    """The field's own control in our look; Django wires the hint and the error to it."""
    return field.as_widget(
        attrs={"class": " ".join(filter(None, ["control", field.field.widget.attrs.get("class", "")]))}
    )


@register.inclusion_tag("components/field.html")
def field(bound: BoundField, label: str | Promise = "", hint: str | Promise = "") -> dict[str, Any]:
    """Label, hint, control and error of one form field. `label` and `hint` replace the form's own."""
    widget = bound.field.widget
    if isinstance(widget, RadioSelect | CheckboxSelectMultiple):
        shape = "set"
    else:
        shape = "check" if isinstance(widget, CheckboxInput) else "line"
    if hint:
        bound.help_text = str(hint)
    return {"field": bound, "label": label or bound.label, "shape": shape, "required": bound.field.required}


# ---------- the page's frame ----------


@register.simple_tag
def module(path: str) -> str:
    """The address of an ES module of ours, without the hash that `static` adds in production.

    Modules import one another by their plain names; one module under two addresses would run twice.
    """
    return urljoin(settings.STATIC_URL, path)


@register.simple_tag(takes_context=True)
def frame(context: Context) -> Site | None:
    """`{% frame as site %}`: what every page knows, even where a view (allauth's) gives the name `site` to something
    else. None where there is no request (the page of an error 500)."""
    known, request = context.get("site"), context.get("request")
    if isinstance(known, Site):
        return known
    return Site(request) if request is not None else None


@register.simple_block_tag(takes_context=True)
def section(context: Context, content: str) -> str:
    """Which entry of the navigation is the current one, for `base.html`: a page fills the block inside."""
    context["section"] = content.strip() or context.get("section", "")
    return ""


@register.simple_tag
def unread_label(count: int) -> str:
    """What the bell says to a screen reader."""
    if not count:
        return gettext("Notifications")
    return ngettext("Notifications, %(count)d new", "Notifications, %(count)d new", count) % {"count": count}
