"""A speaker's quotes over all articles, newest first, also where they are wanted about a topic.

A topic of a million articles can be in most of them or in ten, and a speaker can have one quote or a hundred
thousand. Whichever of the two is small leads, and where neither is, both are read from the newest on until
the reader has enough.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, exists, select, text

from articles.schema import articles, articles_fts
from articles.searching import first_key
from summarizer.model import SpeakerId
from summarizer.schema import quotes, speakers

FEW = 300  # quotes: to look for the topic in one article takes 0.06 ms, at a million articles
FIRST_WINDOW, WIDER = 2_000, 4  # articles on the topic that are looked through; the next window is wider
EARLIEST, LATEST = -(1 << 63), (1 << 63) - 1  # no search key is that far out


def listed(
    connection: Connection, speaker_id: SpeakerId, expression: str | None, since: datetime | None
) -> Iterator[Row[Any]]:
    """The speaker's own words with what is shown of their articles, newest first, in text order within one.

    expression: a full-text query that the article has to match; None: any article will do. Rows are read as
    they are asked for.
    """
    chosen = _own_words(speaker_id)
    if since is not None:
        chosen = chosen.where(quotes.c.search_key >= first_key(since))
    if expression is None:
        yield from connection.execute(chosen)
    elif _count(connection, speaker_id) <= FEW:
        yield from connection.execute(_each_on_topic(chosen, expression))
    else:
        yield from _in_windows(connection, chosen, expression, since)


def _own_words(speaker_id: SpeakerId) -> Select[Any]:
    earlier = quotes.alias("earlier")
    said_before = exists().where(
        earlier.c.speaker_id == quotes.c.speaker_id,
        earlier.c.said_key == quotes.c.said_key,
        earlier.c.id < quotes.c.id,
    )
    head = (
        articles.c.headline,
        articles.c.url,
        articles.c.publisher,
        articles.c.text,
        articles.c.published,
    )
    return (
        select(quotes, *head)
        .join(articles, articles.c.id == quotes.c.article_id)
        .where(quotes.c.speaker_id == speaker_id, quotes.c.said_key.is_not(None), ~said_before)
        .order_by(quotes.c.search_key.desc(), quotes.c.position)
    )


def _count(connection: Connection, speaker_id: SpeakerId) -> int:
    return connection.execute(select(speakers.c.quote_count).where(speakers.c.id == speaker_id)).scalar() or 0


def _on_topic(expression: str) -> Select[Any]:
    return (
        select(articles_fts.c.rowid)
        .where(text("articles_fts MATCH :expression"))
        .params(expression=expression)
    )


def _each_on_topic(chosen: Select[Any], expression: str) -> Select[Any]:
    return chosen.where(_on_topic(expression).where(articles_fts.c.rowid == quotes.c.search_key).exists())


def _in_windows(
    connection: Connection, chosen: Select[Any], expression: str, since: datetime | None
) -> Iterator[Row[Any]]:
    on_topic = _on_topic(expression)
    oldest = EARLIEST if since is None else first_key(since)
    before, size = LATEST, FIRST_WINDOW
    while before > oldest:
        within = on_topic.where(articles_fts.c.rowid < before).order_by(articles_fts.c.rowid.desc())
        last = connection.execute(within.limit(1).offset(size - 1)).scalar()
        first = oldest if last is None else max(oldest, last)
        key = quotes.c.search_key
        # By the plain key, SQLite looks each article of the topic up among the speaker's quotes, which is
        # good for few. By a sum, it goes through those of the quotes that are in the window.
        leading = key if size == FIRST_WINDOW else key + 0
        topic = on_topic.where(articles_fts.c.rowid.between(first, before - 1))
        yield from connection.execute(chosen.where(key.between(first, before - 1), leading.in_(topic)))
        before, size = first, size * WIDER
