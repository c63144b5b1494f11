"""What ships for production is in step with the settings."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
READ = re.compile(r"""(?:env\.\w+|os\.environ\.get|os\.environ)[(\[]\s*["']([A-Z_]+)["']""")
# What a part reads that nobody sets by hand.
OTHERS = {"PYTEST_XDIST_WORKER", "DATA_DIR"}
READERS = ("config/settings/*.py", "config/asgi.py", "manage.py", "portal/management/commands/serve.py")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text())


def documented() -> set[str]:
    """The names in .env.example, those of the commented lines too."""
    return set(re.findall(r"^#?([A-Z][A-Z_]+)=", (ROOT / ".env.example").read_text(), re.M))


def in_compose() -> set[str]:
    """The names docker-compose.yml takes from .env."""
    return set(re.findall(r"(?<!\$)\$\{([A-Z_]+)", (ROOT / "docker-compose.yml").read_text()))


def read_by_the_code() -> set[str]:
    """The names the settings, the entry points and `serve` read."""
    files = [path for pattern in READERS for path in ROOT.glob(pattern)]
    names = {name for path in files for name in READ.findall(path.read_text())}
    return names | {"DJANGO_SETTINGS_MODULE"}


def test_every_variable_that_is_read_is_documented() -> None:
    assert (read_by_the_code() | in_compose()) - OTHERS - documented() == set()


def test_every_documented_variable_is_read() -> None:
    by_daphne = {"ASGI_THREADS"}
    assert documented() - read_by_the_code() - in_compose() - by_daphne == set()


def test_the_parts_of_the_deployment_are_there_and_watched(compose: dict[str, Any]) -> None:
    services = compose["services"]
    long_running = {"web-1", "web-2", "worker", "postgres", "redis-layer", "redis-cache", "proxy", "backup"}
    assert set(services) == long_running | {"prepare"}
    assert {name for name, service in services.items() if "healthcheck" in service} == long_running
    assert services["proxy"]["ports"] == ["80:80", "443:443", "443:443/udp"]
    assert [name for name, service in services.items() if "ports" in service] == ["proxy"]
    assert "backups" in compose["volumes"]


def test_redis_never_runs_without_a_password(compose: dict[str, Any]) -> None:
    for name in ("redis-layer", "redis-cache"):
        assert "--requirepass" in compose["services"][name]["command"][-1]


def test_files_named_by_the_deployment_exist() -> None:
    text = (ROOT / "docker-compose.yml").read_text() + (ROOT / "Dockerfile").read_text()
    named = set(re.findall(r"(?:\./)?((?:deploy|scripts)/[\w.-]+)", text))
    assert len(named) >= 5
    assert {name for name in named if not (ROOT / name).exists()} == set()
