"""Full-text search in the database: the articles that match, newest first or best first, each story once."""

import heapq
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import reduce
from itertools import groupby, islice

from sqlalchemy import Connection, select

from articles.schema import KEYS_A_SECOND, article_marks, articles
from articles.search.fusion import fused
from articles.search.index import full_text
from articles.search.newest_articles import Hit, all_hits
from articles.search.query import Expression
from articles.search.ranking import Match, rank
from articles.search.top_stories import StoryReport, top_stories
from articles.search.vectors import ArticleVector, cosines

POOL = 100  # so many of the newest matches are ranked together,
RECENT = 300  # and so many of the newest reports for the top stories


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


def top(connection: Connection, expression: Expression | None, since: datetime | None) -> Iterator[int]:
    """The search keys of the articles that lead the top stories among the newest matches, then the next."""
    told: set[int] = set()
    matching = hits(connection, expression, since)
    while pool := list(islice(matching, RECENT)):
        yield from top_stories(_reports(connection, [hit for hit in pool if hit.story_id not in told]))
        told |= {hit.story_id for hit in pool}


def _reports(connection: Connection, pool: Sequence[Hit]) -> Iterator[StoryReport]:
    of = {hit.search_key: hit for hit in pool}
    chosen = select(articles.c.search_key, articles.c.publisher).where(articles.c.search_key.in_(of))
    for search_key, publisher in connection.execute(chosen):
        hit = of[search_key]
        yield StoryReport(
            search_key=search_key,
            story_id=hit.story_id,
            published_s=search_key >> KEYS_A_SECOND,
            publisher=publisher,
            is_copy=hit.is_copy,
            is_whole=hit.is_whole,
        )


def best(
    connection: Connection,
    expressions: Sequence[Expression],
    since: datetime | None,
    *,
    offset: int,
    meaning: ArticleVector | None = None,
) -> Iterator[int]:
    """The search keys of articles that match any of the expressions, from `offset` on, best first; of each
    story one alone.

    The newest hundred matches are ranked, then the next hundred, so that page two continues page one. A story
    that an earlier hundred told is not told again. meaning: of the question; what is near to it, besides
    having the words, comes first.
    """
    told: set[int] = set()
    matching = _merged([full_text(connection).matches(connection, each, since) for each in expressions])
    while pool := list(islice(matching, POOL)):
        new = [(hit, match) for hit, match in pool if hit.story_id not in told]
        stories = {hit.story_id for hit, _ in new}
        if offset < len(stories):
            near = _similarities(connection, [hit.search_key for hit, _ in new], meaning) if meaning else {}
            yield from islice(_ranked(new, near), offset, None)
        offset = max(0, offset - len(stories))
        told |= stories


def _merged(streams: Sequence[Iterator[tuple[Hit, Match]]]) -> Iterator[tuple[Hit, Match]]:
    """The matches of several expressions, newest first, each article once with the hits of all."""
    if len(streams) == 1:
        return streams[0]
    newest_first = heapq.merge(*streams, key=lambda found: -found[0].search_key)
    same = groupby(newest_first, key=lambda found: found[0])
    return ((hit, reduce(Match.plus, (match for _, match in found))) for hit, found in same)


def _ranked(pool: Sequence[tuple[Hit, Match]], near: Mapping[int, float]) -> Iterator[int]:
    """One article of each story, best story first: its newest full article here, and no copy of another.

    near: how near to the question each is in meaning, by search key, as far as that is known.
    """
    of = {hit.search_key: hit for hit, _ in pool}
    by_words = [match.search_key for match in rank([match for _, match in pool])]
    by_meaning = sorted((key for key in by_words if key in near), key=lambda key: -near[key])
    leads: dict[int, Hit] = {}
    for hit in sorted(of.values(), key=lambda hit: (hit.is_copy, not hit.is_whole, -hit.search_key)):
        leads.setdefault(hit.story_id, hit)
    for story_id in dict.fromkeys(of[key].story_id for key in fused([by_words, by_meaning])):
        yield leads[story_id].search_key


def _similarities(connection: Connection, keys: Sequence[int], to: ArticleVector) -> dict[int, float]:
    """The cosines of articles, by search key: of those that have a vector of that kind."""
    chosen = (
        select(articles.c.search_key, article_marks.c.vector)
        .join(article_marks, article_marks.c.article_id == articles.c.id)
        .where(articles.c.search_key.in_(keys), article_marks.c.encoder == to.kind)
    )
    rows = connection.execute(chosen).all()
    near = cosines([row.vector for row in rows], to)
    return {row.search_key: cosine for row, cosine in zip(rows, near, strict=True)}
