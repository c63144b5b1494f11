"""X16: an error shows no internals: no traceback, path, setting, query or version."""

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import include, path
from rest_framework.decorators import api_view, permission_classes
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from config import urls as site

SECRET = "a-secret-in-a-local-variable"
INTERNALS = (SECRET, "Traceback", "RuntimeError", "/site-packages/", ".py", "Django", "SECRET_KEY", "SELECT ")


def broken_page(request: HttpRequest) -> HttpResponse:
    password = SECRET
    raise RuntimeError(f"boom {password}")


@api_view(["GET"])
@permission_classes([AllowAny])
def broken_api(request: Request) -> Response:
    password = SECRET
    raise RuntimeError(f"boom {password}")


broken_page.login_required = False  # type: ignore[attr-defined]
broken_api.login_required = False
urlpatterns = [
    path("broken/", broken_page),
    path("api/v1/broken/", broken_api),
    path("", include(site.urlpatterns)),
]
handler500 = getattr(site, "handler500", "django.views.defaults.server_error")


@pytest.mark.django_db
@override_settings(ROOT_URLCONF=__name__)
@pytest.mark.parametrize("address", ["/broken/", "/api/v1/broken/"])
def test_an_exception_shows_nothing_of_the_inside(address: str) -> None:
    response = Client(raise_request_exception=False).get(address)
    assert response.status_code == 500
    body = response.content.decode()
    assert body.strip()
    assert [word for word in INTERNALS if word in body] == []
