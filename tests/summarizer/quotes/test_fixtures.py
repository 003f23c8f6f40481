"""Articles written for these tests: every quotation in them, and whose it is."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.paragraphs import paragraphs_of
from summarizer.model import Quote, QuoteKind
from summarizer.quotes import find_quotes

FIXTURES = Path(__file__).with_name("fixtures")


def expected(name: str) -> list[str]:
    """One line a quotation: its speaker (and whom they speak for), then its passages."""
    return (FIXTURES / f"{name}.quotes").read_text(encoding="utf-8").splitlines()


def found(text: str) -> Iterator[str]:
    for quote in find_quotes(text, paragraphs_of(text)):
        if quote.kind is not QuoteKind.PARAPHRASED:
            yield " | ".join((named(quote), *(span.of(text) for span in quote.content)))


def named(quote: Quote) -> str:
    if quote.speaker is None:
        return "unknown"
    principal = quote.speaker.speaks_for
    return f"{quote.speaker.name} (for {principal})" if principal is not None else quote.speaker.name


@pytest.mark.parametrize("name", sorted(path.stem for path in FIXTURES.glob("*.txt")))
def test_every_quotation_of_an_article_is_found_with_its_speaker(name: str) -> None:
    text = (FIXTURES / f"{name}.txt").read_text(encoding="utf-8")
    assert list(found(text)) == expected(name)
