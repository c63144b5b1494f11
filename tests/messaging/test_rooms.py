"""Who reads a room: rows, kept equal to what the owner says."""

import pytest

from community.models import Circle, Membership
from messaging import actions
from messaging.models import ReadMark, Room, RoomEvent, Topic
from tests.factories import ClubFactory, MembershipFactory, RoomFactory, SeatFactory, UserFactory
from tests.messaging.test_messages import in_threads

pytestmark = pytest.mark.django_db


def members(room):
    return set(room.members.values_list("user", "can_write"))


def test_readers_are_exactly_the_rows_given():
    stays, goes, comes = UserFactory.create_batch(3)
    room = RoomFactory(members=[stays, goes])
    version = room.acl_version

    assert actions.set_members(room, [(stays.pk, False), (comes.pk, True)])
    assert not actions.set_members(room, [(stays.pk, False), (comes.pk, True)])

    assert members(room) == {(stays.pk, False), (comes.pk, True)}
    assert room.acl_version == version + 1
    assert list(RoomEvent.objects.values_list("seq", "kind", "actor")) == [
        (1, "left", goes.pk),
        (2, "joined", comes.pk),
    ]
    assert not Room.objects.visible_to(goes).exists()
    assert Room.objects.visible_to(comes).get() == room


def test_a_circle_gets_one_room_with_its_readers():
    club = ClubFactory()
    seat = SeatFactory()
    MembershipFactory(club=club, organisation=seat.organisation)
    partner = SeatFactory()
    MembershipFactory(club=club, organisation=partner.organisation, role=Membership.Role.PARTNER)
    plenary = Circle.objects.create(club=club, kind=Circle.Kind.PLENARY)

    actions.sync_circle(plenary.pk)
    actions.sync_circle(plenary.pk)
    room = plenary.rooms.get()
    assert members(room) == {(seat.person_id, True), (partner.person_id, False)}
    assert Room.objects.with_names(seat.person).get().name == club.name

    seat.ends_on = "2020-01-01"
    seat.save(update_fields=["ends_on"])
    actions.sync_circle(plenary.pk)
    assert members(room) == {(partner.person_id, False)}


def test_two_people_have_one_direct_room():
    one, other = UserFactory.create_batch(2)
    room = actions.open_direct(one.pk, other.pk)
    assert actions.open_direct(other.pk, one.pk) == room
    assert members(room) == {(one.pk, True), (other.pk, True)}
    assert Room.objects.with_names(one).get().name == other.name
    with pytest.raises(ValueError, match="two"):
        actions.open_direct(one.pk, one.pk)


@pytest.mark.django_db(transaction=True)
def test_two_people_who_open_at_once_have_one_direct_room():
    one, other = UserFactory.create_batch(2)
    rooms = in_threads(
        6, lambda n: actions.open_direct(*((one.pk, other.pk) if n % 2 else (other.pk, one.pk)))
    )
    assert len(set(rooms)) == 1
    assert members(rooms[0]) == {(one.pk, True), (other.pk, True)}


def unread(user):
    return {topic.title: topic.unread for topic in Topic.objects.unread_for(user)}


def test_unread_counts_what_others_wrote_since():
    reader, writer = UserFactory.create_batch(2)
    room = RoomFactory(members=[reader, writer])
    halles, first = actions.start_topic(writer.pk, room.pk, "Halles", "Un")
    actions.post_message(writer.pk, room.pk, "Deux", topic_id=halles.pk)
    cahors, third = actions.start_topic(writer.pk, room.pk, "Cahors", "Trois")
    actions.post_message(reader.pk, room.pk, "Quatre", topic_id=cahors.pk)

    assert unread(reader) == {"Halles": 2, "Cahors": 1}
    assert unread(writer) == {"Cahors": 1}

    assert actions.mark_read(reader.pk, room.pk, first.seq, topic_id=halles.pk)
    assert unread(reader) == {"Halles": 1, "Cahors": 1}
    assert actions.mark_read(reader.pk, room.pk, 99, topic_id=halles.pk)
    assert not actions.mark_read(reader.pk, room.pk, first.seq, topic_id=halles.pk)
    assert unread(reader) == {"Cahors": 1}
    assert actions.mark_read(reader.pk, room.pk, third.seq)
    assert unread(reader) == {}
    assert ReadMark.objects.filter(user=reader).count() == 2


def test_a_deleted_message_is_not_unread():
    reader, writer = UserFactory.create_batch(2)
    room = RoomFactory(members=[reader, writer])
    _, event = actions.start_topic(writer.pk, room.pk, "Halles", "Un")
    actions.delete_message(writer.pk, event.message.pk)
    assert unread(reader) == {}


def test_newcomers_start_with_everything_read():
    old, new = UserFactory.create_batch(2)
    room = RoomFactory(members=[old])
    topic, _ = actions.start_topic(old.pk, room.pk, "Halles", "Avant")
    actions.set_members(room, [(old.pk, True), (new.pk, True)])
    assert unread(new) == {}
    actions.post_message(old.pk, room.pk, "Après", topic_id=topic.pk)
    assert unread(new) == {"Halles": 1}


def test_a_stranger_marks_nothing():
    writer, stranger = UserFactory.create_batch(2)
    room = RoomFactory(members=[writer])
    actions.post_message(writer.pk, room.pk, "Un")
    with pytest.raises(Room.DoesNotExist):
        actions.mark_read(stranger.pk, room.pk, 1)


def test_resolving_is_an_event_and_can_be_undone():
    user = UserFactory()
    room = RoomFactory(members=[user])
    topic, _ = actions.start_topic(user.pk, room.pk, "Halles", "Un")
    assert actions.resolve_topic(user.pk, topic.pk).kind == "resolved"
    assert actions.resolve_topic(user.pk, topic.pk) is None
    assert Topic.objects.get().state == "resolved"
    assert actions.resolve_topic(user.pk, topic.pk, resolved=False).kind == "reopened"
    assert Topic.objects.get().state == "open"


@pytest.mark.parametrize("count", [1, 3])
def test_unread_topics_take_one_query(count, django_assert_num_queries):
    reader, writer = UserFactory.create_batch(2)
    room = RoomFactory(members=[reader, writer])
    for number in range(count):
        actions.start_topic(writer.pk, room.pk, f"Sujet {number}", "Un")
    with django_assert_num_queries(1):
        assert len([topic.room.kind for topic in Topic.objects.unread_for(reader)]) == count


def test_search_ignores_accents_and_other_peoples_rooms():
    user, stranger = UserFactory.create_batch(2)
    room = RoomFactory(members=[user])
    event, _ = actions.post_message(user.pk, room.pk, "La halle de Châteauroux rénovée")
    other, _ = actions.post_message(stranger.pk, RoomFactory(members=[stranger]).pk, "halle de Chateauroux")
    gone, _ = actions.post_message(user.pk, room.pk, "halle Châteauroux")
    actions.delete_message(user.pk, gone.message.pk)
    found = event.message.__class__.objects.search
    assert list(found("chateauroux HALLE", user)) == [event.message]
    assert list(found("chateauroux", stranger)) == [other.message]
    assert list(found("vierzon", user)) == list(found(" !? ", user)) == []
