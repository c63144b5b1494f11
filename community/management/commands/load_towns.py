"""`manage.py load_towns`: the 154,201 places of community/data/towns.csv.gz, or of another file of that form."""

import csv
import gzip
import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from community.actions.territories import load_towns
from community.models import Territory

FILE = Path(__file__).resolve().parents[2] / "data" / "towns.csv.gz"
WIDTH = 30


class Command(BaseCommand):
    help = "Load the towns of the world from open data. A second run changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", nargs="?", type=Path, default=FILE, help="a .csv or .csv.gz file")
        parser.add_argument("--once", action="store_true", help="do nothing when there are towns already")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["once"] and Territory.objects.exists():
            return
        started = time.monotonic()
        path: Path = options["file"]
        with (gzip.open if path.suffix == ".gz" else open)(path, "rt", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        self.total, self.shown = len(rows), -1
        result = load_towns(rows, self.progress)
        if self.stdout.isatty():
            self.stdout.write("")
        for line, reason in result.refused:
            self.stderr.write(f"{path.name}, line {line}: {reason}")
        self.stdout.write(
            f"{self.total:,} rows in {time.monotonic() - started:.1f} s: {result.added:,} towns added, "
            f"{result.changed:,} changed, {result.unchanged:,} as they were."
        )
        if result.refused:
            raise CommandError(f"{len(result.refused):,} rows were refused; the others are loaded.")

    def progress(self, done: int) -> None:
        """A bar on a terminal; elsewhere (a log) one line a quarter."""
        share = done / self.total
        if self.stdout.isatty():
            bar = "█" * round(WIDTH * share)
            self.stdout.write(f"\rTowns {bar:·<{WIDTH}} {share:4.0%}", ending="")
            self.stdout.flush()
        elif int(share * 4) > self.shown:
            self.shown = int(share * 4)
            self.stdout.write(f"Towns: {done:,} of {self.total:,}")
