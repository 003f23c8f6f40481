"""The full-text index of articles: what searching asks of it, whichever database keeps it."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Connection, Row, Select

from articles.search.newest_articles import Hit
from articles.search.postgres import PostgresIndex
from articles.search.query import Expression
from articles.search.ranking import Match
from articles.search.sqlite import SQLiteIndex


class FullTextIndex(Protocol):
    """The words of the newest versions of all articles. Everything comes newest first, as it is asked for."""

    def hits(self, connection: Connection, wanted: Expression, since: datetime | None) -> Iterator[Hit]:
        """The articles that match."""

    def matches(
        self, connection: Connection, wanted: Expression, since: datetime | None
    ) -> Iterator[tuple[Hit, Match]]:
        """The articles that match, with how often each has the words and where."""

    def each_matching(
        self, chosen: Select[Any], search_key: ColumnElement[int], wanted: Expression
    ) -> Select[Any]:
        """The same rows, of matching articles alone, each looked at: for few. search_key: the article's."""

    def matching(
        self,
        connection: Connection,
        chosen: Select[Any],
        search_key: ColumnElement[int],
        wanted: Expression,
        since: datetime | None,
    ) -> Iterator[Row[Any]]:
        """The same rows, of matching articles alone, window by window: for many. chosen: newest first."""

    def add(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Indexes articles, by their rows in the table. What is superseded or deleted goes by itself."""


_INDEXES: dict[str, FullTextIndex] = {"sqlite": SQLiteIndex(), "postgresql": PostgresIndex()}


def full_text(connection: Connection) -> FullTextIndex:
    """The index of that connection's database."""
    return _INDEXES[connection.dialect.name]
