"""Signing in by an e-mailed link. The address is confirmed by the link, so a new account needs nothing else."""

import datetime as dt
import secrets
from dataclasses import dataclass

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation

from community.actions.accounts import create_account
from community.models import SignInLink, User
from community.models.user import UserManager
from community.tokens import digest


class LinkRefusedError(Exception):
    """The link has been used, is too old, was never sent, or belongs to a closed account."""


@dataclass(frozen=True)
class SignedIn:
    user: User
    is_new: bool
    next_url: str


def request_sign_in_link(email: str, next_url: str = "") -> None:
    """Mail a link that signs in once, within SIGN_IN_LINK_AGE. The same work is done for any address.

    In the person's language if there is an account, else in the active one. `next_url` must be safe already.
    Raises OSError or SMTPException when no mail can be sent.
    """
    email = UserManager.normalize_email(email)
    now = timezone.now()
    SignInLink.objects.filter(created_at__lt=now - dt.timedelta(days=1)).delete()
    secret = secrets.token_urlsafe(32)
    SignInLink.objects.create(email=email, digest=digest(secret), next_url=next_url[:500])
    languages = User.objects.filter(email=email).values_list("language", flat=True)
    with translation.override(languages.first() or translation.get_language()):
        context = {
            "url": settings.SITE_URL + reverse("community:sign_in_confirm", args=[secret]),
            "minutes": settings.SIGN_IN_LINK_AGE // 60,
            "site_name": settings.SITE_NAME,
            "language": translation.get_language(),
        }
        subject = render_to_string("community/email/sign_in_link_subject.txt", context).strip()
        message = EmailMultiAlternatives(
            subject, render_to_string("community/email/sign_in_link.txt", context), to=[email]
        )
        message.attach_alternative(
            render_to_string("community/email/sign_in_link.html", context), "text/html"
        )
    message.send()


def link_is_open(secret: str) -> bool:
    """Whether a link would still sign in; asking does not use it up."""
    return _open_links(secret).exists()


@transaction.atomic
def confirm_sign_in_link(secret: str) -> SignedIn:
    """Use a link up and return whose it is, with an account made for an address that had none.

    Raises LinkRefusedError, for whatever reason, without saying which.
    """
    if not _open_links(secret).update(used_at=timezone.now()):
        raise LinkRefusedError
    link = SignInLink.objects.get(digest=digest(secret))
    user, is_new = create_account(link.email, language=translation.get_language() or settings.LANGUAGE_CODE)
    if not user.is_active:
        raise LinkRefusedError
    return SignedIn(user, is_new, link.next_url)


def _open_links(secret: str) -> QuerySet[SignInLink]:
    youngest = timezone.now() - dt.timedelta(seconds=settings.SIGN_IN_LINK_AGE)
    return SignInLink.objects.filter(digest=digest(secret), used_at=None, created_at__gt=youngest)
