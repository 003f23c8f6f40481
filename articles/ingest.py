"""An article in: analysed, then stored with all that was found in it, or not at all."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from articles.database import Database
from articles.model import Article, ArticleId
from articles.search.vectors import ArticleVector
from articles.store import ArticleStore
from articles.stories.placement import fingerprints_of
from articles.text.encoding import replace_invalid_characters

# Stores what an analysis found, in the transaction of its article.
Record = Callable[[Connection, ArticleId], None]
# The slow part: reads an article and gives back how to store what it found.
Analyse = Callable[[Article], Record]
# What an article means, for finding others about the same event.
Meaning = Callable[[Article], ArticleVector]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingested:
    """An article that is stored now."""

    id: ArticleId
    is_new: bool  # False: the same words were stored before, and nothing was done


def ingest(
    article: Article,
    *,
    database: Database,
    store: ArticleStore,
    analyse: Analyse,
    meaning: Meaning | None = None,
    now: datetime,
) -> Ingested:
    """Stores an article once, with its analysis, in one transaction.

    Stopped at any instant, it leaves all of the article or nothing, and may be done again. The analysis runs
    before the transaction opens, so that no other writer waits for it. meaning: without it, only copies of
    one article become one story. Halves of surrogate pairs in its text become U+FFFD.
    """
    article = _with_valid_characters(article)
    known = store.known(article)
    if known is not None:
        return Ingested(id=known, is_new=False)
    record = analyse(article)
    fingerprints = fingerprints_of(article, meaning(article) if meaning is not None else None)
    with database.transaction() as connection:
        article_id, is_new = store.save(connection, article, now, fingerprints)
        if is_new:  # else another process was quicker, and stored its analysis too
            record(connection, article_id)
    return Ingested(id=article_id, is_new=is_new)


def _with_valid_characters(article: Article) -> Article:
    def valid(text: str | None) -> str | None:
        return None if text is None else replace_invalid_characters(text)

    return replace(
        article,
        url=valid(article.url),
        publisher=valid(article.publisher),
        headline=replace_invalid_characters(article.headline),
        byline=valid(article.byline),
        dateline=valid(article.dateline),
        language=replace_invalid_characters(article.language),
        text=replace_invalid_characters(article.text),
        sections=tuple(replace(section, heading=valid(section.heading)) for section in article.sections),
    )
