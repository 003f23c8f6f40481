"""What is stored of chats: time zone, subscriptions, feeds they added, and what they were sent or shown."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, NewType

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    ScalarSelect,
    and_,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)

from articles.database import Database, insert_or_ignore
from articles.feeds.filters import Rule, rules_from_json, rules_to_json
from articles.feeds.model import FeedId, FeedPaused
from articles.model import ArticleId
from articles.schema import articles
from bot.chat import ChatRef, MessageId
from bot.storage.schema import chats, delivered, feed_owners, outbox, shown, subscriptions, told_quotes
from summarizer.model import SpeakerId

ChatId = NewType("ChatId", int)
SubscriptionId = NewType("SubscriptionId", int)

SHOWN_KEPT = 100  # a chat's older ones are dropped: nobody replies that far up


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What a chat was shown: the article that a follow-up is about, and where "/more" continues."""

    article: ArticleId
    query: str | None
    offset: int
    message: MessageId | None


class SubscriptionKind(StrEnum):
    """What a subscription delivers."""

    TOPIC = "topic"  # a digest of the stories on a topic
    BREAKING = "breaking"  # a story when it breaks, on a topic or on any
    SPEAKER = "speaker"  # somebody's new quotes


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """A chat's subscription."""

    id: SubscriptionId
    chat: ChatRef
    topic: str  # of a speaker's quotes: the name; "": any topic
    schedule: Mapping[str, Any]  # as `bot/schedules/schedule.py` writes it
    timezone: str  # IANA
    paused: bool
    next_due: datetime
    created_by: str  # the platform's user id
    blocked_since: datetime | None = None  # since when we may not write there; None: we may
    filters: tuple[Rule, ...] = ()  # a story is delivered if all of them hold
    kind: SubscriptionKind = SubscriptionKind.TOPIC
    speaker: SpeakerId | None = None  # whose quotes it delivers
    always: bool = False  # a digest comes also when there is nothing new


