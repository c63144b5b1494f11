"""Bytes after gzip, as interface.md §6 bounds them."""

import gzip
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders

STATIC = Path(settings.BASE_DIR) / "static"
SHEETS = [path.name for path in sorted((STATIC / "css").glob("*.css"))]


def packed(path: Path) -> int:
    return len(gzip.compress(path.read_bytes(), 9))


@pytest.mark.parametrize("sheet", [name for name in SHEETS if name != "app.css"])
def test_css_of_a_page(sheet: str) -> None:
    assert packed(STATIC / "css/app.css") + packed(STATIC / "css" / sheet) <= 12 * 1024


def test_javascript_of_every_page_leaves_room_for_htmx() -> None:
    htmx = finders.find("django_htmx/htmx-2.min.js")
    ours = sum(packed(STATIC / "js" / name) for name in ("site.js", "room/outbox.js", "room/socket.js"))
    assert packed(Path(htmx)) + ours <= 25 * 1024


def test_javascript_of_a_conversation() -> None:
    ours = [STATIC / "js/site.js", *(STATIC / "js/room").glob("*.js")]
    assert sum(packed(path) for path in ours) <= 25 * 1024


def test_fonts_of_a_page_in_all_scripts() -> None:
    """A page with Latin, extended Latin and Cyrillic in text and names loads six files; most load two."""
    css = (STATIC / "css/app.css").read_text()
    files = re.findall(r'url\("\.\./(fonts/[^"]+)"\)', css)
    assert len(files) == 6
    sizes = {file: Path(finders.find(file)).stat().st_size for file in files}
    latin = [size for file, size in sizes.items() if "-latin-w" in file or "-latin-6" in file]
    assert len(latin) == 2
    assert sum(latin) <= 60 * 1024
    assert sum(sizes.values()) <= 150 * 1024


def test_sheets_ask_no_other_host() -> None:
    for sheet in SHEETS:
        assert not re.search(r"@import|https?://|//fonts", (STATIC / "css" / sheet).read_text())
