"""The feeds that we follow and their entries, in the database."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any, TypeVar

from sqlalchemy import Connection, Row, Select, and_, delete, func, insert, select, update

from articles.database import AdvisoryLock, Database, acquire_lock, insert_or_ignore
from articles.feeds.filters import Rule, rules_from_json, rules_to_json
from articles.feeds.model import (
    FIRST_INTERVAL,
    Entry,
    EntryChanges,
    EntryId,
    EntryState,
    Feed,
    FeedId,
    FeedPaused,
    FeedState,
    PendingEntry,
    PollHints,
)
from articles.feeds.opml import Outline
from articles.model import ArticleId
from articles.schema import feed_entries, feeds

MAX_NEW_ENTRIES = 200  # of one poll, the newest, are processed; the others are only remembered

T = TypeVar("T")

_CHUNK = 500  # rows per statement; SQLite takes some 32,000 values
_PENDING = (
    select(feed_entries, feeds.c.title.label("feed_title"), feeds.c.language, feeds.c.rules)
    .join(feeds, feeds.c.id == feed_entries.c.feed_id)
    .where(feed_entries.c.state == EntryState.PENDING.value)
)
_OLDEST_FIRST = (feed_entries.c.try_after, feed_entries.c.id)
_FOLLOWED = feeds.c.state != FeedState.REMOVED.value


class FeedStore:
    """Every method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def _rows(self, query: Select[Any]) -> Sequence[Row[Any]]:
        with self._database.reading() as connection:
            return connection.execute(query).all()

    def _scalar(self, query: Select[Any]) -> Any:
        with self._database.reading() as connection:
            return connection.execute(query).scalar()

    # --- the list of feeds

    def add(self, outline: Outline, *, now: datetime) -> bool:
        """Follows a feed; whether it is new. If it was paused or removed, it becomes active again."""
        return self.add_all([outline], now=now)[0]

    def add_all(self, outlines: Iterable[Outline], *, now: datetime) -> tuple[bool, ...]:
        """The same for many: all of them, or none."""
        with self._database.transaction() as connection:
            acquire_lock(connection, AdvisoryLock.FEEDS)
            return tuple(_add(connection, outline, now=now) for outline in outlines)

    def offer_defaults(self, outlines: Iterable[Outline], *, now: datetime) -> None:
        """Follows the feeds that come with Pullquote, except those that somebody has removed."""
        with self._database.transaction() as connection:
            acquire_lock(connection, AdvisoryLock.FEEDS)
            rows = connection.execute(select(feeds.c.url, feeds.c.default_url)).all()
            known = {url for row in rows for url in row}
            for outline in outlines:
                if outline.url not in known:
                    _add(connection, outline, now=now, default_url=outline.url)

    def withdraw_defaults(self) -> None:
        """Unfollows all feeds that came with Pullquote."""
        with self._database.transaction() as connection:
            connection.execute(delete(feeds).where(feeds.c.default_url.is_not(None)))

    def remove(self, feed_id: FeedId) -> None:
        """Unfollows a feed; its articles stay."""
        with self._database.transaction() as connection:
            this = feeds.c.id == feed_id
            kept = update(feeds).where(this, feeds.c.default_url.is_not(None))
            connection.execute(kept.values(state=FeedState.REMOVED.value))
            connection.execute(delete(feeds).where(this, feeds.c.default_url.is_(None)))

    def set_rules(self, feed_id: FeedId, rules: Sequence[Rule]) -> None:
        """Replaces the filters of a feed; they apply to later entries."""
        with self._database.transaction() as connection:
            connection.execute(update(feeds).where(feeds.c.id == feed_id).values(rules=rules_to_json(rules)))

    def followed(self) -> tuple[Feed, ...]:
        """All followed feeds, in the order in which they were added."""
        return tuple(_to_feed(row) for row in self._rows(select(feeds).where(_FOLLOWED).order_by(feeds.c.id)))

    def by_url(self, url: str) -> Feed | None:
        rows = self._rows(select(feeds).where(feeds.c.url == url, _FOLLOWED))
        return _to_feed(rows[0]) if rows else None

    def poll_now(self, feed_ids: Iterable[FeedId], *, now: datetime) -> None:
        """Makes these feeds due at once, paused ones too."""
        with self._database.transaction() as connection:
            for feed_id in sorted(feed_ids):
                this = select(feeds).where(feeds.c.id == feed_id).with_for_update(key_share=True)
                row = connection.execute(this).first()
                if row is not None:
                    _save(connection, _to_feed(row).resumed(now=now), now=now)

    # --- polling

    def due(self, *, now: datetime, limit: int) -> tuple[Feed, ...]:
        """The feeds to poll now, longest overdue first."""
        query = select(feeds).where(_is_due(now)).order_by(feeds.c.next_poll).limit(limit)
        return tuple(_to_feed(row) for row in self._rows(query))

    def due_feed(self, feed_id: FeedId, *, now: datetime) -> Feed | None:
        """That feed, if it is due; None if it has been polled meanwhile."""
        rows = self._rows(select(feeds).where(feeds.c.id == feed_id, _is_due(now)))
        return _to_feed(rows[0]) if rows else None

    def count_due(self, *, now: datetime) -> int:
        return int(self._scalar(select(func.count()).select_from(feeds).where(_is_due(now))))

    def states(self) -> dict[FeedState, int]:
        """How many feeds are in each state."""
        rows = self._rows(select(feeds.c.state, func.count().label("feeds")).group_by(feeds.c.state))
        counts = {row.state: row.feeds for row in rows}
        return {state: counts.get(state.value, 0) for state in FeedState}

    def changes_in(self, feed_id: FeedId, entries: Sequence[Entry]) -> EntryChanges:
        """Which of the entries that a feed lists now are new or changed."""
        known: dict[str, datetime | None] = {}
        with self._database.reading() as connection:
            for chunk in _chunks(entries):
                seen = select(feed_entries.c.key, feed_entries.c.updated).where(
                    feed_entries.c.feed_id == feed_id, feed_entries.c.key.in_([entry.key for entry in chunk])
                )
                known.update((row.key, row.updated) for row in connection.execute(seen))
        return EntryChanges(
            new=tuple(entry for entry in entries if entry.key not in known),
            changed=tuple(
                entry
                for entry in entries
                if entry.updated and (stored := known.get(entry.key)) and entry.updated > stored
            ),
        )

    def record(self, feed: Feed, changes: EntryChanges, *, now: datetime) -> None:
        """Stores a poll's result: the feed as it is now, and its new and changed entries as pending.

        In one transaction: an ETag without the entries that came with it would lose them for good.
        """
        with self._database.transaction() as connection:
            _save(connection, feed, now=now)
            _insert_entries(connection, feed.id, changes, now)

    def other_feed_at(self, url: str, feed_id: FeedId) -> FeedId | None:
        """Another feed with that URL."""
        found = self._scalar(select(feeds.c.id).where(feeds.c.url == url, feeds.c.id != feed_id))
        return None if found is None else FeedId(found)

    def unannounced_pauses(self) -> tuple[FeedPaused, ...]:
        """Paused feeds whose owners have not been told yet."""
        unannounced = (feeds.c.state == FeedState.PAUSED.value, feeds.c.told_at.is_(None))
        rows = self._rows(select(feeds).where(*unannounced).order_by(feeds.c.id))
        return tuple(
            FeedPaused(id=row.id, url=row.url, title=row.title, reason=row.pause_reason, at=row.paused_at)
            for row in rows
        )

    def mark_pause_announced(self, feed_id: FeedId, *, now: datetime) -> None:
        """Records that the owners of a paused feed have been told."""
        with self._database.transaction() as connection:
            connection.execute(update(feeds).where(feeds.c.id == feed_id).values(told_at=now))

    # --- entries

    def pending(self, *, now: datetime, limit: int) -> tuple[PendingEntry, ...]:
        """The entries to process, oldest first."""
        query = _PENDING.where(feed_entries.c.try_after <= now).order_by(*_OLDEST_FIRST).limit(limit)
        return tuple(_to_pending(row) for row in self._rows(query))

    def pending_entry(self, entry_id: EntryId, *, now: datetime) -> PendingEntry | None:
        """That entry, if it is to be processed now."""
        rows = self._rows(_PENDING.where(feed_entries.c.id == entry_id, feed_entries.c.try_after <= now))
        return _to_pending(rows[0]) if rows else None

    def pending_urls(self, *, now: datetime, limit: int) -> tuple[tuple[EntryId, str | None], ...]:
        """The id and page URL of each entry to process, oldest first."""
        pending = (feed_entries.c.state == EntryState.PENDING.value, feed_entries.c.try_after <= now)
        query = select(feed_entries.c.id, feed_entries.c.url).where(*pending)
        rows = self._rows(query.order_by(*_OLDEST_FIRST).limit(limit))
        return tuple((EntryId(row.id), row.url) for row in rows)

    def article_from(self, url: str) -> ArticleId | None:
        """The article that was made of another entry with this URL."""
        stored = (feed_entries.c.url == url, feed_entries.c.article_id.is_not(None))
        found = self._scalar(select(feed_entries.c.article_id).where(*stored).limit(1))
        return None if found is None else ArticleId(found)

    def finish(self, entry_id: EntryId, state: EntryState, article_id: ArticleId | None = None) -> None:
        """Sets an entry's final state; its text is dropped."""
        values: dict[str, Any] = {"state": state.value, "paragraphs": []}
        if article_id is not None:
            values["article_id"] = article_id
        with self._database.transaction() as connection:
            connection.execute(update(feed_entries).where(feed_entries.c.id == entry_id).values(values))

    def postpone(self, entry_id: EntryId, *, until: datetime) -> None:
        """Counts an attempt and schedules the next one."""
        values = {"attempts": feed_entries.c.attempts + 1, "try_after": until}
        with self._database.transaction() as connection:
            connection.execute(update(feed_entries).where(feed_entries.c.id == entry_id).values(values))

    def count_entries(self, state: EntryState) -> int:
        query = select(func.count()).select_from(feed_entries).where(feed_entries.c.state == state.value)
        return int(self._scalar(query))


