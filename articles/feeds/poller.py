"""Polls the feeds that are due, records their new entries, and decides when to poll each feed again."""

import asyncio
import hashlib
import logging
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from articles.database import DatabaseError
from articles.errors import FetchFailed, FetchRefused, Gone, Unreadable
from articles.feeds.concurrency import for_each
from articles.feeds.model import EntryChanges, Feed, FeedId, FeedState, ParsedFeed
from articles.feeds.parser import ACCEPT, parse_feed
from articles.feeds.store import FeedStore
from articles.fetching.client import Fetch, Fetched

log = logging.getLogger(__name__)

MIN_INTERVAL = timedelta(minutes=15)
MAX_INTERVAL = timedelta(hours=12)
MAX_HINTED = timedelta(days=1)  # however long a feed asks us to wait, once a day is polite enough
FIRST_BACKOFF = timedelta(minutes=5)
MAX_BACKOFF = timedelta(days=1)
LONG_FAILURE = timedelta(days=7)
MIN_FAILURES = 5  # if our computer was off for a week, that is no reason to pause a feed

_SPEED_UP, _SLOW_DOWN = 0.6, 1.25
_JITTER = 0.1
_BATCH = 500


@dataclass(slots=True)
class PollReport:
    """Counts of one round of polling."""

    polled: int = 0
    unchanged: int = 0  # not modified, or the same bytes
    failed: int = 0
    new_entries: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """The publisher sent the feed, or said that it has not changed."""

    url: str  # where to ask from now on
    etag: str | None
    last_modified: str | None
    body_hash: str | None
    fresh_for: timedelta | None
    parsed: ParsedFeed | None  # None: not modified
    has_changes: bool  # new or changed entries


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """The feed could not be fetched or read; try again."""

    reason: str
    retry_after: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """Polling again is useless: the feed is gone, has ended, or is forbidden."""

    reason: str


Outcome = Answered | Failed | Stopped


@dataclass(frozen=True, kw_only=True)
class Poller:
    """Polls feeds and records what they sent."""

    store: FeedStore
    fetch: Fetch
    clock: Callable[[], datetime]
    rng: random.Random  # for jitter
    at_once: int = 32  # maximum concurrent polls, those that wait for their host included

    async def poll_due(self, step: Callable[[], None] = lambda: None) -> PollReport:
        """Polls all feeds that are due now, and calls `step` after each. Raises DatabaseError.

        May be cancelled at any time: each feed is then recorded completely or not at all.
        """
        report = PollReport()
        started = self.clock()
        while due := await asyncio.to_thread(self.store.due, now=started, limit=_BATCH):

            async def poll(feed: Feed) -> None:
                await self._poll(feed, report)
                step()

            await for_each(due, poll, at_once=self.at_once)
        return report

    async def poll(self, feed_id: FeedId) -> PollReport:
        """Polls one feed, if it is due. Raises DatabaseError. May be cancelled at any time."""
        report = PollReport()
        feed = await asyncio.to_thread(self.store.due_feed, feed_id, now=self.clock())
        if feed is not None:
            await self._poll(feed, report)
        return report

    async def _poll(self, feed: Feed, report: PollReport) -> None:
        try:
            outcome, changes = await self._ask(feed)
        except DatabaseError:
            raise
        except Exception:  # one feed that we cannot handle must not stop the others
            log.exception("feed poll failed", extra={"feed": feed.url})
            outcome = Failed(reason="an error occurred while reading it (see the log)")
            changes = EntryChanges()
        now = self.clock()
        polled = after(feed, outcome, now=now, rng=self.rng)
        await asyncio.to_thread(self.store.record, polled, changes, now=now)
        report.polled += 1
        report.unchanged += isinstance(outcome, Answered) and outcome.parsed is None
        report.failed += not isinstance(outcome, Answered)
        report.new_entries += len(changes.new)
        if polled.state is FeedState.PAUSED:
            log.warning("feed paused", extra={"feed": polled.url, "reason": polled.pause_reason})

    async def _ask(self, feed: Feed) -> tuple[Outcome, EntryChanges]:
        try:
            fetched = await self.fetch(
                feed.url, etag=feed.etag, last_modified=feed.last_modified, accept=ACCEPT
            )
            return await self._read(feed, fetched)
        except FetchFailed as error:
            return Failed(reason=error.reason, retry_after=error.retry_after), EntryChanges()
        except Gone:
            return Stopped(reason="the publisher says that it is gone for good"), EntryChanges()
        except FetchRefused as error:
            return Stopped(reason=error.reason), EntryChanges()
        except Unreadable as error:
            return Failed(reason=str(error)), EntryChanges()

    async def _read(self, feed: Feed, fetched: Fetched) -> tuple[Outcome, EntryChanges]:
        url = fetched.permanent_url or feed.url
        if url != feed.url and await asyncio.to_thread(self.store.other_feed_at, url, feed.id) is not None:
            return Stopped(reason=f"it has moved to {url}, which is followed already"), EntryChanges()
        body_hash = feed.body_hash if fetched.not_modified else hashlib.sha256(fetched.body).hexdigest()
        parsed, changes = None, EntryChanges()
        if body_hash != feed.body_hash:
            parsed = await asyncio.to_thread(
                parse_feed,
                fetched.body,
                url=fetched.url,
                now=self.clock(),
                content_type=fetched.content_type,
            )
            changes = await asyncio.to_thread(self.store.changes_in, feed.id, parsed.entries)
        answered = Answered(
            url=url,
            # A 304 need not repeat the validators (RFC 9110, 15.4.5).
            etag=fetched.etag or (feed.etag if fetched.not_modified else None),
            last_modified=fetched.last_modified or (feed.last_modified if fetched.not_modified else None),
            body_hash=body_hash,
            fresh_for=fetched.fresh_for,
            parsed=parsed,
            has_changes=bool(changes),
        )
        return answered, changes


