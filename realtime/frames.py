"""JSON in and out. What comes in is hostile until parsed; what goes out is strict."""

import json
from collections.abc import Sequence
from typing import Any, NoReturn

from realtime.refusals import Refused

_encoder = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))
# Keys and list elements deeper than this are nobody's frame.
DEPTH = 8


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def parse(text: str) -> dict[str, Any]:
    """The frame in a text; raises Refused("bad_frame") for anything but a shallow JSON object with a text `t`."""
    try:
        frame = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise Refused("bad_frame", "This is not JSON.") from None
    if not isinstance(frame, dict) or not isinstance(frame.get("t"), str) or not _shallow(frame, DEPTH):
        raise Refused("bad_frame", "A frame is a JSON object with a text `t`.")
    return frame


def _shallow(value: Any, depth: int) -> bool:
    if not isinstance(value, (dict, list)):
        return True
    inner = value.values() if isinstance(value, dict) else value
    return depth > 0 and all(_shallow(item, depth - 1) for item in inner)


def number(frame: dict[str, Any], field: str, *, least: int = 0) -> int:
    """A whole number of a frame that fits a database column; raises Refused("invalid")."""
    return whole(frame.get(field), field, least=least)


def whole(value: Any, field: str, *, least: int = 0) -> int:
    """`value` itself if it is a whole number from `least` to 2⁶³−1; raises Refused("invalid")."""
    if type(value) is not int or not least <= value < 2**63:
        raise Refused("invalid", f"`{field}` must be a whole number.", field=field)
    return value


def encode(frame: dict[str, Any]) -> str:
    """A frame as text. ValueError for what strict JSON cannot say."""
    return _encoder.encode(frame)


def encode_event(room: int, seq: int, fields: dict[str, Any]) -> str:
    """An event as it stands in `ev` and `batch`."""
    return _encoder.encode({"room": room, "seq": seq, **fields})


def event_frame(event: str) -> str:
    """The `ev` frame of an encoded event."""
    return '{"t":"ev",' + event[1:]


def batch_frame(room: int, first: int, last: int, events: Sequence[str], *, more: bool) -> str:
    """The `batch` frame of encoded events that follow `first` (not included) up to `last`."""
    head = f'{{"t":"batch","room":{room},"from":{first},"to":{last},"events":['
    return head + ",".join(events) + ('],"more":true}' if more else '],"more":false}')


def error_frame(refused: Refused, about: dict[str, Any] | None = None) -> str:
    """The `err` frame of a refusal; `about` is the frame that was refused."""
    frame: dict[str, Any] = {"t": "err", "code": refused.code, "detail": str(refused.detail)}
    cid = (about or {}).get("cid")
    if isinstance(cid, str) and len(cid) <= 64 and cid.isprintable() and cid.isascii():
        frame["cid"] = cid
    if refused.field is not None:
        frame["field"] = refused.field
    if refused.retry_after is not None:
        frame["retry_after"] = round(refused.retry_after, 2)
    return encode(frame)
