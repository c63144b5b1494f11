"""`manage.py demo`: real towns, invented people marked as such, and nothing twice."""

import csv
import gzip
import io
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import CommandError, call_command
from django.test import TestCase

from community.actions import load_towns
from community.models import Club, Organisation, Seat, Territory, User
from events.models import Event, Registration
from matching.models import Introduction
from messaging.models import Message, Room
from portal.demo.files import DOMAIN, rows

PASSWORD = "un mot de passe de démonstration"
OURS = {"community", "messaging", "events", "matching", "notifications"}


def load_the_towns_it_needs() -> None:
    """The rows of towns.csv.gz that the demonstration names, instead of all 154,201."""
    named = {row["code"] for row in rows("towns")} | {row["partner"] for row in rows("twinnings")}
    named |= {f"insee:{code}" for row in rows("groups") for code in row["members"].split()}
    named.add("insee:45234")
    path = Path(settings.BASE_DIR) / "community/data/towns.csv.gz"
    with gzip.open(path) as file:
        towns = csv.DictReader(io.TextIOWrapper(file, encoding="utf-8"))
        load_towns([r for r in towns if {f"geonames:{r['geonames_id']}", f"insee:{r['insee']}"} & named])


def everything() -> dict[str, list[tuple[object, ...]]]:
    """Every row of our apps, as stored."""
    return {
        model._meta.label: list(model._default_manager.order_by("pk").values_list())
        for model in apps.get_models()
        if model._meta.app_label in OURS
    }


class DemoTest(TestCase):
    """The network is loaded once for all of them."""

    @classmethod
    def setUpTestData(cls) -> None:
        load_the_towns_it_needs()
        call_command("demo", password=PASSWORD, quiet=True, stdout=io.StringIO())

    def test_a_second_run_changes_nothing(self) -> None:
        before = everything()
        call_command("demo", password=PASSWORD, quiet=True)
        after = everything()
        assert [name for name in before if before[name] != after[name]] == []
        assert sum(map(len, before.values())) > 1000

    def test_people_and_pages_are_marked_and_towns_are_real(self) -> None:
        assert not User.objects.exclude(is_demo=True, email__endswith=f"@{DOMAIN}").exists()
        assert not Organisation.objects.filter(is_demo=False).exists()
        assert not Club.objects.filter(is_demo=False).exists()
        assert not Event.objects.filter(is_demo=False).exists()
        vierzon = Territory.objects.get(codes__scheme="insee", codes__value="18279")
        assert (vierzon.name, vierzon.population_source) == ("Vierzon", "INSEE")
        for body in Organisation.objects.exclude(kind=Organisation.Kind.TOWN):
            assert "(démonstration)" in body.name, body

    def test_the_first_message_of_every_topic_says_what_it_is(self) -> None:
        first = Message.objects.filter(topic__isnull=False).order_by("topic", "number")
        for topic in {message.topic_id for message in first}:
            body = first.filter(topic=topic)[0].body
            assert "émonstration" in body or "emonstration" in body, body

    def test_the_club_is_the_thirteen_towns_and_a_guest(self) -> None:
        club = Club.objects.get(slug="coeur-de-ville-centre-val-de-loire")
        members = club.memberships.filter(role="member")
        assert members.count() == 13
        assert set(members.values_list("organisation__programmes__code", flat=True)) == {"acv"}
        guest = club.memberships.get(role="guest", organisation__isnull=False)
        assert guest.organisation is not None
        assert guest.organisation.name == "Cahors"
        assert guest.ends_on is not None

    def test_the_partner_reads_the_plenary_and_nothing_else(self) -> None:
        partner = User.objects.get(email=f"partenaire@{DOMAIN}")
        rooms = Room.objects.visible_to(partner)
        assert [room.circle.kind for room in rooms if room.circle] == ["plenary"]

    def test_there_is_a_full_event_with_people_waiting_and_a_nearly_full_one(self) -> None:
        left = {
            event.title: (event.seats_left, Registration.objects.waiting().filter(event=event).count())
            for event in Event.objects.upcoming().with_answers(User.objects.earliest("pk"))
        }
        days = [event.local_times()[0].weekday() for event in Event.objects.upcoming()]
        assert max(days) < 5, "nobody meets on a weekend"
        assert (0, 2) in left.values()
        assert (1, 0) in left.values()
        assert any(seats > 10 for seats, _waiting in left.values())

    def test_everyone_signs_in_with_the_password_and_every_town_has_somebody(self) -> None:
        for email in ("maire.vierzon", "cheffe.projet.vierzon", "maire.ozd", "manager.hu", "administration"):
            assert User.objects.get(email=f"{email}@{DOMAIN}").check_password(PASSWORD)
        towns = Organisation.objects.towns()
        answering = Seat.objects.verified().filter(kind__in=["elected", "project_lead"])
        assert not towns.exclude(pk__in=answering.values("organisation")).exists()
        states = sorted(Introduction.objects.values_list("state", flat=True))
        assert states == ["accepted", "sent"]

    def test_a_page_that_real_people_look_after_stays_theirs(self) -> None:
        town = Organisation.objects.get(name="Vierzon")
        Organisation.objects.filter(pk=town.pk).update(is_demo=False, presentation="La nôtre")
        Seat.objects.filter(organisation=town).update(
            person=User.objects.create_user("vraie@vierzon.example")
        )
        call_command("demo", password=PASSWORD, quiet=True)
        town.refresh_from_db()
        assert (town.is_demo, town.presentation) == (False, "La nôtre")

    def test_accounts_are_printed_by_role(self) -> None:
        printed = io.StringIO()
        call_command("demo", password=PASSWORD, stdout=printed)
        out = printed.getvalue()
        for role in (
            "Mayor",
            "Project lead",
            "Club animator",
            "Expert",
            "Partner",
            "Network manager",
            "Administrator",
        ):
            assert role in out
        assert PASSWORD in out


@pytest.mark.django_db
def test_without_towns_it_says_what_to_do() -> None:
    with pytest.raises(CommandError, match="load_towns"):
        call_command("demo", password=PASSWORD, quiet=True)
    assert not User.objects.exists()
