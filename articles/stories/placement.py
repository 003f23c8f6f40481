"""Where a new article belongs: it can be a new version, a copy, or a report of a known event.

Its fingerprints decide: the canonical URL finds an older version, the MinHash signature finds copies, and the
names and the vector find the story. Look-ups use indexes over a window of days, so the cost of an article
does not depend on how many are stored.
"""

import hashlib
import re
import struct
import zlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
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
    time_of_key,
)
from articles.search.vectors import ArticleVector, stored_vector
from articles.stories.clustering import ClusteredArticle, StoryFeatures, StoryId, find_names, find_story
from articles.text.acronyms import Acronym, find_acronyms
from articles.text.urls import canonical_url

COPIED_WITHIN = timedelta(days=30)
CANDIDATES = 80  # articles that share most of the names; comparing one takes about 0.1 ms


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprints:
    """An article's fingerprints: canonical URL, MinHash, names, acronyms, vector."""

    canonical_url: str | None  # None: it has no address
    signature: "Signature | None"  # None: the text is too short
    names: frozenset[str]
    acronyms: tuple[Acronym, ...]
    vector: ArticleVector | None  # None: unknown; the article then joins no other article's story


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """Where a new article belongs."""

    supersedes: ArticleId | None = None
    copy_of: ArticleId | None = None
    story_id: int | None = None  # None: it opens a story


def fingerprints_of(article: Article, vector: ArticleVector | None = None) -> Fingerprints:
    """The article's fingerprints: some milliseconds of work, without the database."""
    return Fingerprints(
        canonical_url=_address(article),
        signature=minhash(article.text),
        names=find_names(article),
        acronyms=find_acronyms(article.text),
        vector=vector,
    )


def fuller_version(article: Article) -> ColumnElement[bool] | None:
    """The condition for stored articles that are the whole text of this part; None if there can be none."""
    if article.completeness is Completeness.WHOLE or (address := _address(article)) is None:
        return None
    return and_(
        articles.c.canonical_url == address,
        articles.c.superseded_by.is_(None),
        articles.c.completeness == Completeness.WHOLE.value,
    )


def find_placement(connection: Connection, fingerprints: Fingerprints, at: datetime) -> Placement:
    """Where an article with these fingerprints belongs. at: when it counts as published."""
    if fingerprints.canonical_url is not None:
        same_url = articles.c.canonical_url == fingerprints.canonical_url
        old = _stored(connection, and_(same_url, articles.c.superseded_by.is_(None)))
        if old is not None:
            return Placement(supersedes=ArticleId(old.id), copy_of=old.copy_of, story_id=old.story_id)
    if fingerprints.signature is not None:
        bands = fingerprints.signature.bands()
        copies = find_copies(fingerprints.signature, _sharing_band(connection, bands, at - COPIED_WITHIN))
        original = _stored(connection, articles.c.id == copies[0]) if copies else None
        if original is not None:
            return Placement(copy_of=original.copy_of or ArticleId(original.id), story_id=original.story_id)
    if fingerprints.vector is not None:
        features = StoryFeatures(fingerprints.vector.values, fingerprints.names, at)
        recent = _StoredArticles(connection, fingerprints.vector.kind)
        return Placement(story_id=find_story(features, recent))
    return Placement()


def store_fingerprints(
    connection: Connection, article_id: ArticleId, search_key: int, fingerprints: Fingerprints
) -> None:
    """Store the fingerprints of a newest version."""
    row: dict[str, Any] = {"article_id": article_id}
    if fingerprints.signature is not None:
        row["signature"] = fingerprints.signature.to_bytes()
        bands = sorted(set(fingerprints.signature.bands()))
        connection.execute(
            insert(article_bands), [{"band": band, "article_id": article_id} for band in bands]
        )
    if fingerprints.vector is not None:
        row |= {"encoder": fingerprints.vector.kind, "vector": fingerprints.vector.to_bytes()}
    connection.execute(insert(article_marks).values(row))
    if fingerprints.names:
        keys = {"search_key": search_key, "article_id": article_id}
        connection.execute(
            insert(article_names), [{"name": name} | keys for name in sorted(fingerprints.names)]
        )
    explained = {(acronym.short_key, acronym.long_key): acronym for acronym in fingerprints.acronyms}
    if explained:
        rows = [
            {"short_key": short_key, "long_key": long_key, "article_id": article_id}
            | {"short": acronym.short, "long": acronym.long}
            for (short_key, long_key), acronym in sorted(explained.items())
        ]
        connection.execute(insert(article_acronyms), rows)


