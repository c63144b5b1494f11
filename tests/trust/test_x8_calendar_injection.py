"""X8: CRLF, `;` and `,` in each event field → the parsed calendar has the same components and properties."""

import icalendar
import pytest
from django.test import Client
from django.urls import reverse

from events.models import Event
from tests.factories import EventFactory, OrganisationFactory, TerritoryFactory, UserFactory

HOSTILE = (
    "a\r\nATTENDEE:mailto:canari@example.org",
    "a\nEND:VEVENT\nBEGIN:VEVENT\nUID:canari",
    "a\rBEGIN:VALARM\rEND:VALARM",
    "a;RSVP=TRUE:b,c\\n\\;d\"e'f^n",
    "a\x07\x0b\x0c\x1c\x85\u2028\u2029ATTENDEE:x",
    "a\r\n ATTENDEE:x\r\n\tATTENDEE:y",
)
TEXTS = ("title", "summary", "description", "programme", "practical", "place_name", "address", "uid")


def shape(body: bytes) -> list[tuple[str, list[str]]]:
    calendar = icalendar.Calendar.from_ical(body)
    return [(part.name, sorted(part.keys())) for part in calendar.walk()]


def names(body: bytes) -> list[str]:
    """Property names read without the library: every unfolded line begins with one."""
    lines = body.replace(b"\r\n ", b"").decode().removesuffix("\r\n").split("\r\n")
    return [line.split(":")[0].split(";")[0] for line in lines]


def read(event: Event, user: object) -> bytes:
    client = Client()
    client.force_login(user)
    return client.get(reverse("events:event_ics", args=[event.pk])).content


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("field", [*TEXTS, "video_link", "organiser", "town"])
def test_x8_a_field_never_becomes_a_property(db: None, field: str, text: str) -> None:
    """Written past the forms, straight into the table: the file defends itself."""
    user = UserFactory()
    texts = {name: "plain" for name in TEXTS if name != "uid"}
    event = EventFactory(
        **texts, format="hybrid", video_link="https://example.org/a", town=TerritoryFactory(), state="open"
    )
    event.registrations.create(user=user, state="registered", ticket=1)
    before = read(event, user)
    if field == "organiser":
        Event.objects.update(organiser=OrganisationFactory(name=text))
    elif field == "town":
        Event.objects.update(town=TerritoryFactory(name=text))
    else:
        Event.objects.update(**{field: f"https://example.org/{text}" if field == "video_link" else text})
    after = read(event, user)
    assert after != before
    assert shape(after) == shape(before)
    assert names(after) == names(before)


@pytest.mark.parametrize("text", HOSTILE)
def test_x8_texts_survive_the_journey(db: None, text: str) -> None:
    event = EventFactory(description=text)
    (entry,) = icalendar.Calendar.from_ical(Client().get(f"/agenda/{event.pk}/evenement.ics").content).walk(
        "VEVENT"
    )
    visible = text.replace("\r\n", "\n").replace("\r", "\n")
    visible = "".join(" " if c in "\x07\t\x0b\x0c\x1c\x85\u2028\u2029" else c for c in visible)
    assert str(entry["DESCRIPTION"]).startswith(visible)
