"""Templates are policed: nothing inline that the CSP would refuse, nothing that nobody uses."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.template import engines
from django.template.loader import get_template

ROOT = Path(settings.BASE_DIR)
TEMPLATES = sorted(
    path.relative_to(ROOT / "templates").as_posix() for path in (ROOT / "templates").rglob("*.html")
)
# allauth, Django and DRF look these up by themselves.
LOOKED_UP = re.compile(
    r"^(account|allauth|admin|rest_framework|registration)/|^(400|403|403_csrf|404|429|500)\.html$"
)
INLINE = {
    "script without src": re.compile(r"<script(?![^>]*\bsrc=)(?![^>]*type=\"application/json\")[^>]*>", re.I),
    "style element": re.compile(r"<style\b", re.I),
    "style attribute": re.compile(r"\sstyle\s*=", re.I),
    "on… attribute": re.compile(r"<[^>]*\son[a-z]+\s*=", re.I),
    "javascript: address": re.compile(r"javascript:", re.I),
    "third-party host": re.compile(r"(?:src|srcset|action)\s*=\s*[\"']?(?:https?:)?//", re.I),
}


def test_the_templates_are_found() -> None:
    assert TEMPLATES


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_compiles_and_has_nothing_inline(name: str) -> None:
    get_template(name)
    text = (ROOT / "templates" / name).read_text()
    bare = re.sub(r"{#.*?#}|{% comment.*?endcomment %}", "", text, flags=re.S)
    assert [what for what, pattern in INLINE.items() if pattern.search(bare)] == []


def test_every_template_is_used_by_somebody() -> None:
    apps = [path for app in settings.INSTALLED_APPS if (path := ROOT / app).is_dir()]
    python = [file for folder in [*apps, ROOT / "config"] for file in folder.rglob("*.py")]
    html = [path for suffix in ("*.html", "*.txt") for path in (ROOT / "templates").rglob(suffix)]
    used = "\n".join(path.read_text() for path in [*python, *html])
    assert [name for name in TEMPLATES if not LOOKED_UP.match(name) and not _named(name, used)] == []


def _named(name: str, used: str) -> bool:
    """By its full name, or in two parts as in `f"matching/{'town_matches' if …}.html"`."""
    folder, _, rest = name.removesuffix(".html").partition("/")
    in_parts = f'f"{folder}/{{' in used and (f'"{rest}"' in used or f"'{rest}'" in used)
    return name in used or in_parts


def test_an_unknown_variable_fails_the_test_that_renders_it() -> None:
    """The guard itself: conftest turns `string_if_invalid` into a failure for our templates."""
    template = engines["django"].from_string("{{ nobody_gave_this }}")
    template.template.origin.name = str(ROOT / "templates" / "made_up.html")
    for node in template.template.nodelist:
        node.origin = template.template.origin
    with pytest.raises(pytest.fail.Exception, match="nobody_gave_this"):
        template.render({})
