"""The store: builds, writers and readers in several processes."""

import multiprocessing
import threading
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.engine import Filters, Store, Town, columns_of, search
from matching.engine import store as store_module
from matching.engine.columns import theme_counts
from matching.engine.table import Table, create
from tests.matching.rows import columns, towns


def town(id, wanted=1, **fields):
    return Town(id, 900, country="FR", wanted=wanted, offered=wanted << 1, member=True, **fields)


def ids(store):
    table = store.table()
    return sorted(int(id) for id in table.columns["id"][: table.rows])


def test_an_edit_is_seen_by_a_handle_that_was_open_before(tmp_path):
    writer, reader = Store(tmp_path), Store(tmp_path)
    writer.rebuild(columns_of([town(1), town(2), town(3)]))
    before = search(reader, 1).items[0]
    generation = reader.generation()
    writer.put(town(2, wanted=0b100), town(4))
    assert reader.get(2).wanted == 0b100
    assert [found.id for found in search(reader, 1, diversity=0).items] == [3, 4, 2]
    assert reader.generation() > generation
    assert before.theirs.wanted == 1  # what was handed out does not change


def test_a_rebuild_is_seen_by_a_handle_that_was_open_before(tmp_path):
    writer, reader = Store(tmp_path), Store(tmp_path)
    writer.rebuild(columns_of([town(1), town(2)]))
    old = reader.table()
    generation = reader.generation()
    writer.rebuild(columns_of([town(7), town(8), town(9)]))
    assert ids(reader) == [7, 8, 9]
    assert reader.generation() > generation
    assert reader.get(1) is None
    assert old.find([1]).tolist() == [0]  # a query under way goes on with what it has
    assert len(list(tmp_path.glob("build-*"))) == 1


def test_rows_written_while_the_database_was_read_survive_the_rebuild(tmp_path):
    store = Store(tmp_path)
    store.rebuild(columns_of([town(1), town(2), town(3)]))
    store.put(town(3, wanted=0b1000))  # before the rebuild began: the database knows better
    since = store.generation()
    read = columns_of([town(1), town(2), town(3)])
    store.put(town(2, wanted=0b100), town(5))
    store.remove(1)
    store.rebuild(read, since=since)
    assert [store.get(id).wanted for id in (2, 3, 5)] == [0b100, 1, 1]
    assert (store.get(1).visible, store.get(1).wanted) == (False, 0)


def test_a_removed_town_is_not_shown_and_keeps_no_wish(tmp_path):
    store = Store(tmp_path)
    store.rebuild(columns_of([town(1), town(2), town(3)]))
    store.remove(2, 77)
    assert [found.id for found in search(store, 1).items] == [3]
    gone = store.get(2)
    assert (gone.visible, gone.member, gone.wanted, gone.offered, gone.population) == (
        False,
        False,
        0,
        0,
        900,
    )


def test_the_index_grows_past_its_capacity(tmp_path):
    store, reader = Store(tmp_path), Store(tmp_path)
    store.rebuild(columns_of([town(1000)]))
    capacity = reader.table().capacity
    store.put(*(town(id) for id in range(2000, 2000 + capacity - 1)))
    assert reader.table().rows == capacity
    with store.writing() as writer:
        writer.put(town(9001), town(1000, wanted=0b100))
        writer.put(town(9002))
    assert reader.table().capacity > capacity
    assert len(ids(reader)) == capacity + 2
    assert reader.get(1000).wanted == 0b100
    assert {reader.get(id).id for id in (2005, 9001, 9002)} == {2005, 9001, 9002}


@settings(deadline=None, max_examples=40)
@given(
    st.lists(towns(id=st.integers(-30, 30)), max_size=12, unique_by=lambda town: town.id),
    st.lists(towns(id=st.integers(-30, 30)), max_size=12),
    st.sets(st.integers(-30, 30), max_size=4),
)
def test_rows_written_in_place_equal_rows_built_at_once(tmp_path_factory, first, then, gone):
    """Including how often each theme is named, on which the weight of themes rests."""
    store = Store(tmp_path_factory.mktemp("index"))
    store.rebuild(columns_of(first))
    store.put(*then)
    now = {town.id: town for town in [*first, *then]}
    for id, written in now.items():
        assert store.get(id) == store_module.town_at(columns_of([written]), 0)
    store.remove(*gone)
    table = store.table()
    assert ids(store) == sorted(now)
    assert table.themes.tolist() == theme_counts(table.snapshot()).tolist()


def test_ids_are_found_wherever_they_are(tmp_path):
    store = Store(tmp_path)
    store.rebuild(columns(500))
    known = ids(store)
    store.put(town(-3), town(2**40))
    table = store.table()
    places = table.find([*known, -3, 2**40, 2**41])
    assert table.columns["id"][places[:-1]].tolist() == [*known, -3, 2**40]
    assert places[-1] == -1


def test_an_id_twice_is_refused_and_leaves_the_index_as_it_was(tmp_path):
    store = Store(tmp_path)
    store.rebuild(columns_of([town(1)]))
    with pytest.raises(ValueError, match="twice"):
        store.rebuild(columns_of([town(2), town(2)]))
    assert ids(store) == [1]
    assert len(list(tmp_path.glob("build-*"))) == 1