def delete_fingerprints(connection: Connection, article_id: ArticleId) -> None:
    """Delete the fingerprints of a version that has been superseded."""
    for table in (article_acronyms, article_bands, article_marks, article_names):
        connection.execute(delete(table).where(table.c.article_id == article_id))


def _sharing_band(
    connection: Connection, bands: Collection[int], since: datetime
) -> Iterator[tuple[ArticleId, "Signature"]]:
    """The articles published or stored since then that have at least one of these bands, each once."""
    sharing = select(article_bands.c.article_id).where(article_bands.c.band.in_(bands)).distinct().subquery()
    chosen = (
        select(article_marks.c.article_id, article_marks.c.signature)
        .join(sharing, sharing.c.article_id == article_marks.c.article_id)
        .join(articles, articles.c.id == article_marks.c.article_id)
        .where(articles.c.search_key >= first_key(since))
    )
    for article_id, signature in connection.execute(chosen):
        yield ArticleId(article_id), Signature.from_bytes(signature)


class _StoredArticles:
    """The `RecentArticles` that are stored with vectors of one kind of encoder."""

    def __init__(self, connection: Connection, encoder: str) -> None:
        self._connection, self._encoder = connection, encoder

    def count_names(
        self, names: Collection[str], *, since: datetime, until: datetime
    ) -> tuple[Mapping[str, int], int]:
        counted = (
            select(article_names.c.name, func.count().label("articles"))
            .where(article_names.c.name.in_(names), _between(article_names.c.search_key, since, until))
            .group_by(article_names.c.name)
        )
        in_window = _between(articles.c.search_key, since, until)
        total = self._connection.execute(select(func.count()).select_from(articles).where(in_window))
        counts = {row.name: row.articles for row in self._connection.execute(counted)}
        return counts, total.scalar_one()

    def sharing_names(
        self, names: Collection[str], *, since: datetime, until: datetime
    ) -> Sequence[ClusteredArticle]:
        sharing = (
            select(article_names.c.article_id)
            .where(article_names.c.name.in_(names), _between(article_names.c.search_key, since, until))
            .group_by(article_names.c.article_id)
            .order_by(func.count().desc(), article_names.c.article_id.desc())
            .limit(CANDIDATES)
        )
        candidates = list(self._connection.execute(sharing).scalars())
        chosen: Select[Any] = (
            select(articles.c.id, articles.c.story_id, articles.c.search_key, article_marks.c.vector)
            .join(article_marks, article_marks.c.article_id == articles.c.id)
            .where(articles.c.id.in_(candidates), article_marks.c.encoder == self._encoder)
        )
        rows = self._connection.execute(chosen).all()
        in_rows = article_names.c.article_id.in_([row.id for row in rows])
        named: dict[int, set[str]] = defaultdict(set)
        for each in self._connection.execute(select(article_names).where(in_rows)):
            named[each.article_id].add(each.name)
        return [
            ClusteredArticle(
                StoryId(row.story_id),
                StoryFeatures(
                    stored_vector(self._encoder, row.vector).values,
                    frozenset(named[row.id]),
                    time_of_key(row.search_key),
                ),
            )
            for row in rows
        ]


def _address(article: Article) -> str | None:
    if article.url is None:
        return None
    try:
        return canonical_url(article.url)
    except FetchRefused:  # not a web address: the article is recognised by its words only
        return None


def _stored(connection: Connection, condition: ColumnElement[bool]) -> Row[Any] | None:
    chosen: Select[Any] = select(articles.c.id, articles.c.copy_of, articles.c.story_id)
    return connection.execute(chosen.where(condition)).first()


def _between(search_key: ColumnElement[int], since: datetime, until: datetime) -> ColumnElement[bool]:
    return search_key.between(first_key(since), first_key(until + timedelta(seconds=1)) - 1)


