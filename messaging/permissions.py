"""Who may do what in a room. To read it is to have a row in RoomMember; everything else is here."""

from messaging.models import Message, RoomMember


def can_write(member: RoomMember | None) -> bool:
    """Members write, unless their circle only lets them read (partners in the plenary)."""
    return member is not None and member.can_write


def can_edit(member: RoomMember | None, message: Message) -> bool:
    """Authors edit their own message, as long as they may still write in the room and it is not deleted."""
    return can_write(member) and member.user_id == message.author_id and message.deleted_at is None  # type: ignore[union-attr]


def can_delete(member: RoomMember | None, message: Message) -> bool:
    """Authors delete their own message, even where they may only read by now."""
    return member is not None and member.user_id == message.author_id
