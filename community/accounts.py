"""How allauth behaves here: addresses in mails come from SITE_URL, never from a request's Host."""

from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """People join through the e-mailed link (community.actions), which asks nothing twice."""
        return False

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        for key, value in context.items():
            if key.endswith("_url") and isinstance(value, str) and value.startswith("http"):
                parts = urlsplit(value)
                context[key] = settings.SITE_URL + parts._replace(scheme="", netloc="").geturl()
        super().send_mail(template_prefix, email, context)
