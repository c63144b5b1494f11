"""`make test`: the suite on SQLite, on PostgreSQL with Redis, then end to end in a browser.

python -m scripts.test all
python -m scripts.test sqlite|postgres|e2e [arguments of pytest]
"""

import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from scripts.browser import MissingError, find_chromium, version
from scripts.throwaway import Postgres, Redis

ROOT = Path(__file__).resolve().parent.parent
PARALLEL = ["-n", str(min(os.cpu_count() or 2, 4)), "--durations=10"]


@dataclass
class Result:
    """One pass of the suite."""

    name: str
    ran_on: str
    seconds: float = 0
    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __str__(self) -> str:
        skipped = f", {self.skipped} SKIPPED (counts as a failure)" if self.skipped else ""
        numbers = f"{self.passed} passed, {self.failed} failed{skipped}"
        return f"{self.name:<9} {numbers:<24} {self.seconds:5.0f} s   {self.ran_on}"


def run_pytest(name: str, ran_on: str, arguments: list[str], **environment: str) -> Result:
    """Run pytest in a process of its own; its report is read, not its output."""
    result = Result(name, ran_on)
    started = time.monotonic()
    print(f"\n=== {name}: {ran_on}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [sys.executable, "-m", "pytest", "-q", f"--junitxml={report}", *arguments]
        unset = {"DATABASE_URL", "REDIS_URL", "CACHE_URL", "DJANGO_SETTINGS_MODULE"}
        inherited = {key: value for key, value in os.environ.items() if key not in unset}
        code = subprocess.run(command, cwd=ROOT, env={**inherited, **environment}, check=False).returncode
        if report.exists():
            suite = next(ElementTree.parse(report).iter("testsuite")).attrib
            result.failed = int(suite["failures"]) + int(suite["errors"])
            result.skipped = int(suite["skipped"])
            result.passed = int(suite["tests"]) - result.failed - result.skipped
    # Nothing collected, an interrupted run, a crash: no test failed, but nothing was shown either.
    result.failed += 1 if code and not result.failed else 0
    result.seconds = time.monotonic() - started
    return result


def with_paths(arguments: list[str], default: str) -> list[str]:
    """What pytest is given: the caller's arguments, and the default folder when they name no path."""
    named = any((ROOT / argument.partition("::")[0]).exists() for argument in arguments)
    return [*(arguments or PARALLEL), *([] if named else [default])]


def on_sqlite(arguments: list[str]) -> Result:
    """A file, the in-process channel layer."""
    chosen = arguments or [*PARALLEL, "tests"]
    return run_pytest(
        "sqlite", f"SQLite {sqlite3.sqlite_version}, layer in memory", ["-m", "not postgres", *chosen]
    )


def on_postgres(arguments: list[str]) -> Result:
    """A throw-away server of each."""
    with Postgres() as postgres, Redis() as redis:
        environment = {
            "DATABASE_URL": postgres.url("entrevilles"),
            "REDIS_URL": redis.url,
            "CACHE_URL": redis.url,
        }
        ran_on = f"{postgres.label}, {redis.label}"
        return run_pytest("postgres", ran_on, with_paths(arguments, "tests"), **environment)


def in_browser(arguments: list[str]) -> Result:
    """pytest-playwright and pytest-asyncio cannot share a process, and Django sees Playwright's loop as async."""
    chromium = find_chromium()
    options = [
        "-o",
        "addopts=--strict-markers",
        "-p",
        "no:asyncio",
        "-W",
        "ignore::pytest.PytestConfigWarning",
    ]
    environment = {"CHROMIUM": chromium, "DJANGO_ALLOW_ASYNC_UNSAFE": "1"}
    label = f"{version(chromium)}, the server on SQLite"
    return run_pytest(
        "e2e", label, [*options, *with_paths(arguments or ["--durations=10"], "tests/e2e")], **environment
    )


PASSES: dict[str, Callable[[list[str]], Result]] = {
    "sqlite": on_sqlite,
    "postgres": on_postgres,
    "e2e": in_browser,
}


def main(which: str, arguments: list[str]) -> int:
    """Run one pass or all; print what ran where. The exit status."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the throw-away servers are ended
    started = time.monotonic()
    results = []
    for name in PASSES if which == "all" else [which]:
        try:
            results.append(PASSES[name](arguments))
        except (MissingError, RuntimeError) as error:
            print(error, file=sys.stderr)
            results.append(Result(name, str(error).splitlines()[0], failed=1))
    print(f"\n=== {time.monotonic() - started:.0f} s in all", *results, sep="\n")
    passed, failed = (sum(getattr(r, field) for r in results) for field in ("passed", "failed"))
    failed += sum(r.skipped for r in results)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
