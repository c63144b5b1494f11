"""Who is behind a socket, and whether they still may be: session cookie with Origin, or a single-use ticket."""

import datetime as dt
import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from importlib import import_module
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.conf import settings
from django.contrib import auth
from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpRequest
from django.http.request import split_domain_port, validate_host
from django.utils import timezone

from realtime.limits import Limits
from realtime.models import SocketTicket


@dataclass(frozen=True, slots=True)
class Identity:
    """`session` is None for a socket opened with a ticket. `proof` is what a session carries of its person: other after
    a new password and after "end my sessions"."""

    user: int
    session: str | None
    proof: int


def origin_allowed(scope: dict[str, Any]) -> bool:
    """Whether the handshake's Origin is one of ALLOWED_HOSTS, read now. No Origin, or several, is not."""
    origins = [value for name, value in scope["headers"] if name == b"origin"]
    if len(origins) != 1:
        return False
    try:
        parts = urlsplit(origins[0].decode("ascii"))
        host = split_domain_port(parts.netloc)[0]
    except ValueError:
        return False
    hosts = settings.ALLOWED_HOSTS
    return parts.scheme in ("http", "https") and bool(host) and validate_host(host, hosts)


def ticket_in(scope: dict[str, Any]) -> str:
    """The ticket of the handshake's address, or an empty text."""
    try:
        query = parse_qs(scope.get("query_string", b"").decode("ascii"), max_num_fields=20)
    except ValueError:
        return ""
    return query.get("ticket", [""])[-1]


def identify(scope: dict[str, Any]) -> Identity | None:
    """Who opens this socket: the ticket's person, else the session's. The Origin is checked before."""
    ticket = ticket_in(scope)
    return _by_ticket(ticket) if ticket else _by_session(_session_key(scope))


def issue_ticket(user: Any, now: dt.datetime | None = None) -> tuple[str, int]:
    """A new ticket of this person and the seconds it lives. Only its digest is stored."""
    now = now or timezone.now()
    seconds = Limits.from_settings().ticket_seconds
    SocketTicket.objects.filter(expires_at__lt=now).delete()
    secret = secrets.token_urlsafe(32)
    SocketTicket.objects.create(
        digest=_digest(secret), user=user, expires_at=now + dt.timedelta(seconds=seconds)
    )
    return secret, seconds


def _by_ticket(secret: str) -> Identity | None:
    tickets = SocketTicket.objects.filter(digest=_digest(secret), expires_at__gt=timezone.now())
    ticket = tickets.select_related("user").first()
    # Whoever deletes the row has it; the one who comes second finds nothing.
    if ticket is None or not tickets.delete()[0] or not ticket.user.is_active:
        return None
    return _identity(ticket.user, None)


def _by_session(key: str) -> Identity | None:
    if not key:
        return None
    request = HttpRequest()
    request.session = _session_store()(key)
    user = auth.get_user(request)
    return _identity(user, key) if isinstance(user, AbstractBaseUser) and user.is_active else None


def _identity(user: AbstractBaseUser, session: str | None) -> Identity:
    return Identity(user.pk, session, _proof(user))


def _proof(user: AbstractBaseUser) -> int:
    return hash(user.get_session_auth_hash())


def _session_key(scope: dict[str, Any]) -> str:
    cookies: SimpleCookie = SimpleCookie()
    for name, value in scope["headers"]:
        if name == b"cookie":
            try:
                cookies.load(value.decode("latin-1"))
            except CookieError:
                return ""
    cookie = cookies.get(settings.SESSION_COOKIE_NAME)
    return cookie.value if cookie else ""


def _session_store() -> Any:
    return import_module(settings.SESSION_ENGINE).SessionStore


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def expired(identities: Iterable[Identity]) -> set[Identity]:
    """Those who may not stay: session gone or out of date, password changed, sessions ended, account closed. Two queries."""
    known = set(identities)
    keys = {identity.session for identity in known if identity.session}
    sessions = set(
        _session_store()
        .get_model_class()
        .objects.filter(session_key__in=keys, expire_date__gt=timezone.now())
        .values_list("session_key", flat=True)
    )
    users = auth.get_user_model().objects.filter(pk__in={identity.user for identity in known}, is_active=True)
    proofs = {user.pk: _proof(user) for user in users}
    return {
        identity
        for identity in known
        if proofs.get(identity.user) != identity.proof
        or (identity.session is not None and identity.session not in sessions)
    }
