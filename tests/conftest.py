"""Fixtures for every test. What they offer, with examples: docs/testing.md."""

import inspect
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.template.base import Node

from realtime.limits import clear_allowances
from scripts.messages import compile_catalogues

if TYPE_CHECKING:
    from tests.cluster import Cluster, Machines


class UnknownVariable(str):
    """Django's `string_if_invalid`, which fails the test when a template of ours names a variable that is not there."""

    __slots__ = ()

    def __contains__(self, key: object) -> bool:
        return key == "%s"

    def __mod__(self, missing: object) -> str:
        frame = inspect.currentframe()
        while frame is not None:
            node = frame.f_locals.get("self")
            if isinstance(node, Node):
                origin = getattr(getattr(node, "origin", None), "name", "") or ""
                if origin.startswith(str(settings.BASE_DIR / "templates")):
                    pytest.fail(f"{origin}: unknown variable {missing!r}", pytrace=False)
                break
            frame = frame.f_back
        return ""


def pytest_configure() -> None:
    compile_catalogues()  # tests read French: a .po that was just edited counts
    settings.TEMPLATES[0]["OPTIONS"]["string_if_invalid"] = UnknownVariable("%s")


def pytest_report_header() -> str:
    database = os.environ.get("DATABASE_URL", "SQLite").partition(":")[0]
    redis = "Redis" if settings.REDIS_URL else "in memory"
    return f"entrevilles: database {database}, channel layer {redis}"


def pytest_runtest_setup(item: pytest.Item) -> None:
    """A test that only PostgreSQL can answer fails elsewhere: it is never skipped in silence."""
    needs_it = item.get_closest_marker("postgres") is not None
    brings_its_own = "cluster" in getattr(item, "fixturenames", ())
    if needs_it and not brings_its_own and connection.vendor != "postgresql":
        pytest.fail("needs PostgreSQL: python -m scripts.test postgres " + item.nodeid, pytrace=False)


@pytest.fixture(autouse=True)
def _empty_cache() -> None:
    """Rate limits and caches of one test are none of the next one's business."""
    cache.clear()
    clear_allowances()


@pytest.fixture(autouse=True)
def _empty_matching_index() -> None:
    """The index speaks of one test's towns; the next one builds its own when it asks."""
    shutil.rmtree(settings.MATCHING_INDEX_DIR, ignore_errors=True)


@pytest.fixture(scope="session")
def _machines() -> "Iterator[Machines]":
    from tests.cluster import Machines  # noqa: PLC0415 - costs a second, and few tests need it

    machines = Machines()
    yield machines
    machines.close()


@pytest.fixture
def cluster(_machines: "Machines", tmp_path: Path, django_db_blocker: Any) -> "Iterator[Cluster]":
    """A small production on a fresh PostgreSQL database and Redis; call `cluster.start(webs=2)`."""
    with django_db_blocker.unblock(), _machines.cluster(tmp_path) as cluster:
        yield cluster
