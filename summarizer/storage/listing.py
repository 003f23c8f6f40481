"""A speaker's quotes over all articles, newest first, also where they are wanted about a topic.

A topic of a million articles can be in most of them or in ten, and a speaker can have one quote or a hundred
thousand. Whichever of the two is small leads, and where neither is, both are read from the newest on until
the reader has enough.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, exists, select

from articles.schema import articles, first_key
from articles.search.article_search import full_text_index
from articles.search.full_text import STREAMED, Expression
from summarizer.model import SpeakerId
from summarizer.schema import quotes, speakers

FEW = 300  # quotes: to look for the topic in one article takes 0.06 ms, at a million articles


def listed(
    connection: Connection, speaker_id: SpeakerId, expression: Expression | None, since: datetime | None
) -> Iterator[Row[Any]]:
    """The speaker's own words with what is shown of their articles, newest first, in text order within one.

    expression: a full-text query that the article has to match; None: any article will do. Rows are read as
    they are asked for.
    """
    chosen = _own_words(speaker_id)
    if since is not None:
        chosen = chosen.where(quotes.c.search_key >= first_key(since))
    if expression is None:
        yield from connection.execute(chosen, execution_options=STREAMED)
        return
    index, key = full_text_index(connection), quotes.c.search_key
    if _count(connection, speaker_id) <= FEW:
        yield from connection.execute(index.only_matching(chosen, key, expression))
    else:
        yield from index.matching_rows(connection, chosen, key, expression, since)


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
