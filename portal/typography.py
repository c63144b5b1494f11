"""How words, figures and moments are written in the reader's language: plain functions on plain values."""

import datetime as dt
import re
from typing import Any

from babel import Locale
from babel.core import UnknownLocaleError
from babel.dates import format_date
from babel.numbers import format_decimal
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext

NBSP, THIN = "\u00a0", "\u202f"  # no-break space, narrow no-break space


def locale() -> Locale:
    """The active language as Babel knows it."""
    try:
        return Locale.parse(get_language() or "fr", sep="-")
    except (UnknownLocaleError, ValueError):
        return Locale("fr")


def number(value: Any, digits: int = 0) -> str:
    """25700 → "25 700" with a no-break space, "25,700" in English. None stays empty."""
    if value is None or value == "":
        return ""
    pattern = "#,##0." + "#" * int(digits) if digits else "#,##0"
    return format_decimal(value, format=pattern, locale=locale()).replace(THIN, NBSP)


_UNTOUCHED = re.compile(
    r"(<(textarea|pre|code|script|style|svg|select)\b.*?</\2>|<!--.*?-->|<[^>]*>)", re.DOTALL | re.IGNORECASE
)
_BEFORE = re.compile(r"(?<=\S)[ \u00a0]([;?!])")
_SPACES = (
    (re.compile(r"(?<=\S) (?=[:»%€])"), NBSP),
    (re.compile(r"« "), "«" + NBSP),
    (re.compile(r"(?<=\d) (?=(?:\d{3}\b|km²?\b|hab\b|h\b|ans\b))"), NBSP),
)


def _french_text(text: str) -> str:
    text = _BEFORE.sub(NBSP + r"\1", text)
    for pattern, space in _SPACES:
        text = pattern.sub(space, text)
    return text


def french(value: Any) -> str:
    """Spaces that must not break, before `: ; ? !`, inside « » and in figures.

    Works on the text between tags only; attributes, form fields, code and drawings stay as they are.
    Does nothing in another language than French.
    """
    if (get_language() or "fr").partition("-")[0] != "fr":
        return value if isinstance(value, SafeString) else str(value)
    if not isinstance(value, SafeString):
        return _french_text(str(value))
    pieces = _UNTOUCHED.split(value)
    # split() gives text, the piece to keep, its tag name, text…
    pieces = [
        _french_text(piece) if i % 3 == 0 else piece for i, piece in enumerate(pieces) if i % 3 != 2 and piece
    ]
    return mark_safe("".join(pieces))  # noqa: S308 - it was safe, and only spaces changed


# ---------- time ----------


def _local(moment: dt.date | dt.datetime) -> dt.date | dt.datetime:
    if isinstance(moment, dt.datetime) and timezone.is_aware(moment):
        return timezone.localtime(moment)
    return moment


def day_of(moment: dt.date | dt.datetime) -> dt.date:
    """The day in the active time zone."""
    local = _local(moment)
    return local.date() if isinstance(local, dt.datetime) else local


def short_month(day: dt.date) -> str:
    """The whole name when it fits the date tile, else the short one."""
    whole = str(format_date(day, "LLLL", locale=locale()))
    return whole if len(whole) <= 5 else str(format_date(day, "LLL", locale=locale()))


def day_month(moment: dt.date | dt.datetime | None) -> str:
    """10 mars; 10 March."""
    if not moment:
        return ""
    pattern = "d MMMM"
    return str(format_date(day_of(moment), pattern, locale=locale())).replace(" ", NBSP)


def long_date(moment: dt.date | dt.datetime | None) -> str:
    """mardi 10 mars 2026; Tuesday 10 March 2026."""
    return str(format_date(day_of(moment), "EEEE d MMMM y", locale=locale())) if moment else ""


def month_year(moment: dt.date | dt.datetime | None) -> str:
    """mars 2026."""
    return str(format_date(day_of(moment), "LLLL y", locale=locale())) if moment else ""


def clock(moment: dt.datetime | dt.time | None) -> str:
    """9 h 40, 14 h; in English 9:40, 14:00. In the active time zone."""
    if not moment:
        return ""
    local = _local(moment) if isinstance(moment, dt.datetime) else moment
    hour, minute = local.hour, local.minute  # type: ignore[union-attr]
    if locale().language != "fr":
        return f"{hour}:{minute:02}"
    return f"{hour}{NBSP}h{NBSP}{minute:02}" if minute else f"{hour}{NBSP}h"


def when(moment: dt.datetime | None) -> str:
    """How a list says it: 9 h 40 today, then "hier", the weekday, the date, with its year once it is another one."""
    if not moment:
        return ""
    day, today = day_of(moment), timezone.localdate()
    age = (today - day).days
    if age == 0:
        return clock(moment)
    if age == 1:
        return gettext("yesterday")
    if 1 < age < 7:
        return str(format_date(day, "EEEE", locale=locale()))
    pattern = "d MMM" if day.year == today.year else "d MMM y"
    return str(format_date(day, pattern, locale=locale())).replace(" ", NBSP)


def duration(minutes: int | dt.timedelta | None) -> str:
    """45 min, 1 h 30, 2 h."""
    if minutes is None:
        return ""
    if isinstance(minutes, dt.timedelta):
        minutes = round(minutes.total_seconds() / 60)
    hours, rest = divmod(int(minutes), 60)
    if not hours:
        return f"{rest}{NBSP}min"
    return f"{hours}{NBSP}h{NBSP}{rest:02}" if rest else f"{hours}{NBSP}h"
