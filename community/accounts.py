"""How allauth behaves here: addresses in mails come from SITE_URL, never from a request's Host."""

import logging
from smtplib import SMTPException
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.core.internal import ratelimit
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

log = logging.getLogger(__name__)


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """People join through the e-mailed link (community.actions), which asks nothing twice."""
        return False

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        for key, value in context.items():
            if key.endswith("_url") and isinstance(value, str) and value.startswith("http"):
                parts = urlsplit(value)
                context[key] = settings.SITE_URL + parts._replace(scheme="", netloc="").geturl()
        context["current_site"] = SimpleNamespace(
            name=settings.SITE_NAME, domain=urlsplit(settings.SITE_URL).netloc
        )
        context["site_url"] = settings.SITE_URL
        super().send_mail(template_prefix, email, context)

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """Tell the owner of a change that is made already: a mail that cannot leave does not undo it (trust A14)."""
        try:
            super().send_notification_mail(*args, **kwargs)
        except (OSError, SMTPException) as error:
            log.error("A notice about an account could not be mailed: %s", type(error).__name__)

    def format_email_subject(self, subject: str) -> str:
        return str(subject)

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("community:preferences")

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """Wrong passwords are counted by account and address of the sender: a stranger who guesses locks out only himself."""
        login = str(credentials.get("email", "")).strip().lower()
        return f"{self.get_client_ip(request)}:{login}"

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Too many wrong passwords: 429 at once (trust A8), in place of allauth's form error with status 200."""
        key = self._get_login_attempts_cache_key(request, **credentials)
        self._login_failed_rl_usage = ratelimit.consume(
            request, app="allauth.account", action="login_failed", key=key
        )
        if not self._login_failed_rl_usage:
            raise ImmediateHttpResponse(ratelimit.respond_429(request))
