"""A1: a member who is removed gets no frame of the room after 2 s, and what they send is refused."""

import asyncio

import pytest

from community.models import Circle
from messaging import actions
from tests.factories import ClubFactory, MembershipFactory, RoomFactory, SeatFactory, UserFactory
from tests.realtime.client import Client, db, hub, session_headers, until
from tests.realtime.network import Person, connected
from tests.realtime.network import until as until_within

REAL = {"sweep": (1.0, 1.8)}


@pytest.mark.django_db(transaction=True)
@pytest.mark.asyncio
@pytest.mark.parametrize("heard", [True, False], ids=["with the bell", "bell lost"])
async def test_removed_within_two_seconds(heard):
    member, other = await db(UserFactory.create_batch, 2)
    room = await db(RoomFactory, members=[member, other])
    async with (
        hub(hears_itself=heard, **REAL) as server,
        Client(server, await db(session_headers, member)) as client,
    ):
        await client.follow(room.pk)
        await db(actions.set_members, room, [(other.pk, True)])
        await until(lambda: client.of("left"), 2.0)
        await db(actions.post_message, other.pk, room.pk, "Entre nous")
        for frame in ("post", "since", "read", "sub"):
            client.send(t=frame, room=room.pk, rooms=[[room.pk, 0]], body="…", cid="0" * 32, after=0, seq=1)
        await until(lambda: len(client.of("left")) == 3 and len(client.of("err")) == 2)
        assert [error["code"] for error in client.of("err")] == ["not_found", "not_found"]
        assert not any("Entre nous" in text for text in client.texts)


@pytest.mark.django_db(transaction=True)
@pytest.mark.asyncio
async def test_a_seat_that_ends_closes_the_club_s_room():
    club = await db(ClubFactory)
    seats = await db(SeatFactory.create_batch, 2)
    for seat in seats:
        await db(MembershipFactory, club=club, organisation=seat.organisation)
    circle = await db(Circle.objects.create, club=club, kind=Circle.Kind.PRACTITIONERS)
    await db(actions.sync_circle, circle.pk)
    room = await db(circle.rooms.get)
    async with hub() as server, Client(server, await db(session_headers, seats[0].person)) as client:
        await client.follow(room.pk)
        seats[0].ends_on = "2020-01-01"
        await db(seats[0].save, update_fields=["ends_on"])
        await db(actions.sync_circle, circle.pk)
        assert await until(lambda: client.of("left"), 2.0) == [{"t": "left", "room": room.pk}]


@pytest.mark.postgres
@pytest.mark.parametrize("redis", [True, False], ids=["with Redis", "Redis dead"])
def test_on_every_process(cluster, redis):
    member, other = UserFactory.create_batch(2)
    room = RoomFactory(members=[member, other])
    webs = cluster.start(webs=2)
    people = [Person(member, room.pk, [web]) for web in webs]

    async def run():
        async with connected(people):
            # Until here through the bell, so that both processes follow the room.
            await db(actions.post_message, other.pk, room.pk, "Bonjour")
            await until_within(lambda: all(person.seqs == [1] for person in people))
            if not redis:
                await asyncio.to_thread(cluster.redis.kill)
            await db(actions.set_members, room, [(other.pk, True)])
            await until_within(lambda: all(person.left for person in people), 3.0)
            await db(actions.post_message, other.pk, room.pk, "Entre nous")
            people[0].post("Et moi ?")
            await until_within(lambda: people[0].errors)
            assert people[0].errors[0]["code"] == "not_found"
            assert all(person.seqs == [1] for person in people)

    asyncio.run(run())
