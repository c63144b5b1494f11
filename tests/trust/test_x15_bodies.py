"""X15: a body that is too large or too deep is refused in words, never with a 5xx; JSON is no way around the forms' limit."""

import json

import pytest
from django.conf import settings
from django.test import Client

pytestmark = pytest.mark.django_db
TOKEN = "/api/v1/auth/token/"


def post(body):
    return Client(raise_request_exception=False).post(TOKEN, body, content_type="application/json")


def test_x15_a_body_beyond_the_limit():
    asked = {"email": "a@example.org", "password": "non", "padding": ""}
    room = settings.DATA_UPLOAD_MAX_MEMORY_SIZE - len(json.dumps(asked))
    sizes = {
        size: post(json.dumps({**asked, "padding": "x" * size})).status_code for size in (room, room + 1)
    }
    assert sizes == {room: 401, room + 1: 400}


@pytest.mark.parametrize(
    "body",
    [
        "[" * 100_000,
        '{"a":' * 100_000,
        "9" * 5000,
        '{"email": NaN}',
        "",
        "null",
        b"\xff\xfe",
        b"\xed\xa0\x80",
    ],
    ids=["lists", "objects", "digits", "nan", "empty", "null", "not-utf-8", "surrogate"],
)
def test_x15_what_is_no_json_for_us(body):
    assert post(body).status_code == 400
