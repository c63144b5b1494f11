"""Tables of `events`, one noun a file."""

from events.models.event import Event
from events.models.feed import CalendarFeed
from events.models.registration import Registration

__all__ = ["CalendarFeed", "Event", "Registration"]
