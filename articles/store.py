"""Stores articles and finds them again: by id, newest first, by topic."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Row, delete, exists, func, insert, or_, select, update

from articles.database import AdvisoryLock, Database, acquire_lock, new_id
from articles.model import (
    PARAGRAPH_BREAK,
    Article,
    ArticleId,
    Completeness,
    Paragraph,
    ParagraphKind,
    Section,
    Span,
)
from articles.schema import SEQUENCE_BITS, articles, first_key, stories
from articles.search.article_search import (
    SearchFilter,
    common_topics,
    find_stories,
    full_text_index,
    near_topics,
    newest,
    top,
)
from articles.search.full_text import Expression, match_expression
from articles.search.vectors import ArticleVector, VectorIndex
from articles.stories.placement import (
    Fingerprints,
    delete_fingerprints,
    find_placement,
    fingerprints_of,
    fuller_version,
    store_fingerprints,
)

_RECENT = 300  # suggestions come from this many of the newest articles,
_OPENING_CHARS = 800  # from the first characters of each


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One publisher's newest version of an article in a story."""

    id: ArticleId
    headline: str
    url: str | None
    publisher: str | None
    published: datetime | None
    is_copy: bool  # a near-duplicate of an earlier one


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundStories:
    """What a search found, best first, one article of each story."""

    articles: tuple[Article, ...]
    also: tuple[str, ...]  # names that were searched too: articles say that they mean the same
    by_meaning: frozenset[ArticleId | None]  # those that do not have all of the words


NO_FILTER = SearchFilter()