class ChatStore:
    """All that is kept for a chat. A chat's row is made when something is first stored for it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def timezone(self, chat: ChatRef) -> str | None:
        """The zone set for the chat (IANA); None: it set none."""
        with self._database.reading() as connection:
            return connection.execute(select(chats.c.timezone).where(same_chat(chat))).scalar()

    def set_timezone(self, chat: ChatRef, timezone: str | None, *, now: datetime) -> None:
        with self._database.transaction() as connection:
            chat_id = ensure_chat(connection, chat, now)
            connection.execute(update(chats).where(chats.c.id == chat_id).values(timezone=timezone))

    def remember_shown(
        self,
        chat: ChatRef,
        article: ArticleId,
        *,
        query: str | None = None,
        offset: int = 0,
        message: MessageId | None = None,
        now: datetime,
    ) -> None:
        """Stores that the article was shown to the chat. message: None if its id is not known."""
        with self._database.transaction() as connection:
            chat_id = ensure_chat(connection, chat, now)
            row = {"article_id": article, "query": query, "offset": offset, "message": message}
            connection.execute(insert(shown).values(row | {"chat_id": chat_id, "shown_at": now}))
            of_chat = shown.c.chat_id == chat_id
            newest_first = select(shown.c.id).where(of_chat).order_by(shown.c.id.desc())
            oldest_kept = newest_first.limit(1).offset(SHOWN_KEPT - 1).scalar_subquery()
            connection.execute(delete(shown).where(of_chat, shown.c.id < oldest_kept))

    def last_shown(
        self, chat: ChatRef, *, replied_to: MessageId | None = None, with_query: bool = False
    ) -> Shown | None:
        """What was shown by the message replied to; without one, or if it is unknown, what was shown last.

        with_query: only what "/more" can continue.
        """
        newest = select(shown).where(shown.c.chat_id == _id_of(chat)).order_by(shown.c.id.desc()).limit(1)
        if with_query:
            newest = newest.where(shown.c.query.is_not(None))
        with self._database.reading() as connection:
            row = None
            if replied_to is not None:
                row = connection.execute(newest.where(shown.c.message == replied_to)).first()
            row = row or connection.execute(newest).first()
        if row is None:
            return None
        return Shown(
            article=ArticleId(row.article_id), query=row.query, offset=row.offset, message=row.message
        )

    def add_subscription(
        self,
        chat: ChatRef,
        *,
        topic: str,
        schedule: Mapping[str, Any],
        timezone: str,
        next_due: datetime,
        created_by: str,
        now: datetime,
        filters: Sequence[Rule] = (),
        kind: SubscriptionKind = SubscriptionKind.TOPIC,
        speaker: SpeakerId | None = None,
        always: bool = False,
    ) -> tuple[Subscription, bool]:
        """The subscription, and whether it is new. A second one of a kind on a topic changes the first."""
        values = {
            "speaker_id": speaker,
            "always": always,
            "schedule": dict(schedule),
            "filters": rules_to_json(filters),
            "timezone": timezone,
            "next_due": next_due,
            "paused": False,
        }
        with self._database.transaction() as connection:
            chat_id = ensure_chat(connection, chat, now)
            key = {"chat_id": chat_id, "kind": kind.value, "topic": topic}
            first = key | {"created_by": created_by, "created_at": now}
            is_new = insert_or_ignore(connection, subscriptions, [values | first]) == 1
            of_topic = and_(*(subscriptions.c[name] == value for name, value in key.items()))
            if not is_new:
                connection.execute(update(subscriptions).where(of_topic).values(values))
            row = connection.execute(SUBSCRIPTIONS.where(of_topic)).one()
        return subscription_of(row), is_new

    def subscriptions(self, chat: ChatRef) -> tuple[Subscription, ...]:
        """The chat's subscriptions, the oldest first."""
        chosen = SUBSCRIPTIONS.where(same_chat(chat)).order_by(subscriptions.c.id)
        with self._database.reading() as connection:
            return tuple(subscription_of(row) for row in connection.execute(chosen))

    def remove_subscription(self, chat: ChatRef, subscription: SubscriptionId) -> bool:
        """Returns whether the chat had it."""
        with self._database.transaction() as connection:
            return connection.execute(delete(subscriptions).where(_owned(chat, subscription))).rowcount == 1

    def pause_subscription(self, chat: ChatRef, subscription: SubscriptionId) -> bool:
        """Returns whether the chat has it."""
        return self._change(chat, subscription, paused=True)

    def resume_subscription(self, chat: ChatRef, subscription: SubscriptionId, *, next_due: datetime) -> bool:
        """Returns whether the chat has it. next_due: the first time from now on; nothing is caught up."""
        return self._change(chat, subscription, paused=False, next_due=next_due)

    def _change(self, chat: ChatRef, subscription: SubscriptionId, **values: object) -> bool:
        changed = update(subscriptions).where(_owned(chat, subscription)).values(values)
        with self._database.transaction() as connection:
            return connection.execute(changed).rowcount == 1

    def end_subscriptions(self, chat: ChatRef) -> int:
        """Deletes the subscriptions of a chat that is closed to us, its threads' too; returns how many."""
        gone = select(chats.c.id).where(_all_of(chat))
        with self._database.transaction() as connection:
            return connection.execute(delete(subscriptions).where(subscriptions.c.chat_id.in_(gone))).rowcount

    def forget(self, chat: ChatRef) -> bool:
        """Deletes all that is kept for the chat and its threads. Returns whether there was anything."""
        with self._database.transaction() as connection:
            return connection.execute(delete(chats).where(_all_of(replace(chat, thread=None)))).rowcount > 0

    def move(self, chat: ChatRef, to: ChatRef) -> None:
        """Moves all that is kept for a chat, its threads' too, to the id that the platform gave it.

        What the new chat has already stays as it is.
        """
        with self._database.transaction() as connection:
            moving = select(chats).where(_all_of(chat)).order_by(chats.c.id).with_for_update()
            for row in connection.execute(moving).all():
                thread = to.thread if chat.thread is not None or not row.thread else row.thread
                _move_one(connection, row, ChatRef(platform=to.platform, chat=to.chat, thread=thread))

    def export(self, chat: ChatRef) -> dict[str, Any] | None:
        """All that is kept for the chat and its threads, as JSON values; None: nothing."""
        with self._database.reading() as connection:
            all_of = select(chats).where(_all_of(replace(chat, thread=None))).order_by(chats.c.thread)
            rows = connection.execute(all_of).all()
            kept = [{"chat": _plain(row), **_kept(connection, row.id)} for row in rows]
        return {"threads": kept} if kept else None


def _kept(connection: Connection, chat_id: int) -> dict[str, list[dict[str, Any]]]:
    """A chat's or thread's rows by table."""
    tables = (subscriptions, shown, delivered, told_quotes, feed_owners)
    chosen = {table.name: select(table).where(table.c.chat_id == chat_id) for table in tables}
    ids = select(subscriptions.c.id).where(subscriptions.c.chat_id == chat_id).scalar_subquery()
    chosen[outbox.name] = select(outbox).where(outbox.c.subscription_id.in_(ids)).order_by(outbox.c.due_at)
    return {name: [_plain(row) for row in connection.execute(rows)] for name, rows in chosen.items()}


