"""Full-text search in the database: the articles that match, newest first or best first, each story once."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice

from sqlalchemy import Connection

from articles.fulltext import Expression
from articles.fulltext_index import full_text
from articles.newest_articles import Hit, all_hits
from articles.ranking import Match, rank

POOL = 100  # so many of the newest matches are ranked together


def hits(connection: Connection, expression: Expression | None, since: datetime | None) -> Iterator[Hit]:
    """The articles that match (None: all), newest first, read as they are asked for; no superseded ones."""
    if expression is None:
        return all_hits(connection, since)
    return full_text(connection).hits(connection, expression, since)


def newest(connection: Connection, expression: Expression | None, since: datetime | None) -> Iterator[int]:
    """The search keys of matching articles, newest first; of each story the newest alone."""
    told: set[int] = set()
    for hit in hits(connection, expression, since):
        if hit.story_id not in told:
            told.add(hit.story_id)
            yield hit.search_key


def best(
    connection: Connection, expression: Expression, since: datetime | None, *, offset: int
) -> Iterator[int]:
    """The search keys of matching articles from `offset` on, best first; of each story the best alone.

    The newest hundred matches are ranked, then the next hundred, so that page two continues page one. A story
    that an earlier hundred told is not told again.
    """
    told: set[int] = set()
    matching = full_text(connection).matches(connection, expression, since)
    while pool := list(islice(matching, POOL)):
        new = [(hit, match) for hit, match in pool if hit.story_id not in told]
        stories = {hit.story_id for hit, _ in new}
        if offset < len(stories):
            yield from islice(_ranked(new), offset, None)
        offset = max(0, offset - len(stories))
        told |= stories


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
