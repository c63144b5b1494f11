"""A2: logout, a new password, a closed account, "end sessions": that person's sockets close within 2 s, HTTP says 401."""

import asyncio

import pytest
from django.contrib.sessions.models import Session
from django.test import Client as Browser

from community import actions
from community.models import User
from realtime import publish
from realtime.identity import issue_ticket
from tests.factories import RoomFactory, UserFactory
from tests.realtime.client import Client, db, hub, session_headers, until
from tests.realtime.network import Person, connected
from tests.realtime.network import until as until_within

REAL = {"sweep": (1.0, 1.8)}


def log_out(user, browser):
    # By whatever page: the session row is what counts.
    Session.objects.get(pk=browser.session.session_key).delete()


def change_password(user, browser):
    user.set_password("une autre phrase de passe")
    user.save(update_fields=["password"])


def deactivate(user, browser):
    User.objects.filter(pk=user.pk).update(is_active=False)


def end_sessions(user, browser):
    for session in Session.objects.all():
        if session.get_decoded().get("_auth_user_id") == str(user.pk):
            session.delete()


def end_sessions_everywhere(user, browser):
    actions.end_sessions(user)


WAYS = [log_out, change_password, deactivate, end_sessions, end_sessions_everywhere]


def signed_in(user):
    browser = Browser()
    browser.force_login(user)
    return browser, [
        (b"cookie", f"sessionid={browser.cookies['sessionid'].value}".encode()),
        (b"origin", b"http://testserver"),
    ]


@pytest.mark.django_db(transaction=True)
@pytest.mark.asyncio
@pytest.mark.parametrize("end", WAYS)
async def test_the_socket_closes_within_two_seconds(end):
    user, other = await db(UserFactory.create_batch, 2)
    browser, headers = await db(signed_in, user)
    async with (
        hub(**REAL) as server,
        Client(server, headers) as client,
        Client(server, await db(session_headers, other)) as bystander,
    ):
        await db(end, user, browser)
        await until(lambda: client.code, 2.0)
        assert client.code == 4001
        assert client.frames[-1] == {"t": "bye", "reason": "signed_out", "retry_ms": 0}
        assert (await db(browser.get, "/api/v1/rooms/")).status_code == 401
        async with Client(server, headers) as again:
            assert again.code == 4001
        bystander.send(t="ping")
        await bystander.expect("pong")


@pytest.mark.django_db(transaction=True)
@pytest.mark.asyncio
async def test_told_at_once_it_takes_no_sweep():
    user = await db(UserFactory)
    browser, headers = await db(signed_in, user)
    async with hub(sweep=(60, 60)) as server, Client(server, headers) as client:
        await db(log_out, user, browser)
        await db(publish.recheck, [user.pk])
        await until(lambda: client.code == 4001)


@pytest.mark.django_db(transaction=True)
@pytest.mark.asyncio
async def test_a_ticket_s_socket_closes_too():
    user = await db(UserFactory)
    ticket, _ = await db(issue_ticket, user)
    async with hub(sweep=(60, 60)) as server, Client(server, [], query=f"ticket={ticket}") as client:
        assert client.frames[0]["user"] == user.pk
        await db(publish.recheck, [user.pk])
        await until(lambda: client.code == 4001)


@pytest.mark.postgres
def test_on_every_process_with_redis_dead(cluster):
    user = UserFactory()
    room = RoomFactory(members=[user])
    webs = cluster.start(webs=2)
    people = [Person(user, room.pk, [web], reconnects=False) for web in webs]

    async def run():
        async with connected(people):
            await asyncio.to_thread(cluster.redis.kill)
            await db(change_password, user, None)
            await until_within(lambda: all(person.closes for person in people), 3.0)
            assert [person.closes for person in people] == [[4001], [4001]]

    asyncio.run(run())
