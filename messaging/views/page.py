"""What every page with a conversation shows: the person's clubs, topics and direct messages, and one log."""

from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, F, Min, OuterRef, Q, QuerySet, Subquery, Window
from django.db.models.functions import Coalesce, RowNumber

from community.models import Club, Organisation, Seat, User
from messaging.models import Message, Room, RoomMember, Topic

PAGE = 50  # messages
FACES = 4
SIDE = 6  # topics of a room in the list on the left


@dataclass
class RoomEntry:
    """A room of a club in the list on the left, with its latest topics (each with `unread`)."""

    room: Room
    topics: list[Topic] = field(default_factory=list)
    topic_count: int = 0


@dataclass
class ClubEntry:
    club: Club
    rooms: list[RoomEntry] = field(default_factory=list)

    @property
    def topic_count(self) -> int:
        return sum(entry.topic_count for entry in self.rooms)

    @property
    def has_more(self) -> bool:
        return any(entry.topic_count > len(entry.topics) for entry in self.rooms)


@dataclass
class PersonEntry:
    """A conversation outside the clubs: with one person, or around one thing."""

    room: Room
    name: str
    organisation: Organisation | None
    unread: int

    @property
    def place(self) -> Organisation | None:
        """What stands beside the name; not again when the name says it ("Maire de Vierzon")."""
        return self.organisation if self.organisation and self.organisation.name not in self.name else None


def rooms_of(user: User) -> QuerySet[Room]:
    """The person's rooms with their names, `topic_count`, and `unread` of what is in no topic."""
    loose = Message.objects.filter(room=OuterRef("pk"), topic=None).unread_by(user).order_by()
    topics = Topic.objects.filter(room=OuterRef("pk")).order_by().values("room")
    return (
        Room.objects.visible_to(user)
        .with_names(user)
        .annotate(
            unread=Coalesce(Subquery(loose.values("room").annotate(n=Count("pk")).values("n")), 0),
            topic_count=Coalesce(Subquery(topics.annotate(n=Count("pk")).values("n")), 0),
        )
    )


def sidebar(user: User, current: Topic | None = None) -> dict[str, Any]:
    """The list on the left: `clubs` and `people`. Five queries, however many there are."""
    rooms = list(rooms_of(user).order_by("circle__club__name", "-circle__kind", "pk"))
    latest = Topic.objects.filter(room__in=[room.pk for room in rooms]).annotate(
        place=Window(
            RowNumber(),
            partition_by="room",
            order_by=[F("pinned").desc(), F("last_message_at").desc(), F("pk").desc()],
        )
    )
    shown = Q(pk__in=latest.filter(place__lte=SIDE).values("pk"))
    if current is not None:
        shown |= Q(pk=current.pk)
    topics: dict[int, list[Topic]] = {}
    for topic in Topic.objects.filter(shown).with_unread(user):
        topics.setdefault(topic.room_id, []).append(topic)
    clubs: dict[int, ClubEntry] = {}
    for room in rooms:
        if room.circle:
            entry = clubs.setdefault(room.circle.club_id, ClubEntry(room.circle.club))
            entry.rooms.append(RoomEntry(room, topics.get(room.pk, []), room.topic_count))  # type: ignore[attr-defined]
    return {
        "clubs": list(clubs.values()),
        "people": people(user, [room for room in rooms if not room.circle]),
    }


def people(user: User, rooms: list[Room]) -> list[PersonEntry]:
    """Conversations outside the clubs, with the town of the other person; unread ones first, then the latest."""
    others = [room.other_id for room in rooms if room.kind == Room.Kind.DIRECT]  # type: ignore[attr-defined]
    seats = (
        Seat.objects.current().verified().filter(person__in=others).select_related("organisation__territory")
    )
    organisations: dict[int, Organisation] = {}
    for seat in seats:
        organisations.setdefault(seat.person_id, seat.organisation)
    entries = [
        PersonEntry(room, room.name, organisations.get(room.other_id), room.unread)  # type: ignore[attr-defined]
        for room in rooms
    ]
    return sorted(entries, key=lambda entry: (not entry.unread, -entry.room.last_seq, entry.room.pk))


def log(user: User, room: Room, topic: Topic | None, before: int | None) -> dict[str, Any]:
    """One page of a conversation, oldest first: the last messages, or those before number `before`.

    `seq` is where the live log goes on. The room was read before its messages: what is posted in between is then
    met twice, not never.
    """
    messages = Message.objects.filter(room=room, topic=topic)
    page = messages.filter(number__lt=before) if before else messages
    rows = list(page.with_authors().order_by("-number")[: PAGE + 1])
    unread = messages.unread_by(user).aggregate(first=Min("number"), count=Count("pk"))
    shown = rows[:PAGE][::-1]
    first_new = unread["first"]
    if first_new is not None and shown:
        # The line stands above the first new message of this page, even if older ones are new too.
        first_new = next((message.number for message in shown if message.number >= first_new), None)
    return {
        "log": shown,
        "seq": room.last_seq,
        "older": shown[0].number if len(rows) > PAGE else None,
        "newer": before is not None,
        "first_new": first_new,
        "unread": unread["count"],
    }


def details(club: Club) -> dict[str, Any]:
    """What the right-hand column says about a club: its towns today, who animates it, some faces."""
    members = club.memberships.active().select_related("organisation__territory", "person")
    towns = [m.organisation for m in members if m.organisation and m.organisation.kind in ("town", "group")]
    readers = User.objects.filter(pk__in=RoomMember.objects.filter(room__circle__club=club).values("user"))
    faces = list(readers.annotate(everybody=Window(Count("pk"))).order_by("pk")[:FACES])
    return {
        "club": club,
        "towns": towns,
        "faces": faces,
        "more_faces": faces[0].everybody - len(faces) if faces else 0,
        "animator": club.animator,
    }
