"""Z6: no part of an e-mail address stands where others read a name."""

import pytest
from django.urls import reverse

from messaging import actions
from tests.factories import EventFactory, RoomFactory, SeatFactory, UserFactory

pytestmark = pytest.mark.django_db


def test_z6_somebody_without_a_name(client):
    person = UserFactory(name="", email="camille.lemoine@mairie.example")
    seat = SeatFactory(person=person)
    reader = UserFactory()
    room = RoomFactory(members=[person, reader])
    actions.post_message(person.pk, room.pk, "Bonjour")
    event = EventFactory(organiser=seat.organisation, created_by=person)
    town = seat.organisation.territory_id
    pages = [reverse("community:town_detail", args=[town]), event.get_absolute_url()]
    said = [client.get(page).content.decode() for page in pages]
    client.force_login(reader)
    pages += [f"/api/v1/towns/{town}/", f"/api/v1/rooms/{room.pk}/events/", f"/salons/{room.pk}/"]
    said += [client.get(page).content.decode() for page in pages]
    assert all("lemoine" not in words for words in said)
    assert "Membre" in said[0]
