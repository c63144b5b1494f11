"""A7: whatever a client sends is answered by an error frame; no traceback, nobody else notices, output is strict JSON."""

import contextlib
import json
import logging

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from realtime.frames import parse
from realtime.refusals import Refused
from tests.factories import RoomFactory, UserFactory
from tests.realtime.client import Client, db, hub, session_headers, until

TEXTS = [
    ("", "bad_frame"),
    ("{", "bad_frame"),
    ("null", "bad_frame"),
    ("[]", "bad_frame"),
    ("1", "bad_frame"),
    ('"post"', "bad_frame"),
    ("{}", "bad_frame"),
    ('{"t":1}', "bad_frame"),
    ('{"t":null}', "bad_frame"),
    ('{"t":["post"]}', "bad_frame"),
    ('{"t":"ping","x":NaN}', "bad_frame"),
    ('{"t":"ping","x":Infinity}', "bad_frame"),
    ('{"t":"ping","x":-Infinity}', "bad_frame"),
    ('{"t":"ping"}{"t":"ping"}', "bad_frame"),
    ("[" * 30_000, "bad_frame"),
    ('{"a":' * 10_000, "bad_frame"),
    ('{"t":"ping","a":' + "[" * 20 + "]" * 20 + "}", "bad_frame"),
    ('{"t":"ping","x":' + "9" * 5000 + "}", "bad_frame"),
    ("\x00", "bad_frame"),
    ("\ud800", "bad_frame"),
    ("x" * 70_000, "too_large"),
    ("é" * 40_000, "too_large"),
    ('{"t":"dance"}', "unknown_frame"),
    ('{"t":"__init__"}', "unknown_frame"),
    ('{"t":"websocket.disconnect"}', "unknown_frame"),
    ('{"t":"react","room":1,"message":1,"cid":"x"}', "unknown_frame"),
    ('{"t":"pin"}', "unknown_frame"),
    ('{"t":"accept"}', "unknown_frame"),
    ('{"t":"sub"}', "invalid"),
    ('{"t":"sub","rooms":{}}', "invalid"),
    ('{"t":"sub","rooms":[1]}', "invalid"),
    ('{"t":"sub","rooms":[[1]]}', "invalid"),
    ('{"t":"sub","rooms":[[1,-2]]}', "invalid"),
    ('{"t":"sub","rooms":[["1",0]]}', "invalid"),
    ('{"t":"sub","rooms":[[1.0,0]]}', "invalid"),
    ('{"t":"sub","rooms":[[true,0]]}', "invalid"),
    ('{"t":"sub","rooms":[[9223372036854775808,0]]}', "invalid"),
    ('{"t":"unsub","rooms":"all"}', "invalid"),
    ('{"t":"unsub","rooms":[null]}', "invalid"),
    ('{"t":"ack"}', "invalid"),
    ('{"t":"ack","n":-1}', "invalid"),
    ('{"t":"ack","n":1e400}', "invalid"),
    ('{"t":"typing"}', "invalid"),
    ('{"t":"since","room":1}', "invalid"),
    ('{"t":"since","room":1,"after":0,"limit":0}', "invalid"),
    ('{"t":"read","room":1}', "invalid"),
    ('{"t":"post"}', "invalid"),
    ('{"t":"post","room":1,"cid":"not-a-uuid","body":"x"}', "invalid"),
    ('{"t":"post","room":1,"cid":7,"body":"x"}', "invalid"),
    ('{"t":"post","room":1,"cid":"6f1d0bb8-52a4-4c3f-9d1c-0a2f3b4c5d6e","body":{"a":1}}', "invalid"),
    ('{"t":"post","room":1,"cid":"6f1d0bb8-52a4-4c3f-9d1c-0a2f3b4c5d6e","body":"\\ud800"}', "invalid"),
    ('{"t":"post","room":1,"cid":"6f1d0bb8-52a4-4c3f-9d1c-0a2f3b4c5d6e","body":"\\u0000"}', "invalid"),
    (
        '{"t":"post","room":1,"cid":"6f1d0bb8-52a4-4c3f-9d1c-0a2f3b4c5d6e","body":"x","lang":"\\u0000"}',
        "invalid",
    ),
    ('{"t":"post","room":1,"cid":"6f1d0bb8-52a4-4c3f-9d1c-0a2f3b4c5d6e","body":"x","lang":[]}', "invalid"),
    (
        '{"t":"edit","room":1,"message":"x","cid":"6f1d0bb8-52a4-4c3f-9d1c-0a2f3b4c5d6e","body":"x"}',
        "invalid",
    ),
]


@pytest.mark.django_db(transaction=True)
@pytest.mark.asyncio
async def test_the_corpus(caplog):
    caplog.set_level(logging.WARNING)
    user, other = await db(UserFactory.create_batch, 2)
    room = await db(RoomFactory, members=[user, other])
    async with (
        hub(refusals=1000) as server,
        Client(server, await db(session_headers, user)) as client,
        Client(server, await db(session_headers, other)) as witness,
    ):
        await witness.follow(room.pk)
        seen = len(witness.frames)
        for number, (text, code) in enumerate(TEXTS, 1):
            client.send_text(text)
            answer = await client.expect("err", number)
            assert (text[:60], answer["code"]) == (text[:60], code)
        client.send_bytes(b"\x00\xff")
        assert (await client.expect("err", len(TEXTS) + 1))["code"] == "bad_frame"
        assert (await client.post(room.pk, "Je suis encore là"))["t"] == "ok"
        await until(lambda: witness.seqs(room.pk) == [1])
        assert len(witness.frames) == seen + 1
        for text in client.texts:
            text.encode()
            json.loads(text, parse_constant=pytest.fail)
    assert [record.getMessage() for record in caplog.records] == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.asyncio
async def test_who_goes_on_is_closed():
    user = await db(UserFactory)
    async with hub() as server, Client(server, await db(session_headers, user)) as client:
        for _ in range(30):
            client.send_text("{")
        await until(lambda: client.code)
        assert client.code == 4009


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.one_of(
        st.text(),
        JSON.map(json.dumps),
        st.dictionaries(st.sampled_from(["t", "room", "n"]), JSON).map(json.dumps),
    )
)
def test_parsing_answers_or_refuses(text):
    with contextlib.suppress(Refused):
        assert isinstance(parse(text)["t"], str)
