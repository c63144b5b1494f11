"""A10, the sign-in link: pressed by many at the same moment, it lets one in."""

import threading
from typing import Any

import pytest
from django.core import mail
from django.db import connection

from community import actions
from community.models import User


@pytest.mark.django_db(transaction=True)
def test_a10_one_of_eight_simultaneous_uses(settings: Any) -> None:
    actions.request_sign_in_link("maire@example.org")
    secret = mail.outbox[0].body.split("/connexion/")[1].split("/")[0]
    start, outcomes = threading.Barrier(8), []

    def use() -> None:
        start.wait()
        try:
            actions.confirm_sign_in_link(secret)
            outcomes.append("in")
        except actions.LinkRefusedError:
            outcomes.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=use) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(outcomes) == ["in"] + ["refused"] * 7
    assert User.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_links_of_one_new_address_make_one_account() -> None:
    for _ in range(4):
        actions.request_sign_in_link("maire@example.org")
    secrets = [message.body.split("/connexion/")[1].split("/")[0] for message in mail.outbox]
    start, people = threading.Barrier(4), []

    def use(secret: str) -> None:
        start.wait()
        try:
            people.append(actions.confirm_sign_in_link(secret).user.pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=use, args=(secret,)) for secret in secrets]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(people) == 4
    assert len(set(people)) == User.objects.count() == 1
