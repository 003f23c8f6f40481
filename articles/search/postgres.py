"""The full-text index on PostgreSQL: a `tsvector` an article, and GIN over them.

GIN finds all articles that have a word, in no order; wanted are the newest. So each article also carries a
word for every stretch of time that it lies in (see `stretches.py`). What is asked for is asked of a few
stretches at a time, the newest first: GIN intersects their short lists with the word's long one by leaps, and
it ends where the reader has enough.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
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
    text,
)
from sqlalchemy.dialects.postgresql import TSQUERY, TSVECTOR

from articles.schema import KEYS_A_SECOND, articles, first_key
from articles.search.newest_articles import HEAD, STREAMED, Hit
from articles.search.query import Expression
from articles.search.ranking import Match
from articles.search.time_buckets import Window, level_of, stretches_of, windows
from articles.search.tsvector import Hits, query_of, vector_of

article_words = table("article_words", column("search_key", BigInteger), column("words", TSVECTOR))

INDEX = "ix_article_words_words"
MAKE_INDEX = f"CREATE INDEX {INDEX} ON article_words USING gin (words) WITH (fastupdate = off)"

FIRST_WINDOW = 500  # articles: so many of the newest say how long the first stretches are
CHUNK, MOST = 100, 1_600  # hits that are read together


class PostgresIndex:
    """A `FullTextIndex`."""

    def hits(self, connection: Connection, wanted: Expression, since: datetime | None) -> Iterator[Hit]:
        for row in self._rows(connection, select(*HEAD), wanted, since, growth=4):
            yield Hit._make(row)

    def matches(
        self, connection: Connection, wanted: Expression, since: datetime | None
    ) -> Iterator[tuple[Hit, Match]]:
        counting, head = Hits(wanted), len(HEAD)
        read = select(*HEAD, func.length(articles.c.text), cast(article_words.c.words, String)).join(
            article_words, article_words.c.search_key == articles.c.search_key
        )
        for row in self._rows(connection, read, wanted, since, growth=1):
            hit, (length, vector) = Hit._make(row[:head]), row[head:]
            found = counting.in_vector(vector)
            match = Match(
                search_key=hit.search_key,
                published_s=hit.search_key >> KEYS_A_SECOND,
                headline_hits=found.headline,
                heading_hits=found.headings,
                lede_hits=found.lede,
                text_hits=found.lede + found.rest,
                length=length,
            )
            yield hit, match

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
        # Planned for all rows, though they are read one by one: planned for the first few, PostgreSQL goes
        # through the rows and looks at the words of each one's article, which is slow where few match.
        connection.execute(text("SET LOCAL cursor_tuple_fraction = 1"))
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

    def _rows(
        self,
        connection: Connection,
        read: Select[Any],
        wanted: Expression,
        since: datetime | None,
        *,
        growth: int,
    ) -> Iterator[Row[Any]]:
        """The rows of matching articles, newest first: CHUNK with the first question, then more at a time.

        Cheaper than a cursor, which takes a question to open, to read and to close. read: from `articles`,
        their search key first.
        """
        # A sum, so that the order of the plain key is no offer to the planner: it would look through every
        # article's words from the newest on.
        key = article_words.c.search_key + 0
        for window in self._windows(connection, since):
            matching = select(article_words.c.search_key).where(_matches(_within(window, wanted)))
            if since is not None:
                matching = matching.where(key >= first_key(since))
            size, rest = CHUNK, matching
            while True:
                newest = rest.order_by(key.desc()).limit(size).subquery()
                rows = connection.execute(
                    read.join(newest, newest.c.search_key == articles.c.search_key).order_by(
                        newest.c.search_key.desc()
                    )
                ).all()
                yield from rows
                if len(rows) < size:
                    break
                size, rest = min(size * growth, MOST), matching.where(key < rows[-1][0])

    def _windows(self, connection: Connection, since: datetime | None) -> Iterator[Window]:
        key = article_words.c.search_key
        newest = select(key).order_by(key.desc()).limit(1)
        bounds = newest, newest.offset(FIRST_WINDOW), select(func.min(key))
        last, some, first = connection.execute(select(*(each.scalar_subquery() for each in bounds))).one()
        if last is None:
            return
        oldest = first if since is None else max(first, first_key(since))
        last_s, some_s = (at >> KEYS_A_SECOND for at in (last, first if some is None else some))
        yield from windows(last_s, oldest >> KEYS_A_SECOND, level=level_of(last_s - some_s))


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
