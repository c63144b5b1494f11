"""The first letter between two towns: who sends it, when it leaves, who reads it, who answers."""

import datetime as dt
import threading

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.db import connection, connections
from django.test import TestCase
from django.utils import timezone

from community.actions import end_seat, refresh_circles, refuse_seat, verify_seat
from community.models import Organisation, Seat
from matching import actions
from matching.models import Introduction
from messaging.models import Message, Room
from notifications.models import Notification
from realtime.refusals import Refused
from tests.factories import SeatFactory, TownFactory, UserFactory
from tests.matching.towns import FRICHES, HEALTH, mayor_of, member, newcomer

pytestmark = pytest.mark.django_db
WORDS = "Nous cherchons comment rouvrir une halle.\nPourrions-nous en parler ?"
State = Introduction.State


@pytest.fixture
def vierzon() -> Organisation:
    return member("Vierzon", wanted=(FRICHES,))


@pytest.fixture
def ozd() -> Organisation:
    return member("Ózd", offered=(FRICHES,), wanted=(HEALTH,), country="HU")


def test_sent_by_a_confirmed_person(vierzon: Organisation, ozd: Organisation) -> None:
    with TestCase.captureOnCommitCallbacks(execute=True):
        letter = actions.send_introduction(mayor_of(vierzon), vierzon, ozd, f"  {WORDS}  ")
    assert (letter.state, letter.body, letter.themes) == (State.SENT, WORDS, [FRICHES])
    assert letter.room is not None
    assert letter.room.kind == Room.Kind.INTRODUCTION
    assert [message.body for message in letter.room.messages.all()] == [WORDS]
    readers = set(letter.room.members.values_list("user", flat=True))
    assert readers == {mayor_of(vierzon).pk, mayor_of(ozd).pk}
    told = Notification.objects.get(recipient=mayor_of(ozd))
    assert (told.kind, told.context) == ("letter_received", {"town": "Vierzon"})
    assert told.url == f"/lettres/{letter.pk}/"
    assert not Notification.objects.filter(recipient=mayor_of(vierzon)).exists()


def test_those_who_answer_read_it_and_no_one_else(vierzon: Organisation, ozd: Organisation) -> None:
    lead = SeatFactory(organisation=ozd, kind=Seat.Kind.PROJECT_LEAD).person
    custodian = SeatFactory(organisation=ozd, kind=Seat.Kind.CUSTODIAN).person
    SeatFactory(organisation=ozd, kind=Seat.Kind.AGENT)
    SeatFactory(organisation=ozd, kind=Seat.Kind.ELECTED, ends_on=timezone.localdate() - dt.timedelta(days=1))
    deputy = SeatFactory(organisation=vierzon, kind=Seat.Kind.ELECTED).person
    SeatFactory(organisation=vierzon, kind=Seat.Kind.AGENT)
    newcomer(ozd)
    letter = actions.send_introduction(mayor_of_first(vierzon), vierzon, ozd, WORDS)
    assert letter.room is not None
    readers = set(letter.room.members.values_list("user", flat=True))
    theirs = {mayor_of_first(ozd).pk, lead.pk, custodian.pk}
    assert readers == {mayor_of_first(vierzon).pk, deputy.pk} | theirs


def mayor_of_first(town: Organisation):  # type: ignore[no-untyped-def]
    return Seat.objects.filter(organisation=town, kind=Seat.Kind.ELECTED).earliest("pk").person


def test_private_wishes_are_not_shown_to_the_other_side(vierzon: Organisation, ozd: Organisation) -> None:
    vierzon.themes.create(position=HEALTH, direction="wanted", is_public=False)
    letter = actions.send_introduction(mayor_of(vierzon), vierzon, ozd, WORDS)
    assert letter.themes == [FRICHES]


