import datetime as dt
import zoneinfo

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from events import actions
from events.actions import cancel_event, cancel_registration, decline, register, update_event
from events.models import CalendarFeed, Event, Registration
from notifications.models import Notification
from tests.events.conftest import PEOPLE, Scene
from tests.factories import EventFactory, MembershipFactory, OrganisationFactory, SeatFactory, UserFactory

IN_TWO_WEEKS = {
    "starts_at": dt.datetime(2027, 4, 14, 12, 0, tzinfo=dt.UTC),
    "ends_at": dt.datetime(2027, 4, 14, 15, 0, tzinfo=dt.UTC),
}


def states(event: Event) -> list[tuple[int, str]]:
    """Answers of an event in order of arrival."""
    return list(Registration.objects.filter(event=event).values_list("user", "state"))


def told(user: object) -> list[str]:
    return list(Notification.objects.filter(recipient=user).order_by("pk").values_list("kind", flat=True))


# Answers


def test_a_seat_then_the_waiting_list(db: None) -> None:
    event = EventFactory(capacity=1)
    first, second = UserFactory(), UserFactory()
    assert register(event, first).state == "registered"
    waiting = register(event, second)
    assert (waiting.state, waiting.place_in_line) == ("waiting", 1)


def test_saying_it_twice_changes_nothing(db: None) -> None:
    event = EventFactory(capacity=1)
    users = [UserFactory(), UserFactory(), UserFactory()]
    for _time in range(2):
        for user in users:
            register(event, user)
    assert states(event) == [
        (users[0].pk, "registered"),
        (users[1].pk, "waiting"),
        (users[2].pk, "waiting"),
    ]


def test_the_first_who_waits_gets_the_free_seat_once_and_is_told(db: None) -> None:
    event = EventFactory(capacity=1)
    first, second, third = UserFactory(), UserFactory(), UserFactory()
    for user in (first, second, third):
        register(event, user)
    cancel_registration(event, first)
    assert states(event) == [(second.pk, "registered"), (third.pk, "waiting")]
    assert (told(first), told(second), told(third)) == ([], ["events.promoted"], [])
    cancel_registration(event, first)
    assert states(event) == [(second.pk, "registered"), (third.pk, "waiting")]


def test_who_declines_frees_the_seat_and_comes_back_at_the_end_of_the_line(db: None) -> None:
    event = EventFactory(capacity=1)
    first, second, third = UserFactory(), UserFactory(), UserFactory()
    for user in (first, second, third):
        register(event, user)
    decline(event, first)
    assert decline(event, first).state == "declined"
    register(event, first)
    assert states(event) == [(second.pk, "registered"), (third.pk, "waiting"), (first.pk, "waiting")]


def test_leaving_the_waiting_list_promotes_nobody(db: None) -> None:
    event = EventFactory(capacity=1)
    first, second, third = UserFactory(), UserFactory(), UserFactory()
    for user in (first, second, third):
        register(event, user)
    decline(event, second)
    assert states(event) == [(first.pk, "registered"), (third.pk, "waiting"), (second.pk, "declined")]
    assert told(third) == []


def test_more_seats_go_to_the_waiting_list_and_fewer_put_nobody_out(scene: Scene) -> None:
    event = scene.events["public"]
    event = update_event(event, scene["animator"], capacity=1)
    users = [UserFactory() for _ in range(4)]
    for user in users:
        register(event, user)
    event = update_event(event, scene["animator"], capacity=3)
    assert [state for _user, state in states(event)] == ["registered"] * 3 + ["waiting"]
    update_event(event, scene["animator"], capacity=1)
    assert [state for _user, state in states(event)] == ["registered"] * 3 + ["waiting"]
    update_event(event, scene["animator"], capacity=None)
    assert [state for _user, state in states(event)] == ["registered"] * 4
    assert [told(user) for user in users] == [[]] + [["events.promoted"]] * 3


