"""What chats have been told, so that no story and no quote comes to a chat twice."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import NewType

from sqlalchemy import ColumnElement, Connection, func, select, update

from articles.database import Database, insert_or_ignore
from articles.model import ArticleId
from articles.schema import articles
from bot.chat import ChatRef
from bot.storage.schema import chats, delivered, told_quotes

ChatId = NewType("ChatId", int)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a chat was last told of a story."""

    article: ArticleId
    newest: ArticleId  # version of that article
    publishers: int  # that had reported the story by then, in words of their own
    publishers_now: int


class ToldStore:
    """Every method is one transaction, and raises DatabaseError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def stories(self, chat: ChatRef, among: Collection[ArticleId]) -> Mapping[ArticleId, Told]:
        """Those of the articles whose story the chat was told, by any article, and what it was told."""
        had = articles.alias("had")
        columns = articles.c.id, articles.c.story_id, had.c.id.label("told"), had.c.superseded_by
        rows = (
            select(*columns, delivered.c.publishers)
            .join(had, had.c.story_id == articles.c.story_id)
            .join(delivered, delivered.c.article_id == had.c.id)
            .join(chats, chats.c.id == delivered.c.chat_id)
            .where(articles.c.id.in_(among), *_is(chat))
            .order_by(delivered.c.publishers, had.c.id)
        )
        with self._database.reading() as connection:
            last = {row.id: row for row in connection.execute(rows)}
            now = _publishers(connection, {row.story_id for row in last.values()})
        return {
            ArticleId(article): Told(
                article=ArticleId(row.told),
                newest=ArticleId(row.superseded_by or row.told),
                publishers=row.publishers,
                publishers_now=now.get(row.story_id, 0),
            )
            for article, row in last.items()
        }

    def quotes(self, chat: ChatRef, among: Collection[int]) -> frozenset[int]:
        """Those of the quotes, by their keys, that the chat was told."""
        rows = (
            select(told_quotes.c.quote_key)
            .join(chats, chats.c.id == told_quotes.c.chat_id)
            .where(told_quotes.c.quote_key.in_(among), *_is(chat))
        )
        with self._database.reading() as connection:
            return frozenset(connection.execute(rows).scalars())


def note_told(
    connection: Connection, chat_id: ChatId, told: Iterable[ArticleId], quotes: Iterable[int] = ()
) -> None:
    """Notes in the caller's transaction that the chat was told these. Twice is the same as once."""
    told = list(told)
    of_them = select(articles.c.id, articles.c.story_id).where(articles.c.id.in_(told))
    stories = {row.id: row.story_id for row in connection.execute(of_them)}
    publishers = _publishers(connection, set(stories.values()))
    for article, story in stories.items():
        row = {"chat_id": chat_id, "article_id": article, "publishers": publishers.get(story, 0)}
        if not insert_or_ignore(connection, delivered, [row]):
            again = delivered.c.chat_id == chat_id, delivered.c.article_id == article
            connection.execute(update(delivered).where(*again).values(publishers=row["publishers"]))
    insert_or_ignore(connection, told_quotes, [{"chat_id": chat_id, "quote_key": key} for key in set(quotes)])


def _publishers(connection: Connection, stories: Collection[int]) -> dict[int, int]:
    """How many publishers have reported each story in words of their own."""
    counted = (
        select(articles.c.story_id, func.count(articles.c.publisher.distinct()).label("publishers"))
        .where(articles.c.story_id.in_(stories))
        .where(articles.c.superseded_by.is_(None), articles.c.copy_of.is_(None))
        .group_by(articles.c.story_id)
    )
    return {row.story_id: row.publishers for row in connection.execute(counted)}


def _is(chat: ChatRef) -> tuple[ColumnElement[bool], ...]:
    return (
        chats.c.platform == chat.platform,
        chats.c.chat == chat.chat,
        chats.c.thread == (chat.thread or ""),
    )
