"""The kinds of notification this app may send."""

from django.utils.translation import gettext_lazy as _

from notifications.kinds import Kind

PROMOTED = Kind(
    "events.promoted",
    _("A seat is free for you: %(title)s, %(when)s. You are registered."),
    icon="ticket-check",
    by_mail=True,
)
CHANGED = Kind(
    "events.changed",
    _("%(title)s has changed: %(when)s, %(where)s."),
    icon="calendar-clock",
    by_mail=True,
)
CANCELLED = Kind(
    "events.cancelled",
    _("%(title)s, %(when)s, is cancelled."),
    icon="calendar-x",
    by_mail=True,
)

KINDS: list[Kind] = [PROMOTED, CHANGED, CANCELLED]
