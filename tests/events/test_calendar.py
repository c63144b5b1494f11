"""Calendar files, read back by the library and, apart from it, line by line as the standard describes them."""

import datetime as dt
import zoneinfo
from itertools import pairwise

import icalendar
import pytest
from django.test import Client
from django.urls import reverse

from events import actions
from events.models import Event
from tests.events.conftest import Scene
from tests.factories import EventFactory, TerritoryFactory, UserFactory


def unfolded(body: bytes) -> list[str]:
    """Content lines of RFC 5545, after checking what holds for every file: CRLF, 75 octets, no control
    characters."""
    assert body.endswith(b"\r\n")
    assert body.count(b"\n") == body.count(b"\r\n") == body.count(b"\r")
    folded = body.split(b"\r\n")
    assert all(len(line) <= 75 for line in folded)
    lines = body.replace(b"\r\n ", b"").decode().removesuffix("\r\n").split("\r\n")
    assert all(ord(c) >= 32 for line in lines for c in line)
    return lines


def component(lines: list[str], name: str) -> list[str]:
    """The lines of the first component of a name, without the lines of its components."""
    start, end = lines.index(f"BEGIN:{name}"), lines.index(f"END:{name}")
    return lines[start + 1 : end]


def value(lines: list[str], name: str) -> str:
    """The one value of a property."""
    (found,) = [line for line in lines if line.split(":")[0].split(";")[0] == name]
    return found.partition(":")[2]


def ics(event: Event, user: object = None) -> bytes:
    client = Client()
    if user:
        client.force_login(user)
    response = client.get(reverse("events:event_ics", args=[event.pk]))
    assert response.status_code == 200
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    return response.content


@pytest.fixture
def visit(db: None) -> Event:
    return EventFactory(
        title="Visite d’étude ; Cahors, suite",
        summary="Une journée et demie.",
        starts_at=dt.datetime(2027, 4, 14, 12, 0, tzinfo=dt.UTC),
        ends_at=dt.datetime(2027, 4, 15, 10, 30, tzinfo=dt.UTC),
        format="hybrid",
        place_name="Hôtel de ville",
        town=TerritoryFactory(name="Cahors"),
        latitude=44.4475,
        longitude=1.4419,
        video_link="https://video.example.org/salle?a=1;b=2,3",
    )


def test_what_a_calendar_reads_of_an_event(visit: Event) -> None:
    body = ics(visit)
    (entry,) = icalendar.Calendar.from_ical(body).walk("VEVENT")
    assert entry["UID"] == visit.uid
    assert entry["SUMMARY"] == "Visite d’étude ; Cahors, suite"
    assert entry["LOCATION"] == "Hôtel de ville, Cahors"
    assert entry.decoded("DTSTART") == visit.starts_at
    assert entry.decoded("DTEND") == visit.ends_at
    assert entry.decoded("LAST-MODIFIED") == visit.updated_at.replace(microsecond=0)
    lines = component(unfolded(body), "VEVENT")
    assert value(lines, "SUMMARY") == r"Visite d’étude \; Cahors\, suite"
    assert "DTSTART;TZID=Europe/Paris:20270414T140000" in lines
    assert "DTEND;TZID=Europe/Paris:20270415T123000" in lines
    assert value(lines, "SEQUENCE") == "0"
    assert value(lines, "STATUS") == "CONFIRMED"
    assert value(lines, "URL") == f"http://testserver/agenda/{visit.pk}/"
    assert value(lines, "GEO") == "44.4475;1.4419"
    assert value(lines, "DTSTAMP").endswith("Z")


def test_sequence_and_status_follow_the_event(scene: Scene) -> None:
    event = actions.update_event(scene.events["public"], scene["animator"], place_name="Mairie")
    assert value(component(unfolded(ics(event)), "VEVENT"), "SEQUENCE") == "1"
    actions.cancel_event(event, scene["animator"])
    lines = component(unfolded(ics(event)), "VEVENT")
    assert (value(lines, "SEQUENCE"), value(lines, "STATUS")) == ("2", "CANCELLED")


