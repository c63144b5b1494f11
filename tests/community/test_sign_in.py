import datetime as dt
import re
from urllib.parse import urlsplit

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from community import actions
from community.models import SignInLink, User
from community.tokens import digest
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
SIGN_IN = reverse("community:sign_in")
PASSWORD = "quatre mots sans rapport"


def link_in(message) -> str:
    return urlsplit(re.search(r"https?://\S+", message.body).group()).path


def ask(client: Client, email: str, **data):
    return client.post(SIGN_IN, {"email": email, **data})


class TestLink:
    def test_known_person_on_another_device(self, client):
        user = UserFactory(email="maire@vierzon.example")
        response = ask(client, "Maire@Vierzon.example")
        assert response.headers["location"] == reverse("community:sign_in_sent")
        assert b"maire@vierzon.example" in client.get(response.headers["location"]).content.lower()
        assert [message.to for message in mail.outbox] == [["maire@vierzon.example"]]
        elsewhere = Client()
        response = elsewhere.post(link_in(mail.outbox[0]))
        assert response.headers["location"] == "/"
        assert elsewhere.session["_auth_user_id"] == str(user.pk)

    def test_unknown_address_makes_a_confirmed_account_and_starts_onboarding(self, client):
        ask(client, "nouvelle@mairie.example")
        assert not User.objects.exists()
        response = client.post(link_in(mail.outbox[0]))
        assert response.headers["location"] == reverse("community:onboarding")
        user = User.objects.get(email="nouvelle@mairie.example")
        assert not user.has_usable_password()
        assert EmailAddress.objects.get(user=user).verified

    def test_opening_the_link_uses_nothing_up(self, client):
        ask(client, "a@example.org")
        link = link_in(mail.outbox[0])
        for _ in range(3):
            response = client.get(link)
            assert (response.status_code, "_auth_user_id" in client.session) == (200, False)
        assert client.post(link).status_code == 302
        assert client.session["_auth_user_id"]

    def test_once(self, client):
        ask(client, "a@example.org")
        link = link_in(mail.outbox[0])
        assert client.post(link).status_code == 302
        other = Client()
        assert (other.post(link).status_code, other.get(link).status_code) == (410, 410)
        assert "_auth_user_id" not in other.session

    def test_one_hour(self, client):
        ask(client, "a@example.org")
        link = link_in(mail.outbox[0])
        with time_machine.travel(timezone.now() + dt.timedelta(minutes=61)):
            assert client.post(link).status_code == 410
        with time_machine.travel(timezone.now() + dt.timedelta(minutes=58)):
            assert client.post(link).status_code == 302

    def test_a_second_confirmed_address_leads_to_the_same_account(self, client):
        user, _new = actions.create_account("a@example.org")
        EmailAddress.objects.create(user=user, email="b@example.org", verified=True)
        EmailAddress.objects.create(user=user, email="c@example.org", verified=False)
        ask(client, "b@example.org")
        client.post(link_in(mail.outbox[0]))
        assert client.session["_auth_user_id"] == str(user.pk)
        other = Client()
        ask(other, "c@example.org")
        other.post(link_in(mail.outbox[1]))
        assert other.session["_auth_user_id"] != str(user.pk)

    def test_closed_account_is_refused(self, client):
        UserFactory(email="a@example.org", is_active=False)
        ask(client, "a@example.org")
        assert client.post(link_in(mail.outbox[0])).status_code == 410

    def test_the_secret_is_not_stored(self, client):
        ask(client, "a@example.org")
        secret = link_in(mail.outbox[0]).rstrip("/").rpartition("/")[2]
        link = SignInLink.objects.get()
        assert len(secret) == 43
        assert link.digest == digest(secret)
        assert secret not in str(vars(link))

    @pytest.mark.parametrize(
        ("wanted", "reached"),
        [
            ("/villes/?q=blois", "/villes/?q=blois"),
            ("https://evil.example/", "/"),
            ("//evil.example", "/"),
            ("", "/"),
        ],
    )
    def test_next(self, client, wanted, reached):
        UserFactory(email="a@example.org")
        ask(client, "a@example.org", next=wanted)
        assert client.post(link_in(mail.outbox[0])).headers["location"] == reached

    def test_bad_address_keeps_what_was_typed(self, client):
        response = ask(client, "pas une adresse", next="/villes/")
        assert response.status_code == 400
        assert b'value="pas une adresse"' in response.content
        assert b'value="/villes/"' in response.content
        assert mail.outbox == []

    def test_mail_server_down(self, client, settings):
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_PORT = 1
        response = ask(client, "a@example.org")
        assert response.status_code == 503
        assert b'value="a@example.org"' in response.content

    def test_sixth_request_for_one_address_waits(self, client):
        for _ in range(5):
            assert ask(client, "a@example.org").status_code == 302
        response = ask(client, "A@example.org")
        assert (response.status_code, response.headers["Retry-After"]) == (429, "300")
        assert ask(client, "b@example.org").status_code == 302

    @pytest.mark.parametrize(
        ("language", "subject"), [("fr", "Votre lien vers Entrevilles"), ("en", "Your link to Entrevilles")]
    )
    def test_mail_in_the_persons_language(self, client, language, subject):
        UserFactory(email="a@example.org", language=language)
        ask(client, "a@example.org")
        message = mail.outbox[0]
        assert message.subject == subject
        assert message.alternatives[0].mimetype == "text/html"
        assert link_in(message) in message.alternatives[0].content

    def test_link_ignores_the_host_of_the_request(self, client, settings):
        settings.SITE_URL = "https://entrevilles.example"
        client.post(SIGN_IN, {"email": "a@example.org"}, headers={"x-forwarded-host": "evil.example"})
        assert "https://entrevilles.example/connexion/" in mail.outbox[0].body
        assert "evil.example" not in mail.outbox[0].message().as_string()


