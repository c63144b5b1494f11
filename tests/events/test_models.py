import datetime as dt
import zoneinfo
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from community.models import Circle
from events.actions import decline, register
from events.models import Event
from tests.events.conftest import PEOPLE, Scene
from tests.factories import EventFactory, MembershipFactory, SeatFactory, TerritoryFactory, UserFactory

SEES = {
    "member": {"public", "plenary", "practitioners"},
    "animator": {"public", "plenary", "practitioners", "draft"},
    "guest": {"public", "plenary", "practitioners"},
    "intern": {"public", "plenary", "practitioners"},
    "partner": {"public", "plenary"},
    "former": {"public"},
    "unverified": {"public"},
    "outsider": {"public"},
    "anonymous": {"public"},
}


@pytest.mark.parametrize("who", PEOPLE)
def test_each_person_sees_what_is_theirs(scene: Scene, who: str) -> None:
    seen = set(Event.objects.visible_to(scene[who]).values_list("pk", flat=True))
    assert seen == {scene.events[name].pk for name in SEES[who]}


@pytest.mark.parametrize("kind", Circle.Kind.values)
def test_a_circles_event_is_seen_by_exactly_its_readers(scene: Scene, kind: str) -> None:
    """One rule in two places: events ask the database, rooms take `Circle.readers`."""
    readers = {pk for pk, _write in Circle.objects.get(club=scene.club, kind=kind).readers()}
    signed_in = [scene[who] for who in PEOPLE if who != "anonymous"]
    event = scene.events[kind]
    assert readers == {user.pk for user in signed_in if Event.objects.visible_to(user).contains(event)}
    assert event.readers_among(user.pk for user in signed_in) == readers


def test_a_draft_is_read_by_its_organisers_only(scene: Scene) -> None:
    everyone = [scene[who].pk for who in PEOPLE if who != "anonymous"]
    assert scene.events["draft"].readers_among(everyone) == {scene["animator"].pk}
    assert scene.events["public"].readers_among(everyone) == set(everyone)


def test_a_seat_that_has_ended_organises_nothing(scene: Scene) -> None:
    yesterday = timezone.localdate() - dt.timedelta(days=1)
    scene["animator"].seats.update(ends_on=yesterday)
    assert not Event.objects.visible_to(scene["animator"]).contains(scene.events["draft"])
    assert not Event.objects.editable_by(scene["animator"]).exists()


def test_the_animator_edits_a_member_towns_event_but_not_its_draft(scene: Scene) -> None:
    town = scene["member"].seats.get().organisation
    shown = EventFactory(organiser=town, club=scene.club, audience="plenary")
    draft = EventFactory(organiser=town, club=scene.club, state="draft")
    assert Event.objects.editable_by(scene["animator"]).contains(shown)
    assert not Event.objects.editable_by(scene["animator"]).contains(draft)
    assert set(Event.objects.editable_by(scene["member"])) == {shown, draft}
    assert not Event.objects.editable_by(scene["anonymous"]).exists()


def test_search_ignores_accents_and_shows_what_may_be_seen(scene: Scene) -> None:
    assert set(Event.objects.search("PLENIERE canari", scene["partner"])) == {scene.events["plenary"]}
    assert not Event.objects.search("pleniere", scene["outsider"]).exists()
    assert not Event.objects.search("plénière absente", scene["partner"]).exists()
    assert not Event.objects.search("  ;%_ ", scene["partner"]).exists()


def test_search_finds_the_town(scene: Scene) -> None:
    event = EventFactory(town=TerritoryFactory(name="Châteauroux"))
    assert list(Event.objects.search("chateauroux", scene["anonymous"])) == [event]


def unanswered(user: Any) -> set[Event]:
    return {event for event in Event.objects.upcoming_for(user) if not event.my_answer}


