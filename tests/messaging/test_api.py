"""Rooms for programs."""

import uuid

import pytest
from django.test import Client

from community.models import User
from messaging import actions
from messaging.models import Message
from tests.factories import RoomFactory, UserFactory
from tests.messaging.test_messages import in_threads

pytestmark = pytest.mark.django_db


@pytest.fixture
def user() -> User:
    return UserFactory()


@pytest.fixture
def room(user):
    return RoomFactory(members=[user], title="Halles")


@pytest.fixture
def api(client, user):
    client.force_login(user)
    return client


def post(client, room, **data):
    headers = {"Idempotency-Key": data.pop("key")} if "key" in data else {}
    return client.post(
        f"/api/v1/rooms/{room.pk}/messages/", data, content_type="application/json", headers=headers
    )


def test_the_rooms_i_read(api, user, room):
    RoomFactory(members=[UserFactory()])
    rooms = api.get("/api/v1/rooms/").json()
    assert rooms["count"] == 1
    assert rooms["results"] == [
        {
            "id": room.pk,
            "kind": "circle",
            "name": "Halles",
            "club": None,
            "last_seq": 0,
            "last_message_number": 0,
            "can_write": True,
        }
    ]
    assert api.get(f"/api/v1/rooms/{room.pk}/").json()["id"] == room.pk


@pytest.mark.parametrize("count", [1, 3])
def test_lists_take_the_same_queries(api, user, room, count, django_assert_num_queries):
    for number in range(count):
        RoomFactory(members=[user])
        actions.start_topic(user.pk, room.pk, f"Sujet {number}", "Bonjour")
    with django_assert_num_queries(4):
        assert len(api.get("/api/v1/rooms/").json()["results"]) == count + 1
    with django_assert_num_queries(4):
        assert len(api.get(f"/api/v1/rooms/{room.pk}/events/").json()["events"]) == count
    with django_assert_num_queries(5):
        assert len(api.get(f"/api/v1/rooms/{room.pk}/topics/").json()["results"]) == count


def test_post_and_read_back(api, user, room):
    cid = str(uuid.uuid4())
    posted = post(api, room, body="Bonjour *à tous*", cid=cid)
    assert (posted.status_code, posted.json()) == (
        201,
        {"room": room.pk, "seq": 1, "cid": cid, "duplicate": False},
    )
    again = post(api, room, body="Bonjour *à tous*", cid=cid)
    assert (again.status_code, again.json()["duplicate"]) == (200, True)
    page = api.get(f"/api/v1/rooms/{room.pk}/events/?after=0").json()
    assert (page["head"], page["more"]) == (1, False)
    assert page["events"][0]["message"]["html"] == "<p>Bonjour <em>à tous</em></p>"
    assert api.get(f"/api/v1/rooms/{room.pk}/events/?after=1").json() == {
        "events": [],
        "head": 1,
        "more": False,
    }


def test_pages_of_the_log_are_capped(api, user, room):
    for number in range(3):
        actions.post_message(user.pk, room.pk, str(number))
    page = api.get(f"/api/v1/rooms/{room.pk}/events/?limit=2").json()
    assert ([event["seq"] for event in page["events"]], page["more"]) == ([1, 2], True)
    assert api.get(f"/api/v1/rooms/{room.pk}/events/?limit={10**9}").status_code == 200
    assert api.get(f"/api/v1/rooms/{room.pk}/events/?limit=0").status_code == 400
    assert api.get(f"/api/v1/rooms/{room.pk}/events/?after={10**30}").status_code == 400


def test_refusals_are_problems(api, user, room):
    reader = RoomFactory(readers=[user])
    cases = [
        (post(api, room, body="  "), 400),
        (post(api, room, body="x" * 8001), 413),
        (post(api, room, body="Ici", topic=10**6), 400),
        (post(api, room), 400),
        (post(api, reader, body="Puis-je ?"), 403),
        (post(api, RoomFactory(), body="Où ?"), 404),
    ]
    for response, status in cases:
        assert (response.status_code, response["Content-Type"]) == (status, "application/problem+json")
    assert not Message.objects.exists()


def test_an_eleventh_post_must_wait(api, room):
    statuses = [post(api, room, body="Vite").status_code for _ in range(11)]
    assert statuses == [201] * 10 + [429]
    assert 1 <= int(post(api, room, body="Vite")["Retry-After"]) <= 10


def test_markers_move_forward_only(api, user, room):
    for number in range(2):
        actions.post_message(user.pk, room.pk, str(number))
    mark = f"/api/v1/rooms/{room.pk}/read/"
    answers = [api.post(mark, {"seq": seq}, content_type="application/json").json() for seq in (2, 1, 2)]
    assert answers == [{"moved": True}, {"moved": False}, {"moved": False}]


def test_a_room_that_is_not_mine_answers_like_none(api, room):
    foreign = RoomFactory(members=[UserFactory()])
    for path in ("", "events/", "topics/"):
        answers = [api.get(f"/api/v1/rooms/{pk}/{path}") for pk in (foreign.pk, 999_999)]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert answers[0].content == answers[1].content


def test_anonymous_gets_nothing(client, room):
    for path in ("rooms/", f"rooms/{room.pk}/", f"rooms/{room.pk}/events/"):
        assert client.get(f"/api/v1/{path}").status_code in (401, 403)
    assert client.post("/api/v1/socket-ticket/").status_code in (401, 403)


def test_a_ticket_is_given(api):
    answer = api.post("/api/v1/socket-ticket/")
    assert answer.status_code == 201
    assert answer.json()["expires_in"] == 30


@pytest.mark.django_db(transaction=True)
def test_r8_one_key_ten_times_at_once_is_one_row(user):
    other = UserFactory()
    room = RoomFactory(members=[user, other])
    clients = {}
    for person in (user, other):
        clients[person.pk] = Client()
        clients[person.pk].force_login(person)
    cookies = {pk: client.cookies for pk, client in clients.items()}

    def send(number):
        client = Client()
        client.cookies = cookies[user.pk]
        return post(client, room, body="Une fois", key="commande 7").json()["duplicate"]

    assert sorted(in_threads(10, send)) == [False] + [True] * 9
    assert post(clients[other.pk], room, body="Une fois", key="commande 7").status_code == 201
    assert sorted(Message.objects.values_list("author", flat=True)) == sorted([user.pk, other.pk])
