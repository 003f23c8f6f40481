"""Where a new article belongs: is it another version, a copy, a report of an event that others told of?

The decisions are those of `urls.py`, `duplicates.py` and `stories.py`; what they ask of the stored articles
are index look-ups in a window of days, so that an article costs the same whatever else is stored.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, delete, func, insert, select

from articles.errors import FetchRefused
from articles.model import Article, ArticleId, Completeness
from articles.schema import (
    article_acronyms,
    article_bands,
    article_marks,
    article_names,
    articles,
    first_key,
    placed,
)
from articles.search.vectors import ArticleVector, stored_vector
from articles.stories.clustering import Filed, StoryId, Traits, find_names, find_story
from articles.stories.near_duplicates import Signature, find_copies, sign
from articles.text.acronyms import Acronym, find_acronyms
from articles.text.urls import canonical_url

COPIED_WITHIN = timedelta(days=30)
CANDIDATES = 80  # articles that share most of the names; to compare one takes some 0.1 ms


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """What an article is recognised by, and what it tells of names."""

    canonical_url: str | None  # None: it has no address
    signature: Signature | None  # None: too short a text
    names: frozenset[str]
    acronyms: tuple[Acronym, ...]
    vector: ArticleVector | None  # None: what it means is not known, and it joins nobody's story


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a new article belongs."""

    supersedes: ArticleId | None = None
    copy_of: ArticleId | None = None
    story_id: int | None = None  # None: it opens a story


def marks_of(article: Article, vector: ArticleVector | None = None) -> Marks:
    """What the article is recognised by: some milliseconds of work, and no database."""
    return Marks(
        canonical_url=_address(article),
        signature=sign(article.text),
        names=find_names(article),
        acronyms=find_acronyms(article.text),
        vector=vector,
    )


def fuller_at(article: Article) -> ColumnElement[bool] | None:
    """Articles at its address of which we have the whole text, if this one is but a part."""
    if article.completeness is Completeness.WHOLE or (address := _address(article)) is None:
        return None
    return and_(
        articles.c.canonical_url == address,
        articles.c.superseded_by.is_(None),
        articles.c.completeness == Completeness.WHOLE.value,
    )


def place(connection: Connection, marks: Marks, at: datetime) -> Place:
    """Where an article of these marks belongs. at: when it counts as published."""
    if marks.canonical_url is not None:
        here = and_(articles.c.canonical_url == marks.canonical_url, articles.c.superseded_by.is_(None))
        old = _placed(connection, here)
        if old is not None:
            return Place(supersedes=ArticleId(old.id), copy_of=old.copy_of, story_id=old.story_id)
    if marks.signature is not None:
        copies = find_copies(marks.signature, _Copies(connection), since=at - COPIED_WITHIN)
        original = _placed(connection, articles.c.id == copies[0]) if copies else None
        if original is not None:
            return Place(copy_of=original.copy_of or ArticleId(original.id), story_id=original.story_id)
    if marks.vector is not None:
        traits = Traits(marks.vector.values, marks.names, at)
        return Place(story_id=find_story(traits, _Recent(connection, marks.vector.kind)))
    return Place()


def mark(connection: Connection, article_id: ArticleId, search_key: int, marks: Marks) -> None:
    """Stores what a newest version is recognised by."""
    row: dict[str, Any] = {"article_id": article_id}
    if marks.signature is not None:
        row["signature"] = marks.signature.to_bytes()
        bands = [{"band": band, "article_id": article_id} for band in sorted(set(marks.signature.bands()))]
        connection.execute(insert(article_bands), bands)
    if marks.vector is not None:
        row |= {"encoder": marks.vector.kind, "vector": marks.vector.to_bytes()}
    connection.execute(insert(article_marks).values(row))
    if marks.names:
        of_it = {"search_key": search_key, "article_id": article_id}
        connection.execute(insert(article_names), [{"name": name} | of_it for name in sorted(marks.names)])
    explained = {(acronym.short_key, acronym.long_key): acronym for acronym in marks.acronyms}
    if explained:
        rows = [
            {"short_key": short_key, "long_key": long_key, "article_id": article_id}
            | {"short": acronym.short, "long": acronym.long}
            for (short_key, long_key), acronym in sorted(explained.items())
        ]
        connection.execute(insert(article_acronyms), rows)


