"""Territories and their codes, from files of open data."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, models, transaction

from community.models import Territory, TerritoryCode, TerritoryName
from community.models.territory import search_key, search_keys

# What the file says of the two origins of its populations (community/data/README.md).
FRENCH = ("INSEE", 2023)
WORLD = ("GeoNames", 2023)
BATCH = 10_000  # rows a transaction: short enough that a running site can write in between
FACTS = (
    "name",
    "search_name",
    "country",
    "region",
    "department",
    "population",
    "population_year",
    "population_source",
    "latitude",
    "longitude",
    "altitude_m",
    "relief_m",
    "centrality",
    "coast",
)
POPULATION, YEAR, SOURCE = (FACTS.index(f"population{end}") for end in ("", "_year", "_source"))


@dataclass
class Loaded:
    """What a run did; `refused` holds `(line, reason)`."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: list[tuple[int, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Town:
    """One good row: its codes by scheme, and its facts in the order of FACTS."""

    codes: tuple[tuple[str, str], ...]
    facts: tuple[Any, ...]

    @property
    def geonames(self) -> str:
        return self.codes[0][1]


def read_town(row: Mapping[str, str | None]) -> Town:
    """A row of towns.csv. Raises ValueError with the reason, in English, when it cannot be a town."""
    missing = [name for name in ("geonames_id", "name", "country", "population") if not row.get(name)]
    if missing:
        raise ValueError(f"{', '.join(missing)} missing")
    values = {name: value or "" for name, value in row.items() if name}
    if len(values["country"]) != 2:
        raise ValueError(f"{values['country']!r} is not an ISO 3166-1 code of two letters")
    population = int(values["population"])
    latitude, longitude = float(values["latitude"]), float(values["longitude"])
    if population < 0 or not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise ValueError("population or coordinates out of range")
    codes = [(TerritoryCode.Scheme.GEONAMES.value, str(int(values["geonames_id"])))]
    source, year = WORLD
    if values["insee"]:
        codes.append((TerritoryCode.Scheme.INSEE.value, values["insee"]))
        source, year = FRENCH
    facts = (
        values["name"],
        search_key(values["name"]),
        values["country"],
        values["region"],
        values["department"],
        population,
        year,
        source,
        latitude,
        longitude,
        int(values["altitude_m"]) if values["altitude_m"] else None,
        int(values["relief_m"]) if values["relief_m"] else None,
        float(values["centrality"]) if values["centrality"] else None,
        values["coast"] == "1",
    )
    return Town(tuple(codes), facts)


def load_towns(
    rows: Sequence[Mapping[str, str | None]], progress: Callable[[int], None] = lambda done: None
) -> Loaded:
    """Bring territories in line with the file: new ones are added, changed facts follow, the rest stays.

    A place is known by its GeoNames id. A population with a later year than the file's is left alone. `progress` is
    told how many rows are done, at the end of each transaction. Bad rows are refused one by one.
    """
    result = Loaded()
    known = _known()
    done = 0
    for batch in _batched(enumerate(rows, start=2), BATCH):  # line 1 is the heading
        towns: dict[str, Town] = {}
        for line, row in batch:
            try:
                town = read_town(row)
                if town.geonames in towns:
                    raise ValueError(f"GeoNames id {town.geonames} stands in the file twice")
            except (ValueError, KeyError, AttributeError) as error:
                result.refused.append((line, str(error)))
            else:
                towns[town.geonames] = town
        _store(list(towns.values()), known, result)
        done += len(batch)
        progress(done)
    if result.added or result.changed:
        _analyze()
    return result


def _batched(items: Iterator[tuple[int, Any]], size: int) -> Iterator[list[tuple[int, Any]]]:
    batch: list[tuple[int, Any]] = []
    for item in items:
        batch.append(item)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def _known() -> dict[str, tuple[int, tuple[Any, ...]]]:
    """GeoNames id → (territory, its facts)."""
    codes = TerritoryCode.objects.filter(scheme=TerritoryCode.Scheme.GEONAMES, valid_to=None)
    rows = codes.values_list("value", "territory", *(f"territory__{name}" for name in FACTS))
    return {value: (pk, tuple(facts)) for value, pk, *facts in rows.iterator(chunk_size=10_000)}


@transaction.atomic
def _store(towns: list[Town], known: dict[str, tuple[int, tuple[Any, ...]]], result: Loaded) -> None:
    fresh = []
    for town in towns:
        if town.geonames not in known:
            fresh.append(town)
            continue
        pk, facts = known[town.geonames]
        wanted = _newer_population(town.facts, facts)
        if wanted == facts:
            result.unchanged += 1
        else:
            territory = Territory.objects.get(pk=pk)
            for name, value in zip(FACTS, wanted, strict=True):
                setattr(territory, name, value)
            territory.save(update_fields=FACTS)
            result.changed += 1
    if fresh:
        _add(fresh)
        known.update((town.geonames, (0, town.facts)) for town in fresh)
        result.added += len(fresh)


def _newer_population(ours: tuple[Any, ...], stored: tuple[Any, ...]) -> tuple[Any, ...]:
    if (stored[YEAR] or 0) <= ours[YEAR]:
        return ours
    kept = list(ours)
    for place in (POPULATION, YEAR, SOURCE):
        kept[place] = stored[place]
    return tuple(kept)


def _add(towns: list[Town]) -> None:
    pks = _reserve(Territory, len(towns))
    pairs = list(zip(pks, towns, strict=True))
    _insert(Territory, ("id", *FACTS, "native_name"), [(pk, *town.facts, "") for pk, town in pairs])
    _insert(
        TerritoryCode,
        ("territory", "scheme", "value"),
        [(pk, scheme, value) for pk, town in pairs for scheme, value in town.codes],
    )
    _insert(
        TerritoryName,
        ("territory", "key", "place", "country", "population"),
        [
            (pk, key, place, town.facts[2], town.facts[POPULATION])
            for pk, town in pairs
            for key, place in search_keys(town.facts[0]).items()
        ],
    )


def _reserve(model: type[models.Model], count: int) -> list[int]:
    """Ids that nobody else will be given (on SQLite: as long as this transaction, which alone writes, lasts)."""
    table = model._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)", [table, count]
            )
            return [pk for (pk,) in cursor.fetchall()]
        last = model._default_manager.aggregate(last=models.Max("pk"))["last"] or 0
        return list(range(last + 1, last + count + 1))


def _insert(model: type[models.Model], fields: Sequence[str], rows: list[tuple[Any, ...]]) -> None:
    """Rows of plain values into a table, several times faster than through model objects."""
    quote = connection.ops.quote_name
    known = {field.name: field.column for field in model._meta.concrete_fields}
    columns = ", ".join(quote(str(known[name])) for name in fields)
    table = quote(model._meta.db_table)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            places = ", ".join(["%s"] * len(fields))
            cursor.executemany(f"INSERT INTO {table} ({columns}) VALUES ({places})", rows)  # noqa: S608


def _analyze() -> None:
    """Both planners choose by statistics, and neither gathers them at once by itself."""
    with connection.cursor() as cursor:
        for model in (Territory, TerritoryCode, TerritoryName):
            cursor.execute(f"ANALYZE {connection.ops.quote_name(model._meta.db_table)}")
