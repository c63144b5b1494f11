"""Z4: somebody whose seat is not confirmed writes, and nothing leaves in the name of the town until it is."""

import pytest
from django.test import Client

from community.models import Organisation, Seat
from matching.models import Introduction, Preference, Refusal
from messaging.models import Message, Room
from notifications.models import Notification
from tests.factories import SeatFactory
from tests.matching.towns import mayor_of, member, newcomer

pytestmark = pytest.mark.django_db


@pytest.fixture
def ours() -> Organisation:
    return member("Vierzon")


@pytest.fixture
def theirs() -> Organisation:
    return member("Ózd")


def test_z4_an_unconfirmed_person_sends_nothing(
    client: Client, ours: Organisation, theirs: Organisation
) -> None:
    for state in (Seat.State.PENDING, Seat.State.REFUSED):
        person = SeatFactory(organisation=ours, state=state).person
        client.force_login(person)
        client.post(
            f"/villes/{theirs.territory_id}/ecrire/", {"body": "Au nom de la ville", "sender": ours.pk}
        )
    assert not Introduction.objects.exclude(state=Introduction.State.WAITING).exists()
    assert not Message.objects.exists()
    assert not Room.objects.exists()
    assert not Notification.objects.filter(recipient=mayor_of(theirs)).exists()


@pytest.mark.parametrize("field", ["state", "from_organisation", "sender_id", "room", "themes", "sent_at"])
def test_z4_a_forged_field_changes_nothing(
    client: Client, ours: Organisation, theirs: Organisation, field: str
) -> None:
    client.force_login(newcomer(ours))
    client.post(f"/villes/{theirs.territory_id}/ecrire/", {"body": "Bonjour", field: "sent"})
    letter = Introduction.objects.get()
    assert (letter.state, letter.from_organisation, letter.room) == (Introduction.State.WAITING, ours, None)


def test_z4_an_unconfirmed_person_decides_nothing_for_the_town(
    client: Client, ours: Organisation, theirs: Organisation
) -> None:
    client.force_login(newcomer(ours))
    here, there = ours.territory_id, theirs.territory_id
    importance = {"size": "a_lot", "concerns": "normal", "language": "normal"}
    assert client.post(f"/villes/{here}/proches/reglages/", importance).status_code == 403
    assert client.post(f"/villes/{here}/ecarter/{there}/", {"reason": "size"}).status_code == 403
    assert client.post(f"/villes/{here}/reprendre/{there}/").status_code == 403
    assert not Preference.objects.exists()
    assert not Refusal.objects.exists()