class ArticleStore:
    """Every method is one transaction, except `save`. Superseded versions are found only by their id."""

    def __init__(self, database: Database, vectors: VectorIndex | None = None) -> None:
        """vectors: None: search is by words only."""
        self._database = database
        self._vectors = vectors

    def save(
        self,
        connection: Connection,
        article: Article,
        now: datetime,
        fingerprints: Fingerprints | None = None,
    ) -> tuple[ArticleId, bool]:
        """Stores an article in the caller's transaction. Returns its id, and whether it is new.

        It is not new if the same publisher's same words are stored, or a fuller text of that URL. Other words
        at a known URL are a new version: it supersedes the older one, which stays as it was, because quotes
        point into its text. A new article joins the story about the same event, or opens one. fingerprints:
        of `fingerprints_of`; compute them before the transaction, so that no writer waits.
        """
        acquire_lock(connection, AdvisoryLock.ARTICLES)
        known = _known(connection, article)
        if known is not None:
            return known, False
        fingerprints = fingerprints or fingerprints_of(article)
        at = publication_time(article, now)
        key = _free_key(connection, at)
        found = find_placement(connection, fingerprints, at)
        story = found.story_id
        if story is None:
            story = new_id(connection.execute(insert(stories).values(opened_at=at)))
        row = _row_of(article) | {
            "search_key": key,
            "story_id": story,
            "copy_of": found.copy_of,
            "stored_at": now,
        }
        article_id = ArticleId(new_id(connection.execute(insert(articles).values(row))))
        if found.supersedes is not None:
            _supersede(connection, found.supersedes, article_id)
        # Unique among newest versions, so it can be set only after the older version is superseded.
        own = update(articles).where(articles.c.id == article_id)
        connection.execute(own.values(canonical_url=fingerprints.canonical_url))
        store_fingerprints(connection, article_id, key, fingerprints)
        full_text_index(connection).add(connection, [row])
        return article_id, True

    def known(self, article: Article) -> ArticleId | None:
        """The id of the stored article for which `save` would not store this one; None if it is new."""
        with self._database.reading() as connection:
            return _known(connection, article)

    def get(self, article_id: ArticleId) -> Article | None:
        """The article, whether it has been superseded or not."""
        with self._database.reading() as connection:
            row = connection.execute(select(articles).where(articles.c.id == article_id)).first()
        return _article_of(row) if row is not None else None

    def get_all(self, article_ids: Sequence[ArticleId]) -> tuple[Article, ...]:
        """Those articles in the given order; missing ones are left out."""
        with self._database.reading() as connection:
            rows = connection.execute(select(articles).where(articles.c.id.in_(article_ids)))
            by_id = {row.id: _article_of(row) for row in rows}
        return tuple(by_id[article_id] for article_id in article_ids if article_id in by_id)

    def reports(self, article_id: ArticleId) -> tuple[Report, ...]:
        """The newest versions of all articles of the same story, in the order in which they were stored."""
        story = select(articles.c.story_id).where(articles.c.id == article_id).scalar_subquery()
        c = articles.c
        columns = (c.id, c.headline, c.url, c.publisher, c.published, c.copy_of.is_not(None).label("is_copy"))
        chosen = select(*columns).where(c.story_id == story, c.superseded_by.is_(None)).order_by(c.id)
        with self._database.reading() as connection:
            return tuple(Report(**row) for row in connection.execute(chosen).mappings())

    def delete(self, article_id: ArticleId) -> None:
        """Deletes an article, all of its versions and their analyses. Does nothing if it is not stored."""
        with self._database.transaction() as connection:
            acquire_lock(connection, AdvisoryLock.ARTICLES)
            its = select(articles.c.story_id, func.coalesce(articles.c.superseded_by, articles.c.id))
            row = connection.execute(its.where(articles.c.id == article_id)).first()
            if row is None:
                return
            story, newest_id = row
            connection.execute(delete(articles).where(articles.c.id == newest_id))
            empty = ~exists().where(articles.c.story_id == story)
            connection.execute(delete(stories).where(stories.c.id == story, empty))

    def count(self) -> int:
        """How many articles are stored; all versions of one count as one."""
        with self._database.reading() as connection:
            # Two scans of small indexes; a query for rows without a successor would read every row.
            old = func.count(articles.c.superseded_by)
            superseded = connection.execute(select(old).where(articles.c.superseded_by.is_not(None)))
            every = connection.execute(select(func.count()).select_from(articles))
            return every.scalar_one() - superseded.scalar_one()

    def latest(self, only: SearchFilter = NO_FILTER, *, limit: int, offset: int = 0) -> tuple[Article, ...]:
        """The newest articles, one per story."""
        return self._browse(newest, only, limit, offset)

    def top(self, only: SearchFilter = NO_FILTER, *, limit: int, offset: int = 0) -> tuple[Article, ...]:
        """The top stories among the newest reports, then the next (see `search/ranking.py`)."""
        return self._browse(top, only, limit, offset)

    def _browse(
        self,
        order: Callable[[Connection, Expression | None, datetime | None], Iterable[int]],
        only: SearchFilter,
        limit: int,
        offset: int,
    ) -> tuple[Article, ...]:
        expression = match_expression((), publisher=only.publisher, language=only.language)
        if expression is None and (only.publisher is not None or only.language is not None):
            return ()
        with self._database.reading() as connection:
            found = order(connection, expression, only.since)
            return _in_order(connection, islice(found, offset, offset + limit))

    def find(
        self,
        query: str,
        only: SearchFilter = NO_FILTER,
        *,
        limit: int,
        offset: int = 0,
        meaning: ArticleVector | None = None,
    ) -> FoundStories:
        """The articles with all the words and "phrases", or synonymous names, one per story.

        The newest hundred are ranked, then the next hundred. Case, accents and endings do not matter. If no
        article has the words, they may be prefixes. Without words, or with stop words only, nothing is found.
        Takes any text. meaning: the query's vector; if few stories have the words, stories of a similar
        vector follow.
        """
        with self._database.reading() as connection:
            found = find_stories(
                connection, query, only, limit=limit, offset=offset, vectors=self._vectors, meaning=meaning
            )
            stories = _in_order(connection, found.keys)
        near = frozenset(a.id for a, key in zip(stories, found.keys, strict=True) if key in found.by_meaning)
        return FoundStories(articles=stories, also=found.also, by_meaning=near)

    def topics_near(self, words: str, *, limit: int = 5) -> tuple[str, ...]:
        """Topics of recent articles: those spelled like the words first, then the most common."""
        topics = self._topics()
        return tuple(dict.fromkeys((*near_topics(words, topics, limit=limit), *topics)))[:limit]

    def topics_like(self, prefix: str, *, limit: int = 25) -> tuple[str, ...]:
        """Topics of recent articles that have a word with this prefix, most common first."""
        wanted = f" {prefix.casefold().strip()}"
        return tuple(topic for topic in self._topics() if wanted in f" {topic.casefold()}")[:limit]

    def publishers_like(self, typed: str, *, limit: int = 25) -> tuple[str, ...]:
        """The publishers of recent articles whose names contain that, those of most articles first."""
        recent = select(articles.c.publisher).order_by(articles.c.search_key.desc()).limit(_RECENT)
        with self._database.reading() as connection:
            counts = Counter(name for name in connection.execute(recent).scalars() if name)
        return tuple(name for name, _ in counts.most_common() if typed.casefold() in name.casefold())[:limit]

    def _topics(self) -> tuple[str, ...]:
        opening = func.substr(articles.c.text, 1, _OPENING_CHARS)
        recent = select(articles.c.headings, opening).order_by(articles.c.search_key.desc()).limit(_RECENT)
        with self._database.reading() as connection:
            rows = connection.execute(recent).all()
        return common_topics(rows, limit=len(rows) * 10)


