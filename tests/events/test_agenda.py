"""The agenda: filters, months, fragments, the number of questions, whose clock."""

import datetime as dt
import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from events import actions
from events.models import Event
from tests.events.conftest import Scene
from tests.events.test_views import page, signed_in, titles
from tests.factories import EventFactory, SeatFactory, TownFactory, UserFactory


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
