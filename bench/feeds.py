"""`make bench-feeds`: following many feeds, over the whole way from HTTP to stored rows.

Real: the client with its address guard, robots.txt and turns; feedparser; page extraction; both stores on
SQLite in a temporary folder; the publishers, a process of their own that speaks HTTP on loopback, one host
name a feed. Left out: the analysis of what articles say (quotes, sentence vectors), and the pause between two
requests to one host, which would measure our politeness.
"""

import argparse
import asyncio
import json
import random
import resource
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from articles.database import Database, open_database
from articles.feeds.entry_processor import EntryProcessor, EntryReport
from articles.feeds.model import EntryState
from articles.feeds.opml import Outline
from articles.feeds.poller import Poller, PollReport
from articles.feeds.store import FeedStore
from articles.fetching import AllowList, Fetcher, FetchPolicy
from articles.ingest import ingest
from articles.model import Article, Ingested
from articles.store import ArticleStore
from bench.feeds_server import COUNTS_HOST, HOST_SUFFIX, publishers
from bot.feeds.manager import FeedWorker, RefreshReport
from bot.jobs.job_queue import InProcessQueue, Job, PollFeed, TakeIn
from bot.jobs.scheduler import REFILL_S, Scheduler
from bot.jobs.work import DueJobs, Worker
from bot.storage.migration import upgrade


class Bench:
    """One database and the clock by which feeds become due."""

    def __init__(self, database: Database, port: int) -> None:
        self.now = datetime.now(UTC)
        self.port = port
        self.feeds, self.articles = FeedStore(database), ArticleStore(database)
        self._database = database

    def follow(self, count: int) -> None:
        urls = (f"http://feed{n:05}{HOST_SUFFIX}:{self.port}/feed" for n in range(count))
        self.feeds.add_all([Outline(url=url) for url in urls], now=self.now)

    def store(self, article: Article) -> Ingested:
        return ingest(
            article,
            database=self._database,
            store=self.articles,
            analyse=lambda _: lambda *_: None,
            now=self.now,
        )

    async def poll(self, fetcher: Fetcher, *, pages: bool) -> None:
        """One round; prints what it came to and took."""
        poller = Poller(store=self.feeds, fetch=fetcher.fetch, clock=lambda: self.now, rng=random.Random(17))
        intake = EntryProcessor(
            store=self.feeds, fetch=fetcher.fetch, ingest=self.store, clock=lambda: self.now
        )
        polled, taken = PollReport(), EntryReport()

        def observe(refreshed: RefreshReport) -> None:
            add(polled, refreshed.poll)
            add(taken, refreshed.intake)

        work = FeedWorker(poller=poller, intake=intake, rest=fetcher.wait_for_host_delay, observe=observe)
        before, articles_before = await counts(fetcher, self.port), self.articles.count()
        started, cpu_started = time.perf_counter(), time.process_time()
        await self.work_off(PollFeed, work)
        polling_s, polling_cpu_s = time.perf_counter() - started, time.process_time() - cpu_started
        print(
            f"  feeds: {polled.polled:,} asked, {polled.unchanged:,} unchanged, {polled.failed:,} failed, "
            f"{polled.new_entries:,} new entries in {polling_s:.1f} s "
            f"({polling_cpu_s:.1f} s of this process's CPU): {polled.polled / polling_s:,.0f}/s"
        )
        if pages:
            started, cpu_started = time.perf_counter(), time.process_time()
            await self.work_off(TakeIn, work)
            intake_s, intake_cpu_s = time.perf_counter() - started, time.process_time() - cpu_started
            print(
                f"  articles: {taken.stored:,} stored, {taken.from_feed_text:,} of them the feed's own text, "
                f"{taken.postponed:,} postponed in {intake_s:.1f} s "
                f"({intake_cpu_s:.1f} s of CPU): {taken.stored / intake_s:,.0f}/s, "
                f"{taken.stored / (polling_s + intake_s):,.0f}/s with the polling"
            )
        after = await counts(fetcher, self.port)
        sent = {kind: n - before.get(kind, 0) for kind, n in after.items() if n != before.get(kind, 0)}
        listed = ", ".join(f"{kind}: {n:,}" for kind, n in sorted(sent.items())) or "none"
        print(f"  requests by the publishers' own log: {sum(sent.values()):,} ({listed})")
        print(f"  rows: {self.articles.count() - articles_before:,} articles written, {self.entries()}")
        peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"  peak memory so far: {peak_mb:,.0f} MB")

    async def work_off(self, kind: type[Job], work: FeedWorker) -> None:
        """Does all jobs of a kind as `pullquote run` does them on SQLite."""
        nobody: Any = None  # delivers here, or is told of a pause
        due = DueJobs(feeds=self.feeds, dispatcher=nobody, platforms=(), clock=lambda: self.now)
        sources = due.feed_sources(tick_s=REFILL_S, feeds_every_s=REFILL_S)
        (source,) = (source for source in sources if source.kind is kind)
        queue, stop = InProcessQueue(), asyncio.Event()
        worker = Worker(manager=nobody, work=work, dispatcher=nobody, tell=nobody, shared=False)
        scheduling = asyncio.create_task(Scheduler(queue, [source]).run())
        working = asyncio.create_task(queue.work(worker.run, stop=stop))
        while await asyncio.to_thread(source.due, 1):  # noqa: ASYNC110 (the tables tell no event)
            await asyncio.sleep(REFILL_S / 2)
        await queue.idle()
        scheduling.cancel()
        stop.set()
        await working

    def entries(self) -> str:
        held = {state.value: self.feeds.count_entries(state) for state in EntryState}
        return "entries " + ", ".join(f"{count:,} {state}" for state, count in held.items() if count)


