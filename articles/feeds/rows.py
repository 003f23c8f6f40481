"""Feeds and their entries to rows of the tables, and back."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row

from articles.feeds.filters import rules_from_json
from articles.feeds.model import (
    Entry,
    EntryId,
    EntryState,
    Feed,
    FeedId,
    FeedState,
    PendingEntry,
    PollHints,
)


def feed_values(feed: Feed) -> dict[str, Any]:
    """What a poll may change of a feed's row."""
    return {
        "url": feed.url,
        "title": feed.title,
        "site_url": feed.site_url,
        "language": feed.language,
        "state": feed.state.value,
        "pause_reason": feed.pause_reason,
        "next_poll": feed.next_poll,
        "interval_s": int(feed.interval.total_seconds()),
        "hints": hints_to_json(feed.hints),
        "etag": feed.etag,
        "last_modified": feed.last_modified,
        "body_hash": feed.body_hash,
        "failures": feed.failures,
        "failing_since": feed.failing_since,
    }


def entry_values(feed_id: FeedId, entry: Entry, now: datetime, *, is_taken: bool) -> dict[str, Any]:
    return {
        "feed_id": feed_id,
        "key": entry.key,
        "url": entry.url,
        "title": entry.title,
        "byline": entry.byline,
        "published": entry.published,
        "updated": entry.updated,
        "paragraphs": list(entry.paragraphs) if is_taken else [],
        "state": (EntryState.PENDING if is_taken else EntryState.PASSED_OVER).value,
        "attempts": 0,
        "try_after": now,
    }


def to_feed(row: Row[Any]) -> Feed:
    return Feed(
        id=FeedId(row.id),
        url=row.url,
        title=row.title,
        site_url=row.site_url,
        language=row.language,
        folder=tuple(row.folder),
        rules=rules_from_json(row.rules),
        state=FeedState(row.state),
        pause_reason=row.pause_reason,
        next_poll=row.next_poll,
        interval=timedelta(seconds=row.interval_s),
        hints=hints_from_json(row.hints),
        etag=row.etag,
        last_modified=row.last_modified,
        body_hash=row.body_hash,
        failures=row.failures,
        failing_since=row.failing_since,
    )


def to_pending(row: Row[Any]) -> PendingEntry:
    return PendingEntry(
        id=EntryId(row.id),
        entry=Entry(
            key=row.key,
            url=row.url,
            title=row.title,
            byline=row.byline,
            published=row.published,
            updated=row.updated,
            paragraphs=tuple(row.paragraphs),
        ),
        attempts=row.attempts,
        is_update=row.article_id is not None,
        feed_title=row.feed_title,
        feed_language=row.language,
        rules=rules_from_json(row.rules),
    )


def hints_to_json(hints: PollHints) -> dict[str, Any]:
    return {
        "ttl_s": None if hints.ttl is None else int(hints.ttl.total_seconds()),
        "skip_hours": sorted(hints.skip_hours),
        "skip_days": sorted(hints.skip_days),
    }


def hints_from_json(value: dict[str, Any]) -> PollHints:
    return PollHints(
        ttl=None if value["ttl_s"] is None else timedelta(seconds=value["ttl_s"]),
        skip_hours=frozenset(value["skip_hours"]),
        skip_days=frozenset(value["skip_days"]),
    )
