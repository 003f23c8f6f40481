"""The full-text index: what people type as a query, what a search finds, and the port of the index.

What people type is data: every word goes into the index's own language as a quoted string, so that an
operator, a quotation mark or a bracket has no effect there.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from sqlalchemy import ColumnElement, Connection, Row, Select, select

from articles.model import Completeness
from articles.schema import articles, first_key
from articles.text.phrases import STOP_WORDS

_PHRASE = re.compile(r'["“”„«»]([^"“”„«»]*)["“”„«»]')
# The index splits at everything except letters and digits (unicode61). So do we, but we keep "cyber-attacks"
# together as one phrase.
_WORD = re.compile(r"[^\W_]+(?:['’.\-&][^\W_]+)*")
MAX_WORDS = 32
MIN_PREFIX = 3  # characters

# Rows are fetched as they are read: psycopg would otherwise fetch all of them first. SQLite's driver does so
# anyway.
STREAMED = {"stream_results": True, "max_row_buffer": 200}


def parse_query(typed: str) -> tuple[str, ...]:
    """The words and "quoted phrases" in what somebody typed, without stop words. Takes any text.

    An article must have all of them. An empty query matches nothing.
    """
    text = unicodedata.normalize("NFC", typed)
    quoted = [" ".join(_WORD.findall(phrase)) for phrase in _PHRASE.findall(text)]
    candidates = [*quoted, *_WORD.findall(_PHRASE.sub(" ", text))]
    phrases = [p for p in candidates if any(word.casefold() not in STOP_WORDS for word in p.split())]
    return tuple(dict.fromkeys(phrases))[:MAX_WORDS]


@dataclass(frozen=True, slots=True, kw_only=True)
class Expression:
    """A query for the index of any database. Its strings are runs of words and nothing else."""

    phrases: tuple[str, ...]  # all of them, each within the headline, the headings or the text
    prefix: bool = False  # the last word of a phrase of MIN_PREFIX characters or more may be a prefix
    publisher: str | None = None  # consecutive words of its name
    language: str | None = None


def match_expression(
    phrases: tuple[str, ...],
    *,
    publisher: str | None = None,
    language: str | None = None,
    prefix: bool = False,
) -> Expression | None:
    """The query for the index; None if nothing can match. A filter without words is a query too.

    prefix: the last word of each phrase may be a prefix ("budg" matches "budgets").
    """
    filters = [
        None if value is None else " ".join(_WORD.findall(unicodedata.normalize("NFC", value)))
        for value in (publisher, language)
    ]
    if "" in filters or not (phrases or any(filters)):
        return None
    return Expression(phrases=phrases, prefix=prefix, publisher=filters[0], language=filters[1])


def is_prefix(phrase: str, *, prefix: bool) -> bool:
    """Whether the last word of the phrase matches as a prefix. prefix: the expression's."""
    return prefix and len(phrase) >= MIN_PREFIX


class Hit(NamedTuple):
    """The newest version of an article that matches."""

    search_key: int
    story_id: int
    is_copy: bool
    is_whole: bool


HIT_COLUMNS = (
    articles.c.search_key,
    articles.c.story_id,
    articles.c.copy_of.is_not(None).label("is_copy"),
    (articles.c.completeness == Completeness.WHOLE.value).label("is_whole"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """An article that has all the words, and how often it has any of them."""

    search_key: int
    published_s: int  # seconds since the epoch
    headline_hits: int
    heading_hits: int
    lede_hits: int
    text_hits: int  # includes those in the first paragraph
    length: int  # of the text, in code points

    def plus(self, other: "Match") -> "Match":
        """The same article with the hits of both queries."""
        return replace(
            self,
            headline_hits=self.headline_hits + other.headline_hits,
            heading_hits=self.heading_hits + other.heading_hits,
            lede_hits=self.lede_hits + other.lede_hits,
            text_hits=self.text_hits + other.text_hits,
        )


class FullTextIndex(Protocol):
    """The words of the newest version of every article. All results come newest first and are read lazily."""

    def hits(self, connection: Connection, wanted: Expression, since: datetime | None) -> Iterator[Hit]:
        """The articles that match."""

    def matches(
        self, connection: Connection, wanted: Expression, since: datetime | None
    ) -> Iterator[tuple[Hit, Match]]:
        """The articles that match, with the number of hits in each part of the article."""

    def only_matching(
        self, chosen: Select[Any], search_key: ColumnElement[int], wanted: Expression
    ) -> Select[Any]:
        """The query without the rows whose article does not match. It checks each row: for few rows.

        search_key: the column that holds the article's search key.
        """

    def matching_rows(
        self,
        connection: Connection,
        chosen: Select[Any],
        search_key: ColumnElement[int],
        wanted: Expression,
        since: datetime | None,
    ) -> Iterator[Row[Any]]:
        """The rows whose article matches, read window by window: for many rows. chosen: newest first."""

    def add(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Index articles, given as their rows. Superseded and deleted ones leave the index by themselves."""


def all_hits(connection: Connection, since: datetime | None) -> Iterator[Hit]:
    """All articles that are not superseded, newest first, by an index scan that stops when reading stops."""
    chosen = select(*HIT_COLUMNS).where(articles.c.superseded_by.is_(None))
    if since is not None:
        chosen = chosen.where(articles.c.search_key >= first_key(since))
    chosen = chosen.order_by(articles.c.search_key.desc())
    yield from map(Hit._make, connection.execute(chosen, execution_options=STREAMED))
