"""The time of an event in words, on a given clock and in the active language."""

import datetime as dt

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, get_timezone_location
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from events.models import Event

NBSP = "\u00a0"


def _locale() -> Locale:
    try:
        return Locale.parse(get_language() or "fr", sep="-")
    except (UnknownLocaleError, ValueError):
        return Locale("fr")


def clock(moment: dt.datetime) -> str:
    """`14:30`; in French `14 h 30`, `14 h`, with no-break spaces."""
    if _locale().language != "fr":
        return f"{moment.hour}:{moment.minute:02}"
    minutes = f"{NBSP}{moment.minute:02}" if moment.minute else ""
    return f"{moment.hour}{NBSP}h{minutes}"


def day(moment: dt.datetime) -> str:
    """`Tuesday 14 April 2026`, `jeudi 1er avril 2027`; the year always, as a printed sheet outlives it."""
    words = str(format_date(moment, "EEEE d MMMM y", locale=_locale()))
    return words.replace(" 1 ", " 1er ", 1) if _locale().language == "fr" else words


def sentence(event: Event, zone: dt.tzinfo) -> str:
    """`mardi 14 avril 2026, de 14 h à 16 h 30` on the clock of a zone."""
    start, end = event.local_times(zone)
    if start.date() == end.date():
        return _("%(day)s, from %(start)s to %(end)s") % {
            "day": day(start),
            "start": clock(start),
            "end": clock(end),
        }
    return _("from %(start_day)s, %(start)s, to %(end_day)s, %(end)s") % {
        "start_day": day(start),
        "start": clock(start),
        "end_day": day(end),
        "end": clock(end),
    }


def hours(event: Event, zone: dt.tzinfo) -> str:
    """Only the clock: `14 h – 16 h 30`."""
    start, end = event.local_times(zone)
    return f"{clock(start)} – {clock(end)}"


def city(zone_name: str) -> str:
    """The city a zone is called after, in the active language: `Europe/Bucharest` → `Bucarest`."""
    return str(get_timezone_location(zone_name, locale=_locale(), return_city=True))


def language_name(code: str) -> str:
    """A language in the active language: `ro` → `roumain`."""
    return _locale().languages.get(code, code)


def same_clock(event: Event, zone: dt.tzinfo) -> bool:
    """Do clocks of this zone and of the event's show the same at its start and at its end?"""
    return all(
        moment.astimezone(zone).utcoffset() == moment.astimezone(event.zone).utcoffset()
        for moment in (event.starts_at, event.ends_at)
    )
