"""One build of the index: flat files of columns mapped into memory, shared by every process.

    header.bin   int64[8]: format, capacity, rows, rows sorted by id, generation, 0, 0, 0
    themes.bin   int64[65]: members naming each theme; [64] members naming any
    <column>.bin one array of `capacity` values for every column of COLUMNS, little-endian

The first `sorted` rows are in ascending order of id; later ones follow as they were added.
"""

import mmap
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matching.engine.columns import COLUMNS, Columns, theme_counts

FORMAT = 1
CAPACITY, ROWS, SORTED, GENERATION = 1, 2, 3, 4  # positions in the header, after the format


class UnreadableError(RuntimeError):
    """A row stayed half written: its writer died. The next write to it, or a rebuild, repairs it."""


class Table:
    """The mapped files of one build. Arrays are views of the files: they change under the reader.

    Anything that must be consistent within a row is taken through `read`, which re-checks the row's
    sequence number. A scan of `column(name)` may see a row half written.
    """

    def __init__(self, folder: Path, *, writable: bool = False):
        self.folder = folder
        self.header = _mapped(folder / "header.bin", np.dtype("<i8"), writable)
        if self.header[0] != FORMAT:
            raise FileNotFoundError(f"{folder.name}: format {self.header[0]}, expected {FORMAT}")
        self.themes = _mapped(folder / "themes.bin", np.dtype("<i8"), writable)
        self.columns = {
            name: _mapped(folder / f"{name}.bin", kind, writable) for name, kind in COLUMNS.items()
        }

    @property
    def rows(self) -> int:
        """How many rows are in use."""
        return int(self.header[ROWS])

    @property
    def capacity(self) -> int:
        """How many rows the files can hold."""
        return int(self.header[CAPACITY])

    @property
    def generation(self) -> int:
        """Grows with every write, across builds too: a list computed at a generation is valid while it lasts."""
        return int(self.header[GENERATION])

    def find(self, ids: Any) -> NDArray[np.int64]:
        """The row of each id, −1 where the index does not know it."""
        wanted = np.asarray(ids, dtype="<i8").reshape(-1)
        ordered = self.columns["id"][: int(self.header[SORTED])]
        if len(ordered):
            found = np.minimum(np.searchsorted(ordered, wanted), len(ordered) - 1)
            found = np.where(ordered[found] == wanted, found, -1)
        else:
            found = np.full(wanted.shape, -1)
        added = self.columns["id"][len(ordered) : self.rows]
        for position in np.flatnonzero(found < 0) if len(added) else ():
            places = np.flatnonzero(added == wanted[position])
            if len(places):
                found[position] = len(ordered) + places[0]
        return found.astype("<i8")

    def read(self, rows: NDArray[np.int64], patience: float = 0.05) -> Columns:
        """A consistent copy of these rows, in this order; rows still half written after `patience` seconds are left out.

        A row's sequence is odd while it is written and grows by two with each write: values read between two
        equal even readings belong together.
        """
        sequence = self.columns["sequence"]
        before = sequence[rows]
        copied = {name: column[rows] for name, column in self.columns.items()}
        torn = np.flatnonzero((before & 1 != 0) | (sequence[rows] != before))
        deadline = time.monotonic() + patience
        while len(torn):
            again = rows[torn]
            before = sequence[again]
            for name, column in self.columns.items():
                copied[name][torn] = column[again]
            torn = torn[(before & 1 != 0) | (sequence[again] != before)]
            if len(torn) and time.monotonic() > deadline:
                return {name: np.delete(values, torn) for name, values in copied.items()}
            if len(torn):
                time.sleep(0.0002)
        return copied

    def snapshot(self) -> Columns:
        """Every row as it stands. For writers, who hold the lock: nobody else writes meanwhile."""
        return {name: np.array(column[: self.rows]) for name, column in self.columns.items()}


def create(folder: Path, columns: Columns, *, generation: int, headroom: float = 0.1) -> None:
    """Write a build. The folder must not exist; ids must be unique. Rows are sorted by id; there is room for a tenth more and 1,024."""
    order = np.argsort(columns["id"], kind="stable")
    ids = columns["id"][order]
    if len(ids) and np.any(ids[1:] == ids[:-1]):
        raise ValueError("an id appears twice")
    rows = len(ids)
    capacity = rows + int(rows * headroom) + 1024
    folder.mkdir(parents=True)
    np.array([FORMAT, capacity, rows, rows, generation, 0, 0, 0], dtype="<i8").tofile(folder / "header.bin")
    theme_counts(columns).tofile(folder / "themes.bin")
    for name, kind in COLUMNS.items():
        with (folder / f"{name}.bin").open("wb") as file:
            columns[name].astype(kind, copy=False)[order].tofile(file)
            file.truncate(capacity * kind.itemsize)


def _mapped(path: Path, kind: np.dtype[Any], writable: bool) -> NDArray[Any]:
    # A plain array over mmap rather than np.memmap, whose every slice costs microseconds.
    with path.open("r+b" if writable else "rb") as file:
        access = mmap.ACCESS_WRITE if writable else mmap.ACCESS_READ
        return np.frombuffer(mmap.mmap(file.fileno(), 0, access=access), dtype=kind)
