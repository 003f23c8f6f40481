"""Turns what feeds list into stored articles: the page where it can be had, else the feed's own text, marked.

The work list is a table (`feed_entries`), and every step leaves it as it was or as it shall be, so that it
may be stopped at any instant and started again.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from articles.database import DatabaseError
from articles.errors import ArticleError, FetchFailed
from articles.feeds.concurrency import for_each
from articles.feeds.filters import Where, accepts
from articles.feeds.model import Entry, EntryId, EntryState, PendingEntry
from articles.feeds.store import FeedStore
from articles.fetching.client import Fetch
from articles.ingest import Ingested
from articles.model import Article, Completeness, ParagraphKind, lay_out
from articles.page import parse_page
from articles.text.language import language_of
from articles.text.urls import host_of

log = logging.getLogger(__name__)

MAX_ATTEMPTS = 3  # at a page, before the feed's own text has to do

_BATCH = 500
_MAX_HEADLINE_CHARS = 200
_AFTER_A_BREAK = timedelta(minutes=10)


@dataclass(slots=True)
class IntakeReport:
    """What one round of taking in came to."""

    stored: int = 0  # new articles
    known: int = 0  # the same words were stored before
    from_feed_text: int = 0  # of both: their pages could not be had
    filtered: int = 0
    empty: int = 0
    postponed: int = 0


def _no_step() -> None: ...


class Intake:
    """ingest: analyses and stores an article, once; it may block. It is called by one thread at a time."""

    def __init__(
        self,
        store: FeedStore,
        *,
        fetch: Fetch,
        ingest: Callable[[Article], Ingested],
        clock: Callable[[], datetime],
        at_once: int = 32,
    ) -> None:
        self._store, self._fetch, self._ingest = store, fetch, ingest
        self._clock, self._at_once = clock, at_once
        self._ingesting = asyncio.Lock()

    async def take_in(self, step: Callable[[], None] = _no_step) -> IntakeReport:
        """Works off all entries that are pending now, a `step` for each. Raises DatabaseError."""
        report = IntakeReport()
        started = self._clock()
        while batch := await asyncio.to_thread(self._store.pending, now=started, limit=_BATCH):

            async def take(entry: PendingEntry) -> None:
                await self._take(entry, report)
                step()

            await for_each(interleaved(batch), take, at_once=self._at_once)
        return report

    async def take(self, entry_id: EntryId) -> IntakeReport:
        """One entry, if it is pending now. Raises DatabaseError."""
        report = IntakeReport()
        pending = await asyncio.to_thread(self._store.pending_entry, entry_id, now=self._clock())
        if pending is not None:
            await self._take(pending, report)
        return report

    async def _take(self, pending: PendingEntry, report: IntakeReport) -> None:
        try:
            await self._settle(pending, report)
        except FetchFailed as error:
            await self._postpone(pending, error.retry_after, report)
        except DatabaseError:
            raise
        except Exception:  # one entry that trips us up must not keep the others waiting
            log.exception("entry broke", extra={"url": pending.entry.url})
            if pending.attempts + 1 < MAX_ATTEMPTS:
                await self._postpone(pending, _AFTER_A_BREAK, report)
            else:
                report.empty += 1
                await asyncio.to_thread(self._store.settle, pending.id, EntryState.EMPTY)

    async def _postpone(self, pending: PendingEntry, wait: timedelta, report: IntakeReport) -> None:
        report.postponed += 1
        until = self._clock() + max(wait, timedelta(seconds=1))
        await asyncio.to_thread(self._store.postpone, pending.id, until=until)

    async def _settle(self, pending: PendingEntry, report: IntakeReport) -> None:
        by_title = [rule for rule in pending.rules if rule.where is Where.TITLE]
        if not accepts(by_title, title=pending.entry.title, text=""):
            await self._filter_out(pending, report)
            return
        url = pending.entry.url
        if url and not pending.is_update:
            found = await asyncio.to_thread(self._store.article_from, url)
            if found is not None:  # another feed lists it too
                report.known += 1
                await asyncio.to_thread(self._store.settle, pending.id, EntryState.STORED, found)
                return
        article = await self._article(pending)
        if article is None:
            report.empty += 1
            await asyncio.to_thread(self._store.settle, pending.id, EntryState.EMPTY)
        elif not accepts(pending.rules, title=article.headline, text=article.text):
            await self._filter_out(pending, report)
        else:
            async with self._ingesting:
                ingested = await asyncio.to_thread(self._ingest, article)
            report.stored += ingested.is_new
            report.known += not ingested.is_new
            report.from_feed_text += article.completeness is Completeness.FEED_TEXT
            await asyncio.to_thread(self._store.settle, pending.id, EntryState.STORED, ingested.id)

    async def _filter_out(self, pending: PendingEntry, report: IntakeReport) -> None:
        report.filtered += 1
        await asyncio.to_thread(self._store.settle, pending.id, EntryState.FILTERED)

    async def _article(self, pending: PendingEntry) -> Article | None:
        """None: there is no text anywhere. Raises FetchFailed where another try may bring the page."""
        own = feed_text_article(pending)
        if pending.entry.url is None:
            return own
        try:
            page = await self._fetch(pending.entry.url, accept="text/html, application/xhtml+xml, */*;q=0.5")
            parsed = await asyncio.to_thread(
                parse_page, page.body, url=page.url, content_type=page.content_type
            )
        except FetchFailed:
            if pending.attempts + 1 < MAX_ATTEMPTS:
                raise
            return own
        except ArticleError as error:
            log.info("page not had", extra={"url": pending.entry.url, "reason": str(error)})
            return own
        if own is not None and parsed.completeness is Completeness.STUB and len(own.text) > len(parsed.text):
            return own
        return with_entry(parsed, pending)


def with_entry(article: Article, pending: PendingEntry) -> Article:
    """The page's article with what its feed knows better: the time to the minute, a publisher's name."""
    entry = pending.entry
    return replace(
        article,
        published=entry.published or article.published,
        publisher=article.publisher or pending.feed_title,
        byline=article.byline or entry.byline,
    )


def feed_text_article(pending: PendingEntry) -> Article | None:
    """The feed's own text as an article, marked as such; None where it has none."""
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
    """The title, else the beginning of the text: microblogs have no titles."""
    if entry.title:
        return entry.title
    first = entry.paragraphs[0]
    if len(first) <= _MAX_HEADLINE_CHARS:
        return first
    return f"{first[:_MAX_HEADLINE_CHARS].rsplit(' ', 1)[0]} …"


def interleaved(batch: Sequence[PendingEntry]) -> list[PendingEntry]:
    """The same entries, their pages' hosts in turns: a host is asked slowly, and all at the same time."""
    places: Counter[str] = Counter()
    placed: list[tuple[int, int]] = []
    for order, pending in enumerate(batch):
        host = host_of(pending.entry.url)
        placed.append((places[host], order))
        places[host] += 1
    return [batch[order] for _, order in sorted(placed)]
