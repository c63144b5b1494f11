"""Posting, editing, deleting."""

import threading
import uuid

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction

from community.models import User
from messaging import actions
from messaging.models import Message, Room, RoomEvent
from notifications.models import Notification
from realtime.refusals import Refused
from tests.factories import RoomFactory, SeatFactory, UserFactory

pytestmark = pytest.mark.django_db


def in_threads(count, work):
    """Run `work(number)` in `count` threads at once; what each returned, or the exception it raised."""
    results = [None] * count
    start = threading.Barrier(count)

    def run(number):
        start.wait()
        try:
            results[number] = work(number)
        except Exception as error:
            results[number] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[number]) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@pytest.fixture
def author() -> User:
    return UserFactory()


@pytest.fixture
def room(author) -> Room:
    return RoomFactory(members=[author])


def test_a_message_is_numbered_and_logged(author, room):
    seat = SeatFactory(person=author)
    topic, first = actions.start_topic(author.pk, room.pk, " Halles :  gestion ", "Bonjour *à tous*")
    second, duplicate = actions.post_message(author.pk, room.pk, "Et ensuite ?", topic_id=topic.pk, lang="fr")

    assert topic.title == "Halles : gestion"
    assert (first.seq, first.message.number, first.message.html) == (1, 1, "<p>Bonjour <em>à tous</em></p>")
    assert (second.seq, second.message.number, duplicate) == (2, 2, False)
    stored = Message.objects.get(number=2)
    assert (stored.body, stored.author, stored.seat, stored.lang) == ("Et ensuite ?", author, seat, "fr")
    assert list(RoomEvent.objects.values_list("seq", "kind", "message__number")) == [
        (1, "posted", 1),
        (2, "posted", 2),
    ]
    topic.refresh_from_db()
    room.refresh_from_db()
    assert (topic.message_count, topic.last_message_at) == (2, stored.created_at)
    assert (room.last_seq, room.last_message_number) == (2, 2)


def test_the_same_client_id_is_one_message(author, room):
    cid = uuid.uuid4()
    first, _ = actions.post_message(author.pk, room.pk, "Une fois", cid=cid)
    again, duplicate = actions.post_message(author.pk, room.pk, "Une fois", cid=cid)
    assert duplicate
    assert (again.pk, again.seq, again.message.pk) == (first.pk, 1, first.message.pk)
    after, _ = actions.post_message(author.pk, room.pk, "Ensuite")
    assert after.seq == 2


def test_the_same_client_id_in_another_room_is_a_conflict(author, room):
    cid = uuid.uuid4()
    actions.post_message(author.pk, room.pk, "Ici", cid=cid)
    with pytest.raises(Refused) as refused:
        actions.post_message(author.pk, RoomFactory(members=[author]).pk, "Là", cid=cid)
    assert refused.value.code == "conflict"


def test_the_same_client_id_of_two_people_is_two_messages(author):
    other = UserFactory()
    room = RoomFactory(members=[author, other])
    cid = uuid.uuid4()
    posted = [actions.post_message(user.pk, room.pk, "À chacun", cid=cid) for user in (author, other)]
    assert [(event.seq, duplicate) for event, duplicate in posted] == [(1, False), (2, False)]


def test_only_members_write(author, room):
    reader, stranger = UserFactory.create_batch(2)
    actions.set_members(room, [(author.pk, True), (reader.pk, False)])
    seq = Room.objects.get(pk=room.pk).last_seq
    with pytest.raises(PermissionDenied):
        actions.post_message(reader.pk, room.pk, "Puis-je ?")
    with pytest.raises(Room.DoesNotExist):
        actions.post_message(stranger.pk, room.pk, "Et moi ?")
    with pytest.raises(Room.DoesNotExist):
        actions.post_message(author.pk, room.pk + 1000, "Où ?")
    assert not Message.objects.exists()
    assert Room.objects.get(pk=room.pk).last_seq == seq


@pytest.mark.parametrize(
    ("body", "code"),
    [("", "invalid"), (" \n\t \x00", "invalid"), ("x" * 8001, "too_large"), ("\ud800", "invalid")],
)
def test_a_bad_body_is_refused(author, room, body, code):
    with pytest.raises(Refused) as refused:
        actions.post_message(author.pk, room.pk, body)
    assert (refused.value.code, refused.value.field) == (code, "body")


def test_references_stay_in_the_room(author, room):
    elsewhere = RoomFactory(members=[author])
    topic, event = actions.start_topic(author.pk, elsewhere.pk, "Ailleurs", "…")
    for wrong in ({"topic_id": topic.pk}, {"reply_to_id": event.message.pk}, {"lang": "<b>"}):
        with pytest.raises(Refused) as refused:
            actions.post_message(author.pk, room.pk, "Ici", **wrong)
        assert refused.value.code == "invalid"
    assert Message.objects.filter(room=room).count() == 0


