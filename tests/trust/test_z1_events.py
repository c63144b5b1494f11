"""Z1, events: lists, pages, search, calendar files and feeds, fragments, notifications and the API show a person
nothing of an event that is not theirs; and what is not theirs cannot be told from what is not there (A5)."""

import datetime as dt
from urllib.parse import quote

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from events import actions
from events.models import Event
from notifications.models import Notification
from tests.events.conftest import PEOPLE, Scene, scene
from tests.events.test_models import SEES
from tests.events.test_views import signed_in

__all__ = ["scene"]

CANARY = "zzcanari"


def mark(event: Event, name: str) -> None:
    """The same word, and the event's own name, in everything of it that could be shown."""
    text = f"{CANARY}{name}"
    fields = ("title", "summary", "description", "programme", "practical", "place_name", "address")
    Event.objects.filter(pk=event.pk).update(
        **dict.fromkeys(fields, text),
        format="hybrid",
        video_link=f"https://video.example.org/{text}",
        uid=f"{text}@testserver",
        search_key=text,
    )


@pytest.mark.parametrize("who", PEOPLE)
def test_z1_nothing_foreign_is_shown_anywhere(scene: Scene, who: str) -> None:
    for name, event in scene.events.items():
        mark(event, name)
    client = signed_in(scene[who])
    urls = [
        "/agenda/",
        "/agenda/?past=1",
        f"/agenda/?club={scene.club.slug}",
        "/agenda/formations/",
        reverse("events:club_next", args=[scene.club.slug]),
        reverse("events:town_events", args=[scene.organisation.slug]),
        "/api/v1/events/",
        f"/api/v1/events/?q={CANARY}",
        f"/api/v1/events/?q={CANARY}practitioners",
    ]
    for event in scene.events.values():
        urls += [
            f"/agenda/{event.pk}/",
            f"/agenda/{event.pk}/evenement.ics",
            f"/agenda/{event.pk}/modifier/",
            f"/agenda/{event.pk}/annuler/",
            f"/api/v1/events/{event.pk}/",
            f"/api/v1/events/{event.pk}/registration/",
        ]
    if who != "anonymous":
        urls.append(f"/agenda/flux/{actions.rotate_feed(scene[who])}.ics")
    as_script = {"X-Requested-With": "fetch"}
    shown = "\n".join(client.get(url, headers=as_script).content.decode() for url in urls).replace(
        "\r\n ", ""
    )
    seen = {name for name in scene.events if f"{CANARY}{name}" in shown}
    assert seen == SEES[who]
    found = Event.objects.search(CANARY, scene[who])
    assert {event.pk for event in found} == {scene.events[name].pk for name in SEES[who]}
    links = {name for name in scene.events if f"video.example.org/{CANARY}{name}" in shown}
    assert links == (set(SEES[who]) if who == "animator" else set())


@pytest.mark.parametrize("who", [who for who in PEOPLE if who not in ("anonymous", "animator")])
def test_z1_no_write_on_a_foreign_event(scene: Scene, who: str) -> None:
    client = signed_in(scene[who])
    missing = 10**9
    for name, event in scene.events.items():
        writes = [
            ("post", f"/agenda/{{}}/{verb}/", {}) for verb in ("modifier", "annuler", "publier", "tenu")
        ]
        if name not in SEES[who]:
            writes.append(("post", "/agenda/{}/reponse/", {"answer": "register"}))
            writes.append(("put", "/api/v1/events/{}/registration/", {"coming": True}))
            writes.append(("delete", "/api/v1/events/{}/registration/", {}))
        writes += [(verb, "/api/v1/events/{}/", {"title": "Détourné"}) for verb in ("put", "patch", "delete")]
        for method, url, data in writes:
            kind = {"content_type": "application/json"} if "/api/" in url else {}
            here, nowhere = (
                getattr(client, method)(url.format(pk), data, **kind) for pk in (event.pk, missing)
            )
            assert here.status_code == nowhere.status_code, (name, method, url)
            assert here.status_code in (404, 405)
    assert not Event.objects.filter(title="Détourné").exists()
    assert sorted(Event.objects.values_list("state", "sequence")) == [("draft", 0)] + [("open", 0)] * 3


def test_z1_notices_stop_with_the_right_to_see(scene: Scene) -> None:
    event = scene.events["practitioners"]
    for who in ("guest", "member"):
        actions.register(event, scene[who])
    scene["guest"].memberships.update(ends_on=timezone.localdate() - dt.timedelta(days=1))
    actions.update_event(event, scene["animator"], place_name=f"{CANARY} salle")
    actions.cancel_event(event, scene["animator"])
    told = Notification.objects.values_list("recipient", flat=True)
    assert set(told) == {scene["member"].pk}


@pytest.mark.parametrize("size", ["1000000000", "0", "-1", "x"])
def test_x13_pages_of_the_api_hold_at_most_a_hundred(scene: Scene, size: str) -> None:
    rows = [
        Event(
            uid=f"{n}@testserver",
            title=f"Événement {n}",
            organiser=scene.organisation,
            state="open",
            starts_at=timezone.now() + dt.timedelta(days=1),
            ends_at=timezone.now() + dt.timedelta(days=2),
        )
        for n in range(110)
    ]
    Event.objects.bulk_create(rows)
    answer = Client().get(f"/api/v1/events/?page_size={size}")
    assert len(answer.json()["results"]) == (100 if size == "1000000000" else 50)


@pytest.mark.parametrize(
    "query", ["%" * 5000, "_" * 5000, "a " * 5000, "é" * 5000, "' OR 1=1 --", "\x00", "(((((", "\\" * 200]
)
def test_x13_hostile_searches_are_harmless(scene: Scene, query: str) -> None:
    answer = Client().get(f"/api/v1/events/?q={quote(query[:2000])}")
    assert answer.status_code == 200
    assert Event.objects.search(query, scene["anonymous"]).count() in (0, 1)
