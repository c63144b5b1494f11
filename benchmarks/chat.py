"""Fan-out: server CPU per delivered message, this hub against the Channels tutorial's consumer, in one run.

    python -m benchmarks.chat [--sockets 200] [--seconds 5] [--rounds 3]

Both are served by Daphne on SQLite with the in-process layer, pinned to one core; the clients run on another. One room of N
signed-in people, 120-byte bodies, every message committed before it is sent. Paced: 10 messages a second. Burst: 4 messages
in flight. A delivery is one message at one socket, however many share a frame.
"""

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path

import django

ROOT = Path(__file__).resolve().parent.parent
NEEDLE = b'"kind":"posted"'
SETTLE = 1.0


class Line(asyncio.Protocol):
    """A WebSocket client that does little more than count, so that the server is what is measured."""

    def __init__(self, head: bytes, acks: bool) -> None:
        self.head, self.acks = head, acks
        self.opened = asyncio.get_running_loop().create_future()
        self.buffer = b""
        self.frames = self.delivered = 0
        self.seen = None

    def connection_made(self, transport) -> None:
        self.transport = transport
        transport.write(self.head)

    def data_received(self, data: bytes) -> None:
        buffer = self.buffer + data
        if not self.opened.done():
            head, end, buffer = buffer.partition(b"\r\n\r\n")
            if not end:
                self.buffer = head
                return
            self.opened.set_result(b" 101 " in head.split(b"\r\n")[0])
        start, total = 0, len(buffer)
        while total - start >= 2:
            size, offset = buffer[start + 1], start + 2
            if size == 126:
                size, offset = int.from_bytes(buffer[offset : offset + 2]), offset + 2
            elif size == 127:
                size, offset = int.from_bytes(buffer[offset : offset + 8]), offset + 8
            if total < offset + size:
                break
            self.frame(buffer[start] & 15, buffer[offset : offset + size])
            start = offset + size
        self.buffer = buffer[start:]

    def frame(self, kind: int, payload: bytes) -> None:
        if kind == 9:
            self.send(payload, 0x8A)
            return
        self.frames += 1
        self.delivered += payload.count(NEEDLE)
        if self.seen is not None:
            self.seen(payload)
        if self.acks and self.frames % 16 == 0:
            self.send(b'{"t":"ack","n":%d}' % self.frames)

    def send(self, payload: bytes, kind: int = 0x81) -> None:
        size = bytes([0x80 | len(payload)]) if len(payload) < 126 else b"\xfe" + len(payload).to_bytes(2)
        self.transport.write(bytes([kind]) + size + b"\0\0\0\0" + payload)


class Server:
    """One Daphne, pinned to the first core."""

    def __init__(self, application: str, environment: dict[str, str], port: int) -> None:
        command = ["-m", "daphne", "-v", "0", "-b", "127.0.0.1", "-p", str(port), application]
        self.port = port
        self.process = subprocess.Popen([sys.executable, *command], cwd=ROOT, env=environment)
        if len(os.sched_getaffinity(0)) > 1:
            os.sched_setaffinity(self.process.pid, {min(os.sched_getaffinity(0))})

    def cpu(self) -> float:
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def rss(self) -> int:
        return int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]) * os.sysconf(
            "SC_PAGE_SIZE"
        )

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(20)


def prepare(folder: Path, count: int):
    """A database with one room and its people: the room's id and their session keys."""
    os.environ.update(
        {"DATA_DIR": str(folder), "DJANGO_SETTINGS_MODULE": "config.settings.local", "SECRET_KEY": "b" * 60}
    )
    os.environ.pop("DATABASE_URL", None)
    os.environ.pop("REDIS_URL", None)
    django.setup()
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore
    from django.core.management import call_command

    from community.models import User
    from messaging.actions import open_room

    call_command("migrate", verbosity=0)
    users = User.objects.bulk_create(
        User(email=f"p{n}@example.org", name=f"Personne {n}", password="!x") for n in range(count)
    )
    keys = []
    for user in users:
        session = SessionStore()
        session[SESSION_KEY] = str(user.pk)
        session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        session.save()
        keys.append(session.session_key)
    return open_room("circle", [(user.pk, True) for user in users]).pk, keys


async def open_lines(port: int, path: str, keys: list[str], acks: bool) -> list[Line]:
    """All sockets, forty handshakes at a time."""
    loop = asyncio.get_running_loop()
    gate = asyncio.Semaphore(40)

    async def one(key: str) -> Line:
        head = (
            f"GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\nOrigin: http://localhost:{port}\r\n"
            f"Cookie: sessionid={key}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
        )
        async with gate:
            _, line = await loop.create_connection(lambda: Line(head.encode(), acks), "127.0.0.1", port)
            assert await asyncio.wait_for(line.opened, 60)
        return line

    return await asyncio.gather(*(one(key) for key in keys))


