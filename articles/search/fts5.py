"""The full-text index on SQLite: an FTS5 table over five columns of `articles`.

Its rowid is the search key, so that "newest first" is an index scan that stops early (0.04 ms at a million
rows). Triggers keep it up to date (see the migrations). It stores an index and no copy of the text.
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
    column,
    literal_column,
    select,
    table,
    text,
)

from articles.model import PARAGRAPH_BREAK
from articles.schema import SEQUENCE_BITS, articles, first_key
from articles.search.full_text import HIT_COLUMNS, Expression, Hit, Match, is_prefix

articles_fts = table("articles_fts", column("rowid", BigInteger))

FIRST_WINDOW, WIDER = 2_000, 4  # matching articles in the first window; each window is 4 times the one before
EARLIEST, LATEST = -(1 << 63), (1 << 63) - 1  # no search key is that far out
_HIT_MARK = "\x01"


class SQLiteIndex:
    """A `FullTextIndex`."""

    def hits(self, connection: Connection, wanted: Expression, since: datetime | None) -> Iterator[Hit]:
        yield from map(Hit._make, connection.execute(_hits(wanted, since)))

    def matches(
        self, connection: Connection, wanted: Expression, since: datetime | None
    ) -> Iterator[tuple[Hit, Match]]:
        # highlight() marks each hit in that one row. Unlike bm25(), it reads nothing else of the index.
        marked: list[ColumnElement[str]] = [
            literal_column(f"highlight(articles_fts, {column}, char(1), '')").label(name)
            for column, name in enumerate(("headline", "headings", "text"))
        ]
        for row in connection.execute(_hits(wanted, since).add_columns(*marked)):
            hits_in_text = row.text.count(_HIT_MARK)
            match = Match(
                search_key=row.search_key,
                published_s=row.search_key >> SEQUENCE_BITS,
                headline_hits=row.headline.count(_HIT_MARK),
                heading_hits=row.headings.count(_HIT_MARK),
                lede_hits=row.text.partition(PARAGRAPH_BREAK)[0].count(_HIT_MARK),
                text_hits=hits_in_text,
                length=len(row.text) - hits_in_text,
            )
            yield Hit._make(row[: len(HIT_COLUMNS)]), match

    def only_matching(
        self, chosen: Select[Any], search_key: ColumnElement[int], wanted: Expression
    ) -> Select[Any]:
        return chosen.where(_matching_keys(wanted).where(articles_fts.c.rowid == search_key).exists())

    def matching_rows(
        self,
        connection: Connection,
        chosen: Select[Any],
        search_key: ColumnElement[int],
        wanted: Expression,
        since: datetime | None,
    ) -> Iterator[Row[Any]]:
        matching = _matching_keys(wanted)
        oldest = EARLIEST if since is None else first_key(since)
        before, size = LATEST, FIRST_WINDOW
        while before > oldest:
            within = matching.where(articles_fts.c.rowid < before).order_by(articles_fts.c.rowid.desc())
            last = connection.execute(within.limit(1).offset(size - 1)).scalar()
            first = oldest if last is None else max(oldest, last)
            # By the plain key, SQLite looks up each matching article among the rows, which is good for few.
            # By a sum, it goes through the rows of the window instead.
            leading = search_key if size == FIRST_WINDOW else search_key + 0
            keys = matching.where(articles_fts.c.rowid.between(first, before - 1))
            yield from connection.execute(
                chosen.where(search_key.between(first, before - 1), leading.in_(keys))
            )
            before, size = first, size * WIDER

    def add(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Nothing to do: triggers index the rows."""


def expression_of(wanted: Expression) -> str:
    """The expression in FTS5's language (sqlite.org, "FTS5: Full-text Query Syntax"), every word quoted."""
    parts = []
    if wanted.phrases:
        words = " AND ".join(
            f'"{phrase}"' + ("*" if is_prefix(phrase, prefix=wanted.prefix) else "")
            for phrase in wanted.phrases
        )
        parts.append(f"{{headline headings text}} : ({words})")
    for name, value in (("publisher", wanted.publisher), ("language", wanted.language)):
        if value is not None:
            parts.append(f'{name} : "{value}"')
    return " AND ".join(parts)


def _matching_keys(wanted: Expression) -> Select[Any]:
    matches = text("articles_fts MATCH :expression").bindparams(expression=expression_of(wanted))
    return select(articles_fts.c.rowid).where(matches)


def _hits(wanted: Expression, since: datetime | None) -> Select[Any]:
    key = articles_fts.c.rowid
    chosen = _matching_keys(wanted).join(articles, articles.c.search_key == key)
    if since is not None:
        chosen = chosen.where(key >= first_key(since))
    return chosen.with_only_columns(*HIT_COLUMNS).order_by(key.desc())
