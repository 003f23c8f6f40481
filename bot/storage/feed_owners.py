"""Which chats added a feed, and of which of its pauses they have been told."""

from datetime import datetime

from sqlalchemy import ColumnElement, ScalarSelect, and_, delete, or_, select, update

from articles.database import Database, insert_or_ignore
from articles.feeds.model import FeedId, FeedPaused
from bot.chat import ChatRef
from bot.storage.chats import ensure_chat, same_chat
from bot.storage.schema import chats, feed_owners


class FeedOwners:
    """Every method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, feed: FeedId, chat: ChatRef, *, now: datetime) -> None:
        """The chat is one of the feed's owners from now on."""
        with self._database.transaction() as connection:
            owner = {"feed_id": feed, "chat_id": ensure_chat(connection, chat, now)}
            insert_or_ignore(connection, feed_owners, [owner])

    def clear(self, feed: FeedId) -> None:
        """The feed has no owner any more."""
        with self._database.transaction() as connection:
            connection.execute(delete(feed_owners).where(feed_owners.c.feed_id == feed))

    def untold(self, pause: FeedPaused) -> tuple[ChatRef, ...]:
        """The feed's owners that have not been told of this pause."""
        chosen = (
            select(chats)
            .join(feed_owners, feed_owners.c.chat_id == chats.c.id)
            .where(_untold(pause))
            .order_by(chats.c.id)
        )
        with self._database.reading() as connection:
            return tuple(
                ChatRef(platform=row.platform, chat=row.chat, thread=row.thread or None)
                for row in connection.execute(chosen)
            )

    def take(self, pause: FeedPaused, chat: ChatRef) -> bool:
        """Whether the caller is to tell the chat. Of several processes that ask, one gets True."""
        took = update(feed_owners).where(_untold(pause), feed_owners.c.chat_id == _id_of(chat))
        with self._database.transaction() as connection:
            return connection.execute(took.values(told_of=pause.at)).rowcount == 1

    def give_back(self, pause: FeedPaused, chat: ChatRef) -> None:
        """The chat was not told after all."""
        gave = update(feed_owners).where(
            feed_owners.c.feed_id == pause.id, feed_owners.c.chat_id == _id_of(chat)
        )
        with self._database.transaction() as connection:
            connection.execute(gave.values(told_of=None))


def _untold(pause: FeedPaused) -> ColumnElement[bool]:
    told_of = feed_owners.c.told_of
    return and_(feed_owners.c.feed_id == pause.id, or_(told_of.is_(None), told_of != pause.at))


def _id_of(chat: ChatRef) -> ScalarSelect[int]:
    return select(chats.c.id).where(same_chat(chat)).scalar_subquery()