# Near-duplicates: MinHash with banding (Broder, "On the resemblance and containment of documents", 1997;
# Leskovec, Rajaraman and Ullman, "Mining of Massive Datasets", chapter 3). A text is the set of its shingles
# of four words. A signature holds the smallest hash of that set under each of 126 hash functions; the share
# of equal hashes in two signatures estimates the Jaccard similarity of the sets. Each band of three hashes
# becomes one indexed number: texts of similarity .4 share at least one of the 42 with probability .94, of .5
# with .996. Among 840 news articles of one campaign, two different articles had a similarity of .12 at most,
# two editions of one article of .50 or more.

HASHES, BANDS = 126, 42
SHINGLE_WORDS = 4
MIN_WORDS = 20  # a shorter text has too few shingles of its own
MIN_SIMILARITY = 0.4  # Jaccard similarity of the shingles of two copies

_WORD = re.compile(r"\w+")
_CHUNK = 4_096  # shingles hashed at a time: for a book at once, the table would take gigabytes


@dataclass(frozen=True, slots=True)
class Signature:
    """A text's MinHash signature."""

    hashes: tuple[int, ...]  # HASHES numbers of 32 bits

    def __post_init__(self) -> None:
        if len(self.hashes) != HASHES:
            raise ValueError(f"a signature has {HASHES} hashes, not {len(self.hashes)}")

    def bands(self) -> tuple[int, ...]:
        """BANDS signed 64-bit numbers. Copies have at least one in common, which an index finds."""
        rows = HASHES // BANDS
        keys = []
        for band in range(BANDS):
            row = struct.pack(f"<B{rows}I", band, *self.hashes[band * rows : (band + 1) * rows])
            keys.append(int.from_bytes(hashlib.blake2b(row, digest_size=8).digest(), "little", signed=True))
        return tuple(keys)

    def similarity(self, other: "Signature") -> float:
        """The estimated Jaccard similarity of the two texts' shingles, 0 to 1, accurate to about .04."""
        return sum(a == b for a, b in zip(self.hashes, other.hashes, strict=True)) / HASHES

    def to_bytes(self) -> bytes:
        return struct.pack(f"<{HASHES}I", *self.hashes)

    @classmethod
    def from_bytes(cls, stored: bytes) -> Self:
        return cls(struct.unpack(f"<{HASHES}I", stored))


def minhash(text: str) -> Signature | None:
    """The text's signature; None if it is too short for one. Case and punctuation do not matter."""
    hashes = [zlib.crc32(word.encode()) for word in _WORD.findall(text.casefold())]
    if len(hashes) < MIN_WORDS:
        return None
    words = np.array(hashes, dtype=np.uint64)
    shingles = np.zeros(len(words) - SHINGLE_WORDS + 1, dtype=np.uint64)
    for offset, factor in enumerate(_SHINGLE_FACTORS):
        shingles += (words[offset : offset + len(shingles)] + np.uint64(1)) * factor
    smallest = np.full(HASHES, np.iinfo(np.uint64).max, dtype=np.uint64)
    shingles = np.unique(shingles)
    for start in range(0, len(shingles), _CHUNK):
        # Multiply-shift hashing (Dietzfelbinger et al. 1997): the upper half of the product is well mixed.
        hashed = (shingles[start : start + _CHUNK, None] * _FACTORS + _SHIFTS) >> np.uint64(32)
        smallest = np.minimum(smallest, hashed.min(axis=0))
    return Signature(tuple(smallest.tolist()))


def _hash_constants(name: bytes) -> NDArray[np.uint64]:
    """An odd 64-bit number for each hash function. They must never change, because signatures are stored."""
    numbers = (hashlib.blake2b(name + bytes([index]), digest_size=8).digest() for index in range(HASHES))
    return np.array([int.from_bytes(number, "little") | 1 for number in numbers], dtype=np.uint64)


_FACTORS, _SHIFTS = _hash_constants(b"factor"), _hash_constants(b"shift")
_SHINGLE_FACTORS = _hash_constants(b"run")[:SHINGLE_WORDS]


def find_copies(signature: Signature, candidates: Iterable[tuple[ArticleId, Signature]]) -> list[ArticleId]:
    """The copies of the same text, most similar first. candidates: those that share a band with it."""
    similarities = {article: signature.similarity(other) for article, other in candidates}
    copies = [article for article, similarity in similarities.items() if similarity >= MIN_SIMILARITY]
    return sorted(copies, key=lambda article: (-similarities[article], article))
