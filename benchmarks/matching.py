"""How fast and how right the matching engine is on 154,201 real towns, beside an exhaustive numpy search.

    python -m benchmarks.matching [--queries 200] [--rounds 5] [--copies 1] [--seed 1]
    python -m benchmarks.matching --quality     # what the lists are like, over 6,000 towns

Towns: community/data/towns.csv.gz (`--copies 7` repeats them under new ids: a million rows). A share of them
gets seeded random wishes and is in the network. Every round asks the same towns of both engines in turn, so
that a noisy neighbour disturbs both; the spread is over rounds. Times are wall clock of one process.
"""

import argparse
import csv
import gzip
import math
import multiprocessing
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from matching.engine import MEMBER, VISIBLE, Filters, Store, Town, columns_from, search
from matching.engine.score import DEFAULT, ThemeWeights, points

TOWNS = Path(__file__).resolve().parent.parent / "community/data/towns.csv.gz"
ABROAD = Filters(abroad=True)


def main() -> None:
    """Measure everything and print it."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--queries", type=int, default=200)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--copies", type=int, default=1)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--quality", action="store_true")
    asked = options.parse_args()
    rows = load(asked.copies)
    if asked.quality:
        show_quality(rows, asked.seed)
        return
    print(
        f"{len(rows['id']):,} towns, {asked.queries} queries a round, {asked.rounds} rounds, seed {asked.seed}\n"
    )
    print(f"{'':44}{'min':>9}{'median':>9}{'max':>9}")
    for share in (0.001, 0.2, 1.0):
        measure(rows, share, asked)


def load(copies: int) -> dict[str, Any]:
    """The towns as plain arrays."""
    with gzip.open(TOWNS, "rt", encoding="utf-8") as file:
        towns = list(csv.DictReader(file))
    sources = {"altitude": "altitude_m", "relief": "relief_m"}
    plain: dict[str, Any] = {
        name: np.tile([float(town[sources.get(name, name)]) for town in towns], copies)
        for name in ("population", "altitude", "relief", "centrality", "coast", "latitude", "longitude")
    }
    ids = np.array([int(town["geonames_id"]) for town in towns])
    plain["id"] = np.concatenate([ids + copy * 20_000_000 for copy in range(copies)])
    plain["country"] = [town["country"] for town in towns] * copies
    return plain


def wishes(count: int, rng: np.random.Generator) -> np.ndarray:
    """One to eight themes a town; a few themes are named often, most rarely."""
    popularity = 1 / np.arange(1, 65) ** 0.7
    steps = np.cumsum(popularity / popularity.sum())
    how_many = rng.integers(1, 9, count)
    chosen = np.zeros(count, "u8")
    for turn in range(8):
        theme = np.minimum(np.searchsorted(steps, rng.random(count)), 63).astype("u8")
        chosen |= np.where(turn < how_many, np.uint64(1) << theme, np.uint64(0))
    return chosen


def measure(rows: dict[str, Any], share: float, asked: argparse.Namespace) -> None:
    """One table: so large a share of the towns is in the network."""
    rng = np.random.default_rng(asked.seed)
    count = len(rows["id"])
    joined = rng.random(count) < share
    plain = {
        **rows,
        "languages": rng.integers(1, 64, count).astype("u8"),
        "wanted": wishes(count, rng) * joined,
        "offered": wishes(count, rng) * joined,
        "programmes": rng.integers(0, 4, count).astype("u8") * joined,
        "flags": VISIBLE | MEMBER * joined,
    }
    print(f"\n{np.count_nonzero(joined):,} towns in the network")
    members = rows["id"][joined]
    towns = [int(id) for id in rng.choice(members, asked.queries)]
    with tempfile.TemporaryDirectory() as folder:
        store = Store(folder)
        show(
            "build: columns, files, swap (s)",
            [timed(lambda: store.rebuild(columns_from(**plain))) for _ in range(3)],
        )
        for pool in ("members", "gazetteer") if share < 1 else ("members",):
            compare(store, towns, pool, asked.rounds)
        show_updates(store, towns[:50])
        show("private memory of a reader (MB)", [private_memory(folder, towns[0])])


def compare(store: Store, towns: list[int], pool: str, rounds: int) -> None:
    """The engine and the exhaustive search on the same towns, in turn."""
    engine: list[list[float]] = []
    plain: list[list[float]] = []
    found = 0
    search(store, towns[0], pool=pool)
    for _ in range(rounds):
        engine.append(
            [timed(lambda id=id: search(store, id, pool=pool, filters=ABROAD)) * 1000 for id in towns]
        )
        plain.append(
            [
                timed(lambda id=id: exhaustive(store, id, pool)) * 1000
                for id in towns[: max(len(towns) // 10, 5)]
            ]
        )
    checked = towns[:50]
    for id in checked:
        page = search(store, id, pool=pool, filters=ABROAD, limit=100, diversity=0)
        found += len(set(exhaustive(store, id, pool)) & {match.id for match in page.items})
    for name, times in (("engine", engine), ("exhaustive numpy", plain)):
        show(f"{pool}: {name}, p50 (ms)", [statistics.median(spread) for spread in times])
        show(f"{pool}: {name}, p95 (ms)", [statistics.quantiles(spread, n=20)[-1] for spread in times])
    print(f"  {pool + ': the ten best that the engine found':42}{found / len(checked) / 10:>27.1%}")


def exhaustive(store: Store, id: int, pool: str) -> list[int]:
    """The ten best by the exact score of every candidate: no shortlist, no diversity, and no sentences either."""
    table = store.table()
    rows = {name: column[: table.rows] for name, column in table.columns.items()}
    ours = table.read(table.find([id]))
    shown = rows["flags"] == (VISIBLE | MEMBER if pool == "members" else VISIBLE)
    shown &= (rows["id"] != id) & (rows["country"] != ours["country"][0])
    rows = {name: column[shown] for name, column in rows.items()}
    tenths = points(ours, rows, DEFAULT, ThemeWeights(table.themes), scale_only=pool == "gazetteer").sum(
        axis=0
    )
    return [int(town) for town in rows["id"][np.lexsort((rows["id"], -tenths))[:10]]]


def show_updates(store: Store, towns: list[int]) -> None:
    """Another process writes a town; the very next query here must see it."""
    spawn = multiprocessing.get_context("spawn")
    here, there = spawn.Pipe()
    writer = spawn.Process(target=write_on_order, args=(store.root, there))
    writer.start()
    here.recv()
    writes, reads, stale = [], [], 0
    for turn, id in enumerate(towns, start=1):
        here.send(Town(id, 5000 + turn, country="FR", wanted=turn, offered=turn, member=True))
        writes.append(here.recv() * 1000)
        start = time.perf_counter()
        page = search(store, id)
        reads.append((time.perf_counter() - start) * 1000)
        stale += page.ours.population != 5000 + turn
    here.send(None)
    writer.join()
    show("edit by another process (ms)", writes)
    show("the next query (ms)", reads)
    print(f"  {'edits that the next query did not see':42}{stale:>18} of {len(towns)}")


def write_on_order(root: Path, orders: Any) -> None:
    """Child process: write each town received and answer how long it took."""
    store = Store(root)
    orders.send(None)
    while (town := orders.recv()) is not None:
        orders.send(timed(lambda town=town: store.put(town)))


def private_memory(folder: str, town: int) -> float:
    """Megabytes that a fresh reader needs of its own to open the index and answer, the files being shared."""
    spawn = multiprocessing.get_context("spawn")
    here, there = spawn.Pipe()
    reader = spawn.Process(target=read_and_weigh, args=(folder, town, there))
    reader.start()
    weight = here.recv()
    reader.join()
    return weight


def read_and_weigh(folder: str, town: int, answer: Any) -> None:
    """Child process: the growth of its private dirty memory from the imports to the third answer."""
    before = private_dirty()
    store = Store(folder)
    for _ in range(3):
        search(store, town)
    answer.send((private_dirty() - before) / 1024)


def private_dirty() -> int:
    """Kilobytes of this process that it shares with nobody."""
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Private_Dirty:"))


def show_quality(rows: dict[str, Any], seed: int) -> None:
    """Lists of fifty for each of 6,000 members: whether help goes both ways, and who is shown how often."""
    rng = np.random.default_rng(seed)
    drawn = rng.choice(len(rows["id"]), 6000, replace=False)
    plain = {
        name: [values[row] for row in drawn] if isinstance(values, list) else values[drawn]
        for name, values in rows.items()
    }
    plain |= {"languages": rng.integers(1, 64, 6000).astype("u8"), "flags": VISIBLE | MEMBER}
    plain |= {"wanted": wishes(6000, rng), "offered": wishes(6000, rng)}
    shown: Counter[int] = Counter()
    first: Counter[int] = Counter()
    mutual, ratios, countries = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        store = Store(folder)
        store.rebuild(columns_from(**plain))
        for id in plain["id"]:
            items = search(store, int(id), filters=ABROAD, limit=50).items
            shown.update(match.id for match in items)
            first.update(match.id for match in items[:10])
            mutual += [match.parts["mutual"] > 0 for match in items]
            ratios += [abs(math.log(match.theirs.population / match.ours.population)) for match in items[:10]]
            countries.append(len({match.theirs.country for match in items[:10]}))
    print(f"of the towns in lists of 50, help both ways    {statistics.mean(mutual):.3f}")
    print(f"most shown, over the mean: lists of 50         {max(shown.values()) * 6000 / shown.total():.1f}")
    print(f"most shown, over the mean: first ten           {max(first.values()) * 6000 / first.total():.1f}")
    print(
        f"never shown: lists of 50, first ten            {1 - len(shown) / 6000:.1%}, {1 - len(first) / 6000:.1%}"
    )
    print(f"median ratio of populations, first ten         {math.exp(statistics.median(ratios)):.2f}")
    print(f"countries among the first ten, mean            {statistics.mean(countries):.1f}")


def timed(work: Callable[[], object]) -> float:
    """Seconds it takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def show(name: str, values: list[float]) -> None:
    """One line of the table."""
    figures = (min(values), statistics.median(values), max(values))
    print(f"  {name:42}" + "".join(f"{figure:9.2f}" for figure in figures))


if __name__ == "__main__":
    main()
