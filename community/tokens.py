"""Bearer tokens for programs: `Authorization: Bearer …`, from `POST /api/v1/auth/token/`."""

import hashlib

from django.utils import timezone
from django.utils.crypto import constant_time_compare
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from community.models import ApiToken, User


def digest(secret: str) -> str:
    """What is stored of a secret: its SHA-256 in hex."""
    return hashlib.sha256(secret.encode()).hexdigest()


class BearerAuthentication(BaseAuthentication):
    """Refuses a token that has expired, whose owner is inactive, or whose owner's password has changed."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        scheme, _, secret = get_authorization_header(request).decode("latin-1").partition(" ")
        if scheme.lower() != "bearer":
            return None
        token = (
            ApiToken.objects.select_related("user")
            .filter(digest=digest(secret.strip()), expires_at__gt=timezone.now(), user__is_active=True)
            .first()
        )
        if token is None or not constant_time_compare(token.session_hash, token.user.get_session_auth_hash()):
            raise AuthenticationFailed("This token does not work (any more).")
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"
