"""The browser's reducer keeps its promise: `tests/js/*.test.mjs`, run by Node 20's own test runner."""

import shutil
import subprocess

from django.conf import settings


def test_any_interleaving_of_frames_ends_in_the_same_state():
    node = shutil.which("node")
    assert node, "Node 20 is missing: it runs tests/js"
    run = subprocess.run(
        [node, "--test", "tests/js/"],
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-4000:] + run.stderr[-2000:]
    assert "# pass 11" in run.stdout