@pytest.mark.parametrize(
    ("name", "start"),
    [
        ("Europe/Paris", dt.datetime(2026, 10, 24, 20, 0, tzinfo=dt.UTC)),
        ("Europe/Skopje", dt.datetime(2027, 3, 27, 20, 0, tzinfo=dt.UTC)),
        ("America/Montreal", dt.datetime(2026, 11, 1, 1, 0, tzinfo=dt.UTC)),
        ("Africa/Casablanca", dt.datetime(2027, 2, 6, 20, 0, tzinfo=dt.UTC)),
        ("Pacific/Noumea", dt.datetime(2027, 2, 6, 20, 0, tzinfo=dt.UTC)),
        ("Asia/Kathmandu", dt.datetime(2027, 2, 6, 20, 0, tzinfo=dt.UTC)),
    ],
)
def test_the_zone_in_the_file_gives_the_right_moment(db: None, name: str, start: dt.datetime) -> None:
    """Computed from the VTIMEZONE alone, the way a calendar that has never heard of the zone does."""
    event = EventFactory(time_zone=name, starts_at=start, ends_at=start + dt.timedelta(hours=12))
    lines = unfolded(ics(event))
    rules = []
    for index, line in enumerate(lines):
        if line in ("BEGIN:STANDARD", "BEGIN:DAYLIGHT"):
            rule = lines[index : lines.index(line.replace("BEGIN", "END"), index)]
            before, after = value(rule, "TZOFFSETFROM"), value(rule, "TZOFFSETTO")
            onset = dt.datetime.strptime(value(rule, "DTSTART"), "%Y%m%dT%H%M%S").replace(tzinfo=dt.UTC)
            rules.append((onset - offset(before), offset(before), offset(after)))
    assert all(earlier[2] == later[1] for earlier, later in pairwise(rules))
    assert [rule[0] for rule in rules] == sorted(rule[0] for rule in rules)
    zone = zoneinfo.ZoneInfo(name)
    for hour in range(24 * 365):
        moment = start + dt.timedelta(hours=hour - 24 * 90)
        shown = [after for onset, _before, after in rules if onset <= moment][-1]
        assert shown == moment.astimezone(zone).utcoffset(), moment
    entry = component(lines, "VEVENT")
    local = dt.datetime.strptime(value(entry, "DTSTART"), "%Y%m%dT%H%M%S").replace(tzinfo=zone)
    assert local.astimezone(dt.UTC) == start
    assert value(component(lines, "VTIMEZONE"), "TZID") == name


def offset(text: str) -> dt.timedelta:
    """`+0545` → 5 h 45."""
    span = dt.timedelta(hours=int(text[1:3]), minutes=int(text[3:5]))
    return -span if text[0] == "-" else span


def test_an_hour_that_comes_twice_is_said_in_utc(db: None) -> None:
    second = dt.datetime(2026, 10, 25, 1, 30, tzinfo=dt.UTC)  # 2:30 in Paris, for the second time
    event = EventFactory(starts_at=second, ends_at=second + dt.timedelta(hours=2))
    lines = component(unfolded(ics(event)), "VEVENT")
    assert "DTSTART:20261025T013000Z" in lines
    assert "DTEND;TZID=Europe/Paris:20261025T043000" in lines


def test_utc_needs_no_zone(db: None) -> None:
    lines = unfolded(ics(EventFactory(time_zone="UTC")))
    assert "BEGIN:VTIMEZONE" not in lines
    assert value(component(lines, "VEVENT"), "DTSTART").endswith("Z")


def test_attendees_are_never_listed_and_the_link_is_for_those_who_come(scene: Scene, visit: Event) -> None:
    comes, waits, declines = UserFactory(), UserFactory(), UserFactory()
    Event.objects.filter(pk=visit.pk).update(capacity=1)
    actions.register(visit, comes)
    actions.register(visit, waits)
    actions.decline(visit, declines)
    for user in (None, comes, waits, declines, scene["member"]):
        text = "\n".join(unfolded(ics(visit, user)))
        assert "ATTENDEE" not in text
        assert "ORGANIZER" not in text
        assert not any(name in text for name in (comes.email, comes.name, waits.email, waits.name))
        assert ("video.example.org" in text) == (user is comes)
    lines = component(unfolded(ics(visit, comes)), "VEVENT")
    assert value(lines, "CONFERENCE") == visit.video_link
    assert value(lines, "LOCATION") == r"Hôtel de ville\, Cahors"


