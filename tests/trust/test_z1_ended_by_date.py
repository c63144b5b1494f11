"""Z1: a guest's place that ends by its date ends by itself — page, API and open socket — with nobody pressing a button."""

import datetime as dt

import pytest
from django.test import Client as Browser

from community.actions import refresh_circles
from community.models import Membership
from community.today import today
from messaging.models import RoomMember
from realtime.daily import Daily
from tests.factories import MembershipFactory, UserFactory
from tests.messaging.club import Club
from tests.realtime.client import Client, db, hub, session_headers, until


def a_guest(club):
    guest = UserFactory()
    MembershipFactory(club=club.club, organisation=None, person=guest, role="guest", ends_on=today())
    club.sync()
    return guest


def a_day_passes(guest):
    Membership.objects.filter(person=guest).update(ends_on=today() - dt.timedelta(days=1))


@pytest.mark.django_db(transaction=True)
@pytest.mark.asyncio
async def test_z1_at_midnight_a_guest_is_out_everywhere():
    club = await db(Club)
    guest = await db(a_guest, club)
    room = (await db(lambda: club.room)).pk
    browser = Browser()
    await db(browser.force_login, guest)
    day = [today()]
    daily = Daily(refresh_circles, lambda: day[0], every=0.05)
    async with hub() as server, Client(server, await db(session_headers, guest)) as client:
        client.send(t="sub", rooms=[[room, -1]])
        await client.expect("batch")
        daily.start()
        try:
            await until(lambda: daily.done_on)
            assert (await db(browser.get, f"/api/v1/rooms/{room}/events/")).status_code == 200
            await db(a_day_passes, guest)
            day[0] += dt.timedelta(days=1)
            await client.expect("left")
            assert (await db(browser.get, f"/api/v1/rooms/{room}/events/")).status_code == 404
            assert (await db(browser.get, f"/clubs/{club.club.slug}/sujets/")).status_code == 404
        finally:
            await db(daily.stop)


@pytest.mark.django_db(transaction=True)
def test_z1_a_process_that_was_down_at_midnight_catches_up():
    club = Club()
    guest = a_guest(club)
    a_day_passes(guest)
    assert RoomMember.objects.filter(user=guest).exists()
    daily = Daily(refresh_circles, today, every=60)
    daily.start()
    daily.stop()
    assert not RoomMember.objects.filter(user=guest).exists()


def test_z1_what_fails_is_tried_again():
    tries = []

    def work():
        tries.append(1)
        if len(tries) < 3:
            raise OSError

    daily = Daily(work, today, every=0.01)
    daily.start()
    while daily.done_on is None:
        assert len(tries) < 4
    daily.stop()
    assert len(tries) == 3
