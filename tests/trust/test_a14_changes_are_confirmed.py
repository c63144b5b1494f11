"""A14: a new address is asked for with the password, and the old one is told."""

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.test import Client
from django.urls import reverse

from community.actions import create_account

pytestmark = pytest.mark.django_db
PASSWORD = "quatre mots sans rapport"
NEW = "une autre phrase de passe"


@pytest.fixture
def owner():
    user, _ = create_account("maire@example.org", PASSWORD, name="Inès Bertaud")
    EmailAddress.objects.create(user=user, email="autre@example.org", verified=True, primary=False)
    return user


@pytest.fixture
def open_browser(client, owner):
    """A session that somebody else has found: signed in long ago, the password unknown."""
    client.force_login(owner)
    return client


CHANGES = [
    {"action_add": "", "email": "intrus@example.org"},
    {"action_primary": "", "email": "autre@example.org"},
    {"action_remove": "", "email": "autre@example.org"},
]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: next(iter(change)))
def test_a14_an_open_browser_changes_no_address(open_browser: Client, owner, change):
    before = list(EmailAddress.objects.filter(user=owner).values("email", "primary"))
    response = open_browser.post(reverse("account_email"), change)
    assert response.headers["location"].startswith(reverse("account_reauthenticate"))
    assert list(EmailAddress.objects.filter(user=owner).values("email", "primary")) == before
    assert open_browser.get(response.headers["location"]).status_code == 200
    open_browser.post(response.headers["location"], {"password": PASSWORD})
    open_browser.post(reverse("account_email"), change)
    assert list(EmailAddress.objects.filter(user=owner).values("email", "primary")) != before


def test_a14_the_old_address_is_told(open_browser: Client, owner):
    open_browser.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    open_browser.post(reverse("account_email"), {"action_primary": "", "email": "autre@example.org"})
    owner.refresh_from_db()
    assert owner.email == "autre@example.org"
    assert [message.to for message in mail.outbox] == [["maire@example.org"]]
    assert "autre@example.org" in mail.outbox[0].body


def test_a14_a_new_password_is_told_even_to_a_dead_mail_server(open_browser: Client, owner, monkeypatch):
    change = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
    assert open_browser.post(reverse("account_change_password"), change).status_code == 302
    assert [message.to for message in mail.outbox] == [["maire@example.org"]]

    def fail(self, messages):
        raise OSError

    monkeypatch.setattr(EmailBackend, "send_messages", fail)
    back = {"oldpassword": NEW, "password1": PASSWORD, "password2": PASSWORD}
    assert open_browser.post(reverse("account_change_password"), back).status_code == 302
    owner.refresh_from_db()
    assert owner.check_password(PASSWORD)


def test_a14_who_signs_in_by_link_only_has_no_password_to_give(client):
    client.force_login(create_account("lien@example.org")[0])
    response = client.post(reverse("account_email"), {"action_add": "", "email": "second@example.org"})
    assert EmailAddress.objects.filter(email="second@example.org").exists(), response.headers