class TestPassword:
    @pytest.fixture
    def user(self):
        return actions.create_account("a@example.org", PASSWORD)[0]

    def test_sign_in_keeps_next(self, client, user):
        data = {"login": "A@example.org", "password": PASSWORD, "next": "/villes/"}
        assert client.post(reverse("account_login"), data).headers["location"] == "/villes/"
        assert client.session["_auth_user_id"] == str(user.pk)

    def test_wrong_password(self, client, user):
        response = client.post(reverse("account_login"), {"login": "a@example.org", "password": "non"})
        assert response.status_code == 200
        assert "_auth_user_id" not in client.session

    def test_first_password_after_a_link(self, client):
        ask(client, "b@example.org")
        client.post(link_in(mail.outbox[0]))
        page = client.get(reverse("community:preferences"))
        assert reverse("account_set_password") in page.content.decode()
        data = {"password1": PASSWORD, "password2": PASSWORD}
        response = client.post(reverse("account_set_password"), data)
        assert response.headers["location"] == reverse("community:preferences")
        assert User.objects.get().check_password(PASSWORD)
        assert client.get(reverse("community:preferences")).status_code == 200

    def test_too_short(self, client, user):
        client.force_login(user)
        data = {"oldpassword": PASSWORD, "password1": "quatorze-lettr", "password2": "quatorze-lettr"}
        assert client.post(reverse("account_change_password"), data).status_code == 200
        user.refresh_from_db()
        assert user.check_password(PASSWORD)

    @pytest.mark.parametrize(
        "name", ["account_login", "account_reset_password", "account_reset_password_done", "account_signup"]
    )
    def test_pages_for_visitors(self, client, name):
        assert client.get(reverse(name)).status_code == 200

    @pytest.mark.parametrize(
        "name", ["account_logout", "account_email", "account_change_password", "account_reauthenticate"]
    )
    def test_pages_for_members(self, client, user, name):
        client.force_login(user)
        assert client.get(reverse(name)).status_code == 200

    def test_sign_out(self, client, user):
        client.force_login(user)
        assert client.post(reverse("account_logout")).headers["location"] == "/"
        assert "_auth_user_id" not in client.session


class TestPreferences:
    URL = reverse("community:preferences")

    def test_saved_in_the_new_language(self, client):
        user = UserFactory()
        client.force_login(user)
        data = {
            "name": "Ilona",
            "language": "en",
            "time_zone": "Europe/Budapest",
            "theme": "dark",
            "languages": ["hu", "de"],
        }
        response = client.post(self.URL, data, follow=True)
        user.refresh_from_db()
        assert (user.name, user.language, user.time_zone, user.theme) == (
            "Ilona",
            "en",
            "Europe/Budapest",
            "dark",
        )
        assert user.languages == ["hu", "de"] or user.languages == ["de", "hu"]
        assert "Your preferences are saved." in response.content.decode()

    @pytest.mark.parametrize("field", ["language", "time_zone", "theme", "languages"])
    def test_a_choice_that_does_not_exist(self, client, field):
        user = UserFactory()
        client.force_login(user)
        data = {"name": "X", "language": "fr", "time_zone": "Europe/Paris", "theme": "light", field: "zz"}
        response = client.post(self.URL, data)
        assert response.status_code == 400
        assert 'value="X"' in response.content.decode()
        user.refresh_from_db()
        assert (user.language, user.time_zone, user.theme, user.languages) == (
            "fr",
            "Europe/Paris",
            "system",
            [],
        )

    def test_end_sessions_everywhere_but_here(self, client):
        user = UserFactory()
        client.force_login(user)
        other = Client()
        other.force_login(user)
        client.post(reverse("community:end_sessions"))
        assert client.get(self.URL).status_code == 200
        assert other.get(self.URL).status_code == 302

    def test_visitors_keep_theme_and_language_in_cookies(self, client):
        response = client.post(reverse("community:set_language"), {"language": "en", "next": "/aide/"})
        assert response.headers["location"] == "/aide/"
        client.post(reverse("community:set_theme"), {"theme": "dark"})
        page = client.get("/aide/").content.decode()
        assert '<html lang="en" data-theme="dark">' in page

    def test_members_keep_them_with_the_account(self, client):
        user = UserFactory()
        client.force_login(user)
        client.post(reverse("community:set_language"), {"language": "en"})
        client.post(reverse("community:set_theme"), {"theme": "light"})
        client.post(reverse("community:set_theme"), {"theme": "pink", "next": "https://evil.example"})
        user.refresh_from_db()
        assert (user.language, user.theme) == ("en", "light")