def publication_time(article: Article, now: datetime) -> datetime:
    """The publication time by which articles are ordered: never in the future; now if it is not known."""
    return min(article.published or now, now)


def _known(connection: Connection, article: Article) -> ArticleId | None:
    same_words = articles.c.content_hash == _content_hash(article)
    fuller = fuller_version(article)
    known = select(articles.c.id).where(same_words if fuller is None else or_(same_words, fuller))
    found = connection.execute(known.order_by(same_words.desc()).limit(1)).scalar()
    return ArticleId(found) if found is not None else None


def _supersede(connection: Connection, old: ArticleId, new: ArticleId) -> None:
    # All old versions point to the newest: deleting that deletes them, and no chain can break.
    earlier = or_(articles.c.id == old, articles.c.superseded_by == old)
    connection.execute(update(articles).where(earlier).values(superseded_by=new))
    connection.execute(update(articles).where(articles.c.copy_of == old).values(copy_of=new))
    delete_fingerprints(connection, old)


def _free_key(connection: Connection, at: datetime) -> int:
    """One above the highest key of that second."""
    first = first_key(at)
    in_that_second = articles.c.search_key.between(first, first + (1 << SEQUENCE_BITS) - 1)
    highest = connection.execute(select(func.max(articles.c.search_key)).where(in_that_second)).scalar()
    return first if highest is None else highest + 1


def _in_order(connection: Connection, keys: Iterable[int]) -> tuple[Article, ...]:
    wanted = list(keys)
    rows = connection.execute(select(articles).where(articles.c.search_key.in_(wanted)))
    by_key = {row.search_key: row for row in rows}
    return tuple(_article_of(by_key[key]) for key in wanted)


# --- rows

# Columns that are as the article's field of that name.
_COLUMNS = ("url", "publisher", "headline", "byline", "dateline", "published", "language", "text")


def _row_of(article: Article) -> dict[str, Any]:
    """The columns that depend on the article alone."""
    sections = [
        {
            "heading": section.heading,
            "paragraphs": [[p.span.start, p.span.end, p.kind.value] for p in section.paragraphs],
        }
        for section in article.sections
    ]
    return {
        **{name: getattr(article, name) for name in _COLUMNS},
        "headings": "\n".join(section.heading for section in article.sections if section.heading),
        "sections": sections,
        "completeness": article.completeness.value,
        "content_hash": _content_hash(article),
    }


def _article_of(row: Row[Any]) -> Article:
    sections = tuple(
        Section(
            heading=section["heading"],
            paragraphs=tuple(
                Paragraph(span=Span(start=start, end=end), kind=ParagraphKind(kind))
                for start, end, kind in section["paragraphs"]
            ),
        )
        for section in row.sections
    )
    return Article(
        **{name: getattr(row, name) for name in _COLUMNS},
        id=ArticleId(row.id),
        sections=sections,
        completeness=Completeness(row.completeness),
    )


def _content_hash(article: Article) -> str:
    """SHA-256 over publisher, headline and text. Two articles with one hash are the same article.

    The same words by another publisher are another article, so that it can be listed and asked for.
    """
    identity = PARAGRAPH_BREAK.join(((article.publisher or "").casefold(), article.headline, article.text))
    return hashlib.sha256(identity.encode()).hexdigest()