def outline_of(feed: Feed) -> Outline:
    """The feed as OPML has it."""
    return Outline(
        url=feed.url,
        title=feed.title,
        site_url=feed.site_url,
        language=feed.language,
        folder=feed.folder,
        rules=feed.rules,
    )


def _is_due(now: datetime) -> Any:
    return and_(feeds.c.state == FeedState.ACTIVE.value, feeds.c.next_poll <= now)


def _add(connection: Connection, outline: Outline, *, now: datetime, default_url: str | None = None) -> bool:
    known = select(feeds).where(feeds.c.url == outline.url).with_for_update(key_share=True)
    row = connection.execute(known).first()
    if row is not None:
        if row.state != FeedState.ACTIVE.value:
            _save(connection, _to_feed(row).resumed(now=now), now=now)
        return bool(row.state == FeedState.REMOVED.value)
    values = {
        "url": outline.url,
        "title": outline.title,
        "site_url": outline.site_url,
        "language": outline.language,
        "folder": list(outline.folder),
        "rules": rules_to_json(outline.rules),
        "default_url": default_url,
        "state": FeedState.ACTIVE.value,
        "next_poll": now,
        "interval_s": int(FIRST_INTERVAL.total_seconds()),
        "hints": _hints_to_json(PollHints()),
        "failures": 0,
        "added_at": now,
    }
    connection.execute(insert(feeds).values(values))
    return True


