"""Quotes, briefs and speakers in the database: stored with an article, found by article and by speaker."""

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, exists, insert, or_, select, update

from articles.database import AdvisoryLock, Database, acquire_lock, insert_or_ignore, new_id
from articles.model import ArticleId, Span
from articles.schema import articles, first_key
from articles.search.article_search import full_text_index
from articles.search.full_text import STREAMED, Expression, match_expression, parse_query
from summarizer.model import (
    Brief,
    Bullet,
    Edit,
    EditKind,
    Fallback,
    KeyQuote,
    Quote,
    QuoteKind,
    Speaker,
    SpeakerId,
    SpeakerKind,
)
from summarizer.schema import briefs, quotes, speaker_words, speakers
from summarizer.speakers import KnownSpeaker, identify, is_typo, name_key, name_words, surname, without_titles

FEW = 300  # quotes: with a million articles, checking one article for a topic takes 0.06 ms
_MAX_NAMESAKES = 50
_LAST_CODE_POINT = "\U0010ffff"
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredSpeaker:
    """A speaker of one article or more."""

    id: SpeakerId
    name: str
    kind: SpeakerKind
    quote_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleHead:
    """The article of a quote, in short."""

    id: ArticleId
    headline: str
    url: str | None
    publisher: str | None
    published: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteInArticle:
    """A quote with its words and its article."""

    quote: Quote
    parts: tuple[str, ...]  # the text of `quote.content`
    cue: str | None
    article: ArticleHead


@dataclass(frozen=True, slots=True)
class AnalysisStore:
    """The quotes and the brief of each article."""

    database: Database

    def save_analysis(
        self, connection: Connection, article_id: ArticleId, found: Sequence[Quote], brief: Brief
    ) -> None:
        """Stores an article's quotes and brief in the caller's transaction. Call once per article.

        Quotes of the versions that this article supersedes are no longer listed under their speakers.
        found: in text order. Raises ValueError if a key quote is not in `found`.
        """
        # Matching a speaker to a stored one needs all stored speakers.
        acquire_lock(connection, AdvisoryLock.ARTICLES)
        chosen = select(articles.c.text, articles.c.story_id, articles.c.search_key)
        article = connection.execute(chosen.where(articles.c.id == article_id)).one()
        rows = [
            quote_row(quote)
            | {
                "article_id": article_id,
                "search_key": article.search_key,
                "position": position,
                "speaker_id": _record(connection, quote.speaker) if quote.speaker else None,
                "said_key": _said_key(quote, article.text, article.story_id),
            }
            for position, quote in enumerate(found)
        ]
        superseded = select(articles.c.id).where(articles.c.superseded_by == article_id).scalar_subquery()
        listed = quotes.c.article_id.in_(superseded), quotes.c.speaker_id.is_not(None)
        connection.execute(update(quotes).where(*listed).values(speaker_id=None))
        if rows:
            # RETURNING makes it one statement, so that the triggers run once; the ids are not used.
            connection.execute(insert(quotes).returning(quotes.c.id), rows)
        connection.execute(insert(briefs).values(brief_row(brief, found) | {"article_id": article_id}))

    def quotes_of(self, article_id: ArticleId) -> tuple[Quote, ...]:
        """The article's quotes, in text order."""
        with self.database.reading() as connection:
            return _quotes_of(connection, article_id)

    def brief_of(self, article_id: ArticleId) -> Brief | None:
        """The brief stored with the article; None if there is none."""
        chosen = (
            select(briefs, articles.c.headline)
            .join(articles, articles.c.id == briefs.c.article_id)
            .where(briefs.c.article_id == article_id)
        )
        with self.database.reading() as connection:
            row = connection.execute(chosen).first()
            return _brief_of(row, _quotes_of(connection, article_id)) if row is not None else None


