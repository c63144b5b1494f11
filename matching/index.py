"""From the database to the matching index. The database is the truth; the index can be lost and built again.

The index holds **what is public**: a wish a town keeps to itself is not in it, so no other town's list can
hint at it. The town's own private wishes are added to its own question (`question`).
"""

import functools
import logging
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.db.models import Sum

from community.models import Organisation, OrganisationTheme, Seat, Territory
from matching.engine import (
    FULL,
    LANGUAGES,
    MEMBER,
    OPTED_OUT,
    VISIBLE,
    NotBuiltError,
    Store,
    Town,
    columns_from,
    language_mask,
    mask,
)

log = logging.getLogger(__name__)

FACTS = (
    "id", "population", "altitude_m", "relief_m", "centrality", "coast", "latitude", "longitude", "country",
)  # fmt: skip


def store() -> Store:
    """This process's handle on the index; builds it when there is none."""
    index = handle(str(settings.MATCHING_INDEX_DIR))
    try:
        index.table()
    except NotBuiltError:
        started = time.monotonic()
        log.warning("There is no matching index yet: building it.")
        rows = build()
        log.warning("Matching index built: %s towns in %.1f s.", rows, time.monotonic() - started)
    return index


@functools.lru_cache(maxsize=4)
def handle(folder: str) -> Store:
    """One Store per folder and process, whether or not anything is built there."""
    return Store(folder)


def build(progress: Callable[[int, int], None] = lambda done, total: None) -> int:
    """Read every current territory and put a fresh index in place of the present one; returns how many.

    `progress(done, total)` is called every 10,000 rows. Rows changed meanwhile keep the newer state.
    """
    index = handle(str(settings.MATCHING_INDEX_DIR))
    since = index.generation()
    members = _members()
    total = Territory.objects.current().count()
    columns: dict[str, list[Any]] = {name: [] for name in FACTS}
    sets: dict[str, list[int]] = {
        name: [] for name in ("languages", "wanted", "offered", "programmes", "flags")
    }
    rows = Territory.objects.current().order_by("pk").values_list(*FACTS)
    done = 0
    for done, row in enumerate(rows.iterator(chunk_size=5000), start=1):
        for name, value in zip(FACTS, row, strict=True):
            columns[name].append(value)
        member = members.get(row[0])
        for name, values in sets.items():
            values.append(member[name] if member else VISIBLE if name == "flags" else 0)
        if member and member["population"]:
            columns["population"][-1] = member["population"]
        if done % 10_000 == 0:
            progress(done, total)
    progress(done, total)
    columns["altitude"], columns["relief"] = columns.pop("altitude_m"), columns.pop("relief_m")
    index.rebuild(columns_from(**columns, **sets), since=since)  # type: ignore[arg-type]
    return done


def refresh(territory_id: int) -> None:
    """Make one row equal to the database: the next question of every process sees it.

    Raises TimeoutError when another process holds the index for too long.
    """
    with store().writing() as writer:
        # Read inside the writer's turn: whoever comes last writes the newest truth.
        territory = Territory.objects.current().filter(pk=territory_id).first()
        if territory is None:
            writer.remove(territory_id)
        else:
            writer.put(town_of(territory))


def town_of(territory: Territory) -> Town:
    """A territory as the index holds it: its facts, and what its organisation says in public."""
    town = _place(territory)
    member = _members(territory.pk).get(territory.pk)
    if member is None:
        return town
    return replace(
        town,
        population=member["population"] or town.population,
        languages=member["languages"],
        wanted=member["wanted"],
        offered=member["offered"],
        programmes=member["programmes"],
        visible=bool(member["flags"] & VISIBLE),
        member=bool(member["flags"] & MEMBER),
        full=bool(member["flags"] & FULL),
        opted_out=bool(member["flags"] & OPTED_OUT),
    )


def question(organisation: Organisation, *, private: bool) -> Town:
    """What an organisation asks the index: itself, with its private wishes too when `private`.

    A page that is not published, or whose people are not confirmed yet, can ask all the same.
    Raises ValueError for an organisation without a territory.
    """
    if organisation.territory is None:
        raise ValueError(f"{organisation} has no territory")
    themes = organisation.themes.all() if private else [t for t in organisation.themes.all() if t.is_public]
    direction = OrganisationTheme.Direction
    ours = _place(organisation.territory)
    return replace(
        ours,
        population=_people(organisation) or ours.population,
        languages=languages_of(organisation.languages),
        wanted=mask(t.position for t in themes if t.direction == direction.WANTED),
        offered=mask(t.position for t in themes if t.direction == direction.OFFERED),
        programmes=mask(programme.position for programme in organisation.programmes.all()),
    )


def _place(territory: Territory) -> Town:
    """A territory by its own facts alone."""
    return Town(
        id=territory.pk,
        population=territory.population,
        altitude=territory.altitude_m,
        relief=territory.relief_m,
        centrality=territory.centrality,
        coast=territory.coast,
        latitude=territory.latitude,
        longitude=territory.longitude,
        country=territory.country,
    )


def _people(organisation: Organisation) -> int | None:
    """The inhabitants of a group's towns, unless loaded as `people`; None for a town, whose territory has them."""
    people: int | None = getattr(organisation, "people", None)
    if people is None and organisation.kind == Organisation.Kind.GROUP:
        people = organisation.territories.aggregate(people=Sum("population"))["people"]
    return people


def languages_of(codes: Iterable[str]) -> int:
    """The mask of the codes the index knows; others count for nothing."""
    return language_mask(code for code in codes if code in LANGUAGES)


def _members(territory_id: int | None = None) -> dict[int, dict[str, int]]:
    """What members add to their territory's row, by territory: sets, flags and a group's population.

    A member is a published town or group with at least one confirmed person: somebody can be written to.
    """
    organisations = Organisation.objects.towns().published().filter(territory__isnull=False)
    if territory_id is not None:
        organisations = organisations.filter(territory=territory_id)
    seats = Seat.objects.current().verified()
    organisations = organisations.filter(pk__in=seats.values("organisation")).annotate(
        people=Sum("territories__population")
    )
    wishes: dict[tuple[int, str], int] = defaultdict(int)
    themes = OrganisationTheme.objects.filter(is_public=True, organisation__in=organisations.values("pk"))
    for organisation, direction, position in themes.values_list("organisation", "direction", "position"):
        wishes[organisation, direction] |= 1 << position
    programmes: dict[int, int] = defaultdict(int)
    through = Organisation.programmes.through.objects.filter(organisation__in=organisations.values("pk"))
    for organisation, position in through.values_list("organisation", "programme__position"):
        programmes[organisation] |= 1 << position
    availability = Organisation.Availability
    return {
        organisation.territory_id: {
            "population": organisation.people or 0,
            "languages": languages_of(organisation.languages),
            "wanted": wishes[organisation.pk, OrganisationTheme.Direction.WANTED],
            "offered": wishes[organisation.pk, OrganisationTheme.Direction.OFFERED],
            "programmes": programmes[organisation.pk],
            "flags": VISIBLE
            | MEMBER
            | (organisation.availability == availability.FULL) * FULL
            | (organisation.availability == availability.HIDDEN) * OPTED_OUT,
        }
        for organisation in organisations.only("territory", "languages", "availability")
        if organisation.territory_id is not None
    }
