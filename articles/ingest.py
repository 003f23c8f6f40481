"""Stores an article together with its analysis: all of it or nothing."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from articles.database import Database
from articles.model import Article, ArticleId, Ingested
from articles.search.vectors import ArticleVector
from articles.store import ArticleStore
from articles.stories.placement import fingerprints_of
from articles.text.encoding import replace_invalid_characters

# Stores the result of an analysis in the transaction that stores its article.
SaveAnalysis = Callable[[Connection, ArticleId], None]

# Analyses an article, which is slow, and returns how to store the result.
Analyse = Callable[[Article], SaveAnalysis]


def ingest(
    article: Article,
    *,
    database: Database,
    store: ArticleStore,
    analyse: Analyse,
    vector: Callable[[Article], ArticleVector] | None = None,
    now: datetime,
) -> Ingested:
    """Stores an article once, with its analysis, in one transaction.

    It may be interrupted at any time and called again. The analysis runs before the transaction, so that no
    other writer waits for it. vector: computes what the article is about; without it, only near-duplicates
    join one story. Invalid characters become U+FFFD.
    """
    article = _with_valid_characters(article)
    known = store.known(article)
    if known is not None:
        return Ingested(id=known, is_new=False)
    save_analysis = analyse(article)
    fingerprints = fingerprints_of(article, vector(article) if vector is not None else None)
    with database.transaction() as connection:
        article_id, is_new = store.save(connection, article, now, fingerprints)
        if is_new:  # otherwise another process was faster, and has stored its analysis too
            save_analysis(connection, article_id)
    return Ingested(id=article_id, is_new=is_new)


def _with_valid_characters(article: Article) -> Article:
    def valid(text: str | None) -> Any:
        return text and replace_invalid_characters(text)

    names = ("url", "publisher", "headline", "byline", "dateline", "language", "text")
    texts = {name: valid(getattr(article, name)) for name in names}
    sections = tuple(replace(section, heading=valid(section.heading)) for section in article.sections)
    return replace(article, **texts, sections=sections)
