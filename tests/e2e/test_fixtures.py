"""The end-to-end fixtures themselves: a watch that sees nothing, or a line that is never cut, would prove nothing."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from playwright.sync_api import Error, Page

from community.models import Territory
from tests.e2e.conftest import Watch
from tests.e2e.site import Site


def test_the_watch_sees_errors_inline_scripts_and_other_hosts(desktop: Page, watch: Watch) -> None:
    desktop.goto("/")
    desktop.evaluate("console.error('a fault of ours')")
    desktop.evaluate(
        "document.body.append(Object.assign(document.createElement('script'), {textContent: '1'}))"
    )
    desktop.evaluate("fetch('http://third-party.invalid/').catch(() => 0)")
    seen = "\n".join(watch.verdict())
    assert "a fault of ours" in seen
    assert "Content Security Policy" in seen
    watch.allow("a fault of ours|Content Security Policy|third-party.invalid")


def test_a_cut_line_is_cut_and_mended(
    open_page: Callable[..., Page], offline: Callable[[Page], AbstractContextManager[None]], watch: Watch
) -> None:
    watch.allow("favicon.ico")  # JSON names no icon, so the browser guesses
    page = open_page()
    page.goto("/healthz")
    with offline(page), pytest.raises(Error, match="ERR_"):
        page.goto("/healthz")
    answer = page.goto("/healthz")
    assert answer is not None
    assert answer.status == 200


def test_the_site_is_the_one_whose_database_the_test_sees(site: Site) -> None:
    assert Territory.objects.count() > 150_000
