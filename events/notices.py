"""The kinds of notification this app may send."""

from notifications.kinds import Kind

KINDS: list[Kind] = []
