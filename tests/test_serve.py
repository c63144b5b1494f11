"""`manage.py serve`, the one process of the embedded default."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest

from scripts.throwaway import free_port, listening, wait_until
from tests.cluster import ROOT, Process

# Towns and index are there already, as far as `serve` can see: loading them has its own tests.
PREPARE = """
from pathlib import Path
from django.conf import settings
from django.core.management import call_command
from community.models import Territory
call_command("migrate", verbosity=0)
Territory.objects.create(name="Vierzon", country="FR")
index = Path(settings.MATCHING_INDEX_DIR)
index.mkdir()
(index / "current").touch()
"""


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """An embedded site of its own, prepared."""
    port = free_port()
    environment = {
        "DJANGO_SETTINGS_MODULE": "config.settings.local",
        "DATA_DIR": str(tmp_path),
        "DATABASE_URL": f"sqlite:///{tmp_path}/entrevilles.sqlite3",
        "REDIS_URL": "",
        "CACHE_URL": "",
        "DEMO": "0",
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "SITE_URL": f"http://localhost:{port}",
    }
    command = [sys.executable, "manage.py", "shell", "-v", "0", "-c", PREPARE]
    subprocess.run(command, cwd=ROOT, env={**os.environ, **environment}, check=True)
    return environment


@pytest.fixture
def serve(environment: dict[str, str], tmp_path: Path) -> Iterator[Callable[[], Process]]:
    """Start it and return once it listens."""
    process = Process(["manage.py", "serve"], environment, tmp_path / "serve.log")

    def start() -> Process:
        process.start()
        assert process.popen is not None
        wait_until(lambda: listening(int(environment["PORT"])), "serve", process.popen, 60)
        return process

    yield start
    if process.popen is not None:
        process.kill()


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_and_ends_cleanly(
    serve: Callable[[], Process], environment: dict[str, str], ending: signal.Signals
) -> None:
    site = serve()
    with urlopen(environment["SITE_URL"] + "/readyz", timeout=10) as answer:
        assert answer.status == 200
    started = time.monotonic()
    assert site.stop(ending) == 0
    assert time.monotonic() - started < 10
    assert environment["SITE_URL"] in site.log()
    assert "Traceback" not in site.log()


def test_a_taken_port_is_said_in_one_line(environment: dict[str, str]) -> None:
    with socket.create_server(("127.0.0.1", int(environment["PORT"]))):
        command = [sys.executable, "manage.py", "serve"]
        done = subprocess.run(
            command, cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True, check=False
        )
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1
    assert environment["PORT"] in done.stderr
    assert "PORT=" in done.stderr


def test_an_interrupted_step_is_done_again(serve: Callable[[], Process], environment: dict[str, str]) -> None:
    """The mark of a step that began stays until it ended."""
    (Path(environment["DATA_DIR"]) / "unfinished-build_matching_index").touch()
    site = serve()
    assert "Building the matching index" in site.log()
    assert not (Path(environment["DATA_DIR"]) / "unfinished-build_matching_index").exists()
