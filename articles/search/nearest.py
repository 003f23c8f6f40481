"""The articles nearest in meaning, among the newest: signs of their vectors in memory, the vectors on disk.

A vector is kept as the signs of its numbers, 48 bytes of 384: two hundred thousand articles take 11 MB and a
look takes a few milliseconds. Signs choose some hundred candidates by the Hamming distance, whose order is
that of the angle between vectors but for noise (Charikar, "Similarity estimation techniques from rounding
algorithms", 2002); their whole vectors, read from the database, then say how near they are. So nothing in
memory is ever shown: a deleted or superseded article is not found, whichever process deleted it.
"""

import threading
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, select

from articles.database import Database
from articles.schema import article_marks, articles, first_key
from articles.search.vectors import ArticleVector, cosines

KEPT = 200_000  # articles; the newest
CANDIDATES = 150  # whose vectors are read
_CHUNK = 5_000  # articles read at a time
# So many of the newest ids are looked at again: where several processes write, a lower id may come later.
_LATECOMERS = 200

Signs = NDArray[np.uint64]
Ids = NDArray[np.int64]


class Near(NamedTuple):
    """A newest version of an article and how near it is."""

    search_key: int
    story_id: int
    is_copy: bool
    publisher: str | None
    language: str
    similarity: float  # cosine


class VectorIndex:
    """The vectors of the newest articles. Safe to share between threads; each process has its own."""

    def __init__(self, database: Database, *, kept: int = KEPT) -> None:
        self._database, self._kept = database, kept
        self._changing = threading.Lock()
        self._of_kind: dict[str, _Signs] = {}

    def load(self, kind: str) -> None:
        """Reads the vectors of that kind of encoder, once; ten seconds for two hundred thousand."""
        with self._changing:
            if kind not in self._of_kind:
                with self._database.reading() as connection:
                    self._of_kind[kind] = _read_all(connection, kind, self._kept)

    def nearest(
        self, connection: Connection, to: ArticleVector, *, since: datetime | None, at_least: float
    ) -> list[Near]:
        """The articles of at least that cosine, nearest first; none before `load` of their kind is done."""
        signs = self._refreshed(connection, to.kind)
        if signs is None or not len(signs):
            return []
        chosen = signs.nearest(_signs_of(to.values[None, :])[:, 0], since)
        return [
            near
            for near in sorted(_measured(connection, chosen, to), key=lambda near: -near.similarity)
            if near.similarity >= at_least
        ]

    def _refreshed(self, connection: Connection, kind: str) -> "_Signs | None":
        if (signs := self._of_kind.get(kind)) is None:
            return None
        if newer := signs.missing(connection):
            with self._changing:
                signs = self._of_kind[kind].with_more(newer)
                self._of_kind[kind] = signs
        return signs


class _Signs:
    """What is kept of articles of one kind of vector. Never changed, but replaced."""

    def __init__(self, kind: str, ids: Ids, keys: Ids, signs: Signs, *, kept: int) -> None:
        """ids: (n,) rising; keys: (n,) search keys; signs: (dim / 64, n): a look reads them in line."""
        self._kind, self._kept = kind, kept
        self._ids, self._keys, self._signs = ids[-kept:], keys[-kept:], signs[:, -kept:]

    def __len__(self) -> int:
        return len(self._ids)

    def nearest(self, signs: Signs, since: datetime | None) -> list[int]:
        """The ids of the candidates."""
        ids, kept = self._ids, self._signs
        if since is not None:
            recent = self._keys >= first_key(since)
            ids, kept = ids[recent], kept[:, recent]
        apart = np.zeros(len(ids), dtype=np.uint16)
        for column, wanted in zip(kept, signs, strict=False):
            apart += np.bitwise_count(column ^ wanted)
        # The distances are small whole numbers: counting them finds the cut faster than sorting does.
        cut = np.searchsorted(np.cumsum(np.bincount(apart)), CANDIDATES)
        found: list[int] = ids[apart <= cut][: 2 * CANDIDATES].tolist()
        return found

    def missing(self, connection: Connection) -> "list[tuple[int, int, bytes]]":
        """(id, search key, vector) of articles that came in since, lowest id first."""
        known = set(self._ids[-_LATECOMERS:].tolist())
        after = max(known, default=0) - _LATECOMERS
        if len(self._ids) >= self._kept:
            after = max(after, int(self._ids[0]))  # what is older was let go
        found = select(article_marks.c.article_id).where(
            article_marks.c.article_id > after, article_marks.c.encoder == self._kind
        )
        new = [found_id for found_id in connection.execute(found).scalars() if found_id not in known]
        return [row for chunk in _chunks(sorted(new)) for row in _vectors(connection, chunk)]

    def with_more(self, rows: "Sequence[tuple[int, int, bytes]]") -> "_Signs":
        known = set(self._ids[-2 * _LATECOMERS - len(rows) :].tolist())
        rows = [row for row in rows if row[0] not in known]
        if not rows:
            return self
        ids, keys, signs = _arrays(rows)
        ids, keys = np.concatenate([self._ids, ids]), np.concatenate([self._keys, keys])
        signs = np.concatenate([self._signs, signs], axis=1) if len(self._ids) else signs
        order = np.argsort(ids, kind="stable")
        return _Signs(self._kind, ids[order], keys[order], signs[:, order], kept=self._kept)


def _read_all(connection: Connection, kind: str, kept: int) -> _Signs:
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
        return _Signs(kind, nothing, nothing, np.empty((0, 0), dtype=np.uint64), kept=kept)
    ids, keys, signs = (np.concatenate(parts, axis=-1) for parts in zip(*read, strict=True))
    return _Signs(kind, ids, keys, signs, kept=kept)


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


def _arrays(rows: "Sequence[tuple[int, int, bytes]]") -> tuple[Ids, Ids, Signs]:
    vectors = np.frombuffer(b"".join(vector for _, _, vector in rows), dtype="<f4")
    ids, keys = (np.array([row[at] for row in rows], dtype=np.int64) for at in (0, 1))
    return ids, keys, _signs_of(vectors.reshape(len(rows), -1))


def _signs_of(vectors: NDArray[np.float32]) -> Signs:
    """(n, dim) to (dim / 64, n), the last padded with zeros."""
    packed = np.packbits(vectors > 0, axis=1)
    spare = -packed.shape[1] % 8
    return np.ascontiguousarray(np.pad(packed, ((0, 0), (0, spare))).view(np.uint64).T)


def _measured(connection: Connection, ids: Sequence[int], to: ArticleVector) -> Iterator[Near]:
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
    near = cosines([row.vector for row in rows], to)
    for (key, story_id, copy_of, publisher, language, _), cosine in zip(rows, near, strict=True):
        yield Near(key, story_id, copy_of is not None, publisher, language, cosine)
