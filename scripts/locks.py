"""Do the locks still answer what requirements*.in and package.json ask for? Without the network.

`make lock` makes them again. An address of a registry has no place in them.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
ADDRESS = re.compile(r"https?://|--(?:extra-)?index-url|--find-links")


def pins(lock: Path) -> dict[str, set[str]]:
    """Name → versions (more than one where markers differ). ValueError for a pin without a hash."""
    found: dict[str, set[str]] = {}
    for block in re.split(r"\n(?=\S)", lock.read_text().strip()):
        match = re.match(r"([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^ \\;]+)", block)
        if not match or "--hash=sha256:" not in block:
            raise ValueError(f"{lock.name}: not a pin with a hash: {block.splitlines()[0]!r}")
        found.setdefault(canonicalize_name(match[1]), set()).add(match[2])
    return found


def asked(file: Path) -> Iterator[Requirement]:
    """The requirements of a .in file and of those it includes."""
    for line in file.read_text().splitlines():
        words = line.partition("#")[0].strip()
        if words.startswith("-r "):
            yield from asked(file.parent / words[3:].strip())
        elif words:
            yield Requirement(words)


def python_faults() -> Iterator[str]:
    """Requirements without a fitting pin; a runtime pin that the development lock has otherwise."""
    locks = {name: pins(ROOT / f"{name}.lock") for name in ("requirements", "requirements-dev")}
    for name, lock in locks.items():
        for requirement in asked(ROOT / f"{name}.in"):
            versions = lock.get(canonicalize_name(requirement.name), set())
            if not versions or not all(requirement.specifier.contains(v, prereleases=True) for v in versions):
                yield f"{name}.lock does not answer {requirement} (it has {', '.join(versions) or 'nothing'})"
    for package, versions in locks["requirements"].items():
        if locks["requirements-dev"].get(package) != versions:
            yield f"{package} differs between requirements.lock and requirements-dev.lock"


def npm_faults() -> Iterator[str]:
    """package.json against the root entry of its lock, exact pins, and an integrity for each package."""
    wanted = json.loads((ROOT / "package.json").read_text()).get("dependencies", {})
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    if packages[""].get("dependencies", {}) != wanted:
        yield "package-lock.json is not made from package.json"
    for name, version in wanted.items():
        if packages.get(f"node_modules/{name}", {}).get("version") != version:
            yield f"package-lock.json does not hold {name} {version}"
    for name, package in packages.items():
        if name and not package.get("integrity"):
            yield f"package-lock.json: {name} has no integrity"


def addresses() -> Iterator[str]:
    """Locks that say where packages come from: that is each machine's own business."""
    for name in ("requirements.lock", "requirements-dev.lock"):
        if ADDRESS.search((ROOT / name).read_text()):
            yield f"{name} names an address"
    if '"resolved"' in (ROOT / "package-lock.json").read_text():
        yield "package-lock.json names an address"


def check() -> int:
    """Print everything that is out of step; the number of faults."""
    lines = [*python_faults(), *npm_faults(), *addresses()]
    for line in lines:
        print(line)
    return len(lines)


def update() -> int:
    """Make the locks again. What is pinned stays unless the requirements ask otherwise; UPGRADE=1 moves everything."""
    options = [
        "--generate-hashes",
        "--universal",
        "--no-header",
        "--no-annotate",
        "--python-version",
        "3.11",
        "-q",
    ]
    options += ["--upgrade"] if os.environ.get("UPGRADE") else []
    for name in ("requirements", "requirements-dev"):
        command = [str(ROOT / ".venv/bin/uv"), "pip", "compile", *options, f"{name}.in", "-o", f"{name}.lock"]
        subprocess.run(command, cwd=ROOT, check=True)
    subprocess.run(["npm", "install", "--package-lock-only", "--ignore-scripts"], cwd=ROOT, check=True)
    return check()


if __name__ == "__main__":
    sys.exit(1 if {"check": check, "update": update}[sys.argv[1]]() else 0)
