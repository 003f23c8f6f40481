"""Articles brought in one after the other, as they come from the wire."""

import random
from dataclasses import replace

import numpy as np
from sqlalchemy import func, select

from articles.database import Database
from articles.ingest import ingest
from articles.model import Article, ArticleId, Completeness, Ingested
from articles.schema import articles
from articles.search.vectors import ArticleVector
from articles.store import ArticleStore
from tests.samples import NOW, article

_WORDS = """
allies budget defense minister summit treaty border troops council vote market harvest river bridge storm
court judge appeal verdict school teacher strike union wage factory export tariff vaccine clinic doctor
election ballot party leader coalition reform pension energy pipeline turbine coast island port ferry
"""
WORDS = _WORDS.split()


def report(seed: int, *, words: int = 120, names: str = "Jens Stoltenberg and Jim Mattis in Brussels") -> str:
    """Prose of its own for every seed, in which the names are named."""
    chance = random.Random(seed)
    told = [chance.choice(WORDS) for _ in range(words)]
    return f"Officials met {names} today.\n\nThey spoke of {' '.join(told)}."


class Newsroom:
    """Brings articles in. Nothing is found in them."""

    def __init__(self, database: Database) -> None:
        self.database, self.store = database, ArticleStore(database)

    def bring(self, written: Article, meaning: tuple[float, ...] | None = None) -> Ingested:
        """meaning: the direction of the article's vector."""
        return ingest(
            written,
            database=self.database,
            store=self.store,
            analyse=lambda _: lambda connection, article_id: None,
            vector=None if meaning is None else lambda _: unit(meaning),
            now=NOW,
        )

    def id_of(self, written: Article, meaning: tuple[float, ...] | None = None) -> ArticleId:
        return self.bring(written, meaning).id

    def newest_version(self, article_id: ArticleId) -> ArticleId:
        newest = select(func.coalesce(articles.c.superseded_by, articles.c.id))
        with self.database.reading() as connection:
            return ArticleId(connection.execute(newest.where(articles.c.id == article_id)).scalar_one())

    def publishers(self, article_id: ArticleId) -> list[str | None]:
        return [each.publisher for each in self.store.reports(article_id)]


def unit(direction: tuple[float, ...], kind: str = "test/fp32") -> ArticleVector:
    vector = np.array(direction, dtype=np.float32)
    return ArticleVector(kind=kind, values=vector / np.linalg.norm(vector))


def partly(written: Article) -> Article:
    return replace(written, completeness=Completeness.STUB)


def at(url: str, text: str, headline: str = "Allies Meet") -> Article:
    return article(headline, text, url=url)