def add(total: PollReport | EntryReport, part: PollReport | EntryReport) -> None:
    """The parts of a report summed up."""
    for name, count in asdict(part).items():
        setattr(total, name, getattr(total, name) + count)


async def counts(fetcher: Fetcher, port: int) -> dict[str, int]:
    """Requests so far by kind and status, from the publishers' log."""
    found: dict[str, int] = json.loads((await fetcher.fetch(f"http://{COUNTS_HOST}:{port}/counts")).body)
    return found


async def on_loopback(_host: str, _port: int) -> Sequence[str]:
    """The resolver: every name is the publishers' process."""
    return ["127.0.0.1"]


async def run(*, feeds: int, entries: int, pages: bool, folder: Path) -> None:
    database = open_database(f"sqlite:///{folder / 'bench.db'}")
    upgrade(database)
    with publishers(entries=entries) as port:
        policy = FetchPolicy(
            contact="https://example.org/bench",
            allowed=AllowList.parse([f"127.0.0.1:{port}"]),
            host_delay_s=0.0,
            in_flight=16,
        )
        bench = Bench(database, port)
        bench.follow(feeds)
        async with Fetcher(policy, resolver=on_loopback) as fetcher:
            await counts(fetcher, port)  # and with it that host's robots.txt
            print(f"first poll: {feeds:,} feeds of {entries} entries")
            await bench.poll(fetcher, pages=pages)
            bench.now += timedelta(days=1)
            print("second poll, a day later: nothing has changed")
            await bench.poll(fetcher, pages=pages)
    database.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--feeds", type=int, default=1000)
    parser.add_argument("--entries", type=int, default=20)
    parser.add_argument("--no-pages", action="store_true", help="poll only; fetch and store no article")
    options = parser.parse_args()
    print(
        "included: HTTP over loopback, address guard, robots.txt, feed parsing, "
        + ("" if options.no_pages else "pages fetched and extracted, ")
        + "SQLite; left out: analysis (quotes, vectors), pauses between requests"
    )
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(
            run(
                feeds=options.feeds,
                entries=options.entries,
                pages=not options.no_pages,
                folder=Path(folder),
            )
        )


if __name__ == "__main__":
    main()
