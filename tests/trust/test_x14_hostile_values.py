"""X14: what stands in an address or a form never makes a 5xx: NUL, thousands of digits, digits of other scripts, `nan`."""

import pytest
from django.urls import reverse

from tests.factories import RoomFactory, SeatFactory, TownFactory, UserFactory

pytestmark = pytest.mark.django_db
VALUES = ["9" * 5000, "9" * 25, "²", "٣" * 30, "\x00", "a\x00b", "-1", "nan", "1e999", "[]"]
ASKED = [
    ("community:town_list", "programme"),
    ("community:town_list", "q"),
    ("community:town_list", "page"),
    ("community:theme_count", "themes"),
    ("community:sign_in", "next"),
    ("events:event_list", "club"),
    ("event-list", "club"),
]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: ascii(value[:8]))
@pytest.mark.parametrize(("page", "name"), ASKED)
def test_x14_a_visitors_question(client, page, name, value):
    assert client.get(reverse(page), {name: value}).status_code in (200, 400)


@pytest.mark.parametrize("value", VALUES, ids=lambda value: ascii(value[:8]))
def test_x14_a_members_answers(client, value):
    town = TownFactory()
    client.force_login(SeatFactory(organisation=town).person)
    themes = reverse("community:town_themes", args=[town.territory_id, "cherche"])
    assert client.post(themes, {"themes": [value]}).status_code == 400
    assert client.post(reverse("community:onboarding_concerns"), {"themes": [value]}).status_code == 400
    assert client.get(reverse("community:sign_in"), {"next": value}).headers["location"] == "/"
    assert (
        client.post(reverse("community:set_theme"), {"theme": "dark", "next": value}).headers["location"]
        == "/"
    )
    assert client.get("/api/v1/towns/", {"programme": value}).status_code == 200


@pytest.mark.parametrize("value", ["nan", "inf", "-inf", "1e999"])
def test_x14_nobody_waits_for_no_number(client, value):
    user = UserFactory()
    room = RoomFactory(members=[user])
    client.force_login(user)
    assert client.get(f"/api/v1/rooms/{room.pk}/events/", {"wait": value}).status_code == 400
    assert client.get(f"/api/v1/rooms/{room.pk}/events/", {"wait": "1"}).status_code == 200
