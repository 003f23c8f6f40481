"""Quotes and briefs as JSON, for programs. Offsets count code points of the article's `text`."""

from collections.abc import Iterable
from typing import Any

from articles.model import Article, Span
from summarizer.model import Brief, Quote, QuoteKind


def article_json(article: Article) -> dict[str, Any]:
    """What is known of the article, with its canonical text and the sections over it."""
    return {
        "headline": article.headline,
        "url": article.url,
        "publisher": article.publisher,
        "byline": article.byline,
        "dateline": article.dateline,
        "published": article.published.isoformat() if article.published else None,
        "language": article.language,
        "text": article.text,
        "sections": [
            {
                "heading": section.heading,
                "paragraphs": [_span(p.span, article.text) for p in section.paragraphs],
            }
            for section in article.sections
        ],
    }


def quotes_json(quotes: Iterable[Quote], text: str) -> dict[str, Any]:
    """The speakers' own words, and apart from them the reporter's for what was said."""
    told: dict[str, list[dict[str, Any]]] = {"quotes": [], "paraphrases": []}
    for quote in quotes:
        kind = "paraphrases" if quote.kind is QuoteKind.PARAPHRASED else "quotes"
        told[kind].append(quote_json(quote, text))
    return told


def quote_json(quote: Quote, text: str) -> dict[str, Any]:
    """A quote. `text` is `text[start:end]` of the article, from its first word to its last.

    Where the cue breaks the quote, that holds the cue too: `parts` are the quoted words alone.
    """
    speaker = quote.speaker
    return {
        **_span(quote.hull, text),
        "parts": [_span(span, text) for span in quote.content],
        "kind": quote.kind.value,
        "speaker": speaker.name if speaker else None,
        "role": speaker.role if speaker else None,
        "speaker_kind": speaker.kind.value if speaker else None,
        "speaks_for": speaker.speaks_for if speaker else None,
        "cue": _span(quote.cue, text) if quote.cue else None,
        "source": _span(quote.source, text) if quote.source else None,
        "confidence": round(quote.confidence, 3),
    }


def brief_json(brief: Brief, article: Article) -> dict[str, Any]:
    """A brief; `evidence` holds the paragraphs, numbered from 0, that each bullet rests on.

    A generated bullet is a model's words, and `made_from` what bears them out.
    """
    paragraphs = tuple(article.paragraphs())
    return {
        "headline": brief.headline,
        "bullets": [
            {
                "text": bullet.text,
                "generated": bullet.generated,
                "made_from": [_span(span, article.text) for span in bullet.spans],
                "evidence": [
                    {"paragraph": n, **_span(paragraphs[n].span, article.text)} for n in bullet.evidence
                ],
            }
            for bullet in brief.bullets
        ],
        "key_quotes": [
            quote_json(key.quote, article.text) | {"shown": [_span(span, article.text) for span in key.shown]}
            for key in brief.key_quotes
        ],
        "model": brief.model,
        "fallback": brief.fallback.value if brief.fallback else None,
    }


def _span(span: Span, text: str) -> dict[str, Any]:
    return {"start": span.start, "end": span.end, "text": span.of(text)}
