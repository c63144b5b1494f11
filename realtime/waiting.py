"""Long poll without a thread: the page answers at once, and an empty answer may wait here for the next event.

A view that has nothing to say asks for it with `ask_to_wait(response, …)`. This wrapper then keeps that answer,
sleeps in the event loop until the room rings, and runs the request again from its sign-in on — so whoever lost
their rights meanwhile gets what they deserve. No thread and no connection is held. Elsewhere (tests, WSGI) the
header is dropped and the empty answer simply arrives.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from django.http import HttpResponseBase

from realtime.hub import Hub

_HEADER = "X-Wait-For-Room"

Application = Callable[[dict[str, Any], Any, Any], Awaitable[None]]


def ask_to_wait(response: HttpResponseBase, room: int, after: int, seconds: float) -> None:
    """Let this answer wait until the log of `room` passes `after`, at most `seconds`."""
    response.headers[_HEADER] = f"{room} {after} {seconds}"


class WaitingApplication:
    """Wraps Django's ASGI application."""

    def __init__(self, application: Application, hub: Hub) -> None:
        self.application = application
        self.hub = hub

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http" or scope["method"] != "GET" or b"wait=" not in scope["query_string"]:
            await self.application(scope, receive, send)
            return
        answer = _Answer(send)
        client = _Client(receive)
        await self.application(scope, client.receive, answer.send)
        if answer.kept:
            if not await self._wait(client, *answer.wish):
                answer.retry_after(5)
                await answer.release()
            elif not client.gone:
                await self.application(scope, client.again, _Answer(send, wait=False).send)

    async def _wait(self, client: "_Client", room: int, after: int, seconds: float) -> bool:
        """Until the room rings, the time is over or the client hangs up; False when too many wait already."""
        rung = asyncio.ensure_future(self.hub.wait(room, after, min(seconds, self.hub.limits.wait)))
        hung_up = asyncio.ensure_future(client.hang_up())
        try:
            await asyncio.wait({rung, hung_up}, return_when=asyncio.FIRST_COMPLETED)
            return hung_up.done() or rung.result()
        finally:
            for task in (rung, hung_up):
                task.cancel()
            await asyncio.gather(rung, hung_up, return_exceptions=True)


class _Answer:
    """Passes an answer on, unless it asks to wait."""

    def __init__(self, send: Any, *, wait: bool = True) -> None:
        self._send = send
        self._wait = wait
        self.kept: list[dict[str, Any]] = []
        self.wish: tuple[int, int, float] = (0, 0, 0.0)

    async def send(self, message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            name = _HEADER.lower().encode()
            wishes = [value for key, value in message["headers"] if key.lower() == name]
            message["headers"] = [(key, value) for key, value in message["headers"] if key.lower() != name]
            if wishes and self._wait:
                room, after, seconds = wishes[0].split()
                self.wish = (int(room), int(after), float(seconds))
                self.kept.append(message)
                return
        if self.kept:
            self.kept.append(message)
        else:
            await self._send(message)

    def retry_after(self, seconds: int) -> None:
        self.kept[0]["headers"].append((b"retry-after", str(seconds).encode()))

    async def release(self) -> None:
        for message in self.kept:
            await self._send(message)


class _Client:
    """The receiving side, shared by two runs of one request without a body."""

    def __init__(self, receive: Any) -> None:
        self._receive = receive
        self._next: asyncio.Future[dict[str, Any]] | None = None
        self._asked = False
        self.gone = False

    async def receive(self) -> dict[str, Any]:
        # The server's own `receive` may not be called twice at once, and Django cancels its call: shield it.
        if self._next is None:
            self._next = asyncio.ensure_future(self._receive())
        message = await asyncio.shield(self._next)
        if message["type"] == "http.disconnect":
            self.gone = True
        else:
            self._next = None
        return message

    async def again(self) -> dict[str, Any]:
        if not self._asked:
            self._asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        return await self.receive()

    async def hang_up(self) -> None:
        while not self.gone:
            await self.receive()
