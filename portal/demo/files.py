"""Reading the demonstration's files, and finding what they name."""

import csv
import datetime as dt
import json
import uuid
import zoneinfo
from functools import cache
from pathlib import Path
from typing import Any

from django.utils import timezone

from community.models import Organisation, Territory, TerritoryCode, User

FOLDER = Path(__file__).parent
DOMAIN = "demo.entrevilles.invalid"
PARIS = zoneinfo.ZoneInfo("Europe/Paris")


@cache
def rows(name: str) -> list[dict[str, str]]:
    """The rows of a CSV file of this folder."""
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@cache
def entries(name: str) -> list[dict[str, Any]]:
    """The entries of a JSON file of this folder."""
    return list(json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8")))


def territories(codes: list[str]) -> dict[str, Territory]:
    """Territories by `scheme:value`, in one query a scheme; what is not loaded is left out."""
    found: dict[str, Territory] = {}
    for scheme in TerritoryCode.Scheme.values:
        values = [code.partition(":")[2] for code in codes if code.startswith(f"{scheme}:")]
        known = TerritoryCode.objects.filter(scheme=scheme, value__in=values, valid_to=None)
        found |= {f"{scheme}:{code.value}": code.territory for code in known.select_related("territory")}
    return found


def organisation(reference: str) -> Organisation:
    """The organisation of a town's code, or of a slug."""
    scheme, _, value = reference.partition(":")
    organisations = Organisation.objects.select_related("territory")
    if value:
        return organisations.get(territory__codes__scheme=scheme, territory__codes__value=value)
    return organisations.get(slug=reference)


def address(name: str) -> str:
    return f"{name}@{DOMAIN}"


def person(name: str) -> User:
    """A demonstration account by the first part of its address."""
    return User.objects.get(email=address(name))


def identity(*parts: object) -> uuid.UUID:
    """The same id for the same thing on every run: what is posted twice is stored once."""
    return uuid.uuid5(uuid.NAMESPACE_DNS, "/".join([DOMAIN, *map(str, parts)]))


def moment(days: int, at: str, now: dt.datetime | None = None) -> dt.datetime:
    """`days` from today (negative: ago) at a time of Paris: never in the future when days ≤ 0, never on a weekend when
    ahead."""
    now = now or timezone.now()
    hour, minute = map(int, at.split(":"))
    day = now.astimezone(PARIS).date() + dt.timedelta(days=days)
    if days > 0:
        day += dt.timedelta(days={5: 2, 6: 1}.get(day.weekday(), 0))
    when = dt.datetime.combine(day, dt.time(hour, minute), PARIS)
    return min(when, now - dt.timedelta(minutes=20)) if days <= 0 else when
