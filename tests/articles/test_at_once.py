"""Several processes at one database: the rows are those of one."""

import multiprocessing
import os
from collections.abc import Callable

import pytest

from articles.database import Database
from articles.feeds.opml import Outline
from articles.feeds.store import FeedStore
from tests.articles.test_ingest_killed import ingest_all, rows_in
from tests.articles.test_killed import ENTRIES, port, rows, run_to_the_end, start  # noqa: F401 (a fixture)
from tests.at_once import at_once
from tests.samples import NOW

PROCESSES = 4


def run_all(work: Callable[..., None], *arguments: object) -> None:
    forked = multiprocessing.get_context("fork")
    processes = [forked.Process(target=work, args=arguments) for _ in range(PROCESSES)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [os.EX_OK] * PROCESSES


@pytest.mark.slow
def test_processes_that_ingest_the_same_news_store_the_rows_of_one(new_database: Callable[[], str]) -> None:
    alone = new_database()
    ingest_all(alone)
    expected = rows_in(alone)
    shared = new_database()
    run_all(ingest_all, shared)
    assert rows_in(shared) == expected


@pytest.mark.slow
def test_processes_that_follow_the_same_feed_store_the_rows_of_one(
    new_database: Callable[[], str],
    port: int,  # noqa: F811
) -> None:
    alone = new_database()
    start(alone, port)
    run_to_the_end(alone, port)
    expected = rows(alone)
    del expected["feeds"]  # asked again and nothing new in it, a feed is asked less often
    assert len(expected["articles"]) == ENTRIES
    shared = new_database()
    start(shared, port)
    run_all(run_to_the_end, shared, port)
    found = rows(shared)
    assert {name: found[name] for name in expected} == expected


def test_a_feed_that_several_add_at_once_is_followed_once(database: Database) -> None:
    store = FeedStore(database)
    outlines = [Outline(url=f"https://{name}.example/feed") for name in "abc"]
    added = at_once(8, lambda _: store.add_all(outlines, now=NOW))
    assert sorted(added) == [(False,) * 3] * 7 + [(True,) * 3]
    assert len(store.followed()) == 3
    at_once(8, lambda _: store.offer_defaults([Outline(url="https://d.example/feed")], now=NOW))
    assert len(store.followed()) == 4


@pytest.mark.slow
@pytest.mark.parametrize("backwards", [False, True])
def test_feeds_that_are_asked_at_once_in_any_order_are_all_due(
    database: Database, *, backwards: bool
) -> None:
    store = FeedStore(database)
    store.add_all([Outline(url=f"https://a.example/{n}") for n in range(9)], now=NOW)
    ids = [feed.id for feed in store.followed()]
    at_once(6, lambda n: store.poll_now(ids[::-1] if backwards and n % 2 else ids, now=NOW))
    assert len(store.due(now=NOW, limit=99)) == len(ids)
