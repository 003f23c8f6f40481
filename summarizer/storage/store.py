"""What articles say, as it is stored and found again: quotes by article and by speaker, and briefs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from articles.database import Database, Turn, take_turn
from articles.model import ArticleId
from articles.schema import articles
from articles.search.full_text import match_expression, parse_query
from summarizer.model import Brief, Quote, SpeakerId
from summarizer.schema import briefs, quotes
from summarizer.speakers.index import SeenRole, StoredSpeaker, find, get, record, roles_of, with_beginning
from summarizer.storage.listing import listed
from summarizer.storage.rows import brief_of, brief_row, quote_of, row_of, said_key


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleHead:
    """What a quote says of the article it is from."""

    id: ArticleId
    headline: str
    url: str | None
    publisher: str | None
    published: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteInArticle:
    """A quote with its own words, and where they were published."""

    quote: Quote
    parts: tuple[str, ...]  # the text of `quote.content`
    cue: str | None
    article: ArticleHead


class AnalysisStore:
    """What was found in an article, stored with it and read back."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def save_analysis(
        self,
        connection: Connection,
        article_id: ArticleId,
        found: Sequence[Quote],
        brief: Brief,
    ) -> None:
        """Stores an article's quotes and brief in the caller's transaction. Once for each article.

        From now on, speakers are listed with this article's quotes in place of those of the versions that it
        supersedes, which stay with their article. found: in text order. Raises ValueError if a key quote is
        not among the quotes.
        """
        take_turn(connection, Turn.ARTICLES)  # who is who is decided by all speakers that there are
        written = select(articles.c.text, articles.c.story_id, articles.c.search_key)
        article = connection.execute(written.where(articles.c.id == article_id)).one()
        rows = []
        for position, quote in enumerate(found):
            speaker_id = record(connection, quote.speaker) if quote.speaker else None
            placed = {
                "position": position,
                "speaker_id": speaker_id,
                "said_key": said_key(quote, article.text, article.story_id),
            }
            rows.append(row_of(quote) | placed)
        of_article = {"article_id": article_id, "search_key": article.search_key}
        _unlist_superseded(connection, article_id)
        if rows:
            # What is returned is not wanted: it makes one statement of them, with one run of triggers.
            one = insert(quotes).returning(quotes.c.id)
            connection.execute(one, [row | of_article for row in rows])
        connection.execute(insert(briefs).values(brief_row(brief, found) | {"article_id": article_id}))

    def quotes_of(self, article_id: ArticleId) -> tuple[Quote, ...]:
        """The article's quotes, in text order."""
        with self._database.reading() as connection:
            return _quotes_of(connection, article_id)

    def brief_of(self, article_id: ArticleId) -> Brief | None:
        """The brief stored with the article; None if there is none."""
        chosen = (
            select(briefs, articles.c.headline)
            .join(articles, articles.c.id == briefs.c.article_id)
            .where(briefs.c.article_id == article_id)
        )
        with self._database.reading() as connection:
            row = connection.execute(chosen).first()
            if row is None:
                return None
            found = _quotes_of(connection, article_id)
        return brief_of(row, found)


class QuoteStore:
    """Quotes by whoever said them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find_speakers(self, name: str, *, limit: int = 10) -> tuple[StoredSpeaker, ...]:
        """The speakers that a name as people type it can mean, most quoted first; empty if there is none.

        Case, accents, a possessive, titles and one typo do not matter; a surname is enough. Takes any text.
        """
        with self._database.reading() as connection:
            return find(connection, name, limit=limit)

    def speaker(self, speaker_id: SpeakerId) -> StoredSpeaker | None:
        """The speaker of that id; None if there is none."""
        with self._database.reading() as connection:
            return get(connection, speaker_id)

    def roles_of(self, speaker_id: SpeakerId) -> tuple[SeenRole, ...]:
        """The roles that articles give a speaker, with the dates at which they were seen, the last first."""
        with self._database.reading() as connection:
            return roles_of(connection, speaker_id)

    def speakers_like(self, beginning: str, *, limit: int = 25) -> tuple[StoredSpeaker, ...]:
        """Speakers with a word in their name that begins so, most quoted first; all if nothing is typed."""
        with self._database.reading() as connection:
            return with_beginning(connection, beginning, limit=limit)

    def quotes_by(
        self,
        speaker_id: SpeakerId,
        *,
        about: str | None = None,
        since: datetime | None = None,
        limit: int,
        offset: int = 0,
    ) -> tuple[QuoteInArticle, ...]:
        """The speaker's own words, newest article first, in text order within one; no paraphrases.

        The same words in several articles of one story are given once, from the article that came in first.
        about: words and "phrases" that the article has to have; nothing but stop words matches nothing.
        """
        words = parse_query(about) if about is not None else None
        expression = match_expression(words) if words and words.phrases else None
        if words is not None and expression is None:
            return ()
        with self._database.reading() as connection:
            rows = listed(connection, speaker_id, expression, since)
            return tuple(_in_article(row) for row in islice(rows, offset, offset + limit))


def _unlist_superseded(connection: Connection, article_id: ArticleId) -> None:
    old = select(articles.c.id).where(articles.c.superseded_by == article_id).scalar_subquery()
    listed = quotes.c.article_id.in_(old), quotes.c.speaker_id.is_not(None)
    connection.execute(update(quotes).where(*listed).values(speaker_id=None))


def _quotes_of(connection: Connection, article_id: ArticleId) -> tuple[Quote, ...]:
    chosen = select(quotes).where(quotes.c.article_id == article_id).order_by(quotes.c.position)
    return tuple(quote_of(row) for row in connection.execute(chosen))


def _in_article(row: Row[Any]) -> QuoteInArticle:
    quote = quote_of(row)
    return QuoteInArticle(
        quote=quote,
        parts=tuple(span.of(row.text) for span in quote.content),
        cue=quote.cue.of(row.text) if quote.cue else None,
        article=ArticleHead(
            id=ArticleId(row.article_id),
            headline=row.headline,
            url=row.url,
            publisher=row.publisher,
            published=row.published,
        ),
    )
