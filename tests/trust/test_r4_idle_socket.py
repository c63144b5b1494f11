"""R4: an idle socket that keeps its heartbeat stays open for 120 s. Here at a twentieth of the time, over a real line;
with the real times it was measured by hand (docs/performance.md).
"""

import time

import pytest
from websockets.exceptions import ConnectionClosed

from tests.factories import UserFactory

pytestmark = pytest.mark.postgres


def test_idle_with_heartbeats_stays_open_and_silence_does_not(cluster):
    user = UserFactory()
    (web,) = cluster.start(webs=1, DJANGO_SETTINGS_MODULE="tests.realtime.settings_hasty")
    with web.socket(user) as beating, web.socket(user) as silent:
        assert '"welcome"' in beating.recv(timeout=5)
        ends = time.monotonic() + 6
        while time.monotonic() < ends:
            beating.send('{"t":"ping"}')
            assert beating.recv(timeout=1.25) == '{"t":"pong"}'
            with pytest.raises(TimeoutError):
                beating.recv(timeout=1.25)
        assert silent.recv(timeout=5).startswith('{"t":"welcome"')
        assert silent.recv(timeout=5) == '{"t":"bye","reason":"too_slow","retry_ms":1000}'
        with pytest.raises(ConnectionClosed) as closed:
            silent.recv(timeout=5)
        assert closed.value.rcvd.code == 4013
