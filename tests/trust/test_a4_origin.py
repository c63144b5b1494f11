"""A4: a handshake with a foreign, absent or odd Origin is refused before anybody looks at the cookie."""

import pytest
from websockets.exceptions import InvalidStatus

from tests.factories import UserFactory
from tests.realtime.client import Client, db, hub, session_headers

HOSTS = ["entrevilles.example", ".towns.example"]

BAD = [
    None,
    "null",
    "",
    "http://evil.example",
    "http://entrevilles.example.evil.example",
    "http://evil.example/entrevilles.example",
    "http://entrevilles.example@evil.example",
    "http://evil.example#entrevilles.example",
    "http://xentrevilles.example",
    "file://entrevilles.example",
    "entrevilles.example",
    "http://",
    "http://[::1",
    "http://entrevilles.example\x00",
]


@pytest.mark.django_db(transaction=True)
@pytest.mark.asyncio
class TestHandshake:
    @pytest.mark.parametrize("origin", BAD)
    async def test_refused(self, settings, origin):
        settings.ALLOWED_HOSTS = HOSTS
        user = await db(UserFactory)
        async with hub() as server, Client(server, await db(session_headers, user, origin)) as client:
            assert (client.accepted, client.code, client.frames) == (None, 4003, [])

    @pytest.mark.parametrize(
        "origin",
        ["https://entrevilles.example", "http://ENTREVILLES.example:8000", "https://lyon.towns.example"],
    )
    async def test_accepted(self, settings, origin):
        settings.ALLOWED_HOSTS = HOSTS
        user = await db(UserFactory)
        async with hub() as server, Client(server, await db(session_headers, user, origin)) as client:
            assert client.frames[0]["t"] == "welcome"

    async def test_two_origins_are_none(self):
        headers = await db(session_headers, await db(UserFactory))
        async with hub() as server, Client(server, [*headers, (b"origin", b"http://testserver")]) as client:
            assert client.accepted is None

    async def test_another_path_is_refused(self):
        headers = await db(session_headers, await db(UserFactory))
        async with hub() as server, Client(server, headers, path="/ws/admin/") as client:
            assert client.accepted is None


@pytest.mark.postgres
def test_the_server_answers_403(cluster):
    user = UserFactory()
    (web,) = cluster.start(webs=1)
    for origin in ("https://evil.example", None):
        with pytest.raises(InvalidStatus) as refused:
            web.socket(user, origin=origin)
        assert refused.value.response.status_code == 403
    with web.socket(user) as socket:
        assert '"welcome"' in socket.recv(timeout=5)
