"""Feeds and their entries, as values."""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType

from articles.feeds.filters import Rule

FeedId = NewType("FeedId", int)
EntryId = NewType("EntryId", int)

FIRST_INTERVAL = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry of a feed, as the feed has it."""

    key: str  # the same whenever the feed lists the same entry; 64 hexadecimal digits
    url: str | None  # of the article's page
    title: str  # one line of plain text; "" if there is none
    byline: str | None
    published: datetime | None  # never in the future; None: the feed does not say
    updated: datetime | None
    paragraphs: tuple[str, ...]  # the feed's own text, content or else summary


def entry_key(*, guid: str | None, url: str | None, title: str, paragraphs: tuple[str, ...]) -> str:
    """An entry's key: by the publisher's own id, else by the URL, else by the words."""
    identity = ("guid", guid) if guid else ("url", url) if url else ("words", title, *paragraphs)
    return hashlib.sha256("\0".join(identity).encode("utf-8", "replace")).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryChanges:
    """The entries of a feed that we do not have yet, in the feed's order."""

    new: tuple[Entry, ...] = ()
    changed: tuple[Entry, ...] = ()  # we have an older version, by the feed's own dates

    def __bool__(self) -> bool:
        return bool(self.new or self.changed)


@dataclass(frozen=True, slots=True, kw_only=True)
class PollHints:
    """What a feed says about when to poll it."""

    ttl: timedelta | None = None  # RSS 2.0's <ttl>, or RSS 1.0's syndication module
    skip_hours: frozenset[int] = frozenset()  # 0 to 23, UTC
    skip_days: frozenset[int] = frozenset()  # Monday is 0; UTC


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedFeed:
    """What a feed says about itself, and its entries in its order, each once."""

    title: str | None
    site_url: str | None
    language: str | None  # as the feed has it: "en-us"
    hints: PollHints
    entries: tuple[Entry, ...]
    ended: bool = False  # JSON Feed's `expired`: there will be no new entries


class FeedState(StrEnum):
    ACTIVE = "active"
    PAUSED = "paused"
    REMOVED = "removed"  # it came with Pullquote, and somebody removed it


class EntryState(StrEnum):
    PENDING = "pending"  # to be processed
    STORED = "stored"
    FILTERED = "filtered"  # the feed's rules exclude it
    EMPTY = "empty"  # neither its page nor the feed had a text
    PASSED_OVER = "passed_over"  # the feed listed more at once than we process


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A feed that we follow, and the state of polling it."""

    id: FeedId
    url: str
    title: str | None  # None: not known yet
    site_url: str | None
    language: str | None
    folder: tuple[str, ...]  # as in OPML, outermost first
    rules: tuple[Rule, ...]  # an entry becomes an article if it passes all of them
    state: FeedState
    pause_reason: str | None  # None while active
    next_poll: datetime
    interval: timedelta  # between polls, adapted to how often it changes
    hints: PollHints
    etag: str | None
    last_modified: str | None
    body_hash: str | None  # for publishers who send no validators
    failures: int  # in a row
    failing_since: datetime | None

    def resumed(self, *, now: datetime) -> "Feed":
        """The feed active again, and due at once."""
        return replace(
            self, state=FeedState.ACTIVE, pause_reason=None, failures=0, failing_since=None, next_poll=now
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingEntry:
    """An entry that has still to become an article, with what it needs from its feed."""

    id: EntryId
    entry: Entry
    attempts: int  # so far
    is_update: bool  # it is stored, and the feed says that it has changed since
    feed_title: str | None
    feed_language: str | None
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedPaused:
    """A feed that is no longer polled. Its owners are told once."""

    id: FeedId
    url: str
    title: str | None
    reason: str
    at: datetime  # tells one pause from the next
