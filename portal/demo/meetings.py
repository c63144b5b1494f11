"""Meetings of the demonstration, always some days ahead of today."""

import datetime as dt
from collections.abc import Callable
from typing import Any

from community.models import Club, Territory
from events.actions import create_event, register
from events.models import Event
from portal.demo.files import PARIS, entries, moment, person, rows, territories


def bring_meetings(step: Callable[[], None]) -> None:
    """One upcoming event for each entry: one free, one nearly full, one full with people waiting."""
    for entry in entries("events"):
        slug = next(row["slug"] for row in rows("clubs") if row["key"] == entry["club"])
        club = Club.objects.get(slug=slug)
        known = Event.objects.filter(club=club, title=entry["title"], is_demo=True)
        if not known.upcoming().exists():
            event = _announce(entry, club)
            for name in entry["going"]:
                register(event, person(name))
        step()


def _announce(entry: dict[str, Any], club: Club) -> Event:
    author = person(entry["by"])
    starts_at = moment(entry["in_days"], entry["at"])
    town: Territory | None = territories([entry["town"]]).get(entry["town"]) if "town" in entry else None
    return create_event(
        author,
        organiser=author.seats.get().organisation,
        publish=True,
        title=entry["title"],
        summary=entry["summary"],
        programme=entry.get("programme", ""),
        kind=entry["kind"],
        format=entry["format"],
        language=entry["language"],
        topics=entry.get("topics", []),
        starts_at=starts_at,
        ends_at=starts_at + dt.timedelta(minutes=entry["minutes"]),
        time_zone=PARIS.key,
        capacity=entry["capacity"],
        club=club,
        audience=entry["audience"],
        place_name=entry.get("place", ""),
        town=town,
        video_provider="url" if "video" in entry else "",
        video_link=entry.get("video", ""),
    )
