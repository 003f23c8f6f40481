"""The full-text index on PostgreSQL: a `tsvector` an article, and GIN over them.

GIN finds all articles that have a word, in no order; wanted are the newest. So each article also carries a
word for every stretch of time that it lies in (see `stretches.py`). What is asked for is asked of a few
stretches at a time, the newest first: GIN intersects their short lists with the word's long one by leaps, and
it ends where the reader has enough.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Row,
    Select,
    String,
    bindparam,
    cast,
    column,
    func,
    insert,
    literal,
    select,
    table,
)
from sqlalchemy.dialects.postgresql import TSQUERY, TSVECTOR

from articles.fulltext import Expression
from articles.newest_articles import HEAD, STREAMED, Hit
from articles.ranking import Match
from articles.schema import articles
from articles.search_keys import KEYS_A_SECOND, first_key
from articles.stretches import Window, level_of, stretches_of, windows
from articles.tsvector import Hits, query_of, vector_of

article_words = table("article_words", column("search_key", BigInteger), column("words", TSVECTOR))

INDEX = "ix_article_words_words"
MAKE_INDEX = f"CREATE INDEX {INDEX} ON article_words USING gin (words) WITH (fastupdate = off)"

FIRST_WINDOW = 500  # articles: so many of the newest say how long the first stretches are
CHUNK = 100  # hits whose articles are read together


class PostgresIndex:
    """A `FullTextIndex`."""

    def hits(self, connection: Connection, wanted: Expression, since: datetime | None) -> Iterator[Hit]:
        for keys in self._chunks(connection, wanted, since):
            rows = connection.execute(select(*HEAD).where(articles.c.search_key.in_(keys)))
            hits = {row.search_key: Hit(*row) for row in rows}
            yield from (hits[key] for key in keys)

    def matches(
        self, connection: Connection, wanted: Expression, since: datetime | None
    ) -> Iterator[tuple[Hit, Match]]:
        counting = Hits(wanted)
        read = select(*HEAD, func.length(articles.c.text), cast(article_words.c.words, String)).join(
            article_words, article_words.c.search_key == articles.c.search_key
        )
        for keys in self._chunks(connection, wanted, since):
            found: dict[int, tuple[Hit, Match]] = {}
            for *head, length, vector in connection.execute(read.where(articles.c.search_key.in_(keys))):
                hit, hits = Hit(*head), counting.in_vector(vector)
                found[hit.search_key] = (
                    hit,
                    Match(
                        search_key=hit.search_key,
                        published_s=hit.search_key >> KEYS_A_SECOND,
                        headline_hits=hits.headline,
                        heading_hits=hits.headings,
                        lede_hits=hits.lede,
                        text_hits=hits.lede + hits.rest,
                        length=length,
                    ),
                )
            yield from (found[key] for key in keys)

    def each_matching(
        self, chosen: Select[Any], search_key: ColumnElement[int], wanted: Expression
    ) -> Select[Any]:
        return chosen.where(
            select(article_words.c.search_key)
            .where(article_words.c.search_key == search_key, _matches(query_of(wanted)))
            .exists()
        )

    def matching(
        self,
        connection: Connection,
        chosen: Select[Any],
        search_key: ColumnElement[int],
        wanted: Expression,
        since: datetime | None,
    ) -> Iterator[Row[Any]]:
        for window in self._windows(connection, since):
            begin, end = (second << KEYS_A_SECOND for second in window.seconds())
            topic = select(article_words.c.search_key).where(_matches(_within(window, wanted)))
            rows = chosen.where(search_key.between(begin, end - 1), search_key.in_(topic))
            yield from connection.execute(rows, execution_options=STREAMED)

    def add(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        words = cast(bindparam("vector", type_=String), TSVECTOR)
        connection.execute(
            insert(article_words).values(search_key=bindparam("key"), words=words),
            [{"key": row["search_key"], "vector": words_of(row)} for row in rows],
        )

    def _chunks(
        self, connection: Connection, wanted: Expression, since: datetime | None
    ) -> Iterator[list[int]]:
        keys = self._keys(connection, wanted, since)
        while chunk := list(islice(keys, CHUNK)):
            yield chunk

    def _keys(self, connection: Connection, wanted: Expression, since: datetime | None) -> Iterator[int]:
        # A sum, so that the order of the plain key is no offer to the planner: it would look through every
        # article's words from the newest on.
        key = article_words.c.search_key + 0
        for window in self._windows(connection, since):
            chosen = select(article_words.c.search_key).where(_matches(_within(window, wanted)))
            if since is not None:
                chosen = chosen.where(key >= first_key(since))
            yield from connection.execute(chosen.order_by(key.desc()), execution_options=STREAMED).scalars()

    def _windows(self, connection: Connection, since: datetime | None) -> Iterator[Window]:
        key = article_words.c.search_key
        newest_first = select(key).order_by(key.desc()).limit(1)
        newest = connection.execute(newest_first).scalar()
        if newest is None:
            return
        oldest = connection.execute(select(func.min(key))).scalar_one()
        if since is not None:
            oldest = max(oldest, first_key(since))
        some = connection.execute(newest_first.offset(FIRST_WINDOW)).scalar()
        newest_s, some_s = newest >> KEYS_A_SECOND, (oldest if some is None else some) >> KEYS_A_SECOND
        yield from windows(newest_s, oldest >> KEYS_A_SECOND, level=level_of(newest_s - some_s))


def words_of(row: Mapping[str, Any]) -> str:
    """What stands in `article_words.words` for an article's row."""
    return vector_of(
        headline=row["headline"],
        headings=row["headings"],
        text=row["text"],
        publisher=row["publisher"],
        language=row["language"],
        others=stretches_of(row["search_key"] >> KEYS_A_SECOND),
    )


def _within(window: Window, wanted: Expression) -> str:
    stretches = " | ".join(f"'{name}'" for name in window.names())
    return f"({stretches}) & {query_of(wanted)}"


def _matches(query: str) -> ColumnElement[bool]:
    return article_words.c.words.op("@@", is_comparison=True)(cast(literal(query, String), TSQUERY))