@pytest.mark.parametrize("answer", [register, decline, cancel_registration])
@pytest.mark.parametrize(
    "change",
    [
        {"state": "cancelled"},
        {"state": "held"},
        {"state": "draft"},
        {
            "starts_at": timezone.now() - dt.timedelta(hours=2),
            "ends_at": timezone.now() - dt.timedelta(hours=1),
        },
    ],
    ids=["cancelled", "held", "draft", "over"],
)
def test_an_event_that_takes_no_answers_says_so(db: None, answer: object, change: dict[str, object]) -> None:
    seat = SeatFactory()
    event = EventFactory(organiser=seat.organisation)
    answer(event, seat.person)
    before = states(event)
    Event.objects.filter(pk=event.pk).update(**change)
    with pytest.raises(ValidationError) as refusal:
        answer(event, seat.person)
    assert refusal.value.messages[0].endswith(".")
    assert states(event) == before


@pytest.mark.parametrize("who", [who for who in PEOPLE if who != "anonymous"])
def test_only_those_who_see_an_event_answer_it(scene: Scene, who: str) -> None:
    event = scene.events["practitioners"]
    if who in ("member", "animator", "guest", "intern"):
        assert register(event, scene[who]).state == "registered"
    else:
        with pytest.raises(Event.DoesNotExist):
            register(event, scene[who])
        assert states(event) == []


def test_who_has_left_the_club_gets_neither_a_seat_nor_a_word(scene: Scene) -> None:
    event = update_event(scene.events["practitioners"], scene["animator"], capacity=1)
    for who in ("animator", "guest", "member"):
        register(event, scene[who])
    scene["guest"].memberships.update(state="ended")
    cancel_registration(event, scene["animator"])
    assert states(event) == [(scene["guest"].pk, "waiting"), (scene["member"].pk, "registered")]
    cancel_event(event, scene["animator"])
    assert told(scene["guest"]) == []
    assert told(scene["member"]) == ["events.promoted", "events.cancelled"]


def test_a_person_comes_for_the_organisation_that_is_in_the_club(scene: Scene) -> None:
    user = scene["outsider"]
    club_town = scene["member"].seats.get().organisation
    SeatFactory(person=user, organisation=club_town)
    assert register(scene.events["plenary"], user).organisation == club_town
    assert register(EventFactory(), user).organisation == user.seats.first().organisation
    assert register(EventFactory(), UserFactory()).organisation is None


# Events


def test_a_verified_seat_announces_an_event(scene: Scene) -> None:
    event = actions.create_event(
        scene["animator"], organiser=scene.organisation, title="Plénière", club=scene.club, **IN_TWO_WEEKS
    )
    assert (event.state, event.sequence, event.created_by) == ("draft", 0, scene["animator"])
    event = actions.publish_event(event, scene["animator"])
    assert (event.state, event.sequence) == ("open", 1)


@pytest.mark.parametrize("who", ["unverified", "outsider", "guest", "partner"])
def test_nobody_announces_in_anothers_name(scene: Scene, who: str) -> None:
    with pytest.raises(PermissionDenied):
        actions.create_event(scene[who], organiser=scene.organisation, title="X", **IN_TWO_WEEKS)
    assert Event.objects.count() == len(scene.events)


def test_a_partner_announces_public_events_and_none_in_the_club(scene: Scene) -> None:
    own = scene["partner"].seats.get().organisation
    public = actions.create_event(scene["partner"], organiser=own, title="X", publish=True, **IN_TWO_WEEKS)
    assert public.state == "open"
    for audience in ("plenary", "practitioners"):
        with pytest.raises(PermissionDenied):
            actions.create_event(
                scene["partner"], organiser=own, title="X", club=scene.club, audience=audience, **IN_TWO_WEEKS
            )


def test_state_author_and_uid_cannot_be_set(scene: Scene) -> None:
    event = scene.events["public"]
    for name in ("state", "created_by", "uid", "sequence", "organiser", "is_demo"):
        with pytest.raises(TypeError):
            update_event(event, scene["animator"], **{name: getattr(event, name)})


@pytest.mark.parametrize("who", ["member", "partner", "unverified", "outsider"])
@pytest.mark.parametrize("name", ["publish_event", "cancel_event", "mark_held", "discard_draft"])
def test_only_organisers_change_an_event(scene: Scene, who: str, name: str) -> None:
    for event in scene.events.values():
        with pytest.raises(PermissionDenied):
            getattr(actions, name)(event, scene[who])
        with pytest.raises(PermissionDenied):
            update_event(event, scene[who], title="Détourné")
    assert not Event.objects.filter(title="Détourné").exists()