def _save(connection: Connection, feed: Feed, *, now: datetime) -> None:
    """Writes what a poll may change."""
    values: dict[str, Any] = {
        **{name: getattr(feed, name) for name in _FEED_COLUMNS},
        "state": feed.state.value,
        "interval_s": int(feed.interval.total_seconds()),
        "hints": _hints_to_json(feed.hints),
    }
    if feed.state is FeedState.ACTIVE:
        values |= {"paused_at": None, "told_at": None}
    else:
        values["paused_at"] = func.coalesce(feeds.c.paused_at, now)
    connection.execute(update(feeds).where(feeds.c.id == feed.id).values(values))


def _insert_entries(connection: Connection, feed_id: FeedId, changes: EntryChanges, now: datetime) -> None:
    processed = {entry.key for entry in _newest(changes.new, MAX_NEW_ENTRIES)}
    # A feed's first entry is its newest. Inserted last, it is also the newest of those without a date.
    rows = [
        _entry_values(feed_id, entry, now, is_processed=entry.key in processed)
        for entry in reversed(changes.new)
    ]
    for chunk in _chunks(rows):
        insert_or_ignore(connection, feed_entries, chunk)
    for entry in changes.changed:
        same = (feed_entries.c.feed_id == feed_id, feed_entries.c.key == entry.key)
        values = _entry_values(feed_id, entry, now, is_processed=True)
        connection.execute(update(feed_entries).where(*same).values(values))


