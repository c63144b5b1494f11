"""Z1, the ground of it: nothing opens without signing in that is not on the list of config/public.py."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.permissions import AllowAny

from config import public


def walk(patterns: list[Any], namespace: str = "") -> Iterator[tuple[str, Any]]:
    """Every view of the site by its name, `namespace:name`, or by its path when it has none."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from walk(pattern.url_patterns, inner)
        elif isinstance(pattern, URLPattern):
            yield f"{namespace}{pattern.name or pattern.pattern}", pattern.callback


def is_api(view: Any) -> bool:
    return hasattr(view, "cls") and hasattr(view.cls, "permission_classes")


def is_open(view: Any) -> bool:
    if is_api(view):
        given = view.initkwargs.get("permission_classes", view.cls.permission_classes)
        return AllowAny in given or not given
    return not getattr(view, "login_required", True)


VIEWS = list(walk(get_resolver().url_patterns))


def test_z1_the_list_is_what_is_open() -> None:
    assert {name for name, view in VIEWS if is_open(view) and not is_api(view)} == public.PAGES
    assert {name for name, view in VIEWS if is_open(view) and is_api(view)} == public.API


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path",
    ["/preferences/", "/clubs/", "/bienvenue/", "/ma-ville/", "/administration/", "/villes/1/modifier/"],
)
def test_z1_a_closed_page_leads_to_the_sign_in_page(client: Any, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 302
    assert (
        response.headers["location"].startswith("/connexion/?next=")
        or "/administration/login/" in response.headers["location"]
    )


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/api/v1/me/", "/api/v1/towns/", "/api/v1/clubs/"])
def test_z1_a_closed_endpoint_says_401(client: Any, path: str) -> None:
    assert client.get(path).status_code == 401
