"""Home shows what waits for one person; search shows what that person may see."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from community.models import Circle, Membership, OrganisationTheme, Seat
from events.models import Event
from matching import index
from matching.models import Introduction
from messaging import actions as messaging
from messaging.models import Room
from tests.factories import (
    ClubFactory,
    MembershipFactory,
    OrganisationFactory,
    SeatFactory,
    TerritoryFactory,
    TownFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
HOME = reverse("portal:home")


@pytest.fixture
def lead(client):
    """The project lead of a town with wishes and offers, signed in."""
    seat = SeatFactory(organisation__territory__name="Vierzon", person__name="Hélène Martin")
    for direction in OrganisationTheme.Direction.values:
        OrganisationTheme.objects.create(organisation=seat.organisation, position=3, direction=direction)
    client.force_login(seat.person)
    return seat.person


def own(user):
    return Seat.objects.get(person=user).organisation


def letter_to(user, name="Ózd"):
    sender = SeatFactory(organisation__territory__name=name, organisation__territory__country="HU")
    return Introduction.objects.create(
        from_organisation=sender.organisation,
        to_organisation=own(user),
        sender=sender.person,
        body="Nous préparons la reconversion de l’aciérie.",
        state=Introduction.State.SENT,
        sent_at=timezone.now(),
        expires_at=timezone.now() + dt.timedelta(days=30),
    )


def test_a_visitor_reads_the_promise_and_can_join(client):
    page = client.get(HOME).content.decode()
    assert 'action="/connexion/"' in page
    assert "Se connecter" in page


def test_nothing_waits_for_one_whose_page_is_complete(client, lead):
    assert client.get(HOME).context["tasks"] == []


def test_a_newcomer_is_asked_for_a_town(client):
    client.force_login(UserFactory())
    (task,) = client.get(HOME).context["tasks"]
    assert task.url == reverse("community:onboarding")


@pytest.mark.parametrize("direction", OrganisationTheme.Direction.values)
def test_what_the_page_lacks_is_asked_for(client, lead, direction):
    own(lead).themes.filter(direction=direction).delete()
    (task,) = client.get(HOME).context["tasks"]
    assert task.url.startswith(f"/villes/{own(lead).territory_id}/")


def test_a_letter_comes_first_and_an_answered_one_is_gone(client, lead):
    letter = letter_to(lead)
    (task,) = client.get(HOME).context["tasks"]
    assert (task.title, task.url) == (
        "La ville de Ózd vous a écrit",
        reverse("matching:letter", args=[letter.pk]),
    )
    letter.state = Introduction.State.ACCEPTED
    letter.save(update_fields=["state"])
    assert client.get(HOME).context["tasks"] == []


def test_a_letter_to_another_town_is_nobody_elses_task(client, lead):
    letter_to(SeatFactory().person)
    assert client.get(HOME).context["tasks"] == []


def test_an_animator_is_told_who_asks_to_join(client):
    seat = SeatFactory(organisation=OrganisationFactory(), kind=Seat.Kind.ANIMATOR)
    club = ClubFactory(animator=seat.organisation)
    MembershipFactory(club=club, organisation=seat.organisation, role=Membership.Role.ANIMATOR)
    MembershipFactory(club=club, state=Membership.State.REQUESTED)
    client.force_login(seat.person)
    titles = [task.title for task in client.get(HOME).context["tasks"]]
    assert titles[0] == "1 ville demande à entrer"


def test_at_most_three_things(client, lead):
    for name in ("Ózd", "Béjar", "Kičevo", "Rendsburg"):
        letter_to(lead, name)
    assert len(client.get(HOME).context["tasks"]) == 3


def furnished(user, count):
    """`count` towns, letters, topics with something unread, and meetings ahead."""
    club = ClubFactory()
    MembershipFactory(club=club, organisation=own(user))
    circle = Circle.objects.create(club=club, kind=Circle.Kind.PRACTITIONERS)
    peer = SeatFactory()
    MembershipFactory(club=club, organisation=peer.organisation)
    messaging.sync_circle(circle.pk)
    room = Room.objects.get(circle=circle)
    for n in range(count):
        TownFactory()
        letter_to(user, f"Ville lettre {n}")
        messaging.start_topic(peer.person.pk, room.pk, f"Sujet {n}", "Un message.", limited=False)
        begins = timezone.now() + dt.timedelta(days=n + 1)
        Event.objects.create(
            title=f"Réunion {n}",
            organiser=peer.organisation,
            club=club,
            audience=Event.Audience.PRACTITIONERS,
            state=Event.State.OPEN,
            starts_at=begins,
            ends_at=begins + dt.timedelta(hours=1),
        )
    index.build()


@pytest.mark.parametrize("page", [HOME, reverse("portal:search") + "?q=ville"])
def test_three_of_everything_cost_what_one_costs(client, lead, page):
    def queries(count):
        furnished(lead, count)
        client.get(page)
        with CaptureQueriesContext(connection) as captured:
            assert client.get(page).status_code == 200
        return len(captured)

    assert queries(1) == queries(2)


def test_search_finds_without_accents_what_one_may_see(client, lead):
    furnished(lead, 1)
    page = client.get(reverse("portal:search"), {"q": "reunion"}).content.decode()
    assert "Réunion 0" in page
    client.force_login(UserFactory())
    assert "Réunion 0" not in client.get(reverse("portal:search"), {"q": "reunion"}).content.decode()


def test_search_needs_two_letters_and_says_when_it_finds_nothing(client, lead):
    assert client.get(reverse("portal:search"), {"q": "a"}).context["groups"] == []
    assert (
        "Rien de ce que vous pouvez voir"
        in client.get(reverse("portal:search"), {"q": "zzzz"}).content.decode()
    )


def test_search_tells_towns_of_one_name_apart(client, lead):
    for department in ("Marne", "Jura"):
        TerritoryFactory(name="Saint-Rémy", department=department, region="Grand Est")
    page = client.get(reverse("portal:search"), {"q": "saint remy"}).content.decode()
    assert "Marne, Grand Est" in page
    assert "Jura, Grand Est" in page
