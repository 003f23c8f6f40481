"""Followed feeds: adds, removes, imports and refreshes them, and polls them while the bot runs."""

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TextIO

from articles.database import Database
from articles.feeds.discovery import discover
from articles.feeds.entry_processor import EntryProcessor, EntryReport
from articles.feeds.filters import Rule
from articles.feeds.model import EntryId, EntryState, Feed, FeedId, FeedPaused
from articles.feeds.opml import read_opml, write_opml
from articles.feeds.poller import Poller, PollReport
from articles.feeds.store import FeedStore, outline_of
from articles.fetching import Fetcher, FetchPolicy
from articles.model import Article, Ingested
from bot.progress import progress

log = logging.getLogger(__name__)


class NoSuchFeed(Exception):
    """That feed is not followed. The text is one sentence for a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshReport:
    """Result of polling feeds and storing their new entries."""

    poll: PollReport
    intake: EntryReport


class FeedManager:
    """Follows feeds, and turns their entries into articles.

    ingest: analyses and stores an article, once; it may block. observe: called with every result.
    """

    def __init__(
        self,
        database: Database,
        *,
        policy: FetchPolicy,
        ingest: Callable[[Article], Ingested],
        clock: Callable[[], datetime],
        observe: Callable[[RefreshReport], None] = lambda _: None,
    ) -> None:
        self.store = FeedStore(database)
        self._policy, self._ingest, self._clock, self._observe = policy, ingest, clock, observe

    async def add(self, url: str, rules: Sequence[Rule] = ()) -> tuple[Feed, bool]:
        """Follows the feed at `url`, or the feed of that site; returns it and whether it is new.

        "news.example" means "https://news.example". Raises ArticleError if there is no feed, DatabaseError.
        """
        url = url if "://" in url else f"https://{url}"
        now = self._clock()
        async with Fetcher(self._policy) as fetcher:
            found = await discover(url, fetch=fetcher.fetch, now=now)
        is_new = await asyncio.to_thread(self.store.add, replace(found, rules=tuple(rules)), now=now)
        return self.feed_at(found.url), is_new

    def feed_at(self, url: str) -> Feed:
        """The followed feed with that URL. Raises NoSuchFeed."""
        feed = self.store.by_url(url)
        if feed is None:
            raise NoSuchFeed(f"no feed is followed at {url}: see `feeds list`")
        return feed

    def remove(self, url: str) -> Feed:
        """Stops following the feed; its articles stay. Raises NoSuchFeed."""
        feed = self.feed_at(url)
        self.store.remove(feed.id)
        return feed

    def import_opml(self, body: bytes) -> tuple[int, int]:
        """Follows the feeds in the file: how many are new, and how many were known. Raises Unreadable."""
        added = self.store.add_all(read_opml(body), now=self._clock())
        return sum(added), len(added) - sum(added)

    def export_opml(self) -> bytes:
        return write_opml(outline_of(feed) for feed in self.store.followed())

    def offer_defaults(self, body: bytes, *, wanted: bool) -> None:
        """Follows the default feeds in `body`, an OPML file; if not wanted, stops following them."""
        if wanted:
            self.store.offer_defaults(read_opml(body), now=self._clock())
        else:
            self.store.withdraw_defaults()

    async def refresh(self, urls: Iterable[str], *, stream: TextIO) -> RefreshReport:
        """Polls these feeds now (all if none is named) and stores new articles. `stream` shows the progress.

        Raises NoSuchFeed, DatabaseError.
        """
        named = [self.feed_at(url) for url in urls]
        chosen = named or self.store.followed()
        self.store.poll_now([feed.id for feed in chosen], now=self._clock())
        due = await asyncio.to_thread(self.store.count_due, now=self._clock())
        async with Fetcher(self._policy) as fetcher:
            with progress("feeds", due, stream) as step:
                polled = await self._poller(fetcher).poll_due(step)
            pending = await asyncio.to_thread(self.store.count_entries, EntryState.PENDING)
            with progress("articles", pending, stream) as step:
                taken = await self._intake(fetcher).process_pending(step)
        if polled.polled or taken.stored:
            facts = {"feeds": polled.polled, "failed": polled.failed, "entries": polled.new_entries}
            log.info("feeds polled", extra=facts | {"stored": taken.stored})
        refreshed = RefreshReport(poll=polled, intake=taken)
        self._observe(refreshed)
        return refreshed

    @asynccontextmanager
    async def open_worker(self) -> AsyncIterator["FeedWorker"]:
        """A worker over one HTTP client."""
        async with Fetcher(self._policy) as fetcher:
            yield FeedWorker(
                poller=self._poller(fetcher),
                intake=self._intake(fetcher),
                rest=fetcher.wait_for_host_delay,
                observe=self._observe,
            )

    async def tell(self, feed_id: FeedId, tell: Callable[[FeedPaused], Awaitable[bool]]) -> None:
        """Tells a paused feed's owners once. tell: sends the notice; returns whether all owners were told."""
        for event in await asyncio.to_thread(self.store.unannounced_pauses):
            if event.id == feed_id and await tell(event):
                await asyncio.to_thread(self.store.mark_pause_announced, feed_id, now=self._clock())

    def _poller(self, fetcher: Fetcher) -> Poller:
        return Poller(store=self.store, fetch=fetcher.fetch, clock=self._clock, rng=random.SystemRandom())

    def _intake(self, fetcher: Fetcher) -> EntryProcessor:
        return EntryProcessor(store=self.store, fetch=fetcher.fetch, ingest=self._ingest, clock=self._clock)


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedWorker:
    """Polls single feeds and stores single entries. Each method may be cancelled at any point."""

    poller: Poller
    intake: EntryProcessor
    rest: Callable[[str], Awaitable[None]]  # waits until that host may be asked again
    observe: Callable[[RefreshReport], None]

    async def poll(self, feed_id: FeedId) -> None:
        """Polls a feed if it is due. Raises DatabaseError."""
        polled = await self.poller.poll(feed_id)
        self.observe(RefreshReport(poll=polled, intake=EntryReport()))
        if polled.new_entries or polled.failed:
            facts = {"feed_id": feed_id, "failed": polled.failed, "entries": polled.new_entries}
            log.info("feed polled", extra=facts)

    async def process_entry(self, entry_id: EntryId) -> None:
        """Stores the article of a pending entry. Raises DatabaseError."""
        taken = await self.intake.process(entry_id)
        self.observe(RefreshReport(poll=PollReport(), intake=taken))
