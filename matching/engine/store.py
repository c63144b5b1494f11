"""Where the index lives, and how readers and writers agree.

    <root>/current          one line: the name of the build in use, replaced atomically
    <root>/lock             held (flock) by the one process that writes
    <root>/<build>/*.bin    see matching/engine/table.py

Readers take no lock. The database is the truth: an index that is lost or broken is built again.
"""

import fcntl
import os
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from matching.engine.columns import COLUMNS, MEMBER, Columns, Town, columns_of, town_at
from matching.engine.table import GENERATION, ROWS, Table, UnreadableError, create

WAIT = 10.0
"""Seconds a writer waits for its turn."""


class NotBuiltError(LookupError):
    """There is no index yet: `manage.py build_matching_index`."""


class Store:
    """A handle on the index of a folder. Cheap to make, safe to share between threads, one per process is best."""

    def __init__(self, root: str | os.PathLike[str]):
        self.root = Path(root)
        self._table: Table | None = None

    # --- readers

    def table(self) -> Table:
        """The build in use now, reopened when there is a new one. Raises NotBuiltError."""
        for _ in range(100):
            name = self._current()
            table = self._table
            if table is not None and table.folder.name == name:
                return table
            try:
                self._table = Table(self.root / name)
            except FileNotFoundError:
                # A rebuild replaced and removed it between the two reads. An unknown format ends here too.
                if self._current() == name:
                    break
            else:
                return self._table
        raise NotBuiltError(str(self.root))

    def generation(self) -> int:
        """The key for a cached list; 0 when nothing is built."""
        try:
            return self.table().generation
        except NotBuiltError:
            return 0

    def get(self, id: int) -> Town | None:
        """The town as the index knows it, or None. Raises UnreadableError for a row its writer left half written."""
        table = self.table()
        row = table.find([id])
        if row[0] < 0:
            return None
        found = table.read(row)
        if not len(found["id"]):
            raise UnreadableError(str(id))
        return town_at(found, 0)

    # --- writers

    def rebuild(self, columns: Columns, *, since: int = 0) -> None:
        """Put a whole new build in place of the present one, at once.

        `since` is `generation()` from *before* the database was read: rows written after it are newer than
        `columns` and are carried over. Leave it at 0 only for the first build or with nobody writing.
        """
        with self._locked():
            try:
                former = self.table()
            except NotBuiltError:
                self._install(columns, generation=1)
                return
            if since:
                rows = former.snapshot()
                newer = rows["changed"] > since
                columns = _merged(columns, {name: values[newer] for name, values in rows.items()})
            self._install(columns, generation=former.generation + 1)

    @contextmanager
    def writing(self) -> Iterator["Writer"]:
        """The one writer's turn. Read the database *inside* the block: the last to have the turn then writes the newest truth.

        Raises TimeoutError when another writer holds the turn for more than WAIT seconds, NotBuiltError without an index.
        """
        with self._locked():
            yield Writer(self)

    def put(self, *towns: Town) -> None:
        """Add or replace these towns; the next query of every process sees them."""
        with self.writing() as writer:
            writer.put(*towns)

    def remove(self, *ids: int) -> None:
        """Hide these towns and forget their wishes. Unknown ids are ignored."""
        with self.writing() as writer:
            writer.remove(*ids)

    # --- inside

    def _current(self) -> str:
        try:
            return (self.root / "current").read_text("ascii").strip()
        except FileNotFoundError:
            raise NotBuiltError(str(self.root)) from None

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self.root.mkdir(parents=True, exist_ok=True)
        with (self.root / "lock").open("ab") as file:
            deadline = time.monotonic() + WAIT
            while True:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() > deadline:
                        raise TimeoutError("another process is writing the matching index") from None
                    time.sleep(0.002)
            yield  # closing the file gives the lock back, however this ends

    def _install(self, columns: Columns, *, generation: int) -> None:
        """Write a build aside, point `current` at it, remove the others. The caller holds the lock."""
        name = f"build-{generation:012d}-{secrets.token_hex(4)}"
        try:
            create(self.root / name, columns, generation=generation)
            pointer = self.root / "current.new"
            pointer.write_text(name + "\n", "ascii")
            os.replace(pointer, self.root / "current")
        except BaseException:
            shutil.rmtree(self.root / name, ignore_errors=True)
            raise
        # Whoever still has the former build open keeps reading its unlinked files until the next query.
        for other in self.root.glob("build-*"):
            if other.name != name:
                shutil.rmtree(other, ignore_errors=True)


class Writer:
    """Changes rows in place. Only `Store.writing` makes one, while it holds the lock."""

    def __init__(self, store: Store):
        self._store = store
        self._table = Table(store.table().folder, writable=True)

    def put(self, *towns: Town) -> None:
        """Add or replace whole towns; of a repeated id the last counts."""
        fresh = columns_of(list({town.id: town for town in towns}.values()))
        rows = self._table.find(fresh["id"])
        if self._table.rows + np.count_nonzero(rows < 0) > self._table.capacity:
            self._grow(fresh)
            return
        for source, row in enumerate(rows):
            self._write(int(row) if row >= 0 else self._table.rows, fresh, source)

    def remove(self, *ids: int) -> None:
        """Hide these towns and forget their wishes: the row stays, nothing shows it."""
        rows = self._table.find(ids)
        rows = rows[rows >= 0]
        gone = {name: column[rows] for name, column in self._table.columns.items()}
        for name in ("flags", "wanted", "offered", "languages", "programmes"):
            gone[name][:] = 0
        for source, row in enumerate(rows):
            self._write(int(row), gone, source)

    def _write(self, row: int, fresh: Columns, source: int) -> None:
        table, added = self._table, row == self._table.rows
        columns, sequence = table.columns, table.columns["sequence"]
        generation = table.generation + 1
        self._count(row, -1)
        odd = int(sequence[row]) | 1  # a row its writer left odd is simply written again
        sequence[row] = odd
        for name in COLUMNS:
            if name not in ("sequence", "changed"):
                columns[name][row] = fresh[name][source]
        columns["changed"][row] = generation
        sequence[row] = (odd + 1) & 0xFFFFFFFF
        if added:  # readers stop at `rows`: the row is whole before they can reach it
            table.header[ROWS] = row + 1
        self._count(row, +1)
        table.header[GENERATION] = generation

    def _count(self, row: int, step: int) -> None:
        """Keep the frequency of themes true without counting all members again."""
        columns = self._table.columns
        if row >= self._table.rows or not columns["flags"][row] & MEMBER:
            return
        named = int(columns["wanted"][row] | columns["offered"][row])
        themes = self._table.themes
        for theme in range(64):
            if named >> theme & 1:
                themes[theme] += step
        if named:
            themes[64] += step

    def _grow(self, fresh: Columns) -> None:
        generation = self._table.generation + 1
        fresh["changed"][:] = generation
        self._store._install(_merged(self._table.snapshot(), fresh), generation=generation)
        self._table = Table(self._store.table().folder, writable=True)


def _merged(columns: Columns, newer: Columns) -> Columns:
    """Both together; where an id is in both, the newer row."""
    kept = ~np.isin(columns["id"], newer["id"])
    return {name: np.concatenate([columns[name][kept], newer[name]]) for name in COLUMNS}
