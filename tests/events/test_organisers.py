"""What organisers write and press."""

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone

from community.models import Seat
from events import actions
from events.models import Event
from tests.events.conftest import Scene
from tests.events.test_views import page, signed_in
from tests.factories import EventFactory


def filled(**changes: object) -> dict[str, object]:
    start = timezone.now() + dt.timedelta(days=30)
    return {
        "title": "Visite d’étude",
        "kind": "visit",
        "starts": start.strftime("%Y-%m-%dT14:00"),
        "ends": start.strftime("%Y-%m-%dT16:30"),
        "time_zone": "Europe/Paris",
        "format": "on_site",
        "place_name": "Hôtel de ville",
        "language": "fr",
        "audience": "public",
        "video_provider": "url",
        **changes,
    }


def test_an_organiser_announces_and_changes_an_event(scene: Scene) -> None:
    client = signed_in(scene["animator"])
    data = filled(organiser=scene.organisation.pk, club=scene.club.pk, audience="plenary", topics=[32, 0])
    response = client.post(reverse("events:event_create"), data)
    event = Event.objects.get(title="Visite d’étude")
    assert response["Location"] == event.get_absolute_url()
    assert (event.state, event.topics, event.created_by) == ("draft", [0, 32], scene["animator"])
    assert event.local_times()[0].strftime("%H:%M") == "14:00"
    client.post(reverse("events:event_publish", args=[event.pk]))
    client.post(
        reverse("events:event_edit", args=[event.pk]),
        filled(title="Autre titre", club=scene.club.pk, capacity=20),
    )
    event.refresh_from_db()
    assert (event.state, event.title, event.capacity, event.sequence) == ("open", "Autre titre", 20, 1)


def test_bad_input_is_explained_and_nothing_is_lost(scene: Scene) -> None:
    client = signed_in(scene["animator"])
    data = filled(
        organiser=scene.organisation.pk,
        starts="2027-03-28T02:30",
        ends="2027-03-28T01:00",
        place_name="",
        audience="practitioners",
        video_link="javascript:alert(1)",
        town_name="Nulle-Part",
        capacity="0",
    )
    response = client.post(reverse("events:event_create"), data)
    html = response.content.decode().replace("\xa0", " ")
    assert response.status_code == 422
    for words in ("cette heure n’existe pas", "Aucune ville de ce nom", "pour quel club"):
        assert words in html
    assert 'value="Visite d’étude"' in html
    assert 'value="Nulle-Part"' in html
    assert Event.objects.count() == len(scene.events)


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "a\nb\r\nc", "a\x00b", "{{ 7 }}"]
)
def test_hostile_text_is_shown_as_text_or_refused(scene: Scene, text: str) -> None:
    fields = ("title", "summary", "description", "programme", "practical", "place_name", "address")
    client = signed_in(scene["animator"])
    data = filled(organiser=scene.organisation.pk, publish="1", **dict.fromkeys(fields, text))
    response = client.post(reverse("events:event_create"), data)
    one_line = not any(ord(c) < 32 for c in text)
    assert response.status_code == (302 if one_line else 422)
    shown = [client.get(response["Location"]), client.get("/agenda/")] if one_line else [response]
    for answer in shown:
        html = answer.content.decode()
        assert "<script>alert" not in html
        assert "<img src=x" not in html
        assert "{{ 7 }}" in html or "{{" not in text


def test_a_person_without_a_confirmed_function_is_told_why(scene: Scene) -> None:
    for who in ("unverified", "guest"):
        response = signed_in(scene[who]).get(reverse("events:event_create"))
        assert response.status_code == 403
        assert "pas encore confirmée" in response.content.decode()


@pytest.mark.parametrize("who", ["member", "partner"])
def test_the_form_accepts_no_other_organiser_and_no_other_club(scene: Scene, who: str) -> None:
    own = Seat.objects.get(person=scene[who]).organisation
    client = signed_in(scene[who])
    stolen = client.post(reverse("events:event_create"), filled(organiser=scene.organisation.pk))
    assert stolen.status_code == 422
    elsewhere = filled(organiser=own.pk, club=scene.club.pk, audience="practitioners")
    assert client.post(reverse("events:event_create"), elsewhere).status_code == (
        302 if who == "member" else 422
    )


@pytest.mark.parametrize(
    ("kept", "wall", "moved"),
    [("clock", "14:00", dt.timedelta(hours=-1)), ("moment", "15:00", dt.timedelta())],
)
def test_changing_the_zone_keeps_the_clock_or_the_moment(
    scene: Scene, kept: str, wall: str, moved: dt.timedelta
) -> None:
    event = scene.events["public"]
    start = dt.datetime(2027, 5, 10, 12, tzinfo=dt.UTC)
    Event.objects.filter(pk=event.pk).update(starts_at=start, ends_at=start + dt.timedelta(hours=1))
    data = filled(
        starts="2027-05-10T14:00", ends="2027-05-10T15:00", time_zone="Europe/Bucharest", zone_change=kept
    )
    signed_in(scene["animator"]).post(reverse("events:event_edit", args=[event.pk]), data)
    event.refresh_from_db()
    assert event.starts_at - start == moved
    assert event.local_times()[0].strftime("%H:%M") == wall


def test_cancelling_asks_once(scene: Scene) -> None:
    client, event = signed_in(scene["animator"]), scene.events["public"]
    actions.register(event, scene["member"])
    url = reverse("events:event_cancel", args=[event.pk])
    assert "1 personne" in client.get(url).content.decode().replace("\xa0", " ")
    event.refresh_from_db()
    assert event.state == "open"
    client.post(url)
    event.refresh_from_db()
    assert event.state == "cancelled"
    assert "Cet événement est annulé" in page(client, "event_detail", event.pk)


def test_a_draft_is_deleted_after_a_question(scene: Scene) -> None:
    client, draft = signed_in(scene["animator"]), scene.events["draft"]
    url = reverse("events:event_cancel", args=[draft.pk])
    assert client.get(url).status_code == 200
    assert client.post(url)["Location"] == reverse("events:event_list")
    assert not Event.objects.filter(pk=draft.pk).exists()


def test_an_event_that_took_place_is_marked(scene: Scene) -> None:
    event = EventFactory(organiser=scene.organisation, starts_at=timezone.now() - dt.timedelta(days=1))
    client = signed_in(scene["animator"])
    assert "A eu lieu" in page(client, "event_detail", event.pk)
    client.post(reverse("events:event_held", args=[event.pk]))
    event.refresh_from_db()
    assert event.state == "held"
