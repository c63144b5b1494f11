"""What every template keeps to, whoever wrote it."""

import re
from pathlib import Path

from django.conf import settings

from portal.templatetags import interface

TEMPLATES = Path(settings.BASE_DIR) / "templates"
PAGES = {path.relative_to(TEMPLATES): path.read_text() for path in TEMPLATES.rglob("*.html")}
ICON = re.compile(r"""\{% icon "([a-z0-9-]+)"|\bicon="([a-z0-9-]+)"|\{% firstof icon "([a-z0-9-]+)\"""")


def test_every_icon_named_exists() -> None:
    unknown = []
    for page, source in PAGES.items():
        for names in ICON.findall(source):
            try:
                interface.icon("".join(names))
            except Exception:  # the package does not export its own class
                unknown.append(f"{page}: {''.join(names)}")
    assert unknown == []


def test_links_open_where_one_is() -> None:
    assert [str(page) for page, source in PAGES.items() if 'target="_blank"' in source] == []


def test_a_module_has_one_address() -> None:
    """`static` adds a hash in production, the modules' own imports do not: site.js would run twice, and twice is never."""
    tags = [tag for source in PAGES.values() for tag in re.findall(r"<(?:script|link)\b[^>]*>", source)]
    modules = [tag for tag in tags if 'type="module"' in tag or "modulepreload" in tag]
    assert modules
    assert [tag for tag in modules if "{% module " not in tag] == []
