from urllib.parse import urlsplit

from events.models import Event
from events.video import default_provider, link_of, ready_providers
from tests.factories import EventFactory


def test_a_pasted_link(db: None) -> None:
    event = EventFactory(format="online", video_link="https://video.example.org/salle")
    assert link_of(event) == "https://video.example.org/salle"
    event.format = Event.Format.ON_SITE
    assert link_of(event) == ""


def test_a_jitsi_room_is_of_the_event_and_of_this_site_alone(db: None, settings: object) -> None:
    settings.VIDEO_BASE_URL = "https://meet.example.org/"
    event = EventFactory(format="hybrid", video_provider="jitsi", video_link="https://ignored.example.org")
    other = EventFactory(format="hybrid", video_provider="jitsi")
    link = link_of(event)
    assert urlsplit(link)[:2] == ("https", "meet.example.org")
    room = urlsplit(link).path.removeprefix("/entrevilles-")
    assert len(room) == 26
    assert room.isalnum()
    assert link_of(event) == link != link_of(other)
    settings.SECRET_KEY = "another" * 10
    assert link_of(event) != link


def test_without_a_server_there_is_no_jitsi(db: None, settings: object) -> None:
    settings.VIDEO_PROVIDER, settings.VIDEO_BASE_URL = "jitsi", ""
    assert [provider.code for provider in ready_providers()] == ["url"]
    assert default_provider().code == "url"
    assert link_of(EventFactory(format="online", video_provider="jitsi")) == ""
    settings.VIDEO_BASE_URL = "https://meet.example.org"
    assert default_provider().code == "jitsi"
    assert link_of(EventFactory(format="online")).startswith("https://meet.example.org/entrevilles-")