def test_an_online_event_is_where_its_link_is(db: None) -> None:
    event = EventFactory(format="online", video_link="https://video.example.org/salle")
    user = UserFactory()
    actions.register(event, user)
    assert value(component(unfolded(ics(event, user)), "VEVENT"), "LOCATION") == event.video_link
    assert "LOCATION" not in "".join(component(unfolded(ics(event)), "VEVENT"))


def test_an_unchanged_file_is_not_sent_again(visit: Event) -> None:
    client = Client()
    url = reverse("events:event_ics", args=[visit.pk])
    first = client.get(url)
    assert first["Last-Modified"]
    assert first["Cache-Control"] == "private, no-cache"
    again = client.get(url, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    visit.title = "Autre"
    visit.save(update_fields=["title"])
    assert client.get(url, headers={"If-None-Match": first["ETag"]}).status_code == 200


# The private feed


def feed(token: str, **headers: str) -> object:
    return Client().get(reverse("events:feed_ics", args=[token]), headers=headers)


def summaries(body: bytes) -> set[str]:
    unfolded(body)
    return {str(entry["SUMMARY"]) for entry in icalendar.Calendar.from_ical(body).walk("VEVENT")}


def test_a_feed_holds_ones_own_agenda(scene: Scene) -> None:
    token = actions.rotate_feed(scene["partner"])
    elsewhere = EventFactory(title="Ailleurs")
    assert summaries(feed(token).content) == {"Canari public", "Canari plénière"}
    actions.register(elsewhere, scene["partner"])
    actions.decline(scene.events["plenary"], scene["partner"])
    assert summaries(feed(token).content) == {"Canari public", "Ailleurs"}


def test_a_feed_follows_rights_at_each_reading(scene: Scene) -> None:
    token = actions.rotate_feed(scene["member"])
    assert "Canari praticiens" in summaries(feed(token).content)
    actions.register(scene.events["practitioners"], scene["member"])
    scene["member"].seats.get().organisation.memberships.update(state="ended")
    assert "Canari praticiens" not in summaries(feed(token).content)
    scene["member"].is_active = False
    scene["member"].save(update_fields=["is_active"])
    assert feed(token).status_code == 404


def test_only_the_current_address_opens(db: None) -> None:
    user = UserFactory()
    old = actions.rotate_feed(user)
    assert feed(old).status_code == 200
    new = actions.rotate_feed(user)
    assert (feed(old).status_code, feed(new).status_code) == (404, 200)
    actions.revoke_feed(user)
    assert (feed(new).status_code, feed("x").status_code) == (404, 404)


def test_a_cancelled_event_stays_in_the_feed_as_cancelled(scene: Scene) -> None:
    actions.cancel_event(scene.events["public"], scene["animator"])
    lines = unfolded(feed(actions.rotate_feed(scene["guest"])).content)
    assert "STATUS:CANCELLED" in lines


def test_an_answer_taken_back_changes_the_feed(db: None) -> None:
    user, event = UserFactory(), EventFactory()
    token = actions.rotate_feed(user)
    actions.register(event, user)
    first = feed(token)
    assert feed(token, **{"If-None-Match": first["ETag"]}).status_code == 304
    actions.cancel_registration(event, user)
    second = feed(token, **{"If-None-Match": first["ETag"]})
    assert (second.status_code, summaries(second.content)) == (200, set())


@pytest.mark.parametrize("rows", [1, 3])
def test_a_feed_asks_the_same_questions_whatever_its_length(
    scene: Scene, rows: int, django_assert_num_queries: object
) -> None:
    Event.objects.all().delete()
    EventFactory.create_batch(
        rows, club=scene.club, audience="plenary", format="online", video_link="https://x.org"
    )
    token = actions.rotate_feed(scene["member"])
    with django_assert_num_queries(2):
        assert len(icalendar.Calendar.from_ical(feed(token).content).walk("VEVENT")) == rows