def ensure_chat(connection: Connection, chat: ChatRef, now: datetime) -> ChatId:
    """The chat's id; its row is made if there is none, and locked until the caller's transaction ends."""
    locked = select(chats.c.id).where(same_chat(chat)).with_for_update(key_share=True)
    while (known := connection.execute(locked).scalar()) is None:
        row = {"platform": chat.platform, "chat": chat.chat, "thread": chat.thread or "", "created_at": now}
        insert_or_ignore(connection, chats, [row])  # another process may be quicker, or forget it meanwhile
    return ChatId(known)


def same_chat(chat: ChatRef) -> ColumnElement[bool]:
    """The row of just this chat or thread."""
    return and_(
        chats.c.platform == chat.platform, chats.c.chat == chat.chat, chats.c.thread == (chat.thread or "")
    )


SUBSCRIPTIONS = select(subscriptions, chats.c.platform, chats.c.chat, chats.c.thread).join(
    chats, chats.c.id == subscriptions.c.chat_id
)


def subscription_of(row: Row[Any]) -> Subscription:
    """From a row of `SUBSCRIPTIONS`."""
    return Subscription(
        id=SubscriptionId(row.id),
        chat=_chat_of(row),
        topic=row.topic,
        schedule=row.schedule,
        timezone=row.timezone,
        paused=row.paused,
        next_due=row.next_due,
        created_by=row.created_by,
        blocked_since=row.barred_since,
        filters=rules_from_json(row.filters),
        kind=SubscriptionKind(row.kind),
        speaker=row.speaker_id,
        always=row.always,
    )


def _chat_of(row: Row[Any]) -> ChatRef:
    return ChatRef(platform=row.platform, chat=row.chat, thread=row.thread or None)


def _all_of(chat: ChatRef) -> ColumnElement[bool]:
    """The chat with all its threads; or just the one thread."""
    if chat.thread is not None:
        return same_chat(chat)
    return and_(chats.c.platform == chat.platform, chats.c.chat == chat.chat)


def _id_of(chat: ChatRef) -> ScalarSelect[int]:
    return select(chats.c.id).where(same_chat(chat)).scalar_subquery()


def _owned(chat: ChatRef, subscription: SubscriptionId) -> ColumnElement[bool]:
    return and_(subscriptions.c.id == subscription, subscriptions.c.chat_id == _id_of(chat))


def _move_one(connection: Connection, old: Row[Any], to: ChatRef) -> None:
    there = ensure_chat(connection, to, old.created_at)
    if there == old.id:
        return
    connection.execute(update(shown).where(shown.c.chat_id == old.id).values(chat_id=there))
    for table, columns in (
        (subscriptions, ("kind", "topic")),
        (delivered, ("article_id",)),
        (told_quotes, ("quote_key",)),
        (feed_owners, ("feed_id",)),
    ):
        has = table.alias("has")
        its_own = exists().where(has.c.chat_id == there, *(has.c[name] == table.c[name] for name in columns))
        lacking = and_(table.c.chat_id == old.id, ~its_own)
        connection.execute(update(table).where(lacking).values(chat_id=there))
    unset = and_(chats.c.id == there, chats.c.timezone.is_(None))
    connection.execute(update(chats).where(unset).values(timezone=old.timezone))
    connection.execute(delete(chats).where(chats.c.id == old.id))


def _plain(row: Row[Any]) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in row._asdict().items()
        if name != "chat_id"
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """What a chat was last sent about a story."""

    article: ArticleId
    newest: ArticleId  # version of that article
    publishers: int  # that had reported the story by then in their own words
    publishers_now: int


