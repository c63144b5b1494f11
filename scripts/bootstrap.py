"""Makes `.venv` and `node_modules` match the locks, and the translations match their sources.

Standard library only: it runs before anything is installed. It returns at once when nothing changed since.
Packages come from the registries this machine's own pip, uv and npm are set up for; every one is checked against
the hash in the lock.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LOCK = ROOT / "requirements-dev.lock"
PIP = ["-m", "pip", "--disable-pip-version-check", "--no-input"]


def say(text: str) -> None:
    print(f"[setup] {text}", file=sys.stderr, flush=True)


def run(*command: object, quiet: bool = False) -> bool:
    """Run it in the project; did it succeed?"""
    sink = subprocess.DEVNULL if quiet else None
    words = [str(word) for word in command]
    return subprocess.run(words, cwd=ROOT, stdout=sink, stderr=sink, check=False).returncode == 0


def step(name: str, files: list[Path], there: Path, work: Callable[[], str]) -> None:
    """Do `work` unless it was done for exactly these files and its result is still there.

    A linked folder (a worktree that borrows another's) belongs to somebody else and is left alone.
    """
    if (ROOT / there.relative_to(ROOT).parts[0]).is_symlink() and there.exists():
        return
    digest = hashlib.sha256(sys.version.encode())
    for file in files:
        digest.update(file.read_bytes())
    stamp = VENV / f".made-{name.replace(' ', '-')}"
    if there.exists() and stamp.exists() and stamp.read_text() == digest.hexdigest():
        return
    started = time.monotonic()
    say(f"{name} …")
    how = work()
    stamp.write_text(digest.hexdigest())
    say(f"{name}: {how}, {time.monotonic() - started:.0f} s")


def make_venv() -> None:
    """A virtual environment; on a Debian without python3-venv, root installs that package."""
    if PYTHON.exists() and run(PYTHON, "-c", "import sys; sys.exit(sys.version_info < (3, 11))", quiet=True):
        return
    if VENV.is_symlink():
        sys.exit(f"[setup] {VENV} points at an environment that is not there")
    make = (sys.executable, "-m", "venv", "--clear", VENV)
    if run(*make, quiet=True):
        return
    apt = shutil.which("apt-get")
    if (
        apt
        and os.geteuid() == 0
        and run(apt, "update", "-qq")
        and run(apt, "install", "-qqy", "python3-venv")
    ):
        subprocess.run([str(word) for word in make], check=True)
    elif shutil.which("uv"):
        run(sys.executable, "-m", "venv", "--clear", "--without-pip", VENV)
    else:
        sys.exit("[setup] missing: the venv module of Python (Debian: apt-get install python3-venv), or uv")


def find_uv() -> str | None:
    """uv installs the set in a tenth of pip's time: the machine's own, else the one of the lock by pip."""
    uv = shutil.which("uv") or VENV / "bin" / "uv"
    if not Path(uv).exists():
        block = re.search(r"^uv==.*?(?=^\S)", LOCK.read_text() + "end", re.M | re.S)
        with tempfile.TemporaryDirectory() as folder:
            lock = Path(folder) / "uv.txt"
            lock.write_text(block[0] if block else "")
            run(PYTHON, *PIP, "install", "-q", "--require-hashes", "-r", lock, quiet=True)
    return str(uv) if run(uv, "--version", quiet=True) else None


def python_packages() -> str:
    """Install exactly the lock."""
    make_venv()
    uv = None if os.environ.get("NO_UV") else find_uv()
    # Bytecode now: the first start would otherwise compile Twisted and Django while somebody waits.
    sync = ["pip", "sync", "--compile-bytecode", "--require-hashes", "--python", PYTHON, LOCK]
    if uv and run(uv, *sync, *([] if sys.stderr.isatty() else ["-q"])):
        return "by uv"
    if run(PYTHON, *PIP, "install", "--require-hashes", "-r", LOCK, *([] if sys.stderr.isatty() else ["-q"])):
        return "by pip"
    sys.exit("[setup] the Python packages could not be installed: see the lines above")


def browser_files() -> str:
    """The fonts and the outline of the world; nothing of it runs here."""
    if not shutil.which("npm"):
        sys.exit("[setup] missing: npm (Node.js 20), once, for the fonts and the world outline")
    for attempt in range(3):
        if run(
            "npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error", quiet=attempt < 2
        ):
            return "by npm"
    sys.exit("[setup] npm ci failed three times: see the lines above")


def translations() -> None:
    """Compile the catalogues that are newer than their .mo."""
    for source in (ROOT / "locale").glob("*/LC_MESSAGES/*.po"):
        binary = source.with_suffix(".mo")
        if not binary.exists() or binary.stat().st_mtime <= source.stat().st_mtime:
            if not run(PYTHON, "-m", "scripts.messages", "compile"):
                sys.exit("[setup] the translations could not be compiled: see the lines above")
            return


def main() -> None:
    if sys.version_info < (3, 11):  # noqa: UP036 - whatever python3 is on this machine runs this file
        sys.exit(
            f"[setup] Python 3.11 or newer is needed; this is {sys.version.split()[0]} (make PYTHON=… start)"
        )
    step("Python packages", [LOCK], PYTHON, python_packages)
    step("browser files", [ROOT / "package-lock.json"], ROOT / "node_modules", browser_files)
    translations()


if __name__ == "__main__":
    main()
