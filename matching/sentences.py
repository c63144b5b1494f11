"""Facts a clerk can check, in the reader's language, from the engine's figures.

Words, not percentages: every function returns translated plain text (no HTML).
"""

from collections.abc import Callable, Iterable

from babel import Locale
from babel.numbers import format_decimal
from django.utils.translation import get_language, gettext, ngettext, pgettext

from community.languages import language_name
from community.models.territory import search_key
from community.themes import by_position
from matching.engine import Doubt, Match, Raise, Town

NEAR_SIZE = 1.5  # up to this ratio two towns are of neighbouring size
STRONG, MEDIUM = 0.7, 0.4  # shares of a bar
MOUNTAIN, HILLS = 500, 250  # metres between the lowest and the highest place within 20 km
CENTRE = 0.3  # share of the people within 20 km who live in the town
CHIPS = 5


def closeness(match: Match) -> str:
    """How close, in two words; a town outside the network is known by its figures only, and that is said."""
    if match.pool == "gazetteer":
        return {
            "very_close": gettext("Very similar figures"),
            "close": gettext("Similar figures"),
            "possible": gettext("Fairly similar figures"),
        }[match.closeness]
    return {
        "very_close": pgettext("town", "Very close"),
        "close": pgettext("town", "Close"),
        "possible": pgettext("town", "Fairly close"),
    }[match.closeness]


def why(match: Match, name: str) -> str:
    """One or two sentences: what the two can do for each other, then size."""
    said = [*_help(match, name), size(match)]
    if len(said) == 1:
        said += [_place(match), _away(match)]
    return " ".join(part for part in said if part)


def size(match: Match) -> str:
    """Both populations in a sentence; empty when one is unknown."""
    ours, theirs = match.ours.population, match.theirs.population
    if not ours or not theirs:
        return ""
    figures = {"ours": number(ours), "theirs": number(theirs)}
    if max(ours, theirs) <= NEAR_SIZE * min(ours, theirs):
        return gettext("Similar size: %(ours)s and %(theirs)s inhabitants.") % figures
    if theirs > ours:
        return gettext("Larger than you: %(theirs)s inhabitants, you have %(ours)s.") % figures
    return gettext("Smaller than you: %(theirs)s inhabitants, you have %(ours)s.") % figures


def chips(match: Match) -> list[str]:
    """Labels of the themes the two towns share, the most telling first."""
    shared = dict.fromkeys([*match.they_offer, *match.we_offer, *match.common])
    return [by_position()[position].label for position in list(shared)[:CHIPS]]


def bars(match: Match) -> list[dict[str, object]]:
    """The four bars: `label`, `value` in words, `strength` in words, `percent` 0–100 for the drawing."""
    words: dict[str, tuple[str, Callable[[Match], str]]] = {
        "size": (gettext("Size"), _size_value),
        "concerns": (gettext("Concerns"), _concerns_value),
        "territory": (gettext("Territory"), _territory_value),
        "language": (gettext("Working languages"), _language_value),
    }
    rows = []
    for key, (label, value) in words.items():
        share = match.bars[key]
        rows.append(
            {
                "key": key,
                "label": label,
                "value": value(match),
                "strength": strength(share),
                "percent": 0 if share is None else round(100 * share),
            }
        )
    return rows


def strength(share: float | None) -> str:
    if share is None:
        return gettext("to be asked")
    if share >= STRONG:
        return gettext("strong")
    return gettext("medium") if share >= MEDIUM else gettext("weak")


def doubt(match: Match, name: str) -> str:
    """The one thing to ask before going further."""
    found = match.doubt
    if found.key == "population" and found.ours and found.theirs:
        return size(match)
    say = DOUBTS.get(found.key)
    return say(found, name) if say else ""


def would_raise(match: Match, name: str) -> str:
    """What would bring the two closer; empty when nothing would."""
    found = match.would_raise
    say = RAISES.get(found.key) if found else None
    return say(found, name) if say and found else ""


def number(value: float) -> str:
    """25 700: a whole number, grouped as the language does, with no-break spaces."""
    return str(format_decimal(round(value), format="#,##0", locale=_locale())).replace("\u202f", "\u00a0")


def country(code: str) -> str:
    return str(_locale().territories.get(code, code))