class DeliveredStore:
    """What was sent to chats, so that no story and no quote is sent to a chat twice.

    Every method is one transaction, and raises DatabaseError.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def stories(self, chat: ChatRef, among: Collection[ArticleId]) -> Mapping[ArticleId, Delivered]:
        """What the chat was last sent about the stories of these articles; absent: nothing."""
        had = articles.alias("had")
        columns = articles.c.id, articles.c.story_id, had.c.id.label("told"), had.c.superseded_by
        rows = (
            select(*columns, delivered.c.publishers)
            .join(had, had.c.story_id == articles.c.story_id)
            .join(delivered, delivered.c.article_id == had.c.id)
            .where(articles.c.id.in_(among), delivered.c.chat_id == _id_of(chat))
            .order_by(delivered.c.publishers, had.c.id)
        )
        with self._database.reading() as connection:
            last = {row.id: row for row in connection.execute(rows)}
            now = _publishers(connection, {row.story_id for row in last.values()})
        return {
            ArticleId(row.id): Delivered(
                article=ArticleId(row.told),
                newest=ArticleId(row.superseded_by or row.told),
                publishers=row.publishers,
                publishers_now=now.get(row.story_id, 0),
            )
            for row in last.values()
        }

    def quotes(self, chat: ChatRef, among: Collection[int]) -> frozenset[int]:
        """Those of the quotes, by their keys, that the chat was sent."""
        of_chat = told_quotes.c.chat_id == _id_of(chat)
        rows = select(told_quotes.c.quote_key).where(told_quotes.c.quote_key.in_(among), of_chat)
        with self._database.reading() as connection:
            return frozenset(connection.execute(rows).scalars())


def note_told(
    connection: Connection, chat_id: ChatId, sent: Iterable[ArticleId], quotes: Iterable[int] = ()
) -> None:
    """Records in the caller's transaction that the chat was sent these. Idempotent."""
    of_them = select(articles.c.id, articles.c.story_id).where(articles.c.id.in_(list(sent)))
    stories = {row.id: row.story_id for row in connection.execute(of_them)}
    publishers = _publishers(connection, set(stories.values()))
    for article, story in stories.items():
        row = {"chat_id": chat_id, "article_id": article, "publishers": publishers.get(story, 0)}
        if not insert_or_ignore(connection, delivered, [row]):
            again = delivered.c.chat_id == chat_id, delivered.c.article_id == article
            connection.execute(update(delivered).where(*again).values(publishers=row["publishers"]))
    insert_or_ignore(connection, told_quotes, [{"chat_id": chat_id, "quote_key": key} for key in set(quotes)])


def _publishers(connection: Connection, stories: Collection[int]) -> dict[int, int]:
    """How many publishers have reported each story in their own words."""
    counted = (
        select(articles.c.story_id, func.count(articles.c.publisher.distinct()).label("publishers"))
        .where(articles.c.story_id.in_(stories))
        .where(articles.c.superseded_by.is_(None), articles.c.copy_of.is_(None))
        .group_by(articles.c.story_id)
    )
    return {row.story_id: row.publishers for row in connection.execute(counted)}


class FeedOwners:
    """Which chats added a feed, and which of its pauses they know of. Every method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, feed: FeedId, chat: ChatRef, *, now: datetime) -> None:
        """Makes the chat an owner of the feed."""
        with self._database.transaction() as connection:
            owner = {"feed_id": feed, "chat_id": ensure_chat(connection, chat, now)}
            insert_or_ignore(connection, feed_owners, [owner])

    def clear(self, feed: FeedId) -> None:
        """Removes the feed's owners."""
        with self._database.transaction() as connection:
            connection.execute(delete(feed_owners).where(feed_owners.c.feed_id == feed))

    def untold(self, pause: FeedPaused) -> tuple[ChatRef, ...]:
        """The feed's owners that were not notified of this pause, by id."""
        owners = select(chats).join(feed_owners, feed_owners.c.chat_id == chats.c.id)
        with self._database.reading() as connection:
            rows = connection.execute(owners.where(_untold(pause)).order_by(chats.c.id))
            return tuple(_chat_of(row) for row in rows)

    def take(self, pause: FeedPaused, chat: ChatRef) -> bool:
        """Marks the chat as notified. True for the first caller alone: that one sends the notice."""
        took = update(feed_owners).where(_untold(pause), feed_owners.c.chat_id == _id_of(chat))
        with self._database.transaction() as connection:
            return connection.execute(took.values(told_of=pause.at)).rowcount == 1

    def give_back(self, pause: FeedPaused, chat: ChatRef) -> None:
        """Undoes `take`: the notice could not be sent."""
        owner = feed_owners.c.feed_id == pause.id, feed_owners.c.chat_id == _id_of(chat)
        with self._database.transaction() as connection:
            connection.execute(update(feed_owners).where(*owner).values(told_of=None))


def _untold(pause: FeedPaused) -> ColumnElement[bool]:
    told_of = feed_owners.c.told_of
    return and_(feed_owners.c.feed_id == pause.id, or_(told_of.is_(None), told_of != pause.at))
