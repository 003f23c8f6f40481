"""What articles say, as it is stored and found again: quotes by article and by speaker, and briefs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, text, update

from articles.database import Database
from articles.fulltext import match_expression, parse_query
from articles.model import ArticleId, Span
from articles.schema import articles, articles_fts
from summarizer.model import Brief, Bullet, Quote, QuoteKind, Speaker, SpeakerId, SpeakerKind
from summarizer.schema import briefs, quotes, speakers
from summarizer.speaker_index import StoredSpeaker, find, get, record, with_beginning


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
        published: datetime,
    ) -> None:
        """Stores an article's quotes and brief in the caller's transaction. Once for each article.

        found: in text order. published: when the article counts as published. Raises ValueError if a key
        quote is not among the quotes.
        """
        counts: dict[SpeakerId, int] = {}
        rows = []
        for position, quote in enumerate(found):
            speaker_id = record(connection, quote.speaker) if quote.speaker else None
            if speaker_id is not None and quote.kind is not QuoteKind.PARAPHRASED:
                counts[speaker_id] = counts.get(speaker_id, 0) + 1
            rows.append(_to_row(quote) | {"position": position, "speaker_id": speaker_id})
        of_article = {"article_id": article_id, "published": published}
        if rows:
            connection.execute(insert(quotes), [row | of_article for row in rows])
        for speaker_id, count in counts.items():
            more = {"quote_count": speakers.c.quote_count + count}
            connection.execute(update(speakers).where(speakers.c.id == speaker_id).values(more))
        connection.execute(insert(briefs).values(_brief_row(brief, found) | {"article_id": article_id}))

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
        bullets = tuple(
            Bullet(text=b["text"], spans=_spans(b["spans"]), evidence=tuple(b["evidence"]))
            for b in row.bullets
        )
        key_quotes = tuple(found[position] for position in row.key_quotes)
        return Brief(headline=row.headline, bullets=bullets, key_quotes=key_quotes)


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

        about: words and "phrases" that the article has to have; nothing but stop words matches nothing.
        """
        chosen = (
            select(quotes, *_HEAD)
            .join(articles, articles.c.id == quotes.c.article_id)
            .where(quotes.c.speaker_id == speaker_id, quotes.c.kind != QuoteKind.PARAPHRASED.value)
            .order_by(quotes.c.published.desc(), quotes.c.article_id.desc(), quotes.c.position)
            .limit(limit)
            .offset(offset)
        )
        if since is not None:
            chosen = chosen.where(quotes.c.published >= since)
        if about is not None:
            words = parse_query(about)
            expression = match_expression(words) if words.phrases else None
            if expression is None:
                return ()
            on_topic = select(articles_fts.c.rowid).where(text("articles_fts MATCH :expression"))
            chosen = chosen.where(articles.c.search_key.in_(on_topic)).params(expression=expression)
        with self._database.reading() as connection:
            return tuple(_in_article(row) for row in connection.execute(chosen))


_HEAD = (
    articles.c.headline,
    articles.c.url,
    articles.c.publisher,
    articles.c.text,
    articles.c.published.label("article_published"),
)


def _quotes_of(connection: Connection, article_id: ArticleId) -> tuple[Quote, ...]:
    chosen = select(quotes).where(quotes.c.article_id == article_id).order_by(quotes.c.position)
    return tuple(_from_row(row) for row in connection.execute(chosen))


def _in_article(row: Row[Any]) -> QuoteInArticle:
    quote = _from_row(row)
    return QuoteInArticle(
        quote=quote,
        parts=tuple(span.of(row.text) for span in quote.content),
        cue=quote.cue.of(row.text) if quote.cue else None,
        article=ArticleHead(
            id=ArticleId(row.article_id),
            headline=row.headline,
            url=row.url,
            publisher=row.publisher,
            published=row.article_published,
        ),
    )


def _to_row(quote: Quote) -> dict[str, Any]:
    speaker = quote.speaker
    return {
        "kind": quote.kind.value,
        "content": _pairs(quote.content),
        "cue": [quote.cue.start, quote.cue.end] if quote.cue else None,
        "source": [quote.source.start, quote.source.end] if quote.source else None,
        "speaker_name": speaker.name if speaker else None,
        "speaker_kind": speaker.kind.value if speaker else None,
        "role": speaker.role if speaker else None,
        "speaks_for": speaker.speaks_for if speaker else None,
        "confidence": quote.confidence,
    }


def _from_row(row: Row[Any]) -> Quote:
    speaker = None
    if row.speaker_name is not None:
        speaker = Speaker(
            name=row.speaker_name,
            role=row.role,
            kind=SpeakerKind(row.speaker_kind),
            speaks_for=row.speaks_for,
        )
    return Quote(
        content=_spans(row.content),
        kind=QuoteKind(row.kind),
        cue=Span(start=row.cue[0], end=row.cue[1]) if row.cue else None,
        source=Span(start=row.source[0], end=row.source[1]) if row.source else None,
        speaker=speaker,
        confidence=row.confidence,
    )


def _brief_row(brief: Brief, found: Sequence[Quote]) -> dict[str, Any]:
    bullets = [
        {"text": bullet.text, "spans": _pairs(bullet.spans), "evidence": list(bullet.evidence)}
        for bullet in brief.bullets
    ]
    return {"bullets": bullets, "key_quotes": [found.index(quote) for quote in brief.key_quotes]}


def _pairs(spans: Sequence[Span]) -> list[list[int]]:
    return [[span.start, span.end] for span in spans]


def _spans(pairs: Sequence[Sequence[int]]) -> tuple[Span, ...]:
    return tuple(Span(start=start, end=end) for start, end in pairs)
