import datetime as dt
import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.html import strip_tags

from events import actions
from events.models import Event, Registration
from tests.events.conftest import PEOPLE, Scene
from tests.events.test_models import SEES
from tests.factories import EventFactory, OrganisationFactory, SeatFactory


def signed_in(user: object) -> Client:
    client = Client()
    if getattr(user, "pk", None):
        client.force_login(user)
    return client


def page(client: Client, name: str, *args: object, **query: str) -> str:
    response = client.get(reverse(f"events:{name}", args=args), query)
    assert response.status_code == 200
    return response.content.decode().replace("\xa0", " ")


def titles(html: str) -> list[str]:
    links = re.findall(r'<a class="t" href="/agenda/\d+/">(.*?)</a>', html, re.DOTALL)
    return [strip_tags(link).strip() for link in links]


# Who sees what


@pytest.mark.parametrize("who", PEOPLE)
def test_the_agenda_the_page_and_the_file_show_the_same_events(scene: Scene, who: str) -> None:
    client = signed_in(scene[who])
    expected = {scene.events[name].title for name in SEES[who]}
    assert set(titles(page(client, "event_list"))) == expected
    for name, event in scene.events.items():
        status = 200 if name in SEES[who] else 404
        assert client.get(event.get_absolute_url()).status_code == status
        assert client.get(reverse("events:event_ics", args=[event.pk])).status_code == status


def test_a_foreign_event_and_none_are_the_same_answer(scene: Scene) -> None:
    client = signed_in(scene["outsider"])
    foreign = client.get(scene.events["practitioners"].get_absolute_url())
    missing = client.get("/agenda/999999/")
    assert (foreign.status_code, missing.status_code) == (404, 404)
    there, nowhere = (
        re.sub(r'name="csrfmiddlewaretoken" value="\w+"|/agenda/\d+/', "", answer.content.decode())
        for answer in (foreign, missing)
    )
    assert there == nowhere


@pytest.mark.parametrize("who", [who for who in PEOPLE if who != "anonymous"])
def test_only_organisers_reach_what_changes_an_event(scene: Scene, who: str) -> None:
    client = signed_in(scene[who])
    event = scene.events["public"]
    for name in ("event_edit", "event_cancel"):
        status = 200 if who == "animator" else 404
        assert client.get(reverse(f"events:{name}", args=[event.pk])).status_code == status
    if who != "animator":
        for name in ("event_edit", "event_cancel", "event_publish", "event_held"):
            assert client.post(reverse(f"events:{name}", args=[event.pk])).status_code == 404
        event.refresh_from_db()
        assert (event.state, event.sequence) == ("open", 0)


def test_visitors_are_sent_to_sign_in(scene: Scene) -> None:
    client = Client()
    event = scene.events["public"]
    assert "?next=" in page(client, "event_detail", event.pk)
    for url in (
        reverse("events:event_create"),
        reverse("events:feed_detail"),
        reverse("events:event_edit", args=[event.pk]),
    ):
        assert client.get(url).status_code == 302
    assert (
        client.post(reverse("events:event_answer", args=[event.pk]), {"answer": "register"}).status_code
        == 302
    )
    assert not Registration.objects.exists()


def test_towns_that_come_are_for_members(scene: Scene) -> None:
    event = scene.events["public"]
    actions.register(event, scene["member"])
    town = scene["member"].seats.get().organisation.name
    for who, shown in (("partner", True), ("guest", True), ("anonymous", False), ("unverified", False)):
        assert (town in page(signed_in(scene[who]), "event_detail", event.pk)) == shown
    html = page(signed_in(scene["partner"]), "event_detail", event.pk)
    assert scene["member"].name not in html
    assert scene["member"].name in page(signed_in(scene["animator"]), "event_detail", event.pk)


def test_the_video_link_is_for_those_who_come(scene: Scene) -> None:
    event = scene.events["plenary"]
    Event.objects.filter(pk=event.pk).update(format="online", video_link="https://video.example.org/salle")
    actions.register(event, scene["member"])
    actions.decline(event, scene["guest"])
    for who, shown in (("member", True), ("animator", True), ("guest", False), ("partner", False)):
        assert ("video.example.org" in page(signed_in(scene[who]), "event_detail", event.pk)) == shown
    actions.cancel_event(event, scene["animator"])
    assert "video.example.org" not in page(signed_in(scene["member"]), "event_detail", event.pk)


# Answers


def answer(client: Client, event: Event, word: str) -> str:
    response = client.post(reverse("events:event_answer", args=[event.pk]), {"answer": word}, follow=True)
    assert response.redirect_chain == [(event.get_absolute_url(), 302)]
    return response.content.decode().replace("\xa0", " ")


def test_after_an_answer_the_page_says_who_knows(scene: Scene) -> None:
    client, event = signed_in(scene["member"]), scene.events["public"]
    assert "C’est noté. Villes au Carré et les inscrits le voient." in answer(client, event, "register")
    assert "vous ne venez pas. Villes au Carré le voit." in answer(client, event, "decline")
    assert "votre réponse est retirée. Villes au Carré le voit." in answer(client, event, "cancel")
    assert not Registration.objects.exists()


def test_a_full_event_offers_the_waiting_list(scene: Scene) -> None:
    event = actions.update_event(scene.events["public"], scene["animator"], capacity=1)
    actions.register(event, scene["guest"])
    client = signed_in(scene["member"])
    assert "Rejoindre la liste d’attente" in page(client, "event_detail", event.pk)
    assert "en liste d’attente" in answer(client, event, "register")
    assert "numéro 1" in page(client, "event_detail", event.pk)


def test_an_answer_that_comes_too_late_is_explained(scene: Scene) -> None:
    event = scene.events["public"]
    Event.objects.filter(pk=event.pk).update(
        starts_at=timezone.now() - dt.timedelta(days=2), ends_at=timezone.now() - dt.timedelta(days=1)
    )
    assert "Cet événement est terminé." in answer(signed_in(scene["member"]), event, "register")
    assert not Registration.objects.exists()


def test_an_unknown_answer_is_none(scene: Scene) -> None:
    url = reverse("events:event_answer", args=[scene.events["public"].pk])
    assert signed_in(scene["member"]).post(url, {"answer": "perhaps"}).status_code == 404
    assert signed_in(scene["member"]).get(url).status_code == 405


def test_an_answer_needs_the_csrf_token(scene: Scene) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(scene["member"])
    url = reverse("events:event_answer", args=[scene.events["public"].pk])
    assert client.post(url, {"answer": "register"}).status_code == 403
    assert not Registration.objects.exists()


# The calendar address


def test_the_address_is_made_shown_and_ended(scene: Scene) -> None:
    client, url = signed_in(scene["member"]), reverse("events:feed_detail")
    assert "/agenda/flux/" not in client.get(url).content.decode()
    client.post(url, {"do": "rotate"})
    response = client.get(url)
    assert response["Cache-Control"] == "no-store"
    (address,) = re.findall(r'value="http://testserver(/agenda/flux/[^"]+)"', response.content.decode())
    assert Client().get(address).status_code == 200
    client.post(url, {"do": "revoke"})
    assert Client().get(address).status_code == 404


def test_ones_own_page_of_another_organisation(db: None) -> None:
    """A seat in an organisation that organises nothing sees nothing more."""
    EventFactory(state="draft", organiser=OrganisationFactory())
    assert titles(page(signed_in(SeatFactory().person), "event_list")) == []