class Load:
    """Posts from the first ten lines; times the way to five others."""

    def __init__(self, lines: list[Line], room: int) -> None:
        self.lines, self.room = lines, room
        self.sent = 0
        self.times: list[float] = []
        self.returned = asyncio.Semaphore(0)
        lines[0].seen = self.came_back
        for line in lines[-5:]:
            line.seen = self.timed

    def post(self) -> None:
        body = f"@{time.monotonic():.6f}@".ljust(120, "x")
        frame = f'{{"t":"post","room":{self.room},"cid":"{uuid.uuid4()}","body":"{body}"}}'
        self.lines[self.sent % 10].send(frame.encode())
        self.sent += 1

    def timed(self, payload: bytes) -> None:
        now = time.monotonic()
        for part in payload.split(b'"body":"@')[1:]:
            self.times.append(now - float(part[: part.index(b"@")]))

    def came_back(self, payload: bytes) -> None:
        for _ in range(payload.count(NEEDLE)):
            self.returned.release()

    async def paced(self, seconds: float) -> None:
        start = time.monotonic()
        for number in range(int(seconds * 10)):
            await asyncio.sleep(max(0, start + number / 10 - time.monotonic()))
            self.post()

    async def burst(self, seconds: float) -> None:
        ends = time.monotonic() + seconds
        for _ in range(4):
            self.post()
        while time.monotonic() < ends:
            try:
                async with asyncio.timeout(1):
                    await self.returned.acquire()
            except TimeoutError:
                pass  # the layer has lost it
            self.post()


async def measure(
    server: Server, path: str, room: int, keys: list[str], kind: str, seconds: float, hub: bool
) -> dict[str, float]:
    lines = await open_lines(server.port, path, keys, hub)
    if hub:
        for line in lines:
            line.send(b'{"t":"sub","rooms":[[%d,-1]]}' % room)
    await asyncio.sleep(SETTLE)
    load = Load(lines, room)
    before, cpu = sum(line.delivered for line in lines), server.cpu()
    await getattr(load, kind)(seconds)
    delivered = before
    while True:  # until nothing more comes
        await asyncio.sleep(0.7)
        now = sum(line.delivered for line in lines)
        if now == delivered:
            break
        delivered = now
    used = server.cpu() - cpu
    delivered -= before
    for line in lines:
        line.transport.abort()
    await asyncio.sleep(SETTLE)
    times = sorted(load.times) or [float("nan")]
    return {
        "µs": used / max(delivered, 1) * 1e6,
        "messages/s": load.sent / seconds,
        "p50 ms": statistics.median(times) * 1000,
        "p99 ms": times[int(len(times) * 0.99)] * 1000,
        "lost %": 100 * (1 - delivered / (load.sent * len(lines))),
        "MB": server.rss() / 2**20,
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sockets", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--port", type=int, default=18480)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="entrevilles-chat-") as folder:
        room, keys = prepare(Path(folder), asked.sockets)
        environment = {**os.environ, "POSTS_PER_10_SECONDS": "1000000"}
        designs = {
            "tutorial consumer": (
                Server("benchmarks.tutorial:application", environment, asked.port),
                f"/ws/{room}/",
                False,
            ),
            "hub": (Server("config.asgi:application", environment, asked.port + 1), "/ws/", True),
        }
        if len(os.sched_getaffinity(0)) > 1:
            os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
        time.sleep(8)
        found: dict[tuple[str, str], list[dict[str, float]]] = {}
        try:
            for number in range(asked.rounds):
                for name, (server, path, hub) in designs.items():
                    for kind in ("paced", "burst"):
                        figures = asyncio.run(measure(server, path, room, keys, kind, asked.seconds, hub))
                        found.setdefault((kind, name), []).append(figures)
                        print(
                            number,
                            kind,
                            name,
                            {key: round(value, 2) for key, value in figures.items()},
                            file=sys.stderr,
                        )
        finally:
            for server, _, _ in designs.values():
                server.stop()
    report(found)


def report(found: dict[tuple[str, str], list[dict[str, float]]]) -> None:
    """A table of medians with (lowest–highest), and the ratio of CPU."""
    columns = list(next(iter(found.values()))[0])
    print("| load | design | " + " | ".join(columns) + " |\n|---" * 1 + "|---" * (len(columns) + 1) + "|")
    for (kind, name), rounds in sorted(found.items()):
        cells = []
        for column in columns:
            values = sorted(figures[column] for figures in rounds)
            cells.append(f"{statistics.median(values):.1f} ({values[0]:.1f}–{values[-1]:.1f})")
        print(f"| {kind} | {name} | " + " | ".join(cells) + " |")
    for kind in ("paced", "burst"):
        medians = [
            statistics.median(f["µs"] for f in found[kind, name]) for name in ("tutorial consumer", "hub")
        ]
        print(f"{kind}: {medians[0] / medians[1]:.1f} times less CPU a delivery")


if __name__ == "__main__":
    main()
