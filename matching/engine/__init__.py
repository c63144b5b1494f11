"""The matching engine: who resembles us, needs what we know, knows what we need. Arrays in, results out; no Django.

In one breath (details on each name; the method in docs/matching.md):

    store = Store(settings.MATCHING_INDEX)                # a folder; one handle a process

    # build: plain arrays in the units of `Town`, swapped in at once
    since = store.generation()                            # before reading the database
    store.rebuild(columns_from(id=…, population=…, altitude=…, relief=…, centrality=…, coast=…, latitude=…,
                               longitude=…, country=[…], languages=…, wanted=…, offered=…, programmes=…, flags=…),
                  since=since)                            # rows written meanwhile are kept

    # one town changed (after commit)
    with store.writing() as writer:                       # read the database inside the block
        writer.put(Town(id=7, population=25_700, country="FR", wanted=mask([3, 17]), member=True, …))
        writer.remove(8)

    # ask
    page = search(store, 7, pool="members",               # or "gazetteer"; a Town instead of 7 for onboarding
                  filters=Filters(abroad=True, countries={"RO", "HU"}, exclude={9}, population=(10_000, 60_000)),
                  weights=Weights.important({"concerns": "a_lot", "size": "little"}), limit=10, offset=0)
    page.items                                            # list[Match]: score, parts, bars, doubt, would_raise …
    explain(store, 7, 12)                                 # the Match of one pair, or None

Ids are any integers; themes, languages and programmes are 64-bit masks (`mask`, `positions`, `language_mask`);
scores and parts are integer tenths of a point out of `Match.maximum`. `page.generation` keys a cache.
Exceptions: NotBuiltError (no index yet), KeyError (unknown id or pool), UnreadableError (a row its writer left broken),
TimeoutError (another writer holds the turn too long).
"""

from matching.engine.columns import (
    FULL,
    LANGUAGES,
    MEMBER,
    OPTED_OUT,
    VISIBLE,
    Town,
    columns_from,
    columns_of,
    flags_of,
    language_mask,
    languages,
    mask,
    positions,
)
from matching.engine.query import SHORTLIST, Filters, Matches, explain, search
from matching.engine.reasons import Doubt, Match, Raise, distance
from matching.engine.score import DEFAULT, FAMILIES, IMPORTANCE, PARTS, Weights
from matching.engine.store import NotBuiltError, Store, Writer
from matching.engine.table import UnreadableError

__all__ = [
    "DEFAULT",
    "FAMILIES",
    "FULL",
    "IMPORTANCE",
    "LANGUAGES",
    "MEMBER",
    "OPTED_OUT",
    "PARTS",
    "SHORTLIST",
    "VISIBLE",
    "Doubt",
    "Filters",
    "Match",
    "Matches",
    "NotBuiltError",
    "Raise",
    "Store",
    "Town",
    "UnreadableError",
    "Weights",
    "Writer",
    "columns_from",
    "columns_of",
    "distance",
    "explain",
    "flags_of",
    "language_mask",
    "languages",
    "mask",
    "positions",
    "search",
]