def elided(name: str) -> bool:
    """Whether the active language is French and writes `d’` rather than `de` before this name."""
    return _locale().language == "fr" and search_key(name)[:1] in tuple("aeiouy")


def landscape(town: Town) -> str:
    """One word for the kind of place; empty when unknown."""
    if town.coast:
        return gettext("coast")
    if town.relief is None:
        return ""
    if town.relief >= MOUNTAIN:
        return gettext("mountain")
    return gettext("hills") if town.relief >= HILLS else gettext("plain")


def missing(ours: Town) -> list[str]:
    """What a thin profile lacks, the most useful first."""
    lacks = []
    if not ours.wanted:
        lacks.append(gettext("what you are looking for"))
    if not ours.offered:
        lacks.append(gettext("what you can show others"))
    if not ours.languages:
        lacks.append(gettext("the languages you work in"))
    return lacks


def themes(positions: Iterable[int], most: int = 2) -> str:
    """`“Market halls” and “Town-centre revitalisation”`: labels as they stand on the town's page, quoted."""
    labels = [
        gettext("“%(label)s”") % {"label": by_position()[position].label}
        for position in list(positions)[:most]
    ]
    if len(labels) < 2:
        return "".join(labels)
    return gettext("%(first)s and %(last)s") % {"first": ", ".join(labels[:-1]), "last": labels[-1]}


def _help(match: Match, name: str) -> list[str]:
    if match.they_offer and match.we_offer:
        return [
            gettext(
                "%(town)s can show %(theirs)s, which you are looking for, and is looking for %(ours)s, which you can show."
            )
            % {"town": name, "theirs": themes(match.they_offer, 1), "ours": themes(match.we_offer, 1)}
        ]
    if match.they_offer:
        return [
            gettext("%(town)s can show %(themes)s, which you are looking for.")
            % {"town": name, "themes": themes(match.they_offer)}
        ]
    if match.we_offer:
        return [
            gettext("%(town)s is looking for %(themes)s, which you can show.")
            % {"town": name, "themes": themes(match.we_offer)}
        ]
    if match.common:
        return [
            gettext("%(town)s and you are both looking for %(themes)s.")
            % {"town": name, "themes": themes(match.common)}
        ]
    return []


def _place(match: Match) -> str:
    ours, theirs = landscape(match.ours), landscape(match.theirs)
    if ours and ours == theirs:
        return gettext("The same kind of place: %(kind)s.") % {"kind": ours}
    return ""


def _away(match: Match) -> str:
    if match.distance_km is None:
        return ""
    return gettext("%(km)s km away, as the crow flies.") % {"km": number(round(match.distance_km, -1))}


def _size_value(match: Match) -> str:
    ours, theirs = match.ours.population, match.theirs.population
    if not ours or not theirs:
        return gettext("to be asked")
    return gettext("%(ours)s and %(theirs)s inh.") % {"ours": number(ours), "theirs": number(theirs)}


def _concerns_value(match: Match) -> str:
    if match.bars["concerns"] is None:
        return gettext("to be asked")
    count = len({*match.they_offer, *match.we_offer, *match.common})
    if not count:
        return gettext("no subject in common")
    return ngettext("%(count)s subject in common", "%(count)s subjects in common", count) % {"count": count}


def _territory_value(match: Match) -> str:
    ours, theirs = landscape(match.ours), landscape(match.theirs)
    if not ours or not theirs:
        return gettext("to be asked")
    kinds = ours if ours == theirs else gettext("%(first)s and %(last)s") % {"first": ours, "last": theirs}
    if min(match.ours.centrality or 0, match.theirs.centrality or 0) >= CENTRE:
        return gettext("%(kinds)s, main town of its area") % {"kinds": kinds}
    return kinds


def _language_value(match: Match) -> str:
    if match.bars["language"] is None:
        return gettext("to be asked")
    return ", ".join(language_name(code) for code in match.languages) or gettext("none in common")


def _altitude(found: Doubt, name: str) -> str:
    return gettext("%(town)s lies at %(theirs)s m, you at %(ours)s m.") % {
        "town": name,
        "theirs": number(found.theirs or 0),
        "ours": number(found.ours or 0),
    }


