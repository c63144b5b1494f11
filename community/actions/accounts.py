"""People's own accounts: making one, preferences, sessions, tokens for programs."""

import datetime as dt
import secrets
import zoneinfo
from collections.abc import Iterable
from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from community.languages import is_language
from community.models import ApiToken, User
from community.models.user import UserManager
from community.tokens import digest
from realtime import publish

TOKEN_AGE = dt.timedelta(days=30)


@transaction.atomic
def create_account(email: str, password: str | None = None, **fields: Any) -> tuple[User, bool]:
    """The account of a confirmed address, and whether it is new; `fields` are for a new one only.

    allauth lets people sign in with a password only by an address it knows as verified: that row is made here.
    """
    email = UserManager.normalize_email(email)
    user = User.objects.filter(email=email).first() or _owner_of(email)
    is_new = user is None
    if user is None:
        try:
            with transaction.atomic():
                user = User.objects.create_user(email, password, **fields)
        except IntegrityError:  # the same link confirmed twice at once
            user, is_new = User.objects.get(email=email), False
    first = not EmailAddress.objects.filter(user=user, primary=True).exists()
    EmailAddress.objects.update_or_create(
        user=user,
        email=email,
        defaults={"verified": True},
        create_defaults={"verified": True, "primary": first},
    )
    return user, is_new


def _owner_of(email: str) -> User | None:
    """Whoever has confirmed this as a second address."""
    return User.objects.filter(emailaddress__email=email, emailaddress__verified=True).first()


def set_password(user: User, password: str) -> None:
    """A new password, unchecked (the demonstration, the command line). Ends the person's sessions."""
    user.set_password(password)
    user.save(update_fields=["password"])
    publish.recheck([user.pk])


def update_preferences(user: User, **values: Any) -> None:
    """Save `name`, `language`, `time_zone`, `theme` or `languages`; ValidationError on a value that does not exist."""
    unknown = set(values) - {"name", "language", "time_zone", "theme", "languages"}
    if unknown:
        raise TypeError(f"not a preference: {', '.join(sorted(unknown))}")
    checks = {
        "language": dict(settings.LANGUAGES),
        "time_zone": zoneinfo.available_timezones(),
        "theme": User.Theme.values,
    }
    for name, allowed in checks.items():
        if name in values and values[name] not in allowed:
            raise ValidationError({name: _("This choice does not exist.")})
    if "languages" in values:
        values["languages"] = clean_languages(values["languages"])
    for name, value in values.items():
        setattr(user, name, value)
    user.save(update_fields=list(values))


def clean_languages(codes: Iterable[str]) -> list[str]:
    """ISO 639-1 codes, each once, in the given order; ValidationError on one that is no language."""
    chosen = list(dict.fromkeys(codes))
    if not all(is_language(code) for code in chosen):
        raise ValidationError({"languages": _("This choice does not exist.")})
    return chosen


def end_sessions(user: User) -> None:
    """Sign the person out everywhere, programs with a token included; open sockets close within 2 s."""
    User.objects.filter(pk=user.pk).update(session_epoch=F("session_epoch") + 1)
    ApiToken.objects.filter(user=user).delete()
    user.refresh_from_db(fields=["session_epoch"])
    publish.recheck([user.pk])


def issue_token(user: User) -> tuple[str, ApiToken]:
    """A bearer token for 30 days: the secret, shown once, and its row. Expired ones of this person go."""
    now = timezone.now()
    ApiToken.objects.filter(user=user, expires_at__lt=now).delete()
    secret = secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        user=user,
        digest=digest(secret),
        session_hash=user.get_session_auth_hash(),
        expires_at=now + TOKEN_AGE,
    )
    return secret, token
