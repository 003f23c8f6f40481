"""The articles nearest in meaning: what is in memory only chooses, the database says what is so."""

from collections.abc import Callable
from datetime import timedelta

import numpy as np
import pytest
from sqlalchemy import update

from articles.database import Database
from articles.model import ArticleId
from articles.schema import article_marks
from articles.search import vectors as module
from articles.search.vectors import ArticleVector, VectorIndex
from tests.articles.newsroom import Newsroom, report, unit
from tests.samples import NOW, article

DIM = 100  # no multiple of 64


def direction(seed: int, *, like: int | None = None) -> tuple[float, ...]:
    """A random one, or one near to another seed's."""
    own = np.random.default_rng(seed).normal(size=DIM)
    if like is not None:
        own = np.random.default_rng(like).normal(size=DIM) + 0.5 * own
    return tuple(map(float, own))


@pytest.fixture
def newsroom(database: Database) -> Newsroom:
    return Newsroom(database)


Bring = Callable[..., ArticleId]


@pytest.fixture
def bring(newsroom: Newsroom) -> Bring:
    """Brings an article in that nobody else reports."""

    def bring(seed: int, *, like: int | None = None, days_ago: int = 0) -> ArticleId:
        written = article(
            f"Report {seed}",
            report(seed, names=f"Aa{seed}x"),
            url=f"https://a.example/{seed}",
            published=NOW - timedelta(days=days_ago),
        )
        return newsroom.id_of(written, direction(seed, like=like))

    return bring


@pytest.fixture
def index(database: Database) -> VectorIndex:
    return VectorIndex(database)


def near(
    index: VectorIndex, newsroom: Newsroom, seed: int, *, days: int | None = None, least: float = 0.5
) -> list[ArticleId]:
    since = NOW - timedelta(days=days) if days is not None else None
    with newsroom.database.reading() as connection:
        found = index.nearest(connection, unit(direction(seed)), since=since, min_similarity=least)
        rows = connection.exec_driver_sql("SELECT search_key, id FROM articles").fetchall()
    id_of = {row[0]: ArticleId(row[1]) for row in rows}
    return [id_of[each.search_key] for each in found]


def test_the_nearest_comes_first_and_what_is_not_near_enough_not_at_all(
    index: VectorIndex, newsroom: Newsroom, bring: Bring
) -> None:
    itself, like_it, _ = bring(1), bring(2, like=1), bring(3)
    index.load("test/fp32")
    assert near(index, newsroom, 1) == [itself, like_it]


def test_before_it_is_loaded_it_finds_nothing(index: VectorIndex, newsroom: Newsroom, bring: Bring) -> None:
    bring(1)
    assert near(index, newsroom, 1) == []


def test_what_comes_in_later_is_found_whichever_process_stored_it(
    index: VectorIndex, newsroom: Newsroom, bring: Bring
) -> None:
    index.load("test/fp32")
    assert near(index, newsroom, 1) == []
    first = bring(1)
    assert near(index, newsroom, 1) == [first]
    second = bring(2, like=1)
    assert near(index, newsroom, 1) == [first, second]


def test_what_was_deleted_or_superseded_since_is_not_found(
    index: VectorIndex, newsroom: Newsroom, bring: Bring
) -> None:
    first, second = bring(1), bring(2, like=1)
    index.load("test/fp32")
    newsroom.store.delete(first)
    assert near(index, newsroom, 1) == [second]
    other = article("Report 2", report(5), url="https://a.example/2", published=NOW)
    newsroom.bring(other, direction(9))
    assert near(index, newsroom, 1) == []


def test_it_can_be_asked_for_the_last_days(index: VectorIndex, newsroom: Newsroom, bring: Bring) -> None:
    bring(1, days_ago=9)
    recent = bring(2, like=1)
    index.load("test/fp32")
    assert near(index, newsroom, 1, days=7) == [recent]


def test_vectors_of_another_kind_are_not_looked_at(
    index: VectorIndex, newsroom: Newsroom, bring: Bring
) -> None:
    bring(1)
    index.load("test/fp32")
    with newsroom.database.reading() as connection:
        other = ArticleVector(kind="test/int8", values=unit(direction(1)).values)
        assert index.nearest(connection, other, since=None, min_similarity=0) == []


def test_the_newest_alone_are_kept(newsroom: Newsroom, bring: Bring) -> None:
    index = VectorIndex(newsroom.database, kept=2)
    bring(1)
    second, third = bring(2, like=1), bring(3, like=1)
    index.load("test/fp32")
    assert set(near(index, newsroom, 1)) == {second, third}
    fourth = bring(4, like=1)
    assert set(near(index, newsroom, 1)) == {third, fourth}


def test_an_id_that_commits_late_is_found_too(index: VectorIndex, newsroom: Newsroom, bring: Bring) -> None:
    early, late = bring(1), bring(2, like=1)
    marks = update(article_marks).where(article_marks.c.article_id == early)
    with newsroom.database.transaction() as connection:
        connection.execute(marks.values(encoder="not there yet"))
    index.load("test/fp32")
    assert near(index, newsroom, 1) == [late]
    with newsroom.database.transaction() as connection:
        connection.execute(marks.values(encoder="test/fp32"))
    assert near(index, newsroom, 1) == [early, late]


def test_signs_choose_nearly_all_that_are_nearest() -> None:
    chance = np.random.default_rng(1)
    themes = chance.normal(size=(60, 384)).astype(np.float32)
    vectors = themes[chance.integers(0, 60, 6_000)] + 1.2 * chance.normal(size=(6_000, 384)).astype(
        np.float32
    )
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    ids = np.arange(6_000)
    signs = module._BinaryVectors("test/fp32", ids, ids, module._sign_bits(vectors), kept=6_000)
    shares = []
    for question in vectors[:50]:
        exact = set(np.argsort(-(vectors @ question))[:10].tolist())
        chosen = signs.candidates(module._sign_bits(question[None, :])[:, 0], None)
        assert module.CANDIDATES <= len(chosen) <= 2 * module.CANDIDATES
        shares.append(len(exact & set(chosen)) / 10)
    assert np.mean(shares) > 0.9
