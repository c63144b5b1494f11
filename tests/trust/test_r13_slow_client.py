"""R13: a client that never reads is closed, costs at most 20 MiB, and the others lose nothing."""

import asyncio
import socket

import pytest
from django.conf import settings

from messaging import actions
from tests.cluster import session_cookies
from tests.factories import RoomFactory, UserFactory
from tests.realtime.client import db
from tests.realtime.network import Person, connected, log_of, until

pytestmark = pytest.mark.postgres


class Stuck:
    """A handshake and a subscription by hand, and then not one byte is read."""

    def __init__(self, web, user, room):
        cookie = f"{settings.SESSION_COOKIE_NAME}={session_cookies(user)[settings.SESSION_COOKIE_NAME]}"
        self.line = socket.create_connection(("127.0.0.1", web.port))
        self.line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        head = [
            "GET /ws/ HTTP/1.1",
            f"Host: 127.0.0.1:{web.port}",
            f"Origin: {web.url}",
            f"Cookie: {cookie}",
            "Connection: Upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
        ]
        self.line.sendall("\r\n".join([*head, "", ""]).encode())
        assert b"101" in self.line.recv(20)
        frame = f'{{"t":"sub","rooms":[[{room.pk},0]]}}'.encode()
        self.line.sendall(bytes([0x81, 0x80 | len(frame), 0, 0, 0, 0]) + frame)

    def is_open(self, web):
        """Whether the server still holds its end."""
        port = self.line.getsockname()[1]
        with open("/proc/net/tcp") as table:
            ends = [line.split()[1:4] for line in table.readlines()[1:]]
        return any(
            local.endswith(f":{web.port:04X}") and remote.endswith(f":{port:04X}") and state == "01"
            for local, remote, state in ends
        )


def test_a_reader_that_never_reads(cluster):
    users = UserFactory.create_batch(3)
    room = RoomFactory(members=users)
    (web,) = cluster.start(webs=1, DJANGO_SETTINGS_MODULE="tests.realtime.settings_hasty")
    people = [Person(user, room.pk, [web]) for user in users[:2]]
    body = "mot " * 1900

    async def run():
        async with connected(people):
            for _ in range(20):
                await db(actions.post_message, users[0].pk, room.pk, body, limited=False)
            await until(lambda: all(len(person.events) == 20 for person in people))
            before = web.rss()
            stuck = [await db(Stuck, web, users[2], room) for _ in range(3)]
            highest = before
            for _ in range(280):
                await db(actions.post_message, users[0].pk, room.pk, body, limited=False)
                highest = max(highest, web.rss())
            await until(lambda: not any(line.is_open(web) for line in stuck), 15, "the close")
            log = await db(log_of, room)
            await until(lambda: all(person.cursor == 300 for person in people), 15, "the others' log")
            assert all(person.seqs == log == list(range(1, 301)) for person in people)
            assert all(person.connections == 1 for person in people)
            assert highest - before < 20 * 1024 * 1024, f"{(highest - before) / 2**20:.1f} MiB"
            for line in stuck:
                line.line.close()

    asyncio.run(run())
