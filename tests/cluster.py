"""A small production for the tests that need one: Daphne processes, a worker, their PostgreSQL and their Redis.

`tests/conftest.py` hands it out as the fixture `cluster`; docs/testing.md shows its use. The test's own ORM is
pointed at the same database, so factories and actions work as in any other test, from this process, for real.
"""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import dj_database_url
import httpx
from django.conf import settings
from django.db import connections
from django.test import Client, override_settings
from django.utils.crypto import get_random_string
from websockets.sync.client import ClientConnection, connect

from scripts.throwaway import Postgres, Redis, free_port, listening, wait_until

ROOT = Path(__file__).resolve().parent.parent
TEMPLATE = "entrevilles_template"


@contextmanager
def orm_pointed_at(url: str) -> Iterator[None]:
    """Django's default database of this process, in every thread, is the one of `url` for a while."""
    before, before_settings = connections["default"], connections.settings["default"]
    changes = {**dj_database_url.parse(url), "OPTIONS": {}, "CONN_MAX_AGE": 0}
    if changes["ENGINE"].endswith("sqlite3"):
        # A server may be writing at this moment: wait for it, as the site itself does.
        changes["OPTIONS"] = {"timeout": 20, "transaction_mode": "IMMEDIATE"}
    connections.settings["default"] = {**before_settings, **changes}
    del connections["default"]
    try:
        yield
    finally:
        connections["default"].close()
        connections.settings["default"] = before_settings
        connections["default"] = before


def session_cookies(user: Any) -> dict[str, str]:
    """A signed-in session of `user` in the database the ORM points at, and a CSRF cookie."""
    client = Client()
    client.force_login(user)
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    return {settings.SESSION_COOKIE_NAME: session, settings.CSRF_COOKIE_NAME: get_random_string(32)}


