import datetime as dt
import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.html import strip_tags

from community.models import Seat
from events import actions
from events.models import Event, Registration
from tests.events.conftest import PEOPLE, Scene
from tests.events.test_models import SEES
from tests.factories import EventFactory, OrganisationFactory, SeatFactory, TownFactory, UserFactory


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


# The agenda


def test_filters_are_links_that_combine(scene: Scene) -> None:
    Event.objects.all().delete()
    EventFactory(title="Formation en visio", kind="training", format="online")
    EventFactory(title="Formation sur place", kind="training")
    visit = EventFactory(title="Visite", kind="visit", club=scene.club, audience="plenary")
    past = EventFactory(title="Passée", starts_at=timezone.now() - dt.timedelta(days=40))
    client = signed_in(scene["member"])
    actions.register(visit, scene["member"])
    found = {
        "": ["Formation en visio", "Formation sur place", "Visite"],
        "type=training": ["Formation en visio", "Formation sur place"],
        "type=training&format=online": ["Formation en visio"],
        f"club={scene.club.slug}": ["Visite"],
        "mine=1": ["Visite"],
        "past=1": [past.title],
        "club=%00&town=a%00b": ["Formation en visio", "Formation sur place", "Visite"],
        "type=nonsense&format=&past=x&page=zz": ["Formation en visio", "Formation sur place", "Visite"],
    }
    for query, expected in found.items():
        html = client.get(f"{reverse('events:event_list')}?{query}").content.decode()
        assert sorted(titles(html)) == sorted(expected), query
    training = page(client, "training_list")
    assert titles(training) == ["Formation en visio", "Formation sur place"]
    assert 'href="?format=online"' in training


def test_a_filter_shows_no_name_of_a_club_that_is_not_public(scene: Scene) -> None:
    scene.club.is_public = False
    scene.club.save(update_fields=["is_public"])
    assert scene.club.name not in page(signed_in(scene["outsider"]), "training_list", club=scene.club.slug)
    assert scene.club.name in page(signed_in(scene["member"]), "training_list", club=scene.club.slug)


def test_months_are_headings_and_an_empty_agenda_says_what_will_be_there(db: None) -> None:
    client = Client()
    assert "Les prochaines rencontres" in page(client, "event_list")
    assert "filtres" in page(client, "event_list", type="visit")
    for month in (3, 3, 4):
        start = dt.datetime(timezone.now().year + 1, month, 10, 9, tzinfo=dt.UTC)
        EventFactory(starts_at=start)
    html = page(client, "event_list")
    year = timezone.now().year + 1
    assert re.findall(r'<h2 class="month" id="month-\d">([^<]*)</h2>', html) == [
        f"mars {year}",
        f"avril {year}",
    ]


@pytest.mark.parametrize("who", ["member", "animator", "anonymous"])
def test_a_list_asks_the_same_questions_for_one_row_and_for_three(
    scene: Scene, who: str, django_assert_max_num_queries: object
) -> None:
    counts = []
    client = signed_in(scene[who])
    page(client, "event_list")
    for rows in (1, 3):
        Event.objects.all().delete()
        EventFactory.create_batch(rows, club=scene.club, organiser=scene.organisation)
        with django_assert_max_num_queries(12) as asked:
            assert len(titles(page(client, "event_list"))) == rows
        counts.append(len(asked))
    assert counts[0] == counts[1]


@pytest.mark.parametrize("who", ["member", "animator", "anonymous"])
def test_a_page_asks_at_most_twelve_questions(
    scene: Scene, who: str, django_assert_max_num_queries: object
) -> None:
    event = actions.update_event(scene.events["public"], scene["animator"], capacity=2)
    client = signed_in(scene[who])
    page(client, "event_detail", event.pk)
    counts = []
    for newcomers in (1, 3):
        for seat in SeatFactory.create_batch(newcomers):
            actions.register(event, seat.person)
        with django_assert_max_num_queries(12) as asked:
            page(client, "event_detail", event.pk)
        counts.append(len(asked))
    assert counts[1] <= counts[0] + 1  # once it is full: how many wait


def test_fragments_for_a_clubs_and_a_towns_page(scene: Scene) -> None:
    town = TownFactory(territory__name="Cahors")
    EventFactory(title="À Cahors", town=town.territory)
    EventFactory(title="Par Cahors", organiser=town)
    soon = EventFactory(
        title="Bientôt", club=scene.club, audience="plenary", starts_at=timezone.now() + dt.timedelta(days=1)
    )

    def fragment(client: Client, name: str, slug: str) -> str:
        url = reverse(f"events:{name}", args=[slug])
        assert client.get(url)["Location"] == f"/agenda/?{name.partition('_')[0]}={slug}"
        scripted, htmx = (
            client.get(url, headers={header: "1"}) for header in ("X-Requested-With", "HX-Request")
        )
        assert scripted.content == htmx.content
        assert b"<html" not in htmx.content
        return htmx.content.decode().replace("\xa0", " ")

    assert titles(fragment(signed_in(scene["partner"]), "club_next", scene.club.slug)) == [soon.title]
    assert titles(fragment(Client(), "club_next", scene.club.slug)) == ["Canari public"]
    assert titles(fragment(Client(), "town_events", town.slug)) == ["À Cahors", "Par Cahors"]
    assert titles(page(Client(), "event_list", town=town.slug)) == ["À Cahors", "Par Cahors"]
    assert "Rien de prévu" in fragment(Client(), "town_events", TownFactory().slug)
    scene.club.is_public = False
    scene.club.save(update_fields=["is_public"])
    assert Client().get(reverse("events:club_next", args=[scene.club.slug])).status_code == 404
    assert Client().get(reverse("events:club_next", args=["nowhere"])).status_code == 404


def test_times_are_on_the_readers_clock(db: None) -> None:
    event = EventFactory(
        time_zone="Europe/Skopje",
        starts_at=dt.datetime(2027, 7, 1, 8, tzinfo=dt.UTC),
        ends_at=dt.datetime(2027, 7, 1, 9, 30, tzinfo=dt.UTC),
    )
    paris = page(signed_in(UserFactory()), "event_detail", event.pk)
    assert "Jeudi 1er juillet 2027, de 10 h à 11 h 30" in paris
    assert "Heure locale" not in paris
    bucharest = page(signed_in(UserFactory(time_zone="Europe/Bucharest")), "event_detail", event.pk)
    assert "Jeudi 1er juillet 2027, de 11 h à 12 h 30" in bucharest
    assert "Heure locale (Skopje) : 10 h – 11 h 30" in bucharest
    assert "Fuseau horaire : Skopje" in page(Client(), "event_detail", event.pk)


def test_the_towns_name_in_a_title_is_set_as_a_place(db: None) -> None:
    town = TownFactory(territory__name="Cahors")
    event = EventFactory(title="Visite à Cahors & alentours", town=town.territory)
    html = page(Client(), "event_detail", event.pk)
    assert '<h1>Visite à <span class="place" lang="fr">Cahors</span> &amp; alentours\n</h1>' in html


# The form


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