@dataclass(frozen=True, slots=True)
class QuoteStore:
    """Speakers, and quotes by speaker."""

    database: Database

    def find_speakers(self, name: str, *, limit: int = 10) -> tuple[StoredSpeaker, ...]:
        """The speakers that a typed name can mean, most quoted first; empty if there is none.

        Ignores case, accents, a possessive, titles and one typo; a surname is enough. Takes any text.
        """
        words = name_words(name)
        # "James N. Mattis": the index may not have the initial.
        long = tuple(word for word in words if len(word) > 1) or words
        attempts = tuple(dict.fromkeys((long, without_titles(long)))) if long else ()
        with self.database.reading() as connection:
            for attempt in attempts:
                if found := _with_words(connection, [[word] for word in attempt], limit):
                    return found
            for attempt in attempts:
                for at, word in enumerate(attempt):
                    groups = [[other] for other in attempt]
                    groups[at] = _typos(connection, word)
                    if found := _with_words(connection, groups, limit):
                        return found
        return ()

    def speaker(self, speaker_id: SpeakerId) -> StoredSpeaker | None:
        """The speaker of that id; None if there is none."""
        with self.database.reading() as connection:
            row = connection.execute(select(speakers).where(speakers.c.id == speaker_id)).first()
        return _stored(row) if row is not None else None

    def speakers_like(self, beginning: str, *, limit: int = 25) -> tuple[StoredSpeaker, ...]:
        """Speakers with a word that starts like the last one given, and all other words, most quoted first.

        All speakers if no word is given.
        """
        words = name_words(beginning)
        chosen = _most_quoted(limit)
        for word in words[:-1]:
            chosen = chosen.where(_having(speaker_words.c.word == word))
        if words:
            chosen = chosen.where(_having(_begins(speaker_words.c.word, words[-1])))
        with self.database.reading() as connection:
            return tuple(_stored(row) for row in connection.execute(chosen))

    def quotes_by(
        self,
        speaker_id: SpeakerId,
        *,
        about: str | None = None,
        since: datetime | None = None,
        limit: int,
        offset: int = 0,
    ) -> tuple[QuoteInArticle, ...]:
        """The speaker's quotes, newest article first, in text order within one; no paraphrases.

        Of the same words in several articles of one story, only those of the first stored article are given.
        about: words and "phrases" that the article must contain; stop words alone match nothing.
        """
        words = parse_query(about) if about is not None else None
        expression = match_expression(words) if words else None
        if words is not None and expression is None:
            return ()
        with self.database.reading() as connection:
            rows = _newest_first(connection, speaker_id, expression, since)
            return tuple(_in_article(row) for row in islice(rows, offset, offset + limit))


def _record(connection: Connection, speaker: Speaker) -> SpeakerId | None:
    """The id of a speaker, inserted if unknown, in the caller's transaction.

    None for unnamed speakers: "a senior official" in two articles may be two people.
    """
    key = name_key(speaker.name, speaker.kind)
    if speaker.kind is SpeakerKind.UNNAMED or not key:
        return None
    words = tuple(key.split())
    known = identify(key, speaker.kind, _namesakes(connection, key, surname(words), speaker.kind))
    if known is not None:
        _add_words(connection, known, words)  # from now on both "Jim" and "James" find the speaker
        return known
    row = {"name": speaker.name, "kind": speaker.kind.value, "name_key": key, "quote_count": 0}
    speaker_id = SpeakerId(new_id(connection.execute(insert(speakers).values(row))))
    _add_words(connection, speaker_id, words)
    return speaker_id


def _namesakes(connection: Connection, key: str, last: str, kind: SpeakerKind) -> list[KnownSpeaker]:
    of_surname = _having(speaker_words.c.word == last, speaker_words.c.is_last)
    same = speakers.c.name_key == key
    chosen = select(speakers).where(speakers.c.kind == kind.value, or_(same, of_surname))
    rows = connection.execute(chosen.order_by(same.desc(), speakers.c.id).limit(_MAX_NAMESAKES))
    return [KnownSpeaker(id=SpeakerId(r.id), name_key=r.name_key, kind=SpeakerKind(r.kind)) for r in rows]


def _add_words(connection: Connection, speaker_id: SpeakerId, words: tuple[str, ...]) -> None:
    rows = [
        {"word": w, "speaker_id": speaker_id, "backwards": w[::-1], "is_last": w == surname(words)}
        for w in words
    ]
    insert_or_ignore(connection, speaker_words, rows)


def _with_words(
    connection: Connection, groups: Sequence[Sequence[str]], limit: int
) -> tuple[StoredSpeaker, ...]:
    """Speakers whose names have a word of each group. A single word is searched among surnames first."""
    if not all(groups):
        return ()
    having = [_having(speaker_words.c.word.in_(group)) for group in groups]
    if len(groups) == 1:
        by_surname = _having(speaker_words.c.word.in_(groups[0]), speaker_words.c.is_last)
        if found := connection.execute(_most_quoted(limit).where(by_surname)).all():
            return tuple(_stored(row) for row in found)
    return tuple(_stored(row) for row in connection.execute(_most_quoted(limit).where(*having)))


def _typos(connection: Connection, word: str) -> list[str]:
    """The words of names that differ from this one by one typo.

    One typo leaves the first or the last part of a word unchanged, each a bit less than half of it, so two
    index ranges contain them all.
    """
    part = (len(word) - 1) // 2
    if not part:
        return []
    near = or_(
        _begins(speaker_words.c.word, word[:part]),
        _begins(speaker_words.c.backwards, word[::-1][:part]),
    )
    rows = connection.execute(select(speaker_words.c.word).where(near).distinct())
    return [row.word for row in rows if is_typo(word, row.word)]


def _begins(column: ColumnElement[str], beginning: str) -> ColumnElement[bool]:
    # A range, because SQLite's LIKE uses no index on a case-sensitive column.
    return and_(column >= beginning, column <= beginning + _LAST_CODE_POINT)


