"""D5: no log holds what opens a door: sign-in links, calendar addresses, reset keys, tickets."""

import io
import logging

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from config.logs import HideKeys

SECRET = "Zq3xWv7kR-_pL0aT9mN4bY6cH2dF8gJ1"
ADDRESSES = [
    reverse("community:sign_in_confirm", args=[SECRET]),
    reverse("events:feed_ics", args=[SECRET]),
    reverse("account_reset_password_from_key", args=["1", SECRET]),
    f"/ws/?ticket={SECRET}",
]


@pytest.fixture
def log():
    handler = logging.StreamHandler(io.StringIO())
    handler.addFilter(HideKeys())
    logging.getLogger().addHandler(handler)
    yield handler.stream
    logging.getLogger().removeHandler(handler)


def test_d5_every_handler_hides_keys():
    assert settings.LOGGING["filters"]["hide_keys"] == {"()": "config.logs.HideKeys"}
    assert all("hide_keys" in handler["filters"] for handler in settings.LOGGING["handlers"].values())


@pytest.mark.django_db
@pytest.mark.parametrize("address", ADDRESSES)
def test_d5_no_secrets_in_logs(log, address):
    Client(enforce_csrf_checks=True).post(address)
    Client().get(address)
    logging.getLogger("daphne").warning("%s was slow", address)
    said = log.getvalue()
    assert "was slow" in said
    assert "…" in said
    assert SECRET not in said
