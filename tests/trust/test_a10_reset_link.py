"""A10: a reset link works once, for an hour, dies with the password and the address, and names our own site only."""

import datetime as dt
import re
from typing import Any
from urllib.parse import urlsplit

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from community.actions import create_account, set_password
from community.models import User

pytestmark = pytest.mark.django_db
OLD, NEW = "quatre mots sans rapport", "une autre phrase bien longue"


@pytest.fixture
def user() -> User:
    return create_account("maire@example.org", OLD)[0]


def ask(**extra: Any) -> str:
    """The path of the link that arrives by mail."""
    Client().post(reverse("account_reset_password"), {"email": "maire@example.org"}, **extra)
    found = re.search(r"https?://\S+", mail.outbox[-1].body)
    assert found
    return urlsplit(found.group()).path


def use(path: str, password: str = NEW) -> bool:
    """Whether the link sets the password."""
    client = Client()
    page = client.get(path, follow=True)
    client.post(page.request["PATH_INFO"], {"password1": password, "password2": password})
    return User.objects.get(email__startswith="maire").check_password(password)


def test_a10_once(user: User) -> None:
    path = ask()
    assert use(path)
    assert not use(path, "encore une autre phrase longue")


@pytest.mark.parametrize(("minutes", "works"), [(59, True), (61, False)])
def test_a10_one_hour(user: User, minutes: int, works: bool) -> None:
    path = ask()
    with time_machine.travel(timezone.localtime() + dt.timedelta(minutes=minutes)):
        assert use(path) is works


def test_a10_dies_with_the_password(user: User) -> None:
    path = ask()
    set_password(user, "changé entre-temps, et long")
    assert not use(path)


def test_a10_dies_with_the_address(user: User) -> None:
    path = ask()
    EmailAddress.objects.filter(user=user).update(email="maire2@example.org")
    user.email = "maire2@example.org"
    user.save(update_fields=["email"])
    assert not use(path)


def test_a10_a_forged_host_never_stands_in_a_mail(user: User, settings: Any) -> None:
    settings.SITE_URL = "https://entrevilles.example"
    settings.ALLOWED_HOSTS = ["testserver", "other.example"]
    forged = {"HTTP_HOST": "other.example", "HTTP_X_FORWARDED_HOST": "evil.example"}
    for url, data in (
        (reverse("account_reset_password"), {"email": "maire@example.org"}),
        (reverse("account_reset_password"), {"email": "inconnu@example.org"}),
        (reverse("community:sign_in"), {"email": "maire@example.org"}),
    ):
        Client().post(url, data, **forged)
    assert len(mail.outbox) == 3
    for message in mail.outbox:
        text = message.message().as_string()
        assert "https://entrevilles.example/" in message.body
        assert "other.example" not in text
        assert "evil.example" not in text
