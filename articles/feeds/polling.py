"""When to ask for a feed again, and when to stop: decisions alone, no clock, no network, no database."""

import random
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from articles.feeds.model import Feed, FeedState, ParsedFeed

MIN_INTERVAL = timedelta(minutes=15)
MAX_INTERVAL = timedelta(hours=12)
MAX_HINTED = timedelta(days=1)  # however long a feed asks us to wait, once a day is polite enough
FIRST_BACKOFF = timedelta(minutes=5)
MAX_BACKOFF = timedelta(days=1)
LONG_FAILURE = timedelta(days=7)
MIN_FAILURES = 5  # a computer that was off for a week is no proof against a feed

_QUICKEN, _SLACKEN = 0.6, 1.25
_JITTER = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """The feed was there."""

    url: str  # where to ask from now on
    etag: str | None
    last_modified: str | None
    body_hash: str | None
    fresh_for: timedelta | None
    parsed: ParsedFeed | None  # None: not modified
    has_news: bool  # entries that were not known


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """The feed was not there, or was no feed; worth another try."""

    reason: str
    retry_after: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """It makes no sense to ask again: gone, ended, forbidden."""

    reason: str


Outcome = Answered | Failed | Stopped


def after(feed: Feed, outcome: Outcome, *, now: datetime, rng: random.Random) -> Feed:
    """The feed as it stands after a poll at `now`, its next poll after `now`."""
    match outcome:
        case Answered(parsed=parsed) if parsed is not None and parsed.ended:
            return _paused(_answered(feed, outcome, now, rng), "the publisher says that it has ended")
        case Answered():
            return _answered(feed, outcome, now, rng)
        case Failed():
            return _failed(feed, outcome, now, rng)
        case Stopped():
            return _paused(replace(feed, failures=feed.failures + 1), outcome.reason)


def resumed(feed: Feed, *, now: datetime) -> Feed:
    """A paused feed, to be asked at once."""
    return replace(
        feed, state=FeedState.ACTIVE, pause_reason=None, failures=0, failing_since=None, next_poll=now
    )


def _answered(feed: Feed, answer: Answered, now: datetime, rng: random.Random) -> Feed:
    interval = feed.interval * (_QUICKEN if answer.has_news else _SLACKEN)
    interval = min(max(interval, MIN_INTERVAL), MAX_INTERVAL)
    parsed = answer.parsed
    hints = feed.hints if parsed is None else parsed.hints
    asked = max(answer.fresh_for or timedelta(), hints.ttl or timedelta())
    wait = max(interval, min(asked, MAX_HINTED)) * rng.uniform(1, 1 + _JITTER)
    told = (
        feed
        if parsed is None
        else replace(
            feed,
            title=parsed.title or feed.title,
            site_url=parsed.site_url or feed.site_url,
            language=parsed.language or feed.language,
            hints=hints,
        )
    )
    return replace(
        told,
        url=answer.url,
        etag=answer.etag,
        last_modified=answer.last_modified,
        body_hash=answer.body_hash,
        interval=interval,
        next_poll=_outside_skipped(told, now + wait),
        failures=0,
        failing_since=None,
    )


def _failed(feed: Feed, failure: Failed, now: datetime, rng: random.Random) -> Feed:
    failures = feed.failures + 1
    since = feed.failing_since or now
    # The exponent is bounded: 2 ** 5000 is no number of minutes.
    backoff = min(FIRST_BACKOFF * 2 ** min(failures - 1, 16), MAX_BACKOFF) * rng.uniform(0.5, 1)
    wait = max(backoff, failure.retry_after or timedelta())
    failed = replace(feed, failures=failures, failing_since=since, next_poll=now + wait)
    if failures >= MIN_FAILURES and now - since >= LONG_FAILURE:
        return _paused(failed, f"it has failed for {(now - since).days} days: {failure.reason}")
    return failed


def _paused(feed: Feed, reason: str) -> Feed:
    return replace(feed, state=FeedState.PAUSED, pause_reason=reason)


def _outside_skipped(feed: Feed, at: datetime) -> datetime:
    """The first instant from `at` on that the feed does not ask readers to skip."""
    hints = feed.hints
    for _ in range(7 * 24):
        if at.hour not in hints.skip_hours and at.weekday() not in hints.skip_days:
            return at
        at = at.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    return at  # a feed that skips all hours or days means something else
