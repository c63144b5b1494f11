"""`make check`: what a machine can say of the code without running it. Independent checks run side by side."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = ROOT / ".venv" / "bin"
# Folders of one machine, and registries that only one network has.
MACHINE = re.compile(
    r"(?<![\w.~-])/(?:home|Users|work|farm)/[a-z]|https?://[\w.-]*(?:pypi|npmjs|pythonhosted|registry)[\w.-]*"
)


def tracked(*patterns: str) -> list[str]:
    """Files of the project that git knows, or will know."""
    command = [
        "git",
        "ls-files",
        "--cached",
        "--others",
        "--exclude-standard",
        "--deduplicate",
        "-z",
        "--",
        *patterns,
    ]
    output = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.decode()
    return [name for name in output.split("\0") if name and (ROOT / name).is_file()]


def commands() -> dict[str, list[str]]:
    """The checks by name, slowest first."""
    python = str(BIN / "python")
    templates = tracked("templates/*.html")
    checks = {
        "types": [str(BIN / "mypy"), "--no-error-summary", "."],
        "layers": [str(BIN / "lint-imports"), "--no-logo"],
        "migrations": [python, "manage.py", "makemigrations", "--check", "--dry-run"],
        "dependencies": [str(BIN / "deptry"), "--no-ansi", "."],
        "messages": [python, "-m", "scripts.messages", "check"],
        "locks": [python, "-m", "scripts.locks", "check"],
        "style": [str(BIN / "ruff"), "check", "."],
        "format": [str(BIN / "ruff"), "format", "--check", "."],
    }
    if templates:
        checks["templates"] = [str(BIN / "djhtml"), "--check", *templates]
    return checks


def run(name: str, command: list[str]) -> tuple[str, bool, str, float]:
    """Name, success, output and seconds of one check."""
    started = time.monotonic()
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings.test"}
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return name, done.returncode == 0, done.stdout.strip(), time.monotonic() - started


def machine_words() -> Iterator[str]:
    """Lines of tracked text that only hold on one machine."""
    for name in tracked():
        if name.endswith((".gz", ".png", ".woff2", ".ico")) or name == "scripts/check.py":
            continue
        text = (ROOT / name).read_text(errors="replace")
        for match in MACHINE.finditer(text):
            yield f"{name}:{text.count(chr(10), 0, match.start()) + 1}: {match[0]}"


def main() -> int:
    started = time.monotonic()
    failed = []
    with ThreadPoolExecutor(os.cpu_count() or 2) as pool:
        jobs = [pool.submit(run, name, command) for name, command in commands().items()]
        for job in jobs:
            name, good, output, seconds = job.result()
            print(f"{'ok  ' if good else 'FAIL'} {name} ({seconds:.1f} s)", flush=True)
            if not good:
                failed.append(name)
                print(output)
    words = list(machine_words())
    print(f"{'FAIL' if words else 'ok  '} nothing of one machine only", *words, sep="\n")
    failed += ["machine"] if words else []
    print(
        f"check: {', '.join(failed) + ' failed' if failed else 'all good'} in {time.monotonic() - started:.1f} s"
    )
    return len(failed)


if __name__ == "__main__":
    sys.exit(1 if main() else 0)
