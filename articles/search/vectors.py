"""Articles by meaning: their vectors, and the index that finds the nearest among the newest articles.

The index keeps the sign bits of each vector in memory, 48 bytes for 384 numbers: 200,000 articles take 11 MB,
and a look-up takes a few milliseconds. The Hamming distance between sign bits selects the candidates; apart
from noise, it orders vectors as the angle between them does (Charikar, "Similarity estimation techniques from
rounding algorithms", 2002). The candidates' vectors are then read from the database to get the exact cosines.
So a deleted or superseded article is never found, whichever process deleted it.
"""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, select

from articles.database import Database
from articles.schema import article_marks, articles, first_key

KEPT = 200_000  # the newest articles
CANDIDATES = 150  # articles whose vectors are read
_CHUNK = 5_000  # articles per query
# So many of the newest ids are checked again: if several processes write, a lower id may be committed later.
_RECHECKED = 200

FloatArray = NDArray[np.float32]
SignBits = NDArray[np.uint64]
Ids = NDArray[np.int64]
_STORED = np.dtype("<f4")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ArticleVector:
    """A vector of unit length, and the kind of its encoder. Vectors of two kinds cannot be compared."""

    kind: str
    values: FloatArray  # (dim,)

    def to_bytes(self) -> bytes:
        """Little-endian float32, as it is stored."""
        return self.values.astype(_STORED).tobytes()


def stored_vector(kind: str, stored: bytes) -> ArticleVector:
    """The inverse of `ArticleVector.to_bytes`."""
    return ArticleVector(kind=kind, values=np.frombuffer(stored, dtype=_STORED))


def cosines(stored: Sequence[bytes], to: ArticleVector) -> list[float]:
    """The cosine of each stored vector with `to`, which must be of the same kind."""
    if not stored:
        return []
    vectors = np.frombuffer(b"".join(stored), dtype=_STORED).reshape(len(stored), -1)
    found: list[float] = (vectors @ to.values).tolist()
    return found


class SimilarArticle(NamedTuple):
    """The newest version of an article and its similarity to the vector that was asked for."""

    search_key: int
    story_id: int
    is_copy: bool
    publisher: str | None
    language: str
    similarity: float  # cosine


class VectorIndex:
    """The vectors of the newest articles. Threads can share it; each process has its own."""

    def __init__(self, database: Database, *, kept: int = KEPT) -> None:
        self._database, self._kept = database, kept
        self._lock = threading.Lock()
        self._by_kind: dict[str, _BinaryVectors] = {}

    def load(self, kind: str) -> None:
        """Read the vectors of that kind of encoder, once. It takes ten seconds for 200,000 articles."""
        with self._lock:
            if kind not in self._by_kind:
                with self._database.reading() as connection:
                    self._by_kind[kind] = _read_all(connection, kind, self._kept)

    def nearest(
        self, connection: Connection, to: ArticleVector, *, since: datetime | None, min_similarity: float
    ) -> list[SimilarArticle]:
        """The similar articles, most similar first. Empty until the vectors of that kind are loaded."""
        vectors = self._by_kind.get(to.kind)
        if vectors is not None and (newer := vectors.missing(connection)):
            with self._lock:
                vectors = self._by_kind[to.kind] = self._by_kind[to.kind].with_more(newer)
        if vectors is None or not len(vectors):
            return []
        candidates = vectors.candidates(_sign_bits(to.values[None, :])[:, 0], since)
        found = _with_similarity(connection, candidates, to)
        similar = [article for article in found if article.similarity >= min_similarity]
        return sorted(similar, key=lambda article: -article.similarity)