def _newest(entries: Sequence[Entry], limit: int) -> list[Entry]:
    """By date; if one has no date, by the feed's own order."""
    if len(entries) > limit and all(entry.published for entry in entries):
        entries = sorted(entries, key=attrgetter("published"), reverse=True)
    return list(entries[:limit])


def _chunks(items: Sequence[T]) -> Iterable[Sequence[T]]:
    return (items[at : at + _CHUNK] for at in range(0, len(items), _CHUNK))


# --- rows

# Columns that are as the field of that name: what a poll may change of a feed, and an entry's.
_FEED_COLUMNS = (
    *("url", "title", "site_url", "language", "pause_reason", "next_poll"),
    *("etag", "last_modified", "body_hash", "failures", "failing_since"),
)
_ENTRY_COLUMNS = ("key", "url", "title", "byline", "published", "updated")


def _entry_values(feed_id: FeedId, entry: Entry, now: datetime, *, is_processed: bool) -> dict[str, Any]:
    return {
        **{name: getattr(entry, name) for name in _ENTRY_COLUMNS},
        "feed_id": feed_id,
        "paragraphs": list(entry.paragraphs) if is_processed else [],
        "state": (EntryState.PENDING if is_processed else EntryState.PASSED_OVER).value,
        "attempts": 0,
        "try_after": now,
    }


def _to_feed(row: Row[Any]) -> Feed:
    return Feed(
        **{name: getattr(row, name) for name in _FEED_COLUMNS},
        id=FeedId(row.id),
        folder=tuple(row.folder),
        rules=rules_from_json(row.rules),
        state=FeedState(row.state),
        interval=timedelta(seconds=row.interval_s),
        hints=_hints_from_json(row.hints),
    )


def _to_pending(row: Row[Any]) -> PendingEntry:
    return PendingEntry(
        id=EntryId(row.id),
        entry=Entry(
            **{name: getattr(row, name) for name in _ENTRY_COLUMNS}, paragraphs=tuple(row.paragraphs)
        ),
        attempts=row.attempts,
        is_update=row.article_id is not None,
        feed_title=row.feed_title,
        feed_language=row.language,
        rules=rules_from_json(row.rules),
    )


def _hints_to_json(hints: PollHints) -> dict[str, Any]:
    return {
        "ttl_s": None if hints.ttl is None else int(hints.ttl.total_seconds()),
        "skip_hours": sorted(hints.skip_hours),
        "skip_days": sorted(hints.skip_days),
    }


def _hints_from_json(value: dict[str, Any]) -> PollHints:
    return PollHints(
        ttl=None if value["ttl_s"] is None else timedelta(seconds=value["ttl_s"]),
        skip_hours=frozenset(value["skip_hours"]),
        skip_days=frozenset(value["skip_days"]),
    )
