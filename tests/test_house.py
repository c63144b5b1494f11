"""The house keeps its own rules (docs/decisions/0001-architecture.md)."""

import re
import subprocess
from pathlib import Path

import pytest
from django.utils import translation
from django.utils.translation import gettext

ROOT = Path(__file__).resolve().parent.parent
LONGEST = 440  # "about 400"
# A longer file and why it stays whole.
WHOLE = {"static/css/app.css": "one stylesheet is one request; its sections follow the components"}
DRAWERS = re.compile(r"(^|/)(utils|helpers|services|common|misc)(\.py|/)")
CODE = (".py", ".js", ".css")


def files() -> list[str]:
    """The project's files: those git knows or would add."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    output = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [name for name in sorted(set(output.splitlines())) if (ROOT / name).is_file()]


def test_no_file_of_code_is_longer_than_a_reader_can_hold() -> None:
    ours = [name for name in files() if name.endswith(CODE) and "/migrations/" not in name]
    longer = {name for name in ours if len((ROOT / name).read_text().splitlines()) > LONGEST}
    assert longer - set(WHOLE) == set(), "split by noun, or say in WHOLE why not"
    assert set(WHOLE) <= longer, "no longer needed in WHOLE"


def test_no_drawer_without_a_name() -> None:
    assert [name for name in files() if DRAWERS.search(name)] == []


@pytest.mark.parametrize("name", ["docs/map.md", "README.md", "docs/running.md", "docs/testing.md"])
def test_a_document_names_files_that_exist(name: str) -> None:
    document = ROOT / name
    text = document.read_text()
    linked = {
        (document.parent / target).resolve().relative_to(ROOT).as_posix()
        for target in re.findall(r"\]\(([^)#:]+?)(?:#[^)]*)?\)", text)
    }
    quoted = set(re.findall(r"`([\w/.-]+\.(?:py|html|js|css|md|yml|sh))(?::\w+)?`", text))
    mentioned = linked | {path for path in quoted if "/" in path}
    assert {path for path in mentioned if not (ROOT / path).exists()} == set()


def test_english_needs_no_catalogue() -> None:
    """msgids are English: with `en` chosen, nothing falls back to the French of LANGUAGE_CODE."""
    with translation.override("en"):
        assert gettext("French") == "French"
    with translation.override("fr"):
        assert gettext("French") != "French"
