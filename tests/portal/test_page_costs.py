"""What a page asks of the database: at most twelve queries, signed in, on a furnished site (docs/performance.md)."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from community.models import Membership, Organisation, OrganisationTheme, Seat, Twinning
from community.notices import MEMBERSHIP_REQUESTED
from events.models import Event
from matching import actions as matching
from matching import index
from matching.models import Introduction, Refusal
from messaging import actions as messaging
from notifications.actions import notify
from tests.factories import EventFactory, MembershipFactory, SeatFactory, TerritoryFactory, TownFactory
from tests.matching.towns import member
from tests.messaging.club import Club

pytestmark = pytest.mark.django_db
MOST = 12
ROWS = 3  # of everything a page may list


class Site:
    """A club with topics and meetings, towns to match and letters from them; `lead` sees all of it."""

    def __init__(self):
        self.talk = Club()
        self.lead = self.talk.lead
        self.town = Seat.objects.get(person=self.lead).organisation
        self.talk.club.animator = self.town
        self.talk.club.save(update_fields=["animator"])
        for direction in OrganisationTheme.Direction.values:
            OrganisationTheme.objects.create(organisation=self.town, position=3, direction=direction)
        matching.set_importance(self.lead, self.town, size="a_lot")
        for n in range(ROWS):
            self.furnish(n)
        index.build()

    def furnish(self, n):
        peer = member(f"Ville {n}", wanted=(3,), offered=(3,), country="HU")
        writer = Seat.objects.get(organisation=peer).person
        Introduction.objects.create(
            from_organisation=peer,
            to_organisation=self.town,
            sender=writer,
            body="Nous préparons la reconversion de l’aciérie.",
            state=Introduction.State.SENT,
            sent_at=timezone.now(),
            expires_at=timezone.now() + dt.timedelta(days=30),
        )
        Twinning.objects.create(organisation=self.town, partner=TerritoryFactory())
        matching.refuse_town(self.lead, self.town, TownFactory().territory, Refusal.Reason.FAR)
        SeatFactory(organisation=self.town)
        MembershipFactory(club=self.talk.club, state=Membership.State.REQUESTED)
        self.topic = self.talk.topic(f"Sujet {n}", author=self.talk.reader)
        messaging.open_direct(self.lead.pk, writer.pk)
        self.event = EventFactory(
            title=f"Visite {n}", organiser=self.town, club=self.talk.club, audience=Event.Audience.PLENARY
        )
        names = {"organisation": peer.name, "club": self.talk.club.name}
        notify([self.lead.pk], MEMBERSHIP_REQUESTED, f"/clubs/{n}/", names)

    def address(self, page):
        town, club = self.town.territory_id, self.talk.club.slug
        return {
            "home": reverse("portal:home"),
            "search": reverse("portal:search") + "?q=vi",
            "directory": reverse("community:town_list"),
            "directory, searched": reverse("community:town_list") + "?q=vil",
            "town": reverse("community:town_detail", args=[town]),
            "matches": reverse("matching:town_matches", args=[town]),
            "not yet in the network": reverse("matching:town_matches", args=[town]) + "?pool=gazetteer",
            "club": reverse("messaging:club_detail", args=[club]),
            "topic": reverse("messaging:topic_detail", args=[self.topic.room_id, self.topic.pk]),
            "agenda": reverse("events:event_list"),
            "event": reverse("events:event_detail", args=[self.event.pk]),
            "notifications": reverse("notifications:list"),
            "preferences": reverse("community:preferences"),
        }[page]


@pytest.fixture
def site():
    return Site()


def queries(client, address):
    client.get(address)  # what a process asks once, it has asked
    with CaptureQueriesContext(connection) as captured:
        response = client.get(address)
    assert response.status_code == 200
    return [query["sql"] for query in captured]


PAGES = (
    "home",
    "search",
    "directory",
    "directory, searched",
    "town",
    "matches",
    "not yet in the network",
    "club",
    "topic",
    "agenda",
    "event",
    "notifications",
    "preferences",
)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_asks_at_most_twelve_queries(client, site, page):
    client.force_login(site.lead)
    asked = queries(client, site.address(page))
    assert len(asked) <= MOST, "\n".join(asked)


@pytest.mark.parametrize("page", ["home", "matches", "town"])
def test_so_it_does_for_a_seat_that_waits_to_be_confirmed(client, site, page):
    newcomer = SeatFactory(organisation=site.town, state=Seat.State.PENDING, level=0)
    Seat.objects.exclude(pk=newcomer.pk).filter(organisation=site.town).delete()
    Organisation.objects.filter(pk=site.town.pk).update(is_published=False)
    client.force_login(newcomer.person)
    asked = queries(client, site.address(page))
    assert len(asked) <= MOST, "\n".join(asked)


@pytest.mark.parametrize("page", ["home", "matches", "town"])
def test_so_it_does_for_a_group_of_towns(client, site, page):
    Organisation.objects.filter(pk=site.town.pk).update(kind=Organisation.Kind.GROUP)
    site.town.territories.set(TerritoryFactory.create_batch(ROWS))
    client.force_login(site.lead)
    asked = queries(client, site.address(page))
    assert len(asked) <= MOST, "\n".join(asked)