def unmark(connection: Connection, article_id: ArticleId) -> None:
    """A superseded version is recognised by nothing."""
    for table in (article_acronyms, article_bands, article_marks, article_names):
        connection.execute(delete(table).where(table.c.article_id == article_id))


class _Copies:
    """A `CopyLookup` of the stored articles."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def sharing_band(
        self, bands: Collection[int], *, since: datetime
    ) -> Iterable[tuple[ArticleId, Signature]]:
        sharing = (
            select(article_bands.c.article_id).where(article_bands.c.band.in_(bands)).distinct().subquery()
        )
        chosen = (
            select(article_marks.c.article_id, article_marks.c.signature)
            .join(sharing, sharing.c.article_id == article_marks.c.article_id)
            .join(articles, articles.c.id == article_marks.c.article_id)
            .where(articles.c.search_key >= first_key(since))
        )
        for article_id, signature in self._connection.execute(chosen):
            yield ArticleId(article_id), Signature.from_bytes(signature)


class _Recent:
    """The `RecentArticles` that are stored with vectors of one kind of encoder."""

    def __init__(self, connection: Connection, encoder: str) -> None:
        self._connection, self._encoder = connection, encoder

    def how_common(
        self, names: Collection[str], *, since: datetime, until: datetime
    ) -> tuple[Mapping[str, int], int]:
        counted = (
            select(article_names.c.name, func.count().label("articles"))
            .where(article_names.c.name.in_(names), _between(article_names.c.search_key, since, until))
            .group_by(article_names.c.name)
        )
        of_these_days = _between(articles.c.search_key, since, until)
        total = self._connection.execute(select(func.count()).select_from(articles).where(of_these_days))
        common = {row.name: row.articles for row in self._connection.execute(counted)}
        return common, total.scalar_one()

    def naming(self, names: Collection[str], *, since: datetime, until: datetime) -> Sequence[Filed]:
        sharing = (
            select(article_names.c.article_id)
            .where(article_names.c.name.in_(names), _between(article_names.c.search_key, since, until))
            .group_by(article_names.c.article_id)
            .order_by(func.count().desc(), article_names.c.article_id.desc())
            .limit(CANDIDATES)
        )
        near = list(self._connection.execute(sharing).scalars())
        chosen: Select[Any] = (
            select(articles.c.id, articles.c.story_id, articles.c.search_key, article_marks.c.vector)
            .join(article_marks, article_marks.c.article_id == articles.c.id)
            .where(articles.c.id.in_(near), article_marks.c.encoder == self._encoder)
        )
        rows = self._connection.execute(chosen).all()
        named = self._names([row.id for row in rows])
        return [self._filed(row, named[row.id]) for row in rows]

    def _names(self, article_ids: Collection[int]) -> Mapping[int, frozenset[str]]:
        chosen = select(article_names.c.article_id, article_names.c.name)
        names: dict[int, set[str]] = {}
        for article_id, name in self._connection.execute(
            chosen.where(article_names.c.article_id.in_(article_ids))
        ):
            names.setdefault(article_id, set()).add(name)
        return {article_id: frozenset(its) for article_id, its in names.items()}

    def _filed(self, row: Row[Any], names: frozenset[str]) -> Filed:
        vector = stored_vector(self._encoder, row.vector)
        return Filed(StoryId(row.story_id), Traits(vector.values, names, placed(row.search_key)))


def _address(article: Article) -> str | None:
    if article.url is None:
        return None
    try:
        return canonical_url(article.url)
    except FetchRefused:  # not a web address; the article is known by its words alone
        return None


def _placed(connection: Connection, condition: ColumnElement[bool]) -> Row[Any] | None:
    places: Select[Any] = select(articles.c.id, articles.c.copy_of, articles.c.story_id)
    return connection.execute(places.where(condition)).first()


def _between(search_key: ColumnElement[int], since: datetime, until: datetime) -> ColumnElement[bool]:
    return search_key.between(first_key(since), first_key(until + timedelta(seconds=1)) - 1)
