"""Fixtures of the end-to-end tests: docs/testing.md shows their use."""

import os
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, expect

from tests.cluster import orm_pointed_at
from tests.e2e.line import Line
from tests.e2e.site import Site

DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
PATIENCE = 20_000  # ms: two slow cores shared by browser, server and test are no reason to fail
expect.set_options(timeout=PATIENCE)
QUIET = ["quic", "gpu", "background-networking", "component-update", "sync"]


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    arguments = ["--no-sandbox", "--no-first-run", *(f"--disable-{name}" for name in QUIET)]
    return {"executable_path": os.environ["CHROMIUM"], "args": arguments}


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory, django_db_blocker: Any) -> Iterator[Site]:
    """The running site, one for the session. The ORM of the tests reads and writes its database."""
    site = Site(tmp_path_factory.mktemp("site"))
    site.start()
    try:
        with django_db_blocker.unblock(), orm_pointed_at(site.database_url):
            yield site
    finally:
        print(site.process.log()[-8000:])  # noqa: T201 - pytest shows it when a test failed
        site.process.stop()


@dataclass
class Watch:
    """What a page must not do: errors in the console, broken promises of the CSP, requests to other hosts."""

    hosts: set[str]
    faults: list[str] = field(default_factory=list)
    allowed: list[str] = field(default_factory=list)

    def allow(self, pattern: str) -> None:
        """Expect messages that match, in this test: the 404 of a page that is not there, going offline."""
        self.allowed.append(pattern)

    def console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.faults.append(f"console: {message.text} ({message.location.get('url', '')})")

    def request(self, request: Request) -> None:
        host = urlsplit(request.url).netloc
        if host and host not in self.hosts:
            self.faults.append(f"third party: {request.url}")

    def attach(self, context: BrowserContext) -> None:
        """Watch every page of the context."""
        context.on("console", self.console)
        context.on("weberror", lambda error: self.faults.append(f"exception: {error.error}"))
        context.on("request", self.request)

    def verdict(self) -> list[str]:
        """The faults nobody expected."""
        return [
            fault for fault in self.faults if not any(re.search(pattern, fault) for pattern in self.allowed)
        ]


@pytest.fixture
def watch(site: Site) -> Iterator[Watch]:
    watch = Watch({urlsplit(site.url).netloc})
    yield watch
    assert watch.verdict() == []


@pytest.fixture
def lines() -> Iterator[dict[BrowserContext, Line]]:
    """The lines of the browsers that a test can take off the network (`offline`)."""
    lines: dict[BrowserContext, Line] = {}
    yield lines
    for line in lines.values():
        line.close()


@pytest.fixture
def open_page(
    request: pytest.FixtureRequest,
    browser: Browser,
    site: Site,
    watch: Watch,
    lines: dict[BrowserContext, Line],
) -> Iterator[Callable[..., Page]]:
    """`open_page(user=None, phone=False, dark=False, javascript=True, **options)`: a page in a browser of its own.

    `user` is an account or its address. Relative addresses work: `page.goto("/agenda/")`.
    """
    contexts = []

    def open_one(
        user: Any = None, *, phone: bool = False, dark: bool = False, javascript: bool = True, **options: Any
    ) -> Page:
        line = Line(site.port) if "offline" in request.fixturenames else None
        defaults: dict[str, Any] = {
            "base_url": line.url if line else site.url,
            "viewport": PHONE if phone else DESKTOP,
            "has_touch": phone,
            "color_scheme": "dark" if dark else "light",
            "java_script_enabled": javascript,
            "locale": "fr-FR",
            "timezone_id": "Europe/Paris",
            "reduced_motion": "reduce",
        }
        context = browser.new_context(**{**defaults, **options})
        contexts.append(context)
        if line:
            lines[context] = line
            watch.hosts.add(urlsplit(line.url).netloc)
        context.set_default_timeout(PATIENCE)
        watch.attach(context)
        if user is not None:
            site.sign_in(context, user)
        return context.new_page()

    yield open_one
    for context in contexts:
        context.close()


@pytest.fixture
def desktop(open_page: Callable[..., Page]) -> Page:
    """An anonymous page at 1440×900."""
    return open_page()


@pytest.fixture
def phone(open_page: Callable[..., Page]) -> Page:
    """An anonymous page at 390×844."""
    return open_page(phone=True)


@pytest.fixture(params=["desktop", "phone"])
def any_size(request: pytest.FixtureRequest, open_page: Callable[..., Page]) -> Callable[..., Page]:
    """`open_page`, once at each of the two sizes."""

    def open_one(user: Any = None, **options: Any) -> Page:
        return open_page(user, phone=request.param == "phone", **options)

    return open_one


@pytest.fixture
def axe() -> Callable[[Page], None]:
    """`axe(page)`: no violation of WCAG 2.2 AA or best practice, as axe-core sees the page now."""

    def look(page: Page) -> None:
        results = Axe().run(page)
        assert results.violations_count == 0, f"{page.url}\n{results.generate_report()}"

    return look


@pytest.fixture
def fits() -> Callable[[Page], None]:
    """`fits(page)`: the page does not scroll sideways at its width, nor at 320 px."""

    def look(page: Page) -> None:
        size = page.viewport_size or DESKTOP
        for width in (size["width"], 320):
            page.set_viewport_size({"width": width, "height": size["height"]})
            wide = page.evaluate("document.documentElement.scrollWidth")
            assert wide <= width, f"{page.url} is {wide} px wide at {width} px"
        page.set_viewport_size(size)

    return look


@pytest.fixture
def offline(
    watch: Watch, lines: dict[BrowserContext, Line]
) -> Callable[[Page], AbstractContextManager[None]]:
    """`with offline(page): …`: the browser of that page has no network; its open sockets are torn."""
    watch.allow("ERR_INTERNET_DISCONNECTED|ERR_CONNECTION|ERR_EMPTY_RESPONSE|WebSocket connection to")

    @contextmanager
    def without_network(page: Page) -> Iterator[None]:
        lines[page.context].cut()
        page.context.set_offline(True)
        yield
        lines[page.context].mend()
        page.context.set_offline(False)

    return without_network


@pytest.fixture
def screenshot(request: pytest.FixtureRequest) -> Callable[[Page, str], Path]:
    """`screenshot(page, "club")` → test-results/club.png, to look at."""
    folder = request.config.rootpath / "test-results"

    def take(page: Page, name: str) -> Path:
        path = folder / f"{name}.png"
        page.screenshot(path=path, full_page=True)
        return path

    return take