def _relief(found: Doubt, name: str) -> str:
    return gettext(
        "The relief is not the same: %(theirs)s m of difference around %(town)s, %(ours)s m around you."
    ) % {
        "town": name,
        "theirs": number(found.theirs or 0),
        "ours": number(found.ours or 0),
    }


def _centrality(found: Doubt, name: str) -> str:
    if (found.theirs or 0) < (found.ours or 0):
        return gettext("%(town)s lies closer to other towns than you do: it weighs less in its area.") % {
            "town": name
        }
    return gettext("%(town)s weighs more in its area than you do in yours.") % {"town": name}


def _coast(found: Doubt, name: str) -> str:
    if found.theirs:
        return gettext("%(town)s is by the sea, you are not.") % {"town": name}
    return gettext("You are by the sea, %(town)s is not.") % {"town": name}


def _they_help(found: Doubt, name: str) -> str:
    if not found.ours:
        return gettext("You have not said yet what you are looking for.")
    if not found.theirs:
        return gettext("%(town)s has not said that it knows what you are looking for. Ask.") % {"town": name}
    count, total = int(found.theirs), int(found.ours)
    if count >= total:
        few = ngettext("You have named %(total)s wish only.", "You have named %(total)s wishes only.", total)
        return few % {"total": total}
    return ngettext(
        "%(town)s answers only %(count)s of your %(total)s wishes.",
        "%(town)s answers %(count)s of your %(total)s wishes.",
        count,
    ) % {"town": name, "count": count, "total": total}


def _we_help(found: Doubt, name: str) -> str:
    if not found.theirs:
        return gettext("%(town)s has not said yet what it is looking for.") % {"town": name}
    if not found.ours:
        return gettext("You have not said that you know what %(town)s is looking for.") % {"town": name}
    count, total = int(found.ours), int(found.theirs)
    if count >= total:
        few = ngettext(
            "%(town)s has named %(total)s wish only.", "%(town)s has named %(total)s wishes only.", total
        )
        return few % {"town": name, "total": total}
    return ngettext(
        "You answer only %(count)s of the %(total)s wishes of %(town)s.",
        "You answer %(count)s of the %(total)s wishes of %(town)s.",
        count,
    ) % {"town": name, "count": count, "total": total}


def _language(found: Doubt, name: str) -> str:
    if not found.theirs:
        return gettext("No working language in common: plan for an interpreter.")
    return gettext("Only one working language in common.")


def _distance(found: Doubt, name: str) -> str:
    if found.theirs is None:
        return ""
    return gettext("The distance: %(km)s km as the crow flies. Start by video.") % {
        "km": number(found.theirs)
    }


def _population(found: Doubt, name: str) -> str:
    return gettext("The population of one of the two towns is not known.")


DOUBTS: dict[str, Callable[[Doubt, str], str]] = {
    "population": _population,
    "altitude": _altitude,
    "relief": _relief,
    "centrality": _centrality,
    "coast": _coast,
    "they_help": _they_help,
    "we_help": _we_help,
    "language": _language,
    "distance": _distance,
}


def _with_themes(message: str, found: Raise, name: str) -> str:
    return message % {"town": name, "themes": themes(found.themes)}


RAISES: dict[str, Callable[[Raise, str], str]] = {
    "we_offer": lambda found, name: _with_themes(
        gettext("If you have experience to show: %(themes)s."), found, name
    ),
    "we_want": lambda found, name: _with_themes(
        gettext("Say more of what you are looking for. %(town)s can show: %(themes)s."), found, name
    ),
    "they_offer": lambda found, name: _with_themes(
        gettext("If %(town)s can show you: %(themes)s. Ask."), found, name
    ),
    "they_want": lambda found, name: _with_themes(
        gettext("Ask whether %(town)s is looking for what you know: %(themes)s."), found, name
    ),
    "language": lambda found, name: gettext("A second working language in common."),
    "our_population": lambda found, name: gettext("Your population is missing from your page."),
    "their_population": lambda found, name: (
        gettext("The population of %(town)s is missing.") % {"town": name}
    ),
    "they_join": lambda found, name: (
        gettext("%(town)s is not in the network yet: invite it.") % {"town": name}
    ),
}


def _locale() -> Locale:
    return Locale.parse((get_language() or "fr")[:2])
