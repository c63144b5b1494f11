"""Being told moves the bell of every open page, after the commit."""

import pytest

from messaging.notices import DIRECT_MESSAGE
from notifications.actions import mark_read, notify
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def told(monkeypatch):
    """What the sockets were given: `[(users, payload), …]`."""
    calls = []
    monkeypatch.setattr("realtime.bell.tell", lambda users, payload: calls.append((users, payload)))
    return calls


def tell(users, key):
    return notify([user.pk for user in users], DIRECT_MESSAGE.code, f"/{key}/", {"author": "Inès"})


def test_each_person_gets_their_own_number(told, django_capture_on_commit_callbacks):
    one, two, three = UserFactory.create_batch(3)
    tell([one], "a")
    with django_capture_on_commit_callbacks(execute=True):
        tell([one, two, three], "b")
    assert sorted(told, key=lambda call: call[1]["unread"]) == [
        ([two.pk, three.pk], {"kind": "bell", "unread": 1}),
        ([one.pk], {"kind": "bell", "unread": 2}),
    ]


def test_reading_moves_it_back_and_reading_nothing_says_nothing(told, django_capture_on_commit_callbacks):
    person = UserFactory()
    tell([person], "a")
    for _ in range(2):
        with django_capture_on_commit_callbacks(execute=True):
            mark_read(person)
    assert told == [([person.pk], {"kind": "bell", "unread": 0})]
