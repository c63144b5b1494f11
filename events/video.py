"""Where the video of an event takes place. A provider makes a link of an event; nothing is asked over the network.

Providers that sign their links (Jitsi with JWT, BigBlueButton) come in here, behind the same interface.
"""

import base64
from typing import Protocol

from django.conf import settings
from django.utils.crypto import salted_hmac

from events.models import Event


class Provider(Protocol):
    code: str

    def is_ready(self) -> bool:
        """Can this installation offer it?"""

    def link(self, event: Event) -> str:
        """The address of the event's room; "" while there is none."""


class PlainURL:
    """The organiser pastes the address of a room they made elsewhere."""

    code = str(Event.VideoProvider.URL)

    def is_ready(self) -> bool:
        return True

    def link(self, event: Event) -> str:
        return event.video_link


class Jitsi:
    """A room on VIDEO_BASE_URL whose name only we can work out: HMAC-SHA256 of the event's uid, 128 bits."""

    code = str(Event.VideoProvider.JITSI)

    def is_ready(self) -> bool:
        return bool(settings.VIDEO_BASE_URL)

    def link(self, event: Event) -> str:
        if not self.is_ready():
            return ""
        secret = salted_hmac("events.video.jitsi", event.uid, algorithm="sha256").digest()[:16]
        room = base64.b32encode(secret).decode().rstrip("=").lower()
        return f"{settings.VIDEO_BASE_URL.rstrip('/')}/entrevilles-{room}"


PROVIDERS: dict[str, Provider] = {provider.code: provider for provider in (PlainURL(), Jitsi())}


def ready_providers() -> list[Provider]:
    return [provider for provider in PROVIDERS.values() if provider.is_ready()]


def default_provider() -> Provider:
    """The installation's own choice (VIDEO_PROVIDER), else a pasted link."""
    chosen = PROVIDERS.get(settings.VIDEO_PROVIDER)
    return chosen if chosen and chosen.is_ready() else PROVIDERS["url"]


def provider_of(event: Event) -> Provider:
    """The one chosen for the event, else the installation's."""
    return PROVIDERS.get(event.video_provider) or default_provider()


def link_of(event: Event) -> str:
    """The address of the event's room, or "" for an event without video or without a link yet.

    Whoever shows it asks `event.may_join` first: registered people and organisers.
    """
    return provider_of(event).link(event) if event.has_video else ""