# The decisions: when to poll again and when to stop. Pure: no clock, network or database.


def after(feed: Feed, outcome: Outcome, *, now: datetime, rng: random.Random) -> Feed:
    """The feed as it is after a poll at `now`; its next poll is later than `now`."""
    match outcome:
        case Answered(parsed=parsed) if parsed is not None and parsed.ended:
            return _paused(_answered(feed, outcome, now, rng), "the publisher says that it has ended")
        case Answered():
            return _answered(feed, outcome, now, rng)
        case Failed():
            return _failed(feed, outcome, now, rng)
        case Stopped():
            return _paused(replace(feed, failures=feed.failures + 1), outcome.reason)


def _answered(feed: Feed, answer: Answered, now: datetime, rng: random.Random) -> Feed:
    if (parsed := answer.parsed) is not None:
        feed = replace(
            feed,
            title=parsed.title or feed.title,
            site_url=parsed.site_url or feed.site_url,
            language=parsed.language or feed.language,
            hints=parsed.hints,
        )
    interval = feed.interval * (_SPEED_UP if answer.has_changes else _SLOW_DOWN)
    interval = min(max(interval, MIN_INTERVAL), MAX_INTERVAL)
    hinted = max(answer.fresh_for or timedelta(), feed.hints.ttl or timedelta())
    wait = max(interval, min(hinted, MAX_HINTED)) * rng.uniform(1, 1 + _JITTER)
    return replace(
        feed,
        url=answer.url,
        etag=answer.etag,
        last_modified=answer.last_modified,
        body_hash=answer.body_hash,
        interval=interval,
        next_poll=_outside_skipped(feed, now + wait),
        failures=0,
        failing_since=None,
    )


def _failed(feed: Feed, failure: Failed, now: datetime, rng: random.Random) -> Feed:
    failures = feed.failures + 1
    since = feed.failing_since or now
    # The exponent is limited: 2 ** 5000 minutes is no timedelta.
    backoff = min(FIRST_BACKOFF * 2 ** min(failures - 1, 16), MAX_BACKOFF) * rng.uniform(0.5, 1)
    wait = max(backoff, failure.retry_after or timedelta())
    failed = replace(feed, failures=failures, failing_since=since, next_poll=now + wait)
    if failures >= MIN_FAILURES and now - since >= LONG_FAILURE:
        return _paused(failed, f"it has failed for {(now - since).days} days: {failure.reason}")
    return failed


def _paused(feed: Feed, reason: str) -> Feed:
    return replace(feed, state=FeedState.PAUSED, pause_reason=reason)


def _outside_skipped(feed: Feed, at: datetime) -> datetime:
    """The first time from `at` on that is not in the feed's skipHours or skipDays."""
    hints = feed.hints
    for _ in range(7 * 24):
        if at.hour not in hints.skip_hours and at.weekday() not in hints.skip_days:
            return at
        at = at.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    return at  # a feed that skips all hours or days means something else
