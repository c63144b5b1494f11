"""Build the matching index from the database. Run once after the towns are loaded; edits keep it true."""

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from matching import index
from matching.engine import NotBuiltError


class Command(BaseCommand):
    help = "Build the matching index from the database."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--if-missing", action="store_true", help="Do nothing when there is an index.")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["if_missing"] and self._exists():
            return
        started = time.monotonic()
        rows = index.build(self._progress)
        self.stdout.write(f"\nMatching index: {rows:,} towns in {time.monotonic() - started:.1f} s.")

    def _exists(self) -> bool:
        try:
            index.handle(str(index.settings.MATCHING_INDEX_DIR)).table()
        except NotBuiltError:
            return False
        return True

    def _progress(self, done: int, total: int) -> None:
        self.stdout.write(f"\rMatching index: {done:,} of {total:,} towns", ending="")
        self.stdout.flush()