class _BinaryVectors:
    """The sign bits of all vectors of one kind. Immutable."""

    def __init__(self, kind: str, ids: Ids, keys: Ids, bits: SignBits, *, kept: int) -> None:
        """ids: (n,) ascending; keys: (n,) search keys; bits: (dim / 64, n), so that a look-up reads rows."""
        self._kind, self._kept = kind, kept
        self._ids, self._keys, self._bits = ids[-kept:], keys[-kept:], bits[:, -kept:]

    def __len__(self) -> int:
        return len(self._ids)

    def candidates(self, bits: SignBits, since: datetime | None) -> list[int]:
        """The ids of the articles with the nearest sign bits, CANDIDATES of them or a few more."""
        ids, kept = self._ids, self._bits
        if since is not None:
            recent = self._keys >= first_key(since)
            ids, kept = ids[recent], kept[:, recent]
        distances = np.zeros(len(ids), dtype=np.uint16)
        for row, wanted in zip(kept, bits, strict=False):
            distances += np.bitwise_count(row ^ wanted)
        # The distances are small integers: counting them finds the limit faster than sorting does.
        limit = np.searchsorted(np.cumsum(np.bincount(distances)), CANDIDATES)
        found: list[int] = ids[distances <= limit][: 2 * CANDIDATES].tolist()
        return found

    def missing(self, connection: Connection) -> "list[tuple[int, int, bytes]]":
        """(id, search key, vector) of the articles that were stored since, lowest id first."""
        known = set(self._ids[-_RECHECKED:].tolist())
        after = max(known, default=0) - _RECHECKED
        if len(self._ids) >= self._kept:
            after = max(after, int(self._ids[0]))  # older ones were dropped on purpose
        found = select(article_marks.c.article_id).where(
            article_marks.c.article_id > after, article_marks.c.encoder == self._kind
        )
        new = [found_id for found_id in connection.execute(found).scalars() if found_id not in known]
        return [row for chunk in _chunks(sorted(new)) for row in _vectors(connection, chunk)]

    def with_more(self, rows: "Sequence[tuple[int, int, bytes]]") -> "_BinaryVectors":
        known = set(self._ids[-2 * _RECHECKED - len(rows) :].tolist())
        rows = [row for row in rows if row[0] not in known]
        if not rows:
            return self
        ids, keys, bits = _arrays(rows)
        ids, keys = np.concatenate([self._ids, ids]), np.concatenate([self._keys, keys])
        bits = np.concatenate([self._bits, bits], axis=1) if len(self._ids) else bits
        order = np.argsort(ids, kind="stable")
        return _BinaryVectors(self._kind, ids[order], keys[order], bits[:, order], kept=self._kept)


def _read_all(connection: Connection, kind: str, kept: int) -> _BinaryVectors:
    newest = (
        select(article_marks.c.article_id)
        .where(article_marks.c.encoder == kind)
        .order_by(article_marks.c.article_id.desc())
        .limit(kept)
    )
    read = [
        _arrays(_vectors(connection, chunk))
        for chunk in _chunks(sorted(connection.execute(newest).scalars()))
    ]
    if not read:
        nothing = np.empty(0, dtype=np.int64)
        return _BinaryVectors(kind, nothing, nothing, np.empty((0, 0), dtype=np.uint64), kept=kept)
    ids, keys, bits = (np.concatenate(parts, axis=-1) for parts in zip(*read, strict=True))
    return _BinaryVectors(kind, ids, keys, bits, kept=kept)


def _chunks(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    return (ids[at : at + _CHUNK] for at in range(0, len(ids), _CHUNK))


def _vectors(connection: Connection, ids: Sequence[int]) -> "list[tuple[int, int, bytes]]":
    """(id, search key, vector) of those articles, lowest id first."""
    chosen = (
        select(article_marks.c.article_id, articles.c.search_key, article_marks.c.vector)
        .join(articles, articles.c.id == article_marks.c.article_id)
        .where(article_marks.c.article_id.in_(ids))
        .order_by(article_marks.c.article_id)
    )
    return [(row[0], row[1], row[2]) for row in connection.execute(chosen)]


def _arrays(rows: "Sequence[tuple[int, int, bytes]]") -> tuple[Ids, Ids, SignBits]:
    vectors = np.frombuffer(b"".join(vector for _, _, vector in rows), dtype=_STORED)
    ids, keys = (np.array([row[at] for row in rows], dtype=np.int64) for at in (0, 1))
    return ids, keys, _sign_bits(vectors.reshape(len(rows), -1))


def _sign_bits(vectors: FloatArray) -> SignBits:
    """(n, dim) to (dim / 64, n), the last row padded with zeros."""
    packed = np.packbits(vectors > 0, axis=1)
    spare = -packed.shape[1] % 8
    return np.ascontiguousarray(np.pad(packed, ((0, 0), (0, spare))).view(np.uint64).T)


def _with_similarity(
    connection: Connection, ids: Sequence[int], to: ArticleVector
) -> Iterator[SimilarArticle]:
    chosen = (
        select(
            articles.c.search_key,
            articles.c.story_id,
            articles.c.copy_of,
            articles.c.publisher,
            articles.c.language,
            article_marks.c.vector,
        )
        .join(article_marks, article_marks.c.article_id == articles.c.id)
        .where(articles.c.id.in_(ids), articles.c.superseded_by.is_(None), article_marks.c.encoder == to.kind)
    )
    rows = connection.execute(chosen).all()
    similarities = cosines([row.vector for row in rows], to)
    for (key, story_id, copy_of, publisher, language, _), cosine in zip(rows, similarities, strict=True):
        yield SimilarArticle(key, story_id, copy_of is not None, publisher, language, cosine)
