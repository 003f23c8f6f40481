"""The feeds that we follow, and what they have listed, as they are stored."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Connection, delete, func, insert, select, update

from articles.database import Database, Turn, insert_absent, new_id, take_turn
from articles.feeds.filters import Rule, rules_to_json
from articles.feeds.model import (
    FIRST_INTERVAL,
    Entry,
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
from articles.feeds.polling import resumed
from articles.feeds.rows import entry_values, feed_values, hints_to_json, to_feed, to_pending
from articles.model import ArticleId
from articles.schema import feed_entries, feeds

MAX_NEW_ENTRIES = 200
"""So many of the entries that a feed lists at once for the first time are taken in, the newest."""

T = TypeVar("T")

_CHUNK = 500  # rows a statement; SQLite takes some 32,000 values
_PENDING = (
    select(feed_entries, feeds.c.title.label("feed_title"), feeds.c.language, feeds.c.rules)
    .join(feeds, feeds.c.id == feed_entries.c.feed_id)
    .where(feed_entries.c.state == EntryState.PENDING.value)
)
_OLDEST_FIRST = (feed_entries.c.try_after, feed_entries.c.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What a feed lists that we do not know, in its order."""

    new: tuple[Entry, ...] = ()
    changed: tuple[Entry, ...] = ()  # known, and changed since by the feed's own account

    def __bool__(self) -> bool:
        return bool(self.new or self.changed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """A feed that is followed now."""

    id: FeedId
    is_new: bool  # False: it was followed before, and stays as it is


class FeedStore:
    """Every method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # --- the list of feeds

    def add(self, outline: Outline, *, now: datetime) -> Added:
        """Follows a feed from now on; one that was paused or removed is asked again."""
        return self.add_all([outline], now=now)[0]

    def add_all(self, outlines: Iterable[Outline], *, now: datetime) -> tuple[Added, ...]:
        """The same for many: all of them, or none."""
        with self._database.transaction() as connection:
            take_turn(connection, Turn.FEEDS)
            return tuple(_add(connection, outline, now=now) for outline in outlines)

    def offer_defaults(self, outlines: Iterable[Outline], *, now: datetime) -> None:
        """Follows the feeds that come with Pullquote, other than those that somebody has removed."""
        with self._database.transaction() as connection:
            take_turn(connection, Turn.FEEDS)
            rows = connection.execute(select(feeds.c.url, feeds.c.default_url)).all()
            known = {url for row in rows for url in row}
            for outline in outlines:
                if outline.url not in known:
                    _add(connection, outline, now=now, default_url=outline.url)

    def withdraw_defaults(self) -> None:
        """Follows none of the feeds that came with Pullquote."""
        with self._database.transaction() as connection:
            connection.execute(delete(feeds).where(feeds.c.default_url.is_not(None)))

    def remove(self, feed_id: FeedId) -> None:
        """Follows a feed no more; its articles stay."""
        with self._database.transaction() as connection:
            this = feeds.c.id == feed_id
            kept = update(feeds).where(this, feeds.c.default_url.is_not(None))
            connection.execute(kept.values(state=FeedState.REMOVED.value))
            connection.execute(delete(feeds).where(this, feeds.c.default_url.is_(None)))

    def set_rules(self, feed_id: FeedId, rules: Sequence[Rule]) -> None:
        """What is taken in from now on."""
        with self._database.transaction() as connection:
            connection.execute(update(feeds).where(feeds.c.id == feed_id).values(rules=rules_to_json(rules)))

    def followed(self) -> tuple[Feed, ...]:
        """In the order in which they were added."""
        followed = select(feeds).where(feeds.c.state != FeedState.REMOVED.value).order_by(feeds.c.id)
        with self._database.reading() as connection:
            return tuple(to_feed(row) for row in connection.execute(followed))

    def by_url(self, url: str) -> Feed | None:
        chosen = select(feeds).where(feeds.c.url == url, feeds.c.state != FeedState.REMOVED.value)
        with self._database.reading() as connection:
            row = connection.execute(chosen).first()
        return None if row is None else to_feed(row)

    def ask_at_once(self, feed_ids: Iterable[FeedId], *, now: datetime) -> None:
        """The next poll asks these feeds, those that are paused too."""
        with self._database.transaction() as connection:
            for feed_id in sorted(feed_ids):
                this = select(feeds).where(feeds.c.id == feed_id).with_for_update(key_share=True)
                row = connection.execute(this).first()
                if row is not None:
                    _save(connection, resumed(to_feed(row), now=now), now=now)

    # --- polling

    def due(self, *, now: datetime, limit: int) -> tuple[Feed, ...]:
        """Those whose time has come, longest overdue first."""
        chosen = (
            select(feeds)
            .where(feeds.c.state == FeedState.ACTIVE.value, feeds.c.next_poll <= now)
            .order_by(feeds.c.next_poll)
            .limit(limit)
        )
        with self._database.reading() as connection:
            return tuple(to_feed(row) for row in connection.execute(chosen))

    def due_feed(self, feed_id: FeedId, *, now: datetime) -> Feed | None:
        """That feed, if its time has come and nobody has asked it since."""
        chosen = select(feeds).where(
            feeds.c.id == feed_id, feeds.c.state == FeedState.ACTIVE.value, feeds.c.next_poll <= now
        )
        with self._database.reading() as connection:
            row = connection.execute(chosen).first()
        return None if row is None else to_feed(row)

    def count_due(self, *, now: datetime) -> int:
        counted = select(func.count()).select_from(feeds)
        due = counted.where(feeds.c.state == FeedState.ACTIVE.value, feeds.c.next_poll <= now)
        with self._database.reading() as connection:
            return connection.execute(due).scalar_one()

    def states(self) -> dict[FeedState, int]:
        """How many feeds are in each state."""
        counted = select(feeds.c.state, func.count().label("feeds")).group_by(feeds.c.state)
        with self._database.reading() as connection:
            found = {row.state: row.feeds for row in connection.execute(counted)}
        return {state: found.get(state.value, 0) for state in FeedState}

    def news_in(self, feed_id: FeedId, entries: Sequence[Entry]) -> News:
        """What is new in a feed as it is now."""
        known: dict[str, datetime | None] = {}
        with self._database.reading() as connection:
            for chunk in _chunks(entries):
                seen = select(feed_entries.c.key, feed_entries.c.updated).where(
                    feed_entries.c.feed_id == feed_id, feed_entries.c.key.in_([entry.key for entry in chunk])
                )
                known.update((row.key, row.updated) for row in connection.execute(seen))
        return News(
            new=tuple(entry for entry in entries if entry.key not in known),
            changed=tuple(entry for entry in entries if _is_later(entry.updated, known.get(entry.key))),
        )

    def record(self, feed: Feed, news: News, *, now: datetime) -> None:
        """A poll's result: the feed as it stands now, and its new and changed entries to be taken in.

        Both or neither: an ETag without the entries that came with it would lose them for good.
        """
        with self._database.transaction() as connection:
            _save(connection, feed, now=now)
            _insert_entries(connection, feed.id, news, now)

    def other_at(self, url: str, feed_id: FeedId) -> FeedId | None:
        """Another feed that is followed at that URL."""
        chosen = select(feeds.c.id).where(feeds.c.url == url, feeds.c.id != feed_id)
        with self._database.reading() as connection:
            found = connection.execute(chosen).scalar()
        return None if found is None else FeedId(found)

    def untold_pauses(self) -> tuple[FeedPaused, ...]:
        """Feeds that are paused, and whose owners do not know."""
        chosen = select(feeds).where(feeds.c.state == FeedState.PAUSED.value, feeds.c.told_at.is_(None))
        with self._database.reading() as connection:
            rows = connection.execute(chosen.order_by(feeds.c.id)).all()
        return tuple(
            FeedPaused(
                id=FeedId(row.id),
                url=row.url,
                title=row.title,
                reason=row.pause_reason,
                at=row.paused_at,
            )
            for row in rows
        )

    def told(self, feed_id: FeedId, *, now: datetime) -> None:
        """The owners of a paused feed know now."""
        with self._database.transaction() as connection:
            connection.execute(update(feeds).where(feeds.c.id == feed_id).values(told_at=now))

    # --- taking in

    def pending(self, *, now: datetime, limit: int) -> tuple[PendingEntry, ...]:
        """Entries to be taken in, oldest first."""
        chosen = _PENDING.where(feed_entries.c.try_after <= now).order_by(*_OLDEST_FIRST).limit(limit)
        with self._database.reading() as connection:
            return tuple(to_pending(row) for row in connection.execute(chosen))

    def pending_entry(self, entry_id: EntryId, *, now: datetime) -> PendingEntry | None:
        """That entry, if it is to be taken in now."""
        chosen = _PENDING.where(feed_entries.c.id == entry_id, feed_entries.c.try_after <= now)
        with self._database.reading() as connection:
            row = connection.execute(chosen).first()
        return None if row is None else to_pending(row)

    def pending_urls(self, *, now: datetime, limit: int) -> tuple[tuple[EntryId, str | None], ...]:
        """The entries to be taken in, oldest first, with nothing but where their pages are."""
        chosen = (
            select(feed_entries.c.id, feed_entries.c.url)
            .where(feed_entries.c.state == EntryState.PENDING.value, feed_entries.c.try_after <= now)
            .order_by(*_OLDEST_FIRST)
            .limit(limit)
        )
        with self._database.reading() as connection:
            return tuple((EntryId(row.id), row.url) for row in connection.execute(chosen))

    def article_from(self, url: str) -> ArticleId | None:
        """The article that another entry with this URL has become."""
        chosen = select(feed_entries.c.article_id).where(
            feed_entries.c.url == url, feed_entries.c.article_id.is_not(None)
        )
        with self._database.reading() as connection:
            found = connection.execute(chosen.limit(1)).scalar()
        return None if found is None else ArticleId(found)

    def settle(self, entry_id: EntryId, state: EntryState, article_id: ArticleId | None = None) -> None:
        """Nothing more is to be done for an entry."""
        values: dict[str, Any] = {"state": state.value, "paragraphs": []}
        if article_id is not None:
            values["article_id"] = article_id
        with self._database.transaction() as connection:
            connection.execute(update(feed_entries).where(feed_entries.c.id == entry_id).values(values))

    def postpone(self, entry_id: EntryId, *, until: datetime) -> None:
        """Another attempt, later."""
        with self._database.transaction() as connection:
            connection.execute(
                update(feed_entries)
                .where(feed_entries.c.id == entry_id)
                .values(attempts=feed_entries.c.attempts + 1, try_after=until)
            )

    def count_entries(self, state: EntryState) -> int:
        counted = select(func.count()).select_from(feed_entries).where(feed_entries.c.state == state.value)
        with self._database.reading() as connection:
            return connection.execute(counted).scalar_one()


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


def _add(connection: Connection, outline: Outline, *, now: datetime, default_url: str | None = None) -> Added:
    known = select(feeds).where(feeds.c.url == outline.url).with_for_update(key_share=True)
    row = connection.execute(known).first()
    if row is not None:
        if row.state != FeedState.ACTIVE.value:
            _save(connection, resumed(to_feed(row), now=now), now=now)
        return Added(id=FeedId(row.id), is_new=row.state == FeedState.REMOVED.value)
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
        "hints": hints_to_json(PollHints()),
        "failures": 0,
        "added_at": now,
    }
    return Added(id=FeedId(new_id(connection.execute(insert(feeds).values(values)))), is_new=True)


def _save(connection: Connection, feed: Feed, *, now: datetime) -> None:
    values = feed_values(feed)
    if feed.state is FeedState.ACTIVE:
        values |= {"paused_at": None, "told_at": None}
    else:
        values["paused_at"] = func.coalesce(feeds.c.paused_at, now)
    connection.execute(update(feeds).where(feeds.c.id == feed.id).values(values))


def _insert_entries(connection: Connection, feed_id: FeedId, news: News, now: datetime) -> None:
    taken = {entry.key for entry in _newest(news.new, MAX_NEW_ENTRIES)}
    # A feed's first entry is its newest. Taken in last, it is the newest among those without a date, too.
    rows = [entry_values(feed_id, entry, now, is_taken=entry.key in taken) for entry in reversed(news.new)]
    for chunk in _chunks(rows):
        insert_absent(connection, feed_entries, chunk)
    for entry in news.changed:
        same = (feed_entries.c.feed_id == feed_id, feed_entries.c.key == entry.key)
        values = entry_values(feed_id, entry, now, is_taken=True)
        connection.execute(update(feed_entries).where(*same).values(values))


def _newest(entries: Sequence[Entry], limit: int) -> list[Entry]:
    """By date, and where there is none by the feed's own order."""
    dates = [(entry.published, -place) for place, entry in enumerate(entries) if entry.published is not None]
    if len(entries) <= limit or len(dates) < len(entries):
        return list(entries[:limit])
    return [entries[-place] for _, place in sorted(dates, reverse=True)[:limit]]


def _is_later(updated: datetime | None, known: datetime | None) -> bool:
    return updated is not None and known is not None and updated > known


def _chunks(items: Sequence[T]) -> Iterable[Sequence[T]]:
    return (items[at : at + _CHUNK] for at in range(0, len(items), _CHUNK))
