"""R17, the sockets' part: on SIGTERM every socket gets `bye` and is closed with 4012 (1012 does not pass Daphne)."""

import json
from contextlib import ExitStack

import pytest
from websockets.exceptions import ConnectionClosed

from tests.factories import RoomFactory, UserFactory

pytestmark = pytest.mark.postgres


def test_sigterm_says_goodbye_to_all(cluster):
    users = UserFactory.create_batch(3)
    RoomFactory(members=users)
    (web,) = cluster.start(webs=1)
    with ExitStack() as stack:
        sockets = [stack.enter_context(web.socket(user)) for user in users]
        stop_after_a_request(web, users[0])
        for socket in sockets:
            texts, code = until_closed(socket)
            assert code == 4012
            assert json.loads(texts[-1]) == {"t": "bye", "reason": "restarting", "retry_ms": 1000}


def stop_after_a_request(web, user):
    # A request that has just ended made Daphne 4.2 forget the rest of its shutdown.
    with web.http(user) as http:
        assert http.get("/api/v1/rooms/").status_code == 200
        web.stop()


def until_closed(socket):
    """The texts still to come, and the close code."""
    texts = []
    try:
        while True:
            texts.append(socket.recv(timeout=5))
    except ConnectionClosed as closed:
        return texts, closed.rcvd.code