def _having(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    return speakers.c.id.in_(select(speaker_words.c.speaker_id).where(*conditions))


def _most_quoted(limit: int) -> Select[Any]:
    # A speaker who was only paraphrased has no quotes to show.
    quoted = select(speakers).where(speakers.c.quote_count > 0)
    return quoted.order_by(speakers.c.quote_count.desc(), speakers.c.id).limit(limit)


def _stored(row: Row[Any]) -> StoredSpeaker:
    return StoredSpeaker(
        id=SpeakerId(row.id), name=row.name, kind=SpeakerKind(row.kind), quote_count=row.quote_count
    )


def _newest_first(
    connection: Connection, speaker_id: SpeakerId, expression: Expression | None, since: datetime | None
) -> Iterator[Row[Any]]:
    """The speaker's quotes with the heads of their articles. Rows are fetched as they are read.

    expression: a full-text query that the article has to match; None: any article. A topic can be in
    most of a million articles or in ten, and a speaker can have one quote or 100,000. The smaller of the two
    leads; if both are large, both are read from the newest on until the caller has enough.
    """
    earlier = quotes.alias("earlier")
    said_before = exists().where(
        earlier.c.speaker_id == quotes.c.speaker_id,
        earlier.c.said_key == quotes.c.said_key,
        earlier.c.id < quotes.c.id,
    )
    head = articles.c.headline, articles.c.url, articles.c.publisher, articles.c.text, articles.c.published
    chosen = (
        select(quotes, *head)
        .join(articles, articles.c.id == quotes.c.article_id)
        .where(quotes.c.speaker_id == speaker_id, quotes.c.said_key.is_not(None), ~said_before)
        .order_by(quotes.c.search_key.desc(), quotes.c.position)
    )
    if since is not None:
        chosen = chosen.where(quotes.c.search_key >= first_key(since))
    if expression is None:
        yield from connection.execute(chosen, execution_options=STREAMED)
        return
    count = connection.execute(select(speakers.c.quote_count).where(speakers.c.id == speaker_id)).scalar()
    index, key = full_text_index(connection), quotes.c.search_key
    if (count or 0) <= FEW:
        yield from connection.execute(index.only_matching(chosen, key, expression))
    else:
        yield from index.matching_rows(connection, chosen, key, expression, since)


def _in_article(row: Row[Any]) -> QuoteInArticle:
    quote = _quote_of(row)
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


def _said_key(quote: Quote, article_text: str, story_id: int) -> int | None:
    """A hash of the quoted words and the story, without case and punctuation: 63 bits of SHA-256.

    None for a paraphrase.
    """
    if quote.kind is QuoteKind.PARAPHRASED:
        return None
    said = " ".join(span.of(article_text) for span in quote.content)
    words = " ".join(_WORD.findall(said.casefold()))
    return int.from_bytes(hashlib.sha256(f"{story_id} {words}".encode()).digest()[:8]) >> 1


def quote_row(quote: Quote) -> dict[str, Any]:
    """The columns that the quote itself fills; not its article, position, speaker's id and keys."""
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


def _quotes_of(connection: Connection, article_id: ArticleId) -> tuple[Quote, ...]:
    chosen = select(quotes).where(quotes.c.article_id == article_id).order_by(quotes.c.position)
    return tuple(_quote_of(row) for row in connection.execute(chosen))


def _quote_of(row: Row[Any]) -> Quote:
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


def brief_row(brief: Brief, found: Sequence[Quote]) -> dict[str, Any]:
    """A brief's columns. found: the article's quotes. Raises ValueError if a key quote is not among them."""
    bullets = [
        {
            "text": bullet.text,
            "spans": _pairs(bullet.spans),
            "evidence": list(bullet.evidence),
            "edits": [[e.span.start, e.span.end, e.text, e.kind.value] for e in bullet.edits],
            "generated": bullet.generated,
        }
        for bullet in brief.bullets
    ]
    return {
        "bullets": bullets,
        "key_quotes": [[found.index(key.quote), _pairs(key.shown)] for key in brief.key_quotes],
        "model": brief.model,
        "fallback": brief.fallback.value if brief.fallback else None,
    }


def _brief_of(row: Row[Any], found: Sequence[Quote]) -> Brief:
    """The brief of a row with its article's `headline`. found: the article's quotes."""
    bullets = (
        Bullet(
            text=stored["text"],
            spans=_spans(stored["spans"]),
            evidence=tuple(stored["evidence"]),
            edits=tuple(
                Edit(span=Span(start=start, end=end), text=words, kind=EditKind(kind))
                for start, end, words, kind in stored["edits"]
            ),
            generated=stored["generated"],
        )
        for stored in row.bullets
    )
    return Brief(
        headline=row.headline,
        bullets=tuple(bullets),
        key_quotes=tuple(KeyQuote(quote=found[at], shown=_spans(shown)) for at, shown in row.key_quotes),
        model=row.model,
        fallback=Fallback(row.fallback) if row.fallback else None,
    )


def _spans(pairs: Sequence[Sequence[int]]) -> tuple[Span, ...]:
    return tuple(Span(start=start, end=end) for start, end in pairs)


def _pairs(spans: Sequence[Span]) -> list[list[int]]:
    return [[span.start, span.end] for span in spans]
