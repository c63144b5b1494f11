"""A9: sign-in link, password and reset answer alike for an address that has an account and one that has none."""

import re
import statistics
import time
from typing import Any

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from community.actions import create_account

pytestmark = pytest.mark.django_db
KNOWN, UNKNOWN = "connue@example.org", "inconnu@example.org"
REQUESTS: dict[str, tuple[str, dict[str, str]]] = {
    "link": (reverse("community:sign_in"), {"email": "{email}"}),
    "password": (reverse("account_login"), {"login": "{email}", "password": "pas le bon mot"}),
    "reset": (reverse("account_reset_password"), {"email": "{email}"}),
    "token": (reverse("token"), {"email": "{email}", "password": "pas le bon mot"}),
}


class Hasher(PBKDF2PasswordHasher):
    """The real one with fewer turns: still by far the longest part of the answer."""

    iterations = 60_000


@pytest.fixture(autouse=True)
def _account() -> None:
    create_account(KNOWN, "quatre mots sans rapport", name="Personne")


def send(what: str, email: str) -> Any:
    url, data = REQUESTS[what]
    return Client().post(url, {name: value.format(email=email) for name, value in data.items()})


def plain(response: Any, email: str) -> tuple[int, str, str]:
    body = response.content.decode().replace(email, "…")
    body = re.sub(r'(csrfmiddlewaretoken" value|nonce)="[^"]*"', "", body)
    return response.status_code, response.headers.get("location", ""), body


@pytest.mark.parametrize("what", REQUESTS)
def test_a9_same_status_address_and_body(what: str) -> None:
    assert plain(send(what, KNOWN), KNOWN) == plain(send(what, UNKNOWN), UNKNOWN)


@pytest.mark.parametrize("what", ["link", "reset"])
def test_a9_both_get_a_mail(what: str) -> None:
    send(what, KNOWN)
    send(what, UNKNOWN)
    assert sorted(message.to[0] for message in mail.outbox) == [KNOWN, UNKNOWN]


def test_a9_timing_over_fifty_pairs(settings: Any) -> None:
    """With a real password hash, whose time would tell most; processor time and medians keep the machine's noise out."""
    settings.PASSWORD_HASHERS = [f"{__name__}.Hasher"]
    create_account("lente@example.org", "quatre mots sans rapport")
    spans: dict[str, list[float]] = {"lente@example.org": [], UNKNOWN: []}
    for _ in range(50):
        for email, times in spans.items():
            cache.clear()
            started = time.process_time()
            send("password", email)
            times.append(time.process_time() - started)
    known, unknown = (statistics.median(times) for times in spans.values())
    assert 0.8 < known / unknown < 1.25