class Process:
    """One process of the site, started from the command line as a deployment would; its output goes to a file."""

    def __init__(self, arguments: list[str], environment: dict[str, str], log: Path) -> None:
        self.arguments = arguments
        self.environment = environment
        self.log_path = log
        self.popen: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; a web process is returned once it listens."""
        with self.log_path.open("ab") as log:
            self.popen = subprocess.Popen(
                [sys.executable, *self.arguments],
                cwd=ROOT,
                env={**os.environ, **self.environment},
                stdout=log,
                stderr=log,
            )

    @property
    def pid(self) -> int:
        """The process id; AssertionError when it does not run."""
        assert self.popen is not None
        return self.popen.pid

    def stop(self, with_signal: int = signal.SIGTERM, seconds: float = 20) -> int:
        """Send the signal, wait, return the status (negative: the signal that ended it)."""
        if self.popen is None:
            return 0
        self.popen.send_signal(with_signal)
        try:
            status = self.popen.wait(seconds)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            self.popen.wait()
            raise
        self.popen = None
        return status

    def kill(self) -> None:
        """kill -9."""
        self.stop(signal.SIGKILL)

    def restart(self) -> None:
        """SIGTERM, then start again: a web process comes back on the same port."""
        self.stop()
        self.start()

    def log(self) -> str:
        """Everything it wrote so far."""
        return self.log_path.read_text(errors="replace")

    def rss(self) -> int:
        """Resident memory in bytes, now."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")

    def cpu_seconds(self) -> float:
        """User and system time the process has used so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Web(Process):
    """One Daphne on a port of its own, which it keeps over restarts."""

    def __init__(self, environment: dict[str, str], log: Path) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        arguments = [
            "-m",
            "daphne",
            "-v",
            "0",
            "-b",
            "127.0.0.1",
            "-p",
            str(self.port),
            "config.asgi:application",
        ]
        super().__init__(arguments, environment, log)

    def start(self) -> None:
        super().start()
        assert self.popen is not None
        try:
            wait_until(lambda: listening(self.port), "web", self.popen)
        except RuntimeError as error:
            raise RuntimeError(f"{error}\n{self.log()[-4000:]}") from None

    def http(self, user: Any = None, **options: Any) -> httpx.Client:
        """An HTTP client of this process, signed in as `user`, that sends the CSRF header by itself. Close it."""
        cookies = session_cookies(user) if user is not None else {}
        headers = {"X-CSRFToken": cookies[settings.CSRF_COOKIE_NAME]} if cookies else {}
        return httpx.Client(base_url=self.url, cookies=cookies, headers=headers, timeout=20, **options)

    def socket(self, user: Any = None, path: str = "/ws/", **options: Any) -> ClientConnection:
        """An open WebSocket (blocking client of `websockets`), protocol entrevilles.v1, signed in as `user`."""
        cookies = session_cookies(user) if user is not None else {}
        headers = (
            {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())} if cookies else {}
        )
        options = {"origin": self.url, "subprotocols": ["entrevilles.v1"], "proxy": None, **options}
        address = self.url.replace("http", "ws", 1) + path
        return connect(address, additional_headers=headers, **options)


class Cluster:
    """`webs` Daphne processes and, if asked, a background worker, on one fresh database."""

    def __init__(self, postgres: Postgres, redis: Redis, folder: Path) -> None:
        self.postgres = postgres
        self.redis = redis
        self.folder = folder
        self.database = f"cluster_{get_random_string(8).lower()}"
        self.webs: list[Web] = []
        self.worker: Process | None = None
        self.environment = {
            "DJANGO_SETTINGS_MODULE": "config.settings.local",
            "SECRET_KEY": settings.SECRET_KEY,
            "DATABASE_URL": postgres.url(self.database),
            "REDIS_URL": redis.url,
            "CACHE_URL": redis.url.removesuffix("/0") + "/1",
            "DATA_DIR": str(folder),
            "EMAIL_URL": f"file:///{folder}/mails",
        }

    def start(self, webs: int = 2, *, worker: bool = False, **environment: str) -> list[Web]:
        """Start the processes; extra keywords become environment variables. Returns the web processes."""
        self.environment.update(environment)
        for number in range(len(self.webs), len(self.webs) + webs):
            web = Web(self.environment, self.folder / f"web{number}.log")
            self.webs.append(web)
            web.start()
        if worker and self.worker is None:
            arguments = ["manage.py", "db_worker", "--interval", "0.2", "--no-startup-delay", "--no-reload"]
            self.worker = Process(arguments, self.environment, self.folder / "worker.log")
            self.worker.start()
        return self.webs

    def manage(self, *arguments: str) -> str:
        """Run a management command in a process of its own; its output. CalledProcessError when it fails."""
        command = [sys.executable, "manage.py", *arguments]
        environment = {**os.environ, **self.environment}
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"manage.py {' '.join(arguments)} failed\n{done.stdout}\n{done.stderr}")
        return done.stdout

    def close(self) -> None:
        """End every process; what they wrote is printed, for pytest to show when the test failed."""
        for process in filter(None, [*self.webs, self.worker]):
            if process.popen is not None:
                process.kill()
            print(f"--- {process.log_path.name}\n{process.log()[-6000:]}")  # noqa: T201
        self.postgres.drop_database(self.database)


class Machines:
    """PostgreSQL with a migrated template database, and Redis: started once for a test process."""

    def __init__(self) -> None:
        self.stack = ExitStack()
        self.postgres = self.stack.enter_context(Postgres())
        self.redis = self.stack.enter_context(Redis())
        with tempfile.TemporaryDirectory() as folder:
            pattern = Cluster(self.postgres, self.redis, Path(folder))
            pattern.environment["DATABASE_URL"] = self.postgres.create_database(TEMPLATE)
            pattern.manage("migrate", "-v", "0")

    @contextmanager
    def cluster(self, folder: Path) -> Iterator[Cluster]:
        """A fresh database, an empty Redis, this process's ORM, layer and cache on them."""
        for server in (self.postgres, self.redis):
            if server.process is None:
                server.start()
        cluster = Cluster(self.postgres, self.redis, folder)
        self.postgres.create_database(cluster.database, TEMPLATE)
        with (
            override_settings(**self._settings(cluster)),
            orm_pointed_at(self.postgres.url(cluster.database)),
        ):
            try:
                yield cluster
            finally:
                connections["default"].close()
                for server in (self.postgres, self.redis):
                    if server.process is None:
                        server.start()
                cluster.close()

    def _settings(self, cluster: Cluster) -> dict[str, Any]:
        hosts = [{"address": self.redis.url, "socket_timeout": 10, "socket_connect_timeout": 2}]
        layer = {"hosts": hosts, "symmetric_encryption_keys": [settings.SECRET_KEY], "prefix": "entrevilles"}
        return {
            "CHANNEL_LAYERS": {
                "default": {"BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer", "CONFIG": layer}
            },
            "CACHES": {
                "default": {
                    "BACKEND": "django.core.cache.backends.redis.RedisCache",
                    "LOCATION": cluster.environment["CACHE_URL"],
                }
            },
            "TASKS": {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}},
            "DATA_DIR": cluster.folder,
            "MEDIA_ROOT": cluster.folder / "media",
            "MATCHING_INDEX_DIR": cluster.folder / "matching",
            "STORAGES": settings.STORAGES,
        }

    def close(self) -> None:
        """End both servers and remove their folders."""
        self.stack.close()
