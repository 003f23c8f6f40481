"""kill -9 at any instant of following a feed, then started again: the rows of an undisturbed run."""

import asyncio
import multiprocessing
import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from sqlalchemy import select

from articles.database import Database, open_database
from articles.feeds.entry_processor import EntryProcessor
from articles.feeds.model import EntryState
from articles.feeds.opml import Outline
from articles.feeds.poller import Poller
from articles.feeds.store import FeedStore
from articles.fetching import Fetcher, FetchPolicy
from articles.fetching.transport import AllowList
from articles.ingest import ingest
from articles.model import Article, Ingested
from articles.schema import articles, feed_entries, feeds
from articles.store import ArticleStore

NOW = datetime(2017, 2, 16, 18, 0, tzinfo=UTC)
ENTRIES = 16
KILLS = 50


SUBJECTS = ("budgets", "harvests", "tunnels", "elections", "ferries", "glaciers", "museums", "vaccines")
WORDS = ("alliance", "border", "court", "doctor", "engine", "farmer", "garden", "harbour", "island", "judge")


def page(number: int) -> str:
    """A story of its own: of copies, the first to come would count as the original, and pages race."""
    rng = random.Random(number)
    told = f"On day {number} people spoke of {SUBJECTS[number % len(SUBJECTS)]}. " + " ".join(
        f"The {rng.choice(WORDS)} near the {rng.choice(WORDS)} saw {rng.randrange(9000)} of them."
        for _ in range(9)
    )
    return (
        f"<html lang='en'><head><title>Story {number}</title>"
        "<meta property='og:type' content='article'></head>"
        f"<body><article><h1>Story {number}</h1><p>{told}</p><p>It ended there, case {number}. {told}</p>"
        "</article></body></html>"
    )


FEED = (
    "<rss version='2.0'><channel><title>World</title>"
    + "".join(f"<item><title>Story {n}</title><link>/{n}</link></item>" for n in range(ENTRIES))
    + "</channel></rss>"
)


class Publisher(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        name = self.path.strip("/")
        body = FEED if name == "feed" else page(int(name)) if name.isdigit() else None
        self.send_response(404 if body is None else 200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        if body is not None:
            self.wfile.write(body.encode())

    def log_message(self, *_: object) -> None:
        """The test's output is its own."""


class Quiet(ThreadingHTTPServer):
    request_queue_size = 128

    def handle_error(self, *_: object) -> None:
        """Readers that are killed leave without a word."""


@pytest.fixture
def port() -> Iterator[int]:
    server = Quiet(("127.0.0.1", 0), Publisher)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


async def follow(database: Database, port: int) -> None:
    """One poll and all of the intake."""
    store, article_store = FeedStore(database), ArticleStore(database)

    def take(article: Article) -> Ingested:
        return ingest(
            article, database=database, store=article_store, analyse=lambda _: lambda *_: None, now=NOW
        )

    policy = FetchPolicy(
        contact="https://a.example", allowed=AllowList.parse([f"127.0.0.1:{port}"]), host_delay_s=0
    )
    async with Fetcher(policy) as fetcher:
        poller = Poller(store=store, fetch=fetcher.fetch, clock=lambda: NOW, rng=random.Random(17))
        intake = EntryProcessor(store=store, fetch=fetcher.fetch, ingest=take, clock=lambda: NOW)
        await poller.poll_due()
        await intake.process_pending()


def run_to_the_end(url: str, port: int) -> None:
    database = open_database(url)
    asyncio.run(follow(database, port))
    database.close()


def start(url: str, port: int) -> None:
    database = open_database(url)
    FeedStore(database).add(Outline(url=f"http://127.0.0.1:{port}/feed"), now=NOW)
    database.close()


def rows(url: str) -> dict[str, list[tuple[str, ...]]]:
    """All that was stored, but for the numbers that say in which order."""
    database = open_database(url)
    numbers = {"id", "search_key", "article_id", "try_after", "story_id"}
    told = {}
    with database.reading() as connection:
        for table in (articles, feeds, feed_entries):
            columns = [column for column in table.columns if column.name not in numbers]
            told[table.name] = sorted(
                (tuple(map(repr, row)) for row in connection.execute(select(*columns))), key=str
            )
        unmatched = select(feed_entries.c.id).join(articles).where(articles.c.url != feed_entries.c.url)
        in_story = select(articles.c.story_id, articles.c.url).order_by(articles.c.url)
        stories: dict[int, list[str]] = {}
        for story_id, url in connection.execute(in_story):
            stories.setdefault(story_id, []).append(url)
        told["stories"] = sorted(tuple(urls) for urls in stories.values())
        told["entries of other articles"] = [tuple(map(repr, row)) for row in connection.execute(unmatched)]
    database.close()
    return told


@pytest.mark.slow
def test_killed_at_fifty_random_instants_it_ends_with_the_same_rows(
    new_database: Callable[[], str], port: int
) -> None:
    for _ in range(2):  # the second time, all that is loaded on first use is there, as it is for the children
        undisturbed = new_database()
        start(undisturbed, port)
        began = time.monotonic()
        run_to_the_end(undisturbed, port)
        took_s = time.monotonic() - began
    expected = rows(undisturbed)

    killed = new_database()
    start(killed, port)
    rng, forked = random.Random(17), multiprocessing.get_context("fork")
    for _ in range(KILLS):
        process = forked.Process(target=run_to_the_end, args=(killed, port))
        process.start()
        time.sleep(rng.uniform(0, took_s / 10))
        os.kill(process.pid or 0, signal.SIGKILL)
        process.join()
    run_to_the_end(killed, port)

    assert len(expected["articles"]) == ENTRIES
    assert len(expected["stories"]) == ENTRIES
    assert expected["entries of other articles"] == []
    assert rows(killed) == expected
    database = open_database(killed)
    assert FeedStore(database).count_entries(EntryState.STORED) == ENTRIES
    database.close()
