"""R6: 30 requests for 5 seats → exactly 5, one row per user; a cancellation promotes the waiting list first in,
first out, exactly once. Real threads, real connections, through the page and through the API."""

import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connections
from django.test import Client

from community.models import User
from events.models import Event, Registration
from notifications.models import Notification
from tests.factories import EventFactory, UserFactory

PEOPLE, SEATS = 30, 5

pytestmark = pytest.mark.django_db(transaction=True)


def signed_in(user: User) -> Client:
    client = Client(raise_request_exception=True)
    client.force_login(user)
    return client


def all_at_once(calls: list[Callable[[], Any]]) -> list[Any]:
    """Run each call in a thread and on a connection of its own, all released together; their results in order."""
    gate = threading.Barrier(len(calls))
    results: list[Any] = [None] * len(calls)

    def run(number: int, call: Callable[[], Any]) -> None:
        try:
            gate.wait(timeout=30)
            results[number] = call()
        except Exception as error:
            results[number] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    return results


def post(client: Client, event: Event, answer: str) -> Callable[[], int]:
    return lambda: client.post(f"/agenda/{event.pk}/reponse/", {"answer": answer}).status_code


def put(client: Client, event: Event, coming: bool) -> Callable[[], int]:
    url = f"/api/v1/events/{event.pk}/registration/"
    return lambda: client.put(url, {"coming": coming}, content_type="application/json").status_code


def states(event: Event) -> Counter[str]:
    return Counter(Registration.objects.filter(event=event).values_list("state", flat=True))


@pytest.mark.parametrize("way", ["page", "api"])
def test_r6_thirty_people_five_seats(way: str) -> None:
    event = EventFactory(capacity=SEATS)
    clients = [signed_in(user) for user in UserFactory.create_batch(PEOPLE)]
    calls = [post(c, event, "register") if way == "page" else put(c, event, True) for c in clients]
    assert set(all_at_once(calls)) == {302 if way == "page" else 200}
    assert states(event) == {"registered": SEATS, "waiting": PEOPLE - SEATS}
    assert sorted(event.registrations.values_list("ticket", flat=True)) == list(range(1, PEOPLE + 1))


def test_r6_one_person_ten_clicks() -> None:
    event = EventFactory(capacity=SEATS)
    client = signed_in(UserFactory())
    assert set(all_at_once([put(client, event, True)] * 10)) == {200}
    assert states(event) == {"registered": 1}


def test_r6_seats_that_become_free_at_once_go_first_in_first_out() -> None:
    event = EventFactory(capacity=SEATS)
    users = UserFactory.create_batch(SEATS * 3)
    clients = [signed_in(user) for user in users]
    for client in clients:
        assert put(client, event, True)() == 200
    # Half take the answer back, the others decline, each twice, while two newcomers press register.
    leaving = [post(c, event, "cancel" if n % 2 else "decline") for n, c in enumerate(clients[:SEATS])]
    late = [post(signed_in(user), event, "register") for user in UserFactory.create_batch(2)]
    assert set(all_at_once([*leaving, *late, *leaving])) == {302}
    registered = set(event.registrations.registered().values_list("user", flat=True))
    assert registered == {user.pk for user in users[SEATS : 2 * SEATS]}
    told = Notification.objects.filter(kind="events.promoted")
    assert {row.recipient_id: row.count for row in told} == dict.fromkeys(registered, 1)
    assert states(event)["waiting"] == SEATS + 2