@pytest.mark.parametrize(("body", "code"), [("", "invalid"), ("  \n ", "invalid"), ("x" * 1001, "too_large")])
def test_bad_words(vierzon: Organisation, ozd: Organisation, body: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        actions.send_introduction(mayor_of(vierzon), vierzon, ozd, body)
    assert (refused.value.code, refused.value.field) == (code, "body")
    assert not Introduction.objects.exists()
    assert not Room.objects.exists()


def test_nobody_there(vierzon: Organisation) -> None:
    empty = TownFactory(territory__name="Vide")
    newcomer(empty)
    with pytest.raises(Refused) as refused:
        actions.send_introduction(mayor_of(vierzon), vierzon, empty, WORDS)
    assert refused.value.code == "unavailable"


def test_not_to_oneself(vierzon: Organisation) -> None:
    with pytest.raises(Refused):
        actions.send_introduction(mayor_of(vierzon), vierzon, vierzon, WORDS)


def test_a_stranger_may_not(vierzon: Organisation, ozd: Organisation) -> None:
    for stranger in (UserFactory(), mayor_of(ozd)):
        with pytest.raises(PermissionDenied):
            actions.send_introduction(stranger, vierzon, ozd, WORDS)


def test_one_letter_at_a_time(vierzon: Organisation, ozd: Organisation) -> None:
    letter = actions.send_introduction(mayor_of(vierzon), vierzon, ozd, WORDS)
    colleague = SeatFactory(organisation=vierzon).person
    for sender in (mayor_of(vierzon), colleague):
        with pytest.raises(Refused, match="conflict"):
            actions.send_introduction(sender, vierzon, ozd, WORDS)
    with pytest.raises(Refused, match="conflict"):
        actions.send_introduction(mayor_of(ozd), ozd, vierzon, WORDS)
    actions.accept_introduction(mayor_of(ozd), letter)
    for one, other in ((vierzon, ozd), (ozd, vierzon)):
        with pytest.raises(Refused, match="conflict"):
            actions.send_introduction(mayor_of(one), one, other, WORDS)
    assert Introduction.objects.count() == 1


def test_so_many_letters_a_day(vierzon: Organisation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Introduction, "A_DAY", 2)
    towns = [member(f"Ville {number}") for number in range(3)]
    with time_machine.travel(timezone.now() - dt.timedelta(hours=1), tick=False):
        for town in towns[:2]:
            actions.send_introduction(mayor_of(vierzon), vierzon, town, WORDS)
    with pytest.raises(Refused, match="rate_limited"):
        actions.send_introduction(mayor_of(vierzon), vierzon, towns[2], WORDS)
    actions.send_introduction(mayor_of(towns[0]), towns[0], towns[2], WORDS)
    with time_machine.travel(timezone.now() + dt.timedelta(days=1), tick=False):
        actions.send_introduction(mayor_of(vierzon), vierzon, towns[2], WORDS)


def test_after_thirty_days_another_may_be_written(vierzon: Organisation, ozd: Organisation) -> None:
    with time_machine.travel(timezone.now() - dt.timedelta(days=31), tick=False):
        first = actions.send_introduction(mayor_of(vierzon), vierzon, ozd, WORDS)
    with pytest.raises(Refused):
        actions.accept_introduction(mayor_of(ozd), first)
    actions.send_introduction(mayor_of(vierzon), vierzon, ozd, WORDS)
    first.refresh_from_db()
    assert first.state == State.EXPIRED


def test_kept_until_the_seat_is_confirmed(ozd: Organisation) -> None:
    town = TownFactory(territory__name="Vierzon", is_published=False)
    person = newcomer(town)
    letter = actions.send_introduction(person, town, ozd, WORDS)
    assert letter.state == State.WAITING
    assert not Message.objects.exists()
    assert not Notification.objects.exists()
    assert not Introduction.objects.visible_to(mayor_of(ozd)).exists()

    again = actions.send_introduction(person, town, ozd, "Mieux dit.")
    assert again.pk == letter.pk
    with TestCase.captureOnCommitCallbacks(execute=True):
        verify_seat(None, Seat.objects.get(person=person), level=2)
    letter.refresh_from_db()
    assert letter.state == State.SENT
    assert [message.body for message in Message.objects.all()] == ["Mieux dit."]
    assert Notification.objects.filter(recipient=mayor_of(ozd), kind="letter_received").count() == 1
    assert Notification.objects.filter(recipient=person, kind="letter_sent").count() == 1


def test_a_refused_seat_sends_nothing(ozd: Organisation) -> None:
    town = TownFactory(territory__name="Vierzon")
    person = newcomer(town)
    actions.send_introduction(person, town, ozd, WORDS)
    refuse_seat(None, Seat.objects.get(person=person), "not known at the town hall")
    assert not Message.objects.exists()
    with pytest.raises(PermissionDenied):
        actions.send_introduction(person, town, ozd, WORDS)


def test_an_unconfirmed_person_keeps_nobody_from_writing(vierzon: Organisation, ozd: Organisation) -> None:
    kept = actions.send_introduction(newcomer(vierzon), vierzon, ozd, WORDS)
    sent = actions.send_introduction(mayor_of(vierzon), vierzon, ozd, WORDS)
    assert (kept.state, sent.state) == (State.WAITING, State.SENT)
    # Confirmed later, their letter finds the towns in touch already, and stays.
    assert kept.sender is not None
    verify_seat(None, Seat.objects.get(person=kept.sender), level=2)
    kept.refresh_from_db()
    assert kept.state == State.WAITING


def test_withdrawn_before_it_leaves_only(vierzon: Organisation, ozd: Organisation) -> None:
    person = newcomer(vierzon)
    kept = actions.send_introduction(person, vierzon, ozd, WORDS)
    with pytest.raises(PermissionDenied):
        actions.withdraw_introduction(mayor_of(vierzon), kept)
    actions.withdraw_introduction(person, kept)
    sent = actions.send_introduction(mayor_of(vierzon), vierzon, ozd, WORDS)
    with pytest.raises(PermissionDenied):
        actions.withdraw_introduction(mayor_of(vierzon), sent)


def test_accepted_once(vierzon: Organisation, ozd: Organisation) -> None:
    letter = actions.send_introduction(mayor_of(vierzon), vierzon, ozd, WORDS)
    for stranger in (mayor_of(vierzon), newcomer(ozd), UserFactory()):
        with pytest.raises(PermissionDenied):
            actions.accept_introduction(stranger, letter)
    letter = actions.accept_introduction(mayor_of(ozd), letter)
    assert (letter.state, letter.answered_by) == (State.ACCEPTED, mayor_of(ozd))
    told = Notification.objects.get(recipient=mayor_of(vierzon))
    assert (told.kind, told.context) == ("letter_accepted", {"town": "Ózd"})
    with pytest.raises(Refused, match="conflict"):
        actions.decline_introduction(mayor_of(ozd), letter)


def test_declined_closes_the_room_for_writing(vierzon: Organisation, ozd: Organisation) -> None:
    letter = actions.send_introduction(mayor_of(vierzon), vierzon, ozd, WORDS)
    letter = actions.decline_introduction(mayor_of(ozd), letter)
    assert letter.room is not None
    assert set(letter.room.members.values_list("can_write", flat=True)) == {False}
    assert letter.room.members.count() == 2


def test_who_leaves_the_town_leaves_the_conversation(vierzon: Organisation, ozd: Organisation) -> None:
    sender, reader = mayor_of(vierzon), mayor_of(ozd)
    letter = actions.send_introduction(sender, vierzon, ozd, WORDS)
    room = letter.room
    assert room is not None
    newer = SeatFactory(organisation=ozd, kind=Seat.Kind.ELECTED, state=Seat.State.PENDING)
    verify_seat(None, newer, level=2)
    assert set(room.members.values_list("user", flat=True)) == {sender.pk, reader.pk, newer.person_id}
    for person in (sender, reader):
        end_seat(None, Seat.objects.get(person=person))
        assert not Room.objects.visible_to(person).filter(pk=room.pk).exists()
        assert not Introduction.objects.visible_to(person).filter(pk=letter.pk).exists()
    assert set(room.members.values_list("user", flat=True)) == {newer.person_id}


def test_a_seat_that_ends_by_its_date_leaves_the_conversation(
    vierzon: Organisation, ozd: Organisation
) -> None:
    letter = actions.send_introduction(mayor_of(vierzon), vierzon, ozd, WORDS)
    reader = mayor_of(ozd)
    Seat.objects.filter(person=reader).update(ends_on=timezone.localdate())
    refresh_circles()
    assert letter.room is not None
    assert letter.room.members.filter(user=reader).exists()
    with time_machine.travel(timezone.now() + dt.timedelta(days=1), tick=False):
        refresh_circles()
        assert not letter.room.members.filter(user=reader).exists()


def test_who_sees_a_letter(vierzon: Organisation, ozd: Organisation) -> None:
    third, pending = member("Béjar"), newcomer(ozd)
    colleague = SeatFactory(organisation=vierzon, kind=Seat.Kind.AGENT).person
    letter = actions.send_introduction(mayor_of_first(vierzon), vierzon, ozd, WORDS)
    for person, sees in [
        (mayor_of_first(vierzon), True),
        (colleague, True),
        (mayor_of(ozd), True),
        (pending, False),
        (mayor_of(third), False),
        (UserFactory(), False),
    ]:
        assert Introduction.objects.visible_to(person).filter(pk=letter.pk).exists() is sees, person


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_colleagues_at_once_send_one_letter() -> None:
    assert connection.vendor == "postgresql"
    vierzon, ozd = member("Vierzon"), member("Ózd")
    people = [mayor_of(vierzon), SeatFactory(organisation=vierzon).person]
    start, outcomes = threading.Barrier(2), []

    def send(person: object) -> None:
        try:
            start.wait()
            actions.send_introduction(person, vierzon, ozd, WORDS)  # type: ignore[arg-type]
            outcomes.append("sent")
        except Refused as refused:
            outcomes.append(refused.code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=send, args=[person]) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["conflict", "sent"]
    assert (Introduction.objects.count(), Room.objects.count(), Message.objects.count()) == (1, 1, 1)
