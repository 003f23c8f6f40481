"""Quotes and briefs as rows of their tables, and back."""

import hashlib
import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row

from articles.model import Span
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
    SpeakerKind,
)

_WORD = re.compile(r"\w+")


def said_key(quote: Quote, article_text: str, story_id: int) -> int | None:
    """The same for the same words in one story, whatever their case and punctuation; 63 bits of SHA-256."""
    if quote.kind is QuoteKind.PARAPHRASED:
        return None
    said = " ".join(span.of(article_text) for span in quote.content)
    words = " ".join(_WORD.findall(said.casefold()))
    return int.from_bytes(hashlib.sha256(f"{story_id} {words}".encode()).digest()[:8]) >> 1


def row_of(quote: Quote) -> dict[str, Any]:
    """What the quote itself says of its row; where it stands and whom it is listed under is left out."""
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


def quote_of(row: Row[Any]) -> Quote:
    """The quote of a whole row."""
    speaker = None
    if row.speaker_name is not None:
        speaker = Speaker(
            name=row.speaker_name,
            role=row.role,
            kind=SpeakerKind(row.speaker_kind),
            speaks_for=row.speaks_for,
        )
    return Quote(
        content=spans_of(row.content),
        kind=QuoteKind(row.kind),
        cue=Span(start=row.cue[0], end=row.cue[1]) if row.cue else None,
        source=Span(start=row.source[0], end=row.source[1]) if row.source else None,
        speaker=speaker,
        confidence=row.confidence,
    )


def brief_row(brief: Brief, found: Sequence[Quote]) -> dict[str, Any]:
    """A brief's row. found: the article's quotes. Raises ValueError if a key quote is not among them."""
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


def brief_of(row: Row[Any], found: Sequence[Quote]) -> Brief:
    """The brief of a row with its article's `headline`. found: the article's quotes."""
    return Brief(
        headline=row.headline,
        bullets=tuple(bullet_of(stored) for stored in row.bullets),
        key_quotes=tuple(
            KeyQuote(quote=found[position], shown=spans_of(shown)) for position, shown in row.key_quotes
        ),
        model=row.model,
        fallback=Fallback(row.fallback) if row.fallback else None,
    )


def bullet_of(stored: dict[str, Any]) -> Bullet:
    """The bullet as `brief_row` stored it."""
    return Bullet(
        text=stored["text"],
        spans=spans_of(stored["spans"]),
        evidence=tuple(stored["evidence"]),
        edits=tuple(
            Edit(span=Span(start=start, end=end), text=words, kind=EditKind(kind))
            for start, end, words, kind in stored["edits"]
        ),
        generated=stored["generated"],
    )


def spans_of(pairs: Sequence[Sequence[int]]) -> tuple[Span, ...]:
    """The spans of [[start, end], ...]."""
    return tuple(Span(start=start, end=end) for start, end in pairs)


def _pairs(spans: Sequence[Span]) -> list[list[int]]:
    return [[span.start, span.end] for span in spans]
