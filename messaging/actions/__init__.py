"""Everything that changes a conversation, one verb each. Page, API, socket and command all come through here.

Common to all: `Room.DoesNotExist` (or the row's own DoesNotExist) for what the person may not see, PermissionDenied
for what they may see and not do, `realtime.refusals.Refused` for a bad value, a conflict or too much at once.
"""

from messaging.actions.messages import delete_message, edit_message, post_message
from messaging.actions.reading import mark_read
from messaging.actions.rooms import open_direct, open_room, set_members, sync_circle
from messaging.actions.topics import resolve_topic, start_topic

__all__ = [
    "delete_message",
    "edit_message",
    "mark_read",
    "open_direct",
    "open_room",
    "post_message",
    "resolve_topic",
    "set_members",
    "start_topic",
    "sync_circle",
]
