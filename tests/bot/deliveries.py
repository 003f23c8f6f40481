"""Marks what a chat has been told, as a delivery does."""

from collections.abc import Iterable
from datetime import datetime

from articles.database import Database
from articles.model import ArticleId
from bot.chat import ChatRef
from bot.storage.chats import ensure_chat, note_told


def mark_told(
    database: Database,
    chat: ChatRef,
    articles: Iterable[ArticleId],
    *,
    quotes: Iterable[int] = (),
    now: datetime,
) -> None:
    with database.transaction() as connection:
        note_told(connection, ensure_chat(connection, chat, now), articles, quotes)