def test_two_writers_never_write_at_once(tmp_path, monkeypatch):
    monkeypatch.setattr(store_module, "WAIT", 0.05)
    store = Store(tmp_path)
    store.rebuild(columns_of([town(1)]))
    with store.writing() as writer:
        with pytest.raises(TimeoutError), Store(tmp_path).writing():
            pass
        writer.put(town(2))
    Store(tmp_path).put(town(3))  # and the turn comes back
    assert ids(store) == [1, 2, 3]


def test_a_build_of_another_format_counts_as_none(tmp_path):
    store = Store(tmp_path)
    store.rebuild(columns_of([town(1)]))
    Table(store.table().folder, writable=True).header[0] = 99
    assert Store(tmp_path).generation() == 0
    store = Store(tmp_path)
    store.rebuild(columns_of([town(2)]))
    assert ids(store) == [2]


def test_a_build_left_half_done_does_no_harm(tmp_path):
    store = Store(tmp_path)
    store.rebuild(columns_of([town(1)]))
    create(tmp_path / "build-left-over", columns_of([town(9)]), generation=9)
    assert ids(store) == [1]
    store.rebuild(columns_of([town(2)]))
    assert not (tmp_path / "build-left-over").exists()


# Several processes. Every version v of a town repeats v in all its sets and figures, so that a mixture shows.

VERSIONS = 61


def version(id, v):
    return Town(
        id,
        population=1000 + v,
        altitude=float(v),
        country="RO",
        languages=1 << v,
        wanted=1 << v | 1 << 63,
        offered=1 << v | 1 << 62,
        programmes=1 << v,
        member=True,
    )


def consistent(town):
    v = town.population - 1000
    return (town.altitude, town.languages, town.wanted, town.offered, town.programmes) == (
        v,
        1 << v,
        1 << v | 1 << 63,
        1 << v | 1 << 62,
        1 << v,
    )


def write_for_ever(root, ready, stop):
    """Rewrites every town again and again, now and then growing or rebuilding the index."""
    store = Store(root)
    ready.set()
    v = 0
    while not stop.is_set():
        v = (v + 1) % VERSIONS
        with store.writing() as writer:
            for id in range(20):
                writer.put(version(id, v))
        if v == 0:
            store.rebuild(columns_of([version(id, 1) for id in range(20)]))


def obey(root, orders, done):
    """Writes one town on each order, then says so."""
    store = Store(root)
    while (v := orders.get()) is not None:
        store.put(version(1, v))
        done.put(v)


def test_no_reader_ever_sees_a_torn_row(tmp_path):
    store = Store(tmp_path)
    store.rebuild(columns_of([version(id, 0) for id in range(20)]))
    spawn = multiprocessing.get_context("spawn")
    ready, stop = spawn.Event(), spawn.Event()
    writer = spawn.Process(target=write_for_ever, args=(tmp_path, ready, stop))
    writer.start()
    try:
        assert ready.wait(30)
        start, seen, found = store.generation(), set(), 0
        asking = Town(99, 1000, wanted=1 << 62, offered=1 << 63)
        end = time.monotonic() + 1.5
        while time.monotonic() < end or len(seen) < 10:
            page = search(store, asking, filters=Filters(exclude=[3]), limit=20)
            assert all(consistent(match.theirs) for match in page.items)
            assert all(match.parts["mutual"] for match in page.items)
            seen |= {match.theirs.population for match in page.items}
            found += len(page.items)
            assert time.monotonic() < end + 20, "the writer does not write"
        assert store.generation() > start + 100  # it did write meanwhile
        assert found > 0
    finally:
        stop.set()
        writer.join(30)
    assert writer.exitcode == 0


def test_an_edit_in_another_process_is_seen_by_the_next_query(tmp_path):
    store = Store(tmp_path)
    store.rebuild(columns_of([version(id, 0) for id in range(3)]))
    spawn = multiprocessing.get_context("spawn")
    orders, done = spawn.Queue(), spawn.Queue()
    writer = spawn.Process(target=obey, args=(tmp_path, orders, done))
    writer.start()
    try:
        for v in range(1, 50):
            orders.put(v)
            assert done.get(timeout=30) == v
            assert search(store, 1).ours.population == 1000 + v
            assert {match.id: match.theirs.population for match in search(store, 2).items}[1] == 1000 + v
    finally:
        orders.put(None)
        writer.join(30)
    assert writer.exitcode == 0


def test_threads_may_share_a_handle_while_it_is_rebuilt(tmp_path):
    store = Store(tmp_path)
    store.rebuild(columns_of([version(id, 0) for id in range(10)]))
    wrong, stop = [], threading.Event()

    def ask():
        while not stop.is_set():
            try:
                page = search(store, 1)
                if len(page.items) != 9 or not all(consistent(match.theirs) for match in page.items):
                    wrong.append(page)
            except Exception as error:
                wrong.append(error)

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for v in range(20):
        store.rebuild(columns_of([version(id, v) for id in range(10)]))
    stop.set()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_reading_leaves_the_index_untouched(tmp_path):
    store = Store(tmp_path)
    store.rebuild(columns_of([town(1), town(2)]))
    with pytest.raises(ValueError, match="read-only"):
        store.table().columns["wanted"][0] = np.uint64(9)
