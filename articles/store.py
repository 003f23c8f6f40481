"""The articles, as they are stored and found again."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
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
    TopicSearch,
    common_topics,
    full_text_index,
    near_topics,
    newest,
    top,
)
from articles.search.full_text import Query, match_expression
from articles.search.vectors import ArticleVector, VectorIndex
from articles.stories.placement import (
    Fingerprints,
    delete_fingerprints,
    find_placement,
    fingerprints_of,
    fuller_version,
    store_fingerprints,
)

RECENT = 300  # topics are taken from so many of the newest articles,
BEGINNING = 800  # from so many characters of each


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One publisher's newest version of an article in a story."""

    id: ArticleId
    headline: str
    url: str | None
    publisher: str | None
    published: datetime | None
    is_copy: bool  # of nearly the same words as an earlier one


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundStories:
    """What a search found, best first, one article of each story."""

    articles: tuple[Article, ...]
    also: tuple[str, ...]  # names that were looked for too: by what articles say, they mean the same
    by_meaning: frozenset[ArticleId | None]  # those that have not all of the words


NO_FILTER = SearchFilter()


class ArticleStore:
    """Articles by id, newest first, or by their words. Superseded versions are found by their id alone."""

    def __init__(self, database: Database, vectors: VectorIndex | None = None) -> None:
        """vectors: None: nothing is found by its meaning."""
        self._database = database
        self._vectors = vectors

    def save(
        self,
        connection: Connection,
        article: Article,
        now: datetime,
        fingerprints: Fingerprints | None = None,
    ) -> tuple[ArticleId, bool]:
        """Its id, and whether it is new, stored in the caller's transaction.

        The same words of a publisher are one article, and so are an address's whole text and a part of it
        that comes later. Other words at an address are a new version; it supersedes the one before, which
        stays as it was, for what points into its text. The new article joins the story of those about the
        same event, or opens one. fingerprints: of `fingerprints_of`; the caller computes them before the
        transaction, so that no writer waits for them.
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
        row = row_of(article) | {
            "search_key": key,
            "story_id": story,
            "copy_of": found.copy_of,
            "stored_at": now,
        }
        article_id = ArticleId(new_id(connection.execute(insert(articles).values(row))))
        if found.supersedes is not None:
            _supersede(connection, found.supersedes, article_id)
        # The address is unique among newest versions: it is free only now.
        own = update(articles).where(articles.c.id == article_id)
        connection.execute(own.values(canonical_url=fingerprints.canonical_url))
        store_fingerprints(connection, article_id, key, fingerprints)
        full_text_index(connection).add(connection, [row])
        return article_id, True

    def known(self, article: Article) -> ArticleId | None:
        """The id of what `save` would not store again: the same words, or a fuller text of that address."""
        with self._database.reading() as connection:
            return _known(connection, article)

    def get(self, article_id: ArticleId) -> Article | None:
        """The article as it was stored, whether it has been superseded or not."""
        with self._database.reading() as connection:
            row = connection.execute(select(articles).where(articles.c.id == article_id)).first()
        return article_of(row) if row is not None else None

    def get_all(self, article_ids: Sequence[ArticleId]) -> tuple[Article, ...]:
        """Those articles, in the order asked for; what is not stored is left out."""
        with self._database.reading() as connection:
            rows = connection.execute(select(articles).where(articles.c.id.in_(article_ids)))
            by_id = {row.id: article_of(row) for row in rows}
        return tuple(by_id[article_id] for article_id in article_ids if article_id in by_id)

    def newest_version(self, article_id: ArticleId) -> ArticleId | None:
        """The newest version of that article, itself if need be; None if it is not stored."""
        of_it = select(func.coalesce(articles.c.superseded_by, articles.c.id))
        with self._database.reading() as connection:
            found = connection.execute(of_it.where(articles.c.id == article_id)).scalar()
        return ArticleId(found) if found is not None else None

    def reports(self, article_id: ArticleId) -> tuple[Report, ...]:
        """The articles of the same story, its own newest version among them, the first to come in first."""
        story = select(articles.c.story_id).where(articles.c.id == article_id).scalar_subquery()
        chosen = (
            select(
                articles.c.id,
                articles.c.headline,
                articles.c.url,
                articles.c.publisher,
                articles.c.published,
                articles.c.copy_of,
            )
            .where(articles.c.story_id == story, articles.c.superseded_by.is_(None))
            .order_by(articles.c.id)
        )
        with self._database.reading() as connection:
            rows = connection.execute(chosen).all()
        return tuple(
            Report(
                id=ArticleId(row.id),
                headline=row.headline,
                url=row.url,
                publisher=row.publisher,
                published=row.published,
                is_copy=row.copy_of is not None,
            )
            for row in rows
        )

    def delete(self, article_id: ArticleId) -> None:
        """The article goes with all of its versions and what was found in them; also if it is not there."""
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
        """How many articles there are, versions of one as one."""
        with self._database.reading() as connection:
            # Two scans of small indexes; one that asks for those without a successor reads every row.
            old = func.count(articles.c.superseded_by)
            superseded = connection.execute(select(old).where(articles.c.superseded_by.is_not(None)))
            every = connection.execute(select(func.count()).select_from(articles))
            return every.scalar_one() - superseded.scalar_one()

    def latest(
        self,
        *,
        limit: int,
        offset: int = 0,
        since: datetime | None = None,
        publisher: str | None = None,
        language: str | None = None,
    ) -> tuple[Article, ...]:
        """Newest first, one of each story. publisher: one or more words of its name."""
        expression = match_expression(Query(()), publisher=publisher, language=language)
        if expression is None and (publisher is not None or language is not None):
            return ()
        with self._database.reading() as connection:
            found = newest(connection, expression, since)
            return _in_order(connection, islice(found, offset, offset + limit))

    def top(self, only: SearchFilter = NO_FILTER, *, limit: int, offset: int = 0) -> tuple[Article, ...]:
        """The top stories among the newest reports, then the next (see `search/ranking.py`)."""
        expression = match_expression(Query(()), publisher=only.publisher, language=only.language)
        if expression is None and (only.publisher is not None or only.language is not None):
            return ()
        with self._database.reading() as connection:
            found = top(connection, expression, only.since)
            return _in_order(connection, islice(found, offset, offset + limit))

    def search(
        self,
        query: str,
        *,
        limit: int,
        offset: int = 0,
        since: datetime | None = None,
        publisher: str | None = None,
        language: str | None = None,
    ) -> tuple[Article, ...]:
        """The articles with all the words and "phrases", or other names for the same, one of each story: the
        newest hundred ranked, then the next.

        Case, accents and endings do not matter. Where nothing has the words as they are, they may be the
        beginnings of words. No words, or stop words alone: nothing. Takes any text.
        """
        only = SearchFilter(since=since, publisher=publisher, language=language)
        return self.find(query, only, limit=limit, offset=offset).articles

    def find(
        self,
        query: str,
        only: SearchFilter = NO_FILTER,
        *,
        limit: int,
        offset: int = 0,
        meaning: ArticleVector | None = None,
    ) -> FoundStories:
        """As `search`; where few stories have the words, also those near to them. meaning: of the query."""
        with self._database.reading() as connection:
            found = TopicSearch(connection, self._vectors).find(
                query, only, limit=limit, offset=offset, meaning=meaning
            )
            stories = _in_order(connection, found.keys)
        near = frozenset(a.id for a, key in zip(stories, found.keys, strict=True) if key in found.by_meaning)
        return FoundStories(articles=stories, also=found.also, by_meaning=near)

    def topics_near(self, words: str, *, limit: int = 5) -> tuple[str, ...]:
        """What recent articles are about: what is spelled like the words first, then what is commonest."""
        topics = self._topics()
        near = near_topics(words, topics, limit=limit)
        return (near + tuple(topic for topic in topics if topic not in near))[:limit]

    def topics_like(self, beginning: str, *, limit: int = 25) -> tuple[str, ...]:
        """What recent articles are about, of those topics with a word that begins so; commonest first."""
        wanted = beginning.casefold().strip()
        return tuple(topic for topic in self._topics() if f" {topic.casefold()}".find(f" {wanted}") >= 0)[
            :limit
        ]

    def publishers_like(self, typed: str, *, limit: int = 25) -> tuple[str, ...]:
        """The publishers of recent articles with that in their names, those of most articles first."""
        recent = select(articles.c.publisher).order_by(articles.c.search_key.desc()).limit(RECENT)
        with self._database.reading() as connection:
            counts = Counter(name for name in connection.execute(recent).scalars() if name)
        return tuple(name for name, _ in counts.most_common() if typed.casefold() in name.casefold())[:limit]

    def _topics(self) -> tuple[str, ...]:
        beginning = func.substr(articles.c.text, 1, BEGINNING)
        recent = select(articles.c.headings, beginning).order_by(articles.c.search_key.desc()).limit(RECENT)
        with self._database.reading() as connection:
            rows = [(row[0], row[1]) for row in connection.execute(recent)]
        return common_topics(rows, limit=len(rows) * 10)


def publication_time(article: Article, now: datetime) -> datetime:
    """When an article counts as published: not in the future, and now where it does not say."""
    return min(article.published or now, now)


def _known(connection: Connection, article: Article) -> ArticleId | None:
    same_words = articles.c.content_hash == content_hash(article)
    fuller = fuller_version(article)
    known = select(articles.c.id).where(same_words if fuller is None else or_(same_words, fuller))
    found = connection.execute(known.order_by(same_words.desc()).limit(1)).scalar()
    return ArticleId(found) if found is not None else None


def _supersede(connection: Connection, old: ArticleId, new: ArticleId) -> None:
    # Old versions all point to the newest: who deletes that deletes them, and no chain can break.
    earlier = or_(articles.c.id == old, articles.c.superseded_by == old)
    connection.execute(update(articles).where(earlier).values(superseded_by=new))
    connection.execute(update(articles).where(articles.c.copy_of == old).values(copy_of=new))
    delete_fingerprints(connection, old)


def _free_key(connection: Connection, at: datetime) -> int:
    """One above the highest of that second. The unique key has the last word."""
    first = first_key(at)
    in_that_second = articles.c.search_key.between(first, first + (1 << SEQUENCE_BITS) - 1)
    highest = connection.execute(select(func.max(articles.c.search_key)).where(in_that_second)).scalar()
    return first if highest is None else highest + 1


def _in_order(connection: Connection, keys: Iterable[int]) -> tuple[Article, ...]:
    wanted = list(keys)
    rows = connection.execute(select(articles).where(articles.c.search_key.in_(wanted)))
    by_key = {row.search_key: row for row in rows}
    return tuple(article_of(by_key[key]) for key in wanted)


# An article as a row of its table, and back.


def row_of(article: Article) -> dict[str, Any]:
    """What the article itself says of its row; its place among the others is left out."""
    sections = [
        {
            "heading": section.heading,
            "paragraphs": [[p.span.start, p.span.end, p.kind.value] for p in section.paragraphs],
        }
        for section in article.sections
    ]
    return {
        "url": article.url,
        "publisher": article.publisher,
        "headline": article.headline,
        "byline": article.byline,
        "dateline": article.dateline,
        "published": article.published,
        "language": article.language,
        "text": article.text,
        "headings": "\n".join(section.heading for section in article.sections if section.heading),
        "sections": sections,
        "completeness": article.completeness.value,
        "content_hash": content_hash(article),
    }


def article_of(row: Row[Any]) -> Article:
    """The article of a whole row."""
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
        id=ArticleId(row.id),
        url=row.url,
        publisher=row.publisher,
        headline=row.headline,
        byline=row.byline,
        dateline=row.dateline,
        published=row.published,
        language=row.language,
        text=row.text,
        sections=sections,
        completeness=Completeness(row.completeness),
    )


def content_hash(article: Article) -> str:
    """SHA-256 over publisher, headline and text: what makes two copies the same article.

    The same words at another publisher are an article of their own, so that it can be listed and asked for.
    """
    said_by = PARAGRAPH_BREAK.join(((article.publisher or "").casefold(), article.headline, article.text))
    return hashlib.sha256(said_by.encode()).hexdigest()
