"""How long the town search takes on all 154,201 towns: `.venv/bin/python -m benchmarks.search [--postgres]`.

Without `--postgres` on a throw-away SQLite file, with it on a throw-away PostgreSQL. Measured is what a suggestion
does (the best eight places, loaded) and what the directory does (its page view), over the beginnings of real names of
one to twelve letters, plus phrases, words apart, other scripts and nonsense. Each is asked three times; on a machine
shared with others the fastest of the three says what the search takes, all of them what a visitor would have waited.
Prints a table; exits 1 when the p95 of the fastest is over 100 ms.
"""

import argparse
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

BAR = 100  # ms, p95
HARD = [
    "saint remy",
    "st remy",
    "remy provence",
    "de la",
    "san",
    "s",
    "a",
    "la",
    "villeneuve",
    "xqzt",
    "o",
    "новая",
]


def queries(names: list[str]) -> list[str]:
    chosen = random.Random(7).sample(names, 200)
    return HARD + [name[: 1 + n % 12] for n, name in enumerate(chosen)]


def timed(
    action: Callable[[str], object], words: list[str], repeat: int
) -> tuple[list[float], list[float], list[float]]:
    """Milliseconds, sorted: of each call; of the fastest call of each word; and of this process's own processor time
    for each word (with SQLite that is all of it)."""
    calls, fastest, own = [], [], []
    for word in words:
        spans, cpu = [], []
        for _ in range(repeat):
            started, started_cpu = time.perf_counter(), time.process_time()
            action(word)
            spans.append((time.perf_counter() - started) * 1000)
            cpu.append((time.process_time() - started_cpu) * 1000)
        calls += spans
        fastest.append(min(spans))
        own.append(min(cpu))
    return sorted(calls), sorted(fastest), sorted(own)


def p95(spans: list[float]) -> float:
    return spans[int(len(spans) * 0.95)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--postgres", action="store_true")
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="entrevilles-search-"))
        os.environ["DATA_DIR"] = folder
        os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.local"
        os.environ["DATABASE_URL"] = f"sqlite:///{Path(folder) / 'search.sqlite3'}"
        if options.postgres:
            from scripts.throwaway import Postgres

            server = stack.enter_context(Postgres())
            os.environ["DATABASE_URL"] = server.create_database("search")
        import django

        django.setup()
        from django.db import connection

        try:
            return measure(options.repeat)
        finally:
            connection.close()
            if options.postgres:
                connection.close_pool()  # type: ignore[attr-defined]


def measure(repeat: int) -> int:
    """Load, time, print; 1 when a p95 is over the bar."""
    from django.core.management import call_command
    from django.db import connection
    from django.test import Client
    from django.urls import reverse

    from community.models import Territory, User

    call_command("migrate", verbosity=0)
    for _ in range(2):
        call_command("load_towns")
    client = Client(headers={"host": "localhost"})
    client.force_login(User.objects.create_user("mesure@example.org"))
    words = queries(list(Territory.objects.order_by("pk").values_list("search_name", flat=True)))
    page, suggest = reverse("community:town_list"), reverse("community:town_suggest")
    cases: list[tuple[str, Callable[[str], object], list[str]]] = [
        ("query alone, eight best", lambda q: Territory.objects.search(q, limit=8), words),
        ("suggestions, whole request", lambda q: client.get(suggest, {"q": q}), words),
        ("directory, whole request", lambda q: client.get(page, {"q": q}), words[:112]),
        ("directory, one country", lambda q: client.get(page, {"q": q, "pays": "FR"}), words[:112]),
        ("directory, no words, page n", lambda q: client.get(page, {"page": len(q)}), words[12:62]),
        (
            "directory, country and size",
            lambda q: client.get(page, {"pays": "DE", "taille": "5-10"}),
            words[:30],
        ),
    ]
    print(f"\n{connection.vendor}, {Territory.objects.count():,} towns, {os.cpu_count()} cores, ms")
    print(f"{'':30}{'every call':>17}{'fastest of ' + str(repeat):>17}{'own CPU':>10}")
    print(f"{'':30}{'median':>9}{'p95':>8}{'median':>9}{'p95':>8}{'p95':>10}")
    over = False
    for title, action, inputs in cases:
        action(inputs[0])
        calls, fastest, own = timed(action, inputs, repeat)
        over |= p95(fastest) > BAR
        print(
            f"{title:30}{statistics.median(calls):9.1f}{p95(calls):8.1f}"
            f"{statistics.median(fastest):9.1f}{p95(fastest):8.1f}{p95(own):10.1f}"
        )
    return int(over)


if __name__ == "__main__":
    sys.exit(main())
