"""Tables of `messaging`, one noun a file."""

from messaging.models.message import Message
from messaging.models.read_mark import ReadMark
from messaging.models.room import Room, RoomEvent, RoomMember
from messaging.models.topic import Topic

__all__ = ["Message", "ReadMark", "Room", "RoomEvent", "RoomMember", "Topic"]
