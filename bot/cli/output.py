"""Output of the commands: JSON for programs, one line for an error, the exit code."""

import json
from collections.abc import Callable, Iterable
from typing import Any

import click

from articles.errors import ArticleError
from articles.model import Article, Span
from summarizer.errors import SummarizerError
from summarizer.model import Brief, Quote, QuoteKind

REFUSED = 2  # exit code: something could not be done

as_json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")


def print_json(value: object) -> None:
    """Prints JSON on standard output."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def print_error(error: Exception | str) -> None:
    """Prints an error as one line on standard error."""
    click.echo(f"pullquote: {' '.join(str(error).split())}", err=True)


def report_each(names: Iterable[str], do: Callable[[str], str]) -> None:
    """Calls `do` for each and prints its answer or its error. Exits with REFUSED if there was an error."""
    failed = False
    for name in names:
        try:
            click.echo(do(name))
        except (ArticleError, SummarizerError) as error:
            print_error(error)
            failed = True
    if failed:
        raise click.exceptions.Exit(REFUSED)


# Articles, quotes and briefs as JSON. Offsets count code points of the article's `text`.


def article_json(article: Article) -> dict[str, Any]:
    """The article with its canonical text and its sections."""
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
    """Quotes, and apart from them paraphrases."""
    found: dict[str, list[dict[str, Any]]] = {"quotes": [], "paraphrases": []}
    for quote in quotes:
        kind = "paraphrases" if quote.kind is QuoteKind.PARAPHRASED else "quotes"
        found[kind].append(quote_json(quote, text))
    return found


def quote_json(quote: Quote, text: str) -> dict[str, Any]:
    """A quote. `text` is `text[start:end]` of the article, from the quote's first word to its last.

    If the cue interrupts the quote, `text` includes the cue; `parts` are only the quoted words.
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
    """A brief. `evidence` holds the paragraphs, numbered from 0, that support each bullet.

    A generated bullet is a model's words; `made_from` are the spans that support it.
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
