"""Turns feed entries into stored articles: from the entry's page, or else from the feed's own text.

The work list is a table (`feed_entries`). Each step changes one row in one transaction, so that processing
may stop at any time and start again.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from articles.database import DatabaseError
from articles.errors import ArticleError, FetchFailed
from articles.feeds.concurrency import for_each
from articles.feeds.filters import Where, accepts
from articles.feeds.model import Entry, EntryId, EntryState, PendingEntry
from articles.feeds.store import FeedStore
from articles.fetching.client import Fetch
from articles.model import Article, ArticleId, Completeness, Ingested, ParagraphKind, lay_out
from articles.page import parse_page
from articles.text.language import language_of
from articles.text.urls import host_of

log = logging.getLogger(__name__)

MAX_ATTEMPTS = 3  # to fetch a page, before the feed's own text is used

_BATCH = 500
_MAX_HEADLINE_CHARS = 200
_AFTER_AN_ERROR = timedelta(minutes=10)


@dataclass(slots=True)
class EntryReport:
    """Counts of one round of processing."""

    stored: int = 0  # new articles
    known: int = 0  # the same words were stored before
    from_feed_text: int = 0  # of both: their pages could not be fetched
    filtered: int = 0
    empty: int = 0
    postponed: int = 0


@dataclass(frozen=True, kw_only=True)
class EntryProcessor:
    """Makes articles of entries."""

    store: FeedStore
    fetch: Fetch
    ingest: Callable[[Article], Ingested]  # analyses and stores an article, once; may block
    clock: Callable[[], datetime]
    at_once: int = 32  # maximum concurrent entries
    _ingesting: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)  # one thread at a time

    async def process_pending(self, step: Callable[[], None] = lambda: None) -> EntryReport:
        """Processes all entries that are pending now, and calls `step` after each. Raises DatabaseError."""
        report = EntryReport()
        started = self.clock()
        while batch := await asyncio.to_thread(self.store.pending, now=started, limit=_BATCH):

            async def process(entry: PendingEntry) -> None:
                await self._process(entry, report)
                step()

            await for_each(alternate_hosts(batch), process, at_once=self.at_once)
        return report

    async def process(self, entry_id: EntryId) -> EntryReport:
        """Processes one entry, if it is pending now. Raises DatabaseError."""
        report = EntryReport()
        pending = await asyncio.to_thread(self.store.pending_entry, entry_id, now=self.clock())
        if pending is not None:
            await self._process(pending, report)
        return report

    async def _process(self, pending: PendingEntry, report: EntryReport) -> None:
        try:
            state, article_id = await self._outcome(pending, report)
            await self._finish(pending, state, article_id, report)
        except FetchFailed as error:
            await self._postpone(pending, error.retry_after, report)
        except DatabaseError:
            raise
        except Exception:  # one entry that we cannot handle must not stop the others
            log.exception("feed entry failed", extra={"url": pending.entry.url})
            if pending.attempts + 1 < MAX_ATTEMPTS:
                await self._postpone(pending, _AFTER_AN_ERROR, report)
            else:
                await self._finish(pending, EntryState.EMPTY, None, report)

    async def _finish(
        self, pending: PendingEntry, state: EntryState, article_id: ArticleId | None, report: EntryReport
    ) -> None:
        report.filtered += state is EntryState.FILTERED
        report.empty += state is EntryState.EMPTY
        await asyncio.to_thread(self.store.finish, pending.id, state, article_id)

    async def _postpone(self, pending: PendingEntry, wait: timedelta, report: EntryReport) -> None:
        report.postponed += 1
        until = self.clock() + max(wait, timedelta(seconds=1))
        await asyncio.to_thread(self.store.postpone, pending.id, until=until)

    async def _outcome(
        self, pending: PendingEntry, report: EntryReport
    ) -> tuple[EntryState, ArticleId | None]:
        by_title = [rule for rule in pending.rules if rule.where is Where.TITLE]
        if not accepts(by_title, title=pending.entry.title, text=""):
            return EntryState.FILTERED, None
        url = pending.entry.url
        if url and not pending.is_update:
            found = await asyncio.to_thread(self.store.article_from, url)
            if found is not None:  # another feed lists it too
                report.known += 1
                return EntryState.STORED, found
        article = await self._article(pending)
        if article is None:
            return EntryState.EMPTY, None
        if not accepts(pending.rules, title=article.headline, text=article.text):
            return EntryState.FILTERED, None
        async with self._ingesting:
            ingested = await asyncio.to_thread(self.ingest, article)
        report.stored += ingested.is_new
        report.known += not ingested.is_new
        report.from_feed_text += article.completeness is Completeness.FEED_TEXT
        return EntryState.STORED, ingested.id

    async def _article(self, pending: PendingEntry) -> Article | None:
        """None: neither the page nor the feed has a text. Raises FetchFailed to try the page again later."""
        own = feed_text_article(pending)
        if pending.entry.url is None:
            return own
        try:
            page = await self.fetch(pending.entry.url, accept="text/html, application/xhtml+xml, */*;q=0.5")
            parsed = await asyncio.to_thread(
                parse_page, page.body, url=page.url, content_type=page.content_type
            )
        except FetchFailed:
            if pending.attempts + 1 < MAX_ATTEMPTS:
                raise
            return own
        except ArticleError as error:
            log.info("page not fetched", extra={"url": pending.entry.url, "reason": str(error)})
            return own
        if own is not None and parsed.completeness is Completeness.STUB and len(own.text) > len(parsed.text):
            return own
        return replace(
            parsed,
            published=pending.entry.published or parsed.published,  # the feed knows the minute
            publisher=parsed.publisher or pending.feed_title,
            byline=parsed.byline or pending.entry.byline,
        )


def feed_text_article(pending: PendingEntry) -> Article | None:
    """An article of the feed's own text, marked so (`Completeness.FEED_TEXT`); None if it has no text."""
    entry = pending.entry
    text, sections = lay_out([(None, [(words, ParagraphKind.BODY) for words in entry.paragraphs])])
    if not sections:
        return None
    return Article(
        id=None,
        url=entry.url,
        publisher=pending.feed_title,
        headline=_headline(entry),
        byline=entry.byline,
        dateline=None,
        published=entry.published,
        language=language_of(text, declared=pending.feed_language),
        text=text,
        sections=sections,
        completeness=Completeness.FEED_TEXT,
    )


def _headline(entry: Entry) -> str:
    """The title, or else the start of the text: microblogs have no titles."""
    if entry.title:
        return entry.title
    first = entry.paragraphs[0]
    if len(first) <= _MAX_HEADLINE_CHARS:
        return first
    return f"{first[:_MAX_HEADLINE_CHARS].rsplit(' ', 1)[0]} …"


def alternate_hosts(batch: Sequence[PendingEntry]) -> list[PendingEntry]:
    """The same entries, one host after another, so that slow hosts are asked in parallel."""
    seen: Counter[str] = Counter()
    order: list[tuple[int, int]] = []
    for index, pending in enumerate(batch):
        host = host_of(pending.entry.url)
        order.append((seen[host], index))
        seen[host] += 1
    return [batch[index] for _, index in sorted(order)]
