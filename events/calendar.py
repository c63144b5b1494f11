"""iCalendar (RFC 5545): one event as a file, a person's agenda as a feed. Nobody else's name is ever in it."""

import datetime as dt
import zoneinfo
from collections.abc import Iterable
from datetime import timedelta

import icalendar
from django.conf import settings
from django.utils.translation import gettext as _

from events.models import Event, Registration
from events.video import link_of

# A feed holds this much of the past, and never more events than this.
FEED_PAST = timedelta(days=90)
FEED_SIZE = 500

STATUS = {Event.State.DRAFT: "TENTATIVE", Event.State.CANCELLED: "CANCELLED"}


def event_file(event: Event, answer: str, *, may_join: bool) -> bytes:
    """One event as `text/calendar`. `answer` is the reader's own ("" for none); the video link is in it only
    when `may_join`."""
    return _calendar([(event, answer, may_join)]).to_ical()


def agenda(name: str, rows: Iterable[tuple[Event, str, bool]]) -> bytes:
    """A person's agenda as `text/calendar`, from (event, own answer, may join) rows."""
    calendar = _calendar(list(rows))
    calendar.add("name", _text(name))
    calendar.add("x-wr-calname", _text(name))
    calendar.add("refresh-interval", timedelta(hours=1), parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT1H")
    return calendar.to_ical()


def _calendar(rows: list[tuple[Event, str, bool]]) -> icalendar.Calendar:
    calendar = icalendar.Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", "-//Entrevilles//Agenda//FR")
    calendar.add("method", "PUBLISH")
    events = [event for event, _answer, _may_join in rows]
    for zone in sorted({event.time_zone for event in events} - {"UTC"}):
        moments = [event.starts_at for event in events if event.time_zone == zone]
        moments += [event.ends_at for event in events if event.time_zone == zone]
        calendar.add_component(_zone(zone, min(moments), max(moments)))
    for event, answer, may_join in rows:
        calendar.add_component(_event(event, answer, link_of(event) if may_join else ""))
    return calendar


def _event(event: Event, answer: str, link: str) -> icalendar.Event:
    entry = icalendar.Event()
    entry.add("uid", _text(event.uid))
    entry.add("sequence", event.sequence)
    # With METHOD:PUBLISH the stamp is the time of this revision: the same event is the same bytes.
    entry.add("dtstamp", event.updated_at)
    entry.add("created", event.created_at)
    entry.add("last-modified", event.updated_at)
    for name, moment in (("dtstart", event.starts_at), ("dtend", event.ends_at)):
        local = moment.astimezone(event.zone)
        # The second 2:30 of an autumn night can only be said in UTC.
        in_utc = event.time_zone == "UTC" or local.fold
        entry.add(name, moment.astimezone(dt.UTC) if in_utc else local)
    entry.add("summary", _text(event.title))
    entry.add("description", _text(_description(event, link)))
    url = settings.SITE_URL + event.get_absolute_url()
    entry.add("url", url)
    place = ", ".join(filter(None, [event.place_name, event.address, event.town.name if event.town else ""]))
    if event.has_place and place:
        entry.add("location", _text(place))
    elif link:
        entry.add("location", _text(link))
    if link:
        entry.add(
            "conference",
            _uri(link),
            parameters={"VALUE": "URI", "FEATURE": "VIDEO", "LABEL": _("Video room")},
        )
    if event.has_place and event.coordinates:
        entry.add("geo", event.coordinates)
    entry.add("categories", [_text(str(event.get_kind_display()))])
    entry.add("class", "PUBLIC" if event.audience == Event.Audience.PUBLIC else "PRIVATE")
    comes = answer == Registration.State.REGISTERED
    entry.add(
        "status", STATUS.get(Event.State(event.state), "CONFIRMED" if comes or not answer else "TENTATIVE")
    )
    # Only what one has signed up for blocks the time.
    entry.add("transp", "OPAQUE" if comes else "TRANSPARENT")
    return entry


def _description(event: Event, link: str) -> str:
    parts = [
        event.summary,
        event.description,
        event.programme,
        event.practical,
        _("Organised by %(name)s") % {"name": event.organiser.name},
        _("Video room: %(link)s") % {"link": link} if link else "",
    ]
    return "\n\n".join(filter(None, parts))


def _zone(name: str, first: dt.datetime, last: dt.datetime) -> icalendar.Timezone:
    """A VTIMEZONE with every change of the clocks from the year before the first moment to the year after the
    last. Each onset is written, as the standard wants, on the clock that was in use until then.
    """
    zone = zoneinfo.ZoneInfo(name)
    component = icalendar.Timezone()
    component.add("tzid", name)
    moment = dt.datetime(first.year - 1, 1, 1, tzinfo=dt.UTC)
    until = dt.datetime(last.year + 2, 1, 1, tzinfo=dt.UTC)
    component.add_component(_observance(moment, zone, moment))
    while moment < until:
        following = moment + timedelta(days=1)
        if moment.astimezone(zone).utcoffset() != following.astimezone(zone).utcoffset():
            component.add_component(_observance(_change(zone, moment, following), zone, moment))
        moment = following
    return component


def _change(zone: zoneinfo.ZoneInfo, before: dt.datetime, after: dt.datetime) -> dt.datetime:
    """The moment between the two, to the minute, at which the clocks change."""
    old = before.astimezone(zone).utcoffset()
    while after - before > timedelta(minutes=1):
        middle = before + timedelta(minutes=(after - before) // timedelta(minutes=2))
        if middle.astimezone(zone).utcoffset() == old:
            before = middle
        else:
            after = middle
    return after


def _observance(
    onset: dt.datetime, zone: zoneinfo.ZoneInfo, before: dt.datetime
) -> icalendar.TimezoneStandard | icalendar.TimezoneDaylight:
    """The rule that holds from a moment on; `before` is a moment at which the previous one held."""
    local = onset.astimezone(zone)
    offset_from = before.astimezone(zone).utcoffset() or timedelta()
    rule = icalendar.TimezoneDaylight() if local.dst() else icalendar.TimezoneStandard()
    rule.add("dtstart", (onset + offset_from).replace(tzinfo=None))
    rule.add("tzoffsetfrom", offset_from)
    rule.add("tzoffsetto", local.utcoffset() or timedelta())
    rule.add("tzname", local.tzname() or "")
    return rule


def _text(text: str) -> str:
    """Text without control characters; line breaks stay, the library escapes them."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(" " if (ord(c) < 32 and c != "\n") or c in "\x7f\x85\u2028\u2029" else c for c in lines)


def _uri(address: str) -> str:
    """A URI on one line: the standard has no escape for it."""
    return "".join(c for c in address if ord(c) > 32 and c not in "\x7f\x85\u2028\u2029")