def test_a_new_time_is_a_new_sequence_and_told_in_each_readers_zone(scene: Scene) -> None:
    event = scene.events["public"]
    here = UserFactory(language="fr", time_zone="Europe/Paris")
    there = UserFactory(language="en", time_zone="Europe/Bucharest")
    gone = UserFactory()
    for user in (here, there):
        register(event, user)
    decline(event, gone)
    update_event(event, scene["animator"], title="Visite à Cahors")
    event.refresh_from_db()
    assert (event.sequence, told(here)) == (0, [])
    event = update_event(event, scene["animator"], place_name="Mairie", **IN_TWO_WEEKS)
    assert event.sequence == 1
    assert (told(here), told(there), told(gone)) == (["events.changed"], ["events.changed"], [])
    assert "14 h" in Notification.objects.get(recipient=here).context["when"].replace("\xa0", " ")
    assert "15:00" in Notification.objects.get(recipient=there).context["when"]


def test_the_same_values_change_nothing(scene: Scene) -> None:
    event = scene.events["public"]
    same = update_event(event, scene["animator"], title=event.title, starts_at=event.starts_at)
    assert (same.sequence, same.updated_at) == (0, event.updated_at)


def test_a_zone_can_be_changed_afterwards(scene: Scene) -> None:
    event = update_event(scene.events["public"], scene["animator"], time_zone="Europe/Skopje")
    assert (event.sequence, event.zone) == (1, zoneinfo.ZoneInfo("Europe/Skopje"))


def test_cancelling_tells_those_who_come_and_those_who_wait_once(scene: Scene) -> None:
    event = update_event(scene.events["public"], scene["animator"], capacity=1)
    comes, waits, declines = UserFactory(), UserFactory(), UserFactory()
    for user in (comes, waits):
        register(event, user)
    decline(event, declines)
    for _time in range(2):
        event = cancel_event(event, scene["animator"])
    assert (event.state, event.sequence) == ("cancelled", 1)
    assert [told(user) for user in (comes, waits, declines)] == [["events.cancelled"]] * 2 + [[]]
    assert [row.count for row in Notification.objects.filter(kind="events.cancelled")] == [1, 1]
    with pytest.raises(ValidationError):
        update_event(event, scene["animator"], title="Trop tard")


def test_a_draft_is_deleted_and_a_published_event_cancelled(scene: Scene) -> None:
    draft, shown = scene.events["draft"], scene.events["public"]
    with pytest.raises(ValidationError):
        cancel_event(draft, scene["animator"])
    with pytest.raises(ValidationError):
        actions.discard_draft(shown, scene["animator"])
    actions.discard_draft(draft, scene["animator"])
    assert not Event.objects.filter(pk=draft.pk).exists()
    assert Event.objects.filter(pk=shown.pk).exists()


def test_an_event_is_held_once_it_has_started(scene: Scene) -> None:
    event = scene.events["public"]
    with pytest.raises(ValidationError):
        actions.mark_held(event, scene["animator"])
    Event.objects.filter(pk=event.pk).update(starts_at=timezone.now() - dt.timedelta(minutes=1))
    assert actions.mark_held(event, scene["animator"]).state == "held"


def test_the_animator_may_not_move_an_event_to_a_club_that_is_not_theirs(scene: Scene) -> None:
    elsewhere = MembershipFactory(organisation=OrganisationFactory()).club
    with pytest.raises(PermissionDenied):
        update_event(scene.events["public"], scene["animator"], club=elsewhere)


# Calendar addresses


def test_a_calendar_address_is_shown_again_and_ends_when_rotated_or_revoked(db: None) -> None:
    user = UserFactory()
    token = actions.rotate_feed(user)
    feed = CalendarFeed.objects.get()
    assert actions.feed_token(feed) == token
    assert token not in (feed.nonce, feed.digest)
    assert feed.digest == actions.feed_digest(token)
    renewed = actions.rotate_feed(user)
    assert renewed != token
    assert [row.digest for row in CalendarFeed.objects.all()] == [actions.feed_digest(renewed)]
    actions.revoke_feed(user)
    assert not CalendarFeed.objects.exists()


def test_the_address_needs_the_secret_key(db: None, settings: object) -> None:
    user = UserFactory()
    actions.rotate_feed(user)
    settings.SECRET_KEY = "another" * 10
    assert actions.feed_token(CalendarFeed.objects.get()) == ""
