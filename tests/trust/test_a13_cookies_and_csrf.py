"""A13: cookies are __Host-, Secure, HttpOnly, SameSite; every unsafe method needs the CSRF token."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from tests.factories import UserFactory
from tests.trust.test_x16_boot import GOOD, ROOT

SCRIPT = """
import json, django
from django.conf import settings
django.setup()
names = ["SESSION_COOKIE", "CSRF_COOKIE"]
print(json.dumps({n: {k: getattr(settings, f"{n}_{k}") for k in ("NAME", "SECURE", "HTTPONLY", "SAMESITE", "DOMAIN", "PATH")} for n in names}))
"""


def test_a13_cookies_of_production(tmp_path: Any) -> None:
    environment = {**os.environ, **GOOD, "DATA_DIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    for name, cookie in json.loads(done.stdout).items():
        assert cookie.pop("NAME").startswith("__Host-"), name
        assert cookie == {"SECURE": True, "HTTPONLY": True, "SAMESITE": "Lax", "DOMAIN": None, "PATH": "/"}


@pytest.mark.django_db
def test_a13_our_own_cookies_are_not_for_scripts(client: Client) -> None:
    client.get(reverse("community:sign_in"))
    client.post(reverse("community:set_theme"), {"theme": "dark"})
    client.post(reverse("community:set_language"), {"language": "en"})
    assert {"csrftoken", "theme", "django_language"} <= set(client.cookies)
    for cookie in client.cookies.values():
        assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")


def addresses(patterns: list[Any], prefix: str = "/") -> list[str]:
    """One address of every view, its parameters filled with something."""
    found = []
    for pattern in patterns:
        path = prefix + _filled(pattern)
        if isinstance(pattern, URLResolver):
            found += addresses(pattern.url_patterns, path)
        elif isinstance(pattern, URLPattern):
            found.append(path)
    return found


def _filled(pattern: Any) -> str:
    route = str(pattern.pattern)
    for name, converter in pattern.pattern.converters.items():
        sample = "1" if converter.regex == "[0-9]+" else "cherche" if "cherche" in converter.regex else "x"
        for kind in ("int:", "str:", "slug:", "path:", "direction:", ""):
            route = route.replace(f"<{kind}{name}>", sample)
    return route


PAGES = [path for path in addresses(get_resolver().url_patterns) if "(?P" not in path and "^" not in path]


def send(client: Client, method: str, path: str) -> int:
    """The status of an empty request, as JSON to the API."""
    kind = {"data": "{}", "content_type": "application/json"} if path.startswith("/api/") else {}
    return int(getattr(client, method)(path, **kind).status_code)


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_a13_no_unsafe_method_without_the_token(method: str) -> None:
    """Signed in by session, at every address of the site: 403, or the view does not take this method at all."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    assert len(PAGES) > 80
    refused = {path: send(client, method, path) for path in PAGES}
    open_to_it = {path: code for path, code in refused.items() if code not in (403, 404, 405)}
    assert open_to_it == ({"/api/v1/auth/token/": 400} if method == "post" else {})


@pytest.mark.django_db
def test_a13_with_the_token_it_works() -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(UserFactory())
    client.get("/preferences/")
    token = client.cookies["csrftoken"].value
    data = {"theme": "dark", "csrfmiddlewaretoken": token}
    assert client.post(reverse("community:set_theme"), data).status_code == 302