def test_the_home_agenda_holds_what_concerns_a_person(scene: Scene) -> None:
    user = scene["member"]
    elsewhere = EventFactory(title="Ailleurs")
    over = EventFactory(club=scene.club, starts_at=timezone.now() - dt.timedelta(days=3))
    cancelled = EventFactory(club=scene.club, state="cancelled")
    theirs = {scene.events[name] for name in ("public", "plenary", "practitioners")}
    assert set(Event.objects.upcoming_for(user)) == theirs
    assert unanswered(user) == theirs
    register(elsewhere, user)
    decline(scene.events["plenary"], user)
    assert set(Event.objects.upcoming_for(user)) == theirs - {scene.events["plenary"]} | {elsewhere}
    assert unanswered(user) == theirs - {scene.events["plenary"]}
    assert not {over, cancelled} & set(Event.objects.upcoming_for(user))


def test_full_is_computed(db: None) -> None:
    event = EventFactory(capacity=1)
    user = UserFactory()
    before = Event.objects.with_answers(user).get()
    assert (before.taken, before.seats_left, before.is_full, before.my_answer) == (0, 1, False, "")
    register(event, user)
    after = Event.objects.with_answers(user).get()
    assert (after.taken, after.seats_left, after.is_full, after.my_answer) == (1, 0, True, "registered")
    Event.objects.update(capacity=None)
    unlimited = Event.objects.with_answers(user).get()
    assert (unlimited.seats_left, unlimited.is_full) == (None, False)


def test_the_programme_is_read_from_plain_text() -> None:
    event = Event(
        programme="Avant tout\n14 h – Accueil\nÀ la mairie\n\n15 h 30 : Parcours\n9:00 Atelier\n10 élus"
    )
    rows = [(row.time, row.title, row.details) for row in event.programme_rows]
    assert rows == [
        ("", "Avant tout", []),
        ("14 h", "Accueil", ["À la mairie"]),
        ("15 h 30", "Parcours", []),
        ("9:00", "Atelier", ["10 élus"]),
    ]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", "Visite\r\nATTENDEE:mailto:x@example.org"),
        ("place_name", "Mairie\x0bx"),
        ("time_zone", "Europe/Atlantis"),
        ("topics", [0, 5]),
        ("video_link", "ftp://example.org/x"),
        ("audience", "plenary"),
    ],
)
def test_what_does_not_fit_is_refused(db: None, field: str, value: object) -> None:
    event = EventFactory()
    event.full_clean()
    setattr(event, field, value)
    with pytest.raises(ValidationError):
        event.full_clean()


def test_the_database_refuses_an_event_that_ends_before_it_starts(db: None) -> None:
    event = EventFactory()
    with pytest.raises(IntegrityError), transaction.atomic():
        Event.objects.filter(pk=event.pk).update(ends_at=event.starts_at)


def test_the_uid_never_changes(db: None) -> None:
    event = EventFactory()
    uid = event.uid
    event.title = "Autre titre"
    event.save(update_fields=["title"])
    event.refresh_from_db()
    assert (event.uid, event.uid.partition("@")[2]) == (uid, "testserver")
    assert event.search_key == "autre titre"


def test_local_times_follow_summer_time(db: None) -> None:
    paris = zoneinfo.ZoneInfo("Europe/Paris")
    # The clocks go back in the night of 25 October 2026: three hours on the clock, four in the world.
    start = dt.datetime(2026, 10, 24, 22, 0, tzinfo=dt.UTC)
    event = EventFactory(starts_at=start, ends_at=start + dt.timedelta(hours=4))
    begins, ends = event.local_times()
    assert (begins.hour, ends.hour) == (0, 3)
    assert event.local_times(paris) == (begins, ends)


def test_a_guest_is_out_after_the_last_day(scene: Scene) -> None:
    membership = scene["guest"].memberships.get()
    membership.ends_on = timezone.localdate() - dt.timedelta(days=1)
    membership.save(update_fields=["ends_on"])
    assert set(Event.objects.visible_to(scene["guest"])) == {scene.events["public"]}


def test_two_clubs_do_not_mix(scene: Scene) -> None:
    other = SeatFactory()
    MembershipFactory(organisation=other.organisation)
    assert set(Event.objects.visible_to(other.person)) == {scene.events["public"]}
