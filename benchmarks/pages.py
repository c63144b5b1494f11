"""What every page costs, signed in, on the demonstration network: `.venv/bin/python -m benchmarks.pages`.

Loads all towns and the demonstration into a throw-away folder (about a minute), or measures a site that has them
(`--data DIR`; nothing is changed there but a session). Each page is asked `--requests` times in turn, round after
round, within one process and without a network: the time is the server's, middleware to the last byte, gzip left out.
"own CPU" is the same in the thread's processor time, which neighbours on the machine cannot inflate. Queries are the
most any request of that page made. Prints a table (`--json`: the same as JSON); exits 1 when a p95 is over 100 ms, a
page asks more than 12 queries, or does not answer.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from typing import Any

BAR, MOST = 100, 12  # ms at p95, queries
LEAD = "cheffe.projet.vierzon@demo.entrevilles.invalid"
GROUP = "chef.projet.maurienne@demo.entrevilles.invalid"


@dataclass
class Row:
    """One page: queries (the most), server milliseconds, and the thread's own CPU at the 95th percentile."""

    page: str
    queries: int
    min: float
    median: float
    p95: float
    max: float
    own_p95: float


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", help="the DATA_DIR of a site with the towns and the demonstration")
    parser.add_argument("--requests", type=int, default=40, help="of each page (default 40)")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with ExitStack() as stack:
        folder = options.data or stack.enter_context(tempfile.TemporaryDirectory(prefix="entrevilles-pages-"))
        os.environ["DATA_DIR"] = folder
        os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.local"
        if not options.data:
            os.environ.pop("DATABASE_URL", None)
        import django

        django.setup()
        from django.db import connection

        import config.asgi  # noqa: F401 - the process as it is served: everything loaded, then gc.freeze()

        try:
            if not options.data:
                prepare()
            rows = measure(options.requests)
        finally:
            connection.close()
    load = os.getloadavg()[0]
    if options.json:
        print(
            json.dumps({"load": load, "requests": options.requests, "pages": [asdict(row) for row in rows]})
        )
    else:
        show(rows, options.requests, load)
    return int(any(row.p95 > BAR or row.queries > MOST for row in rows))


def prepare() -> None:
    from django.core.management import call_command

    print("Loading the towns and the demonstration …", file=sys.stderr)
    for command, arguments in (
        ("migrate", {"verbosity": 0}),
        ("load_towns", {}),
        ("build_matching_index", {}),
        ("demo", {"quiet": True}),
    ):
        call_command(command, stdout=sys.stderr, **arguments)


def pages() -> list[tuple[str, str, str]]:
    """`(name, whose, address)` of each page."""
    from django.urls import reverse

    from community.models import Club, Organisation, User
    from events.models import Event
    from messaging.models import Topic

    lead = User.objects.get(email=LEAD)
    seats = {who: Organisation.objects.towns().get(seats__person__email=who) for who in (LEAD, GROUP)}
    town, group = seats[LEAD].territory_id, seats[GROUP].territory_id
    club = Club.objects.with_member(lead).order_by("pk")[0]
    topic = Topic.objects.visible_to(lead).filter(room__circle__club=club).order_by("-message_count")[0]
    event = Event.objects.upcoming_for(lead)[0]
    search, directory = reverse("portal:search"), reverse("community:town_list")
    matches = reverse("matching:town_matches", args=[town])
    return [
        ("home", LEAD, reverse("portal:home")),
        ("home, a group of towns", GROUP, reverse("portal:home")),
        ("search", LEAD, f"{search}?q=saint"),
        ("directory", LEAD, directory),
        ("directory, searched", LEAD, f"{directory}?q=vier"),
        ("town", LEAD, reverse("community:town_detail", args=[town])),
        ("matches", LEAD, matches),
        ("matches, not yet members", LEAD, f"{matches}?pool=gazetteer"),
        ("matches, a group of towns", GROUP, reverse("matching:town_matches", args=[group])),
        ("club", LEAD, reverse("messaging:club_detail", args=[club.slug])),
        ("topic", LEAD, reverse("messaging:topic_detail", args=[topic.room_id, topic.pk])),
        ("agenda", LEAD, reverse("events:event_list")),
        ("event", LEAD, reverse("events:event_detail", args=[event.pk])),
        ("notifications", LEAD, reverse("notifications:list")),
        ("preferences", LEAD, reverse("community:preferences")),
    ]


def measure(requests: int) -> list[Row]:
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from community.models import User

    clients: dict[str, Any] = {}
    for who in (LEAD, GROUP):
        clients[who] = Client(headers={"host": "localhost"})
        clients[who].force_login(User.objects.get(email=who))
    wanted = pages()
    queries: dict[str, int] = {}
    for name, who, address in wanted:
        clients[who].get(address)  # templates compiled, index mapped
        with CaptureQueriesContext(connection) as captured:
            response = clients[who].get(address)
        if response.status_code != 200:
            sys.exit(f"{address} answers {response.status_code}")
        queries[name] = len(captured)
    spans: dict[str, list[tuple[float, float]]] = {name: [] for name, _who, _address in wanted}
    for _ in range(requests):
        for name, who, address in wanted:
            began, worked = time.perf_counter(), time.thread_time()
            clients[who].get(address)
            spans[name].append((time.perf_counter() - began, time.thread_time() - worked))
    return [row(name, queries[name], spans[name]) for name, _who, _address in wanted]


def row(page: str, queries: int, spans: list[tuple[float, float]]) -> Row:
    whole, own = (sorted(part * 1000 for part in parts) for parts in zip(*spans, strict=True))
    figures = (whole[0], statistics.median(whole), p95(whole), whole[-1], p95(own))
    return Row(page, queries, *(round(figure, 1) for figure in figures))


def p95(spans: list[float]) -> float:
    return spans[min(len(spans) - 1, int(len(spans) * 0.95))]


def show(rows: list[Row], requests: int, load: float) -> None:
    print(f"\n{requests} requests of each page, {os.cpu_count()} cores, load {load:.1f}")
    print(f"{'':28}{'queries':>8}{'min':>8}{'median':>8}{'p95':>8}{'max':>8}{'own CPU p95':>13}  (ms)")
    for row in rows:
        over = "  over the bar" if row.p95 > BAR or row.queries > MOST else ""
        print(
            f"{row.page:28}{row.queries:8}{row.min:8.1f}{row.median:8.1f}{row.p95:8.1f}{row.max:8.1f}"
            f"{row.own_p95:13.1f}{over}"
        )


if __name__ == "__main__":
    sys.exit(main())
