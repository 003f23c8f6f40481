"""Full-text search in the database: the articles that match, newest first or best first, each story once."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, literal_column, select, text

from articles.model import PARAGRAPH_BREAK
from articles.ranking import Match, rank
from articles.schema import articles, articles_fts

KEYS_A_SECOND = 20  # bits: a million articles may carry the same second, as where only the day is known
POOL = 100  # so many of the newest matches are ranked together
_MARK = "\x01"


class Hit(NamedTuple):
    """A newest version of an article that matches."""

    search_key: int
    story_id: int
    is_copy: bool


def first_key(at: datetime) -> int:
    """The lowest search key of an article that counts as published at that second."""
    return int(at.timestamp()) << KEYS_A_SECOND


def placed(search_key: int) -> datetime:
    """When an article of that key counts as published, to the second."""
    return datetime.fromtimestamp(search_key >> KEYS_A_SECOND, UTC)


def hits(expression: str | None, since: datetime | None) -> Select[Any]:
    """The articles that match (None: all), as `Hit`s, newest first: a scan that stops where reading stops.

    Superseded versions are not in the index.
    """
    chosen = select(
        articles.c.search_key, articles.c.story_id, articles.c.copy_of.is_not(None).label("is_copy")
    )
    key: ColumnElement[int] = articles.c.search_key
    if expression is None:
        chosen = chosen.where(articles.c.superseded_by.is_(None))
    else:
        key = articles_fts.c.rowid
        chosen = (
            chosen.select_from(articles_fts)
            .join(articles, articles.c.search_key == key)
            .where(text("articles_fts MATCH :expression"))
            .params(expression=expression)
        )
    if since is not None:
        chosen = chosen.where(key >= first_key(since))
    return chosen.order_by(key.desc())


def newest(connection: Connection, expression: str | None, since: datetime | None) -> Iterator[int]:
    """The search keys of matching articles, newest first; of each story the newest alone."""
    told: set[int] = set()
    for hit in _read(connection, hits(expression, since)):
        if hit.story_id not in told:
            told.add(hit.story_id)
            yield hit.search_key


def best(connection: Connection, expression: str, since: datetime | None, *, offset: int) -> Iterator[int]:
    """The search keys of matching articles from `offset` on, best first; of each story the best alone.

    The newest hundred matches are ranked, then the next hundred, so that page two continues page one. A story
    that an earlier hundred told is not told again.
    """
    told: set[int] = set()
    matching = _matches(connection, expression, since)
    while pool := list(islice(matching, POOL)):
        new = [(hit, match) for hit, match in pool if hit.story_id not in told]
        stories = {hit.story_id for hit, _ in new}
        if offset < len(stories):
            yield from islice(_ranked(new), offset, None)
        offset = max(0, offset - len(stories))
        told |= stories


def _read(connection: Connection, chosen: Select[Any]) -> Iterator[Hit]:
    for search_key, story_id, is_copy in connection.execute(chosen):
        yield Hit(search_key, story_id, bool(is_copy))


def _ranked(pool: Sequence[tuple[Hit, Match]]) -> Iterator[int]:
    """One article of each story, best first. A copy is told only where its original is not here."""
    of = {hit.search_key: hit for hit, _ in pool}
    originals = {hit.story_id for hit in of.values() if not hit.is_copy}
    told: set[int] = set()
    for match in rank([match for _, match in pool]):
        hit = of[match.search_key]
        if hit.story_id not in told and not (hit.is_copy and hit.story_id in originals):
            told.add(hit.story_id)
            yield hit.search_key


def _matches(connection: Connection, expression: str, since: datetime | None) -> Iterator[tuple[Hit, Match]]:
    """The articles that match, newest first, with how often each has the words and where."""
    # highlight() marks each hit in that one row; unlike bm25() it asks the index for nothing else.
    marked: list[ColumnElement[str]] = [
        literal_column(f"highlight(articles_fts, {column}, char(1), '')").label(name)
        for column, name in enumerate(("headline", "headings", "text"))
    ]
    for row in connection.execute(hits(expression, since).add_columns(*marked)):
        hits_in_text = row.text.count(_MARK)
        match = Match(
            search_key=row.search_key,
            published_s=row.search_key >> KEYS_A_SECOND,
            headline_hits=row.headline.count(_MARK),
            heading_hits=row.headings.count(_MARK),
            lede_hits=row.text.partition(PARAGRAPH_BREAK)[0].count(_MARK),
            text_hits=hits_in_text,
            length=len(row.text) - hits_in_text,
        )
        yield Hit(row.search_key, row.story_id, row.is_copy), match
