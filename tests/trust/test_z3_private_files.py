"""Z3: no stored file is reachable by its address; what is private is served by a view that asks the permissions.

Nothing can be uploaded yet. What this holds is the ground rule: the media folder is on no URL.
"""

from pathlib import Path

import pytest

from tests.factories import SeatFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def stored(settings):
    path = Path(settings.MEDIA_ROOT) / "conventions" / "secret.pdf"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"%PDF canary")
    return path


@pytest.mark.parametrize("signed_in", [False, True])
@pytest.mark.parametrize(
    "address",
    [
        "/media/conventions/secret.pdf",
        "/media/../media/conventions/secret.pdf",
        "/static/../media/conventions/secret.pdf",
        "/static/..%2fmedia%2fconventions%2fsecret.pdf",
    ],
)
def test_a_stored_file_has_no_address(client, stored, address, signed_in):
    if signed_in:
        client.force_login(SeatFactory().person)
    for headers in ({}, {"Range": "bytes=0-4"}):
        response = client.get(address, headers=headers)
        content = b"".join(response.streaming_content) if response.streaming else response.content
        assert response.status_code in (302, 403, 404)
        assert b"canary" not in content


def test_data_of_the_site_is_no_static_file(client, settings):
    """The database and the key lie in DATA_DIR beside `static`: none of them may be asked for."""
    for name in ("secret-key", "entrevilles.sqlite3", "demo-password"):
        assert client.get(f"/static/../{name}").status_code in (302, 404)
