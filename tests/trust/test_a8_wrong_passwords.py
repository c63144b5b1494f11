"""A8: the sixth wrong password is refused with 429 and Retry-After, by account and by address; others are not locked out."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from community.actions import create_account

pytestmark = pytest.mark.django_db
LOGIN = reverse("account_login")
PASSWORD = "quatre mots sans rapport"


@pytest.fixture(autouse=True)
def _account() -> None:
    create_account("maire@example.org", PASSWORD)


def attempt(
    client: Client, password: str, address: str = "192.0.2.1", email: str = "maire@example.org"
) -> Any:
    return client.post(LOGIN, {"login": email, "password": password}, REMOTE_ADDR=address)


def test_a8_sixth_wrong_password(client: Client) -> None:
    assert [attempt(client, "non").status_code for _ in range(5)] == [200] * 5
    response = attempt(client, "non")
    assert (response.status_code, response.headers["Retry-After"]) == (429, "300")
    assert "Trop d’essais" in response.content.decode()


def test_a8_the_owner_is_not_locked_out_by_a_stranger(client: Client) -> None:
    for _ in range(6):
        attempt(client, "non")
    assert attempt(client, PASSWORD).status_code == 429
    assert attempt(Client(), PASSWORD, address="198.51.100.7").status_code == 302


def test_a8_eleventh_try_from_one_address_over_many_accounts(client: Client) -> None:
    codes = [attempt(client, "non", email=f"nobody{n}@example.org").status_code for n in range(11)]
    assert codes == [200] * 10 + [429]


def test_a8_the_right_password_costs_nothing(client: Client) -> None:
    for _ in range(8):
        browser = Client()
        assert attempt(browser, PASSWORD).status_code == 302


def test_a8_an_address_one_writes_oneself_changes_nothing(client: Client) -> None:
    codes = [
        client.post(
            "/api/v1/auth/token/",
            {"email": f"nobody{n}@example.org", "password": "non"},
            content_type="application/json",
            headers={"X-Forwarded-For": f"198.51.100.{n}"},
        ).status_code
        for n in range(11)
    ]
    assert codes == [401] * 10 + [429]
