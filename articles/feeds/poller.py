"""Asks the feeds that are due, and notes what is new in them."""

import asyncio
import hashlib
import logging
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from articles.database import DatabaseError
from articles.errors import FetchFailed, FetchRefused, Gone, Unreadable
from articles.feeds.concurrency import for_each
from articles.feeds.model import Feed, FeedId, FeedState
from articles.feeds.parser import ACCEPT, parse_feed
from articles.feeds.polling import Answered, Failed, Outcome, Stopped, after
from articles.feeds.store import FeedStore, News
from articles.fetching.client import Fetch, Fetched

log = logging.getLogger(__name__)

_BATCH = 500


@dataclass(slots=True)
class PollReport:
    """What one round of polling came to."""

    polled: int = 0
    unchanged: int = 0  # not modified, or the same bytes
    failed: int = 0
    new_entries: int = 0
    changed_entries: int = 0


def _no_step() -> None: ...


class Poller:
    """rng: for jitter. at_once: feeds in work at one time, waiting for their host's turn included."""

    def __init__(
        self,
        store: FeedStore,
        *,
        fetch: Fetch,
        clock: Callable[[], datetime],
        rng: random.Random,
        at_once: int = 32,
    ) -> None:
        self._store, self._fetch, self._clock, self._rng, self._at_once = store, fetch, clock, rng, at_once

    async def poll_due(self, step: Callable[[], None] = _no_step) -> PollReport:
        """One round over all feeds that are due now, a `step` for each. Raises DatabaseError.

        Stopped at any instant, it has done some of the feeds wholly and the others not at all.
        """
        report = PollReport()
        started = self._clock()
        while due := await asyncio.to_thread(self._store.due, now=started, limit=_BATCH):

            async def poll(feed: Feed) -> None:
                await self._poll(feed, report)
                step()

            await for_each(due, poll, at_once=self._at_once)
        return report

    async def poll(self, feed_id: FeedId) -> PollReport:
        """One feed, if it is due. Raises DatabaseError. Stopped at any instant, it has done it or has not."""
        report = PollReport()
        feed = await asyncio.to_thread(self._store.due_feed, feed_id, now=self._clock())
        if feed is not None:
            await self._poll(feed, report)
        return report

    async def _poll(self, feed: Feed, report: PollReport) -> None:
        try:
            outcome, news = await self._ask(feed)
        except DatabaseError:
            raise
        except Exception:  # one feed that trips us up must not keep the others waiting
            log.exception("feed poll broke", extra={"feed": feed.url})
            outcome, news = Failed(reason="we could not make sense of it (the log says more)"), News()
        now = self._clock()
        polled = after(feed, outcome, now=now, rng=self._rng)
        await asyncio.to_thread(self._store.record, polled, news, now=now)
        report.polled += 1
        report.unchanged += isinstance(outcome, Answered) and outcome.parsed is None
        report.failed += not isinstance(outcome, Answered)
        report.new_entries += len(news.new)
        report.changed_entries += len(news.changed)
        if polled.state is FeedState.PAUSED:
            log.warning("feed paused", extra={"feed": polled.url, "reason": polled.pause_reason})

    async def _ask(self, feed: Feed) -> tuple[Outcome, News]:
        try:
            fetched = await self._fetch(
                feed.url, etag=feed.etag, last_modified=feed.last_modified, accept=ACCEPT
            )
            return await self._read(feed, fetched)
        except FetchFailed as error:
            return Failed(reason=error.reason, retry_after=error.retry_after), News()
        except Gone:
            return Stopped(reason="the publisher says that it is gone for good"), News()
        except FetchRefused as error:
            return Stopped(reason=error.reason), News()
        except Unreadable as error:
            return Failed(reason=str(error)), News()

    async def _read(self, feed: Feed, fetched: Fetched) -> tuple[Outcome, News]:
        url = fetched.permanent_url or feed.url
        if url != feed.url and await asyncio.to_thread(self._store.other_at, url, feed.id) is not None:
            return Stopped(reason=f"it has moved to {url}, which is followed already"), News()
        body_hash = feed.body_hash if fetched.not_modified else hashlib.sha256(fetched.body).hexdigest()
        parsed, news = None, News()
        if body_hash != feed.body_hash:
            parsed = await asyncio.to_thread(
                parse_feed,
                fetched.body,
                url=fetched.url,
                now=self._clock(),
                content_type=fetched.content_type,
            )
            news = await asyncio.to_thread(self._store.news_in, feed.id, parsed.entries)
        answered = Answered(
            url=url,
            # A 304 need not repeat the validators (RFC 9110, 15.4.5).
            etag=fetched.etag or (feed.etag if fetched.not_modified else None),
            last_modified=fetched.last_modified or (feed.last_modified if fetched.not_modified else None),
            body_hash=body_hash,
            fresh_for=fetched.fresh_for,
            parsed=parsed,
            has_news=bool(news),
        )
        return answered, news