def test_ten_posts_in_ten_seconds(author, room):
    for _ in range(10):
        actions.post_message(author.pk, room.pk, "Vite")
    with pytest.raises(Refused) as refused:
        actions.post_message(author.pk, room.pk, "Trop vite")
    assert refused.value.code == "rate_limited"
    assert 0 < refused.value.retry_after <= 10
    actions.post_message(author.pk, room.pk, "Une commande", limited=False)


def test_an_edit_rewrites_the_words_everywhere(author, room):
    event, _ = actions.post_message(author.pk, room.pk, "Faute")
    edited = actions.edit_message(author.pk, event.message.pk, "Corrigé")
    again = actions.edit_message(author.pk, event.message.pk, "Corrigé")
    message = Message.objects.get()
    assert (message.body, message.html, message.words) == ("Corrigé", "<p>Corrigé</p>", "corrige")
    assert message.edited_at is not None
    assert (edited.seq, edited.kind, again.seq) == (2, "edited", 2)


def test_a_deleted_message_keeps_its_place_and_nothing_else(author, room):
    event, _ = actions.post_message(author.pk, room.pk, "Regret")
    deleted = actions.delete_message(author.pk, event.message.pk)
    assert actions.delete_message(author.pk, event.message.pk).seq == deleted.seq == 2
    message = Message.objects.get()
    assert (message.number, message.body, message.html, message.words) == (1, "", "", "")
    with pytest.raises(PermissionDenied):
        actions.edit_message(author.pk, message.pk, "Non")


def test_only_the_author_edits_and_deletes(author):
    other, stranger = UserFactory.create_batch(2)
    room = RoomFactory(members=[author, other])
    event, _ = actions.post_message(author.pk, room.pk, "À moi")
    for act in (
        lambda who: actions.edit_message(who, event.message.pk, "À nous"),
        lambda who: actions.delete_message(who, event.message.pk),
    ):
        with pytest.raises(PermissionDenied):
            act(other.pk)
        with pytest.raises(Message.DoesNotExist):
            act(stranger.pk)
    assert Message.objects.get().body == "À moi"


def test_a_direct_message_tells_the_other_one_only(author, django_capture_on_commit_callbacks):
    other = UserFactory()
    direct = actions.open_direct(author.pk, other.pk)
    with django_capture_on_commit_callbacks(execute=True):
        actions.post_message(author.pk, direct.pk, "Bonjour")
        actions.post_message(author.pk, direct.pk, "Vous êtes là ?")
    told = Notification.objects.get()
    assert (told.recipient, told.kind, told.count, told.context) == (
        other,
        "direct_message",
        2,
        {"author": str(author)},
    )


def test_a_rolled_back_message_leaves_no_hole(author, room):
    with transaction.atomic():
        actions.post_message(author.pk, room.pk, "Jamais")
        transaction.set_rollback(True)
    event, _ = actions.post_message(author.pk, room.pk, "Toujours")
    assert (event.seq, event.message.number) == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_many_writers_leave_no_gap_and_no_double():
    users = UserFactory.create_batch(6)
    room = RoomFactory(members=users)
    cid = uuid.uuid4()

    def write(number):
        user = users[number]
        return [actions.post_message(user.pk, room.pk, f"{number}", cid=cid)[1]] + [
            actions.post_message(user.pk, room.pk, f"{number}-{i}")[1] for i in range(5)
        ]

    assert in_threads(6, write) == [[False] * 6] * 6
    assert list(room.events.values_list("seq", flat=True)) == list(range(1, 37))
    assert list(room.messages.values_list("number", flat=True)) == list(range(1, 37))


@pytest.mark.django_db(transaction=True)
def test_the_same_client_id_at_once_is_one_row(author, room):
    cid = uuid.uuid4()
    results = in_threads(8, lambda _: actions.post_message(author.pk, room.pk, "Une fois", cid=cid))
    assert sorted(duplicate for _, duplicate in results) == [False] + [True] * 7
    assert {event.seq for event, _ in results} == {1}
    assert Message.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_topic_started_twice_at_once_is_one_topic(author, room):
    cid = uuid.uuid4()
    results = in_threads(4, lambda _: actions.start_topic(author.pk, room.pk, "Halles", "Bonjour", cid=cid))
    assert len({topic.pk for topic, _ in results}) == 1
    assert room.topics.count() == room.messages.count() == 1
