"""A3: a session that runs out closes its socket (within 60 s; here within two sweeps)."""

import datetime as dt

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone

from tests.factories import UserFactory
from tests.realtime.client import Client, db, hub, session_headers, until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio]


async def test_out_of_date_closes():
    user = await db(UserFactory)
    headers = await db(session_headers, user)
    async with hub() as server, Client(server, headers) as client:
        in_a_moment = timezone.now() + dt.timedelta(seconds=0.3)
        await db(Session.objects.update, expire_date=in_a_moment)
        await until(lambda: client.code)
        assert (client.code, timezone.now() >= in_a_moment) == (4001, True)


async def test_a_session_that_holds_stays():
    user = await db(UserFactory)
    async with hub() as server, Client(server, await db(session_headers, user)) as client:
        for _ in range(3):
            await server._sweep_identities()
        client.send(t="ping")
        await client.expect("pong")
