"""The articles, as they are stored and found again."""

import hashlib
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, func, insert, literal_column, select, text

from articles.database import Database, new_id
from articles.fulltext import Query, match_expression, parse_query
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
from articles.ranking import Match, rank
from articles.schema import articles, articles_fts
from articles.topics import common_topics, near_topics

KEYS_A_SECOND = 20  # bits: a million articles may carry the same second, as where only the day is known
_MARK = "\x01"
POOL = 100  # so many of the newest matches are ranked together
RECENT = 300  # topics are taken from so many of the newest articles,
BEGINNING = 800  # from so many characters of each


class ArticleStore:
    """Articles by id, newest first, or by their words."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def save(self, connection: Connection, article: Article, now: datetime) -> tuple[ArticleId, bool]:
        """Its id, and whether it is new, stored in the caller's transaction. Same words are one article."""
        known = _id_of(connection, article)
        if known is not None:
            return known, False
        row = _to_row(article) | {
            "search_key": _free_key(connection, placed_at(article, now)),
            "stored_at": now,
        }
        stored = connection.execute(insert(articles).values(row))
        return ArticleId(new_id(stored)), True

    def known(self, article: Article) -> ArticleId | None:
        """The id of a stored article of the same words."""
        with self._database.reading() as connection:
            return _id_of(connection, article)

    def get(self, article_id: ArticleId) -> Article | None:
        with self._database.reading() as connection:
            row = connection.execute(select(articles).where(articles.c.id == article_id)).first()
        return _from_row(row) if row is not None else None

    def count(self) -> int:
        with self._database.reading() as connection:
            return connection.execute(select(func.count()).select_from(articles)).scalar_one()

    def latest(
        self,
        *,
        limit: int,
        offset: int = 0,
        since: datetime | None = None,
        publisher: str | None = None,
        language: str | None = None,
    ) -> tuple[Article, ...]:
        """Newest first. publisher: one or more words of its name."""
        chosen = select(articles).order_by(articles.c.search_key.desc()).limit(limit).offset(offset)
        if since is not None:
            chosen = chosen.where(articles.c.search_key >= _first_key(since))
        if publisher is not None or language is not None:
            expression = match_expression(Query(()), publisher=publisher, language=language)
            if expression is None:
                return ()
            keys = _matching(expression, since).limit(limit).offset(offset)
            chosen = (
                select(articles).where(articles.c.search_key.in_(keys)).order_by(articles.c.search_key.desc())
            )
        with self._database.reading() as connection:
            return tuple(_from_row(row) for row in connection.execute(chosen))

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
        """The articles with all the words and "phrases": the newest hundred of them ranked, then the next.

        Case, accents and endings do not matter. Where nothing has the words as they are, they may be the
        beginnings of words. No words, or stop words alone: nothing. Takes any text.
        """
        words = parse_query(query)
        if not words.phrases:
            return ()
        with self._database.reading() as connection:
            for prefix in (False, True):
                expression = match_expression(words, publisher=publisher, language=language, prefix=prefix)
                if expression is None:
                    return ()
                if _any(connection, expression, since):
                    keys = _ranked(connection, expression, since, limit=limit, offset=offset)
                    return _in_order(connection, keys)
        return ()

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

    def _topics(self) -> tuple[str, ...]:
        beginning = func.substr(articles.c.text, 1, BEGINNING)
        recent = select(articles.c.headings, beginning).order_by(articles.c.search_key.desc()).limit(RECENT)
        with self._database.reading() as connection:
            rows = [(row[0], row[1]) for row in connection.execute(recent)]
        return common_topics(rows, limit=len(rows) * 10)


def placed_at(article: Article, now: datetime) -> datetime:
    """When an article counts as published: not in the future, and now where it does not say."""
    return min(article.published or now, now)


def content_hash(article: Article) -> str:
    """SHA-256 over headline and text: what makes two copies the same article."""
    return hashlib.sha256(f"{article.headline}{PARAGRAPH_BREAK}{article.text}".encode()).hexdigest()


def _id_of(connection: Connection, article: Article) -> ArticleId | None:
    same = select(articles.c.id).where(articles.c.content_hash == content_hash(article))
    return connection.execute(same).scalar()


def _first_key(at: datetime) -> int:
    return int(at.timestamp()) << KEYS_A_SECOND


def _free_key(connection: Connection, at: datetime) -> int:
    """One above the highest of that second. The unique key has the last word."""
    first = _first_key(at)
    in_that_second = articles.c.search_key.between(first, first + (1 << KEYS_A_SECOND) - 1)
    highest = connection.execute(select(func.max(articles.c.search_key)).where(in_that_second)).scalar()
    return first if highest is None else highest + 1


def _matching(expression: str, since: datetime | None) -> Select[Any]:
    """The search keys of matching articles, newest first: a scan of the index that stops at the limit."""
    matching = select(articles_fts.c.rowid).where(text("articles_fts MATCH :expression"))
    if since is not None:
        matching = matching.where(articles_fts.c.rowid >= _first_key(since))
    return matching.params(expression=expression).order_by(articles_fts.c.rowid.desc())


def _any(connection: Connection, expression: str, since: datetime | None) -> bool:
    return connection.execute(_matching(expression, since).limit(1)).first() is not None


def _ranked(
    connection: Connection, expression: str, since: datetime | None, *, limit: int, offset: int
) -> list[int]:
    """Search keys from `offset` on. Each pool is ranked by itself, so that page two continues page one."""
    keys: list[int] = []
    first = offset - offset % POOL
    for start in range(first, offset + limit, POOL):
        pool = rank(list(_matches(connection, _matching(expression, since).limit(POOL).offset(start))))
        keys += [match.search_key for match in pool]
        if len(pool) < POOL:
            break
    return keys[offset - first :][:limit]


def _matches(connection: Connection, matching: Select[Any]) -> Iterator[Match]:
    # highlight() marks each hit in that one row; unlike bm25() it asks the index for nothing else.
    marked: list[ColumnElement[str]] = [
        literal_column(f"highlight(articles_fts, {column}, char(1), '')").label(name)
        for column, name in enumerate(("headline", "headings", "text"))
    ]
    for row in connection.execute(matching.add_columns(*marked)):
        hits = row.text.count(_MARK)
        yield Match(
            search_key=row.rowid,
            published_s=row.rowid >> KEYS_A_SECOND,
            headline_hits=row.headline.count(_MARK),
            heading_hits=row.headings.count(_MARK),
            lede_hits=row.text.partition(PARAGRAPH_BREAK)[0].count(_MARK),
            text_hits=hits,
            length=len(row.text) - hits,
        )


def _in_order(connection: Connection, keys: list[int]) -> tuple[Article, ...]:
    rows = connection.execute(select(articles).where(articles.c.search_key.in_(keys)))
    by_key = {row.search_key: row for row in rows}
    return tuple(_from_row(by_key[key]) for key in keys)


def _to_row(article: Article) -> dict[str, Any]:
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


def _from_row(row: Row[Any]) -> Article:
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
