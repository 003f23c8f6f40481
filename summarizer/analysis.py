"""Everything that is worked out about an article once, when it comes in."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from articles.model import Article
from summarizer.model import Brief, Quote

FindQuotes = Callable[[Article], tuple[Quote, ...]]


class Summarizer(Protocol):
    """Condenses articles."""

    def briefs(
        self, articles: Sequence[tuple[Article, Sequence[Quote]]], *, max_bullets: int = 3
    ) -> Sequence[Brief]:
        """A brief for each article and its quotes, in the order given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """What an article says."""

    quotes: tuple[Quote, ...]  # all that were found, in text order
    brief: Brief  # its key quotes are among `quotes`


def analyse(
    article: Article, *, find_quotes: FindQuotes, summarizer: Summarizer, max_bullets: int = 3
) -> Analysis:
    """The quotes and the brief of one article."""
    return analyse_all([article], find_quotes=find_quotes, summarizer=summarizer, max_bullets=max_bullets)[0]


def analyse_all(
    articles: Sequence[Article], *, find_quotes: FindQuotes, summarizer: Summarizer, max_bullets: int = 3
) -> tuple[Analysis, ...]:
    """As `analyse` for each article, in the order given; a batch goes through the model together."""
    quotes = [find_quotes(article) for article in articles]
    briefs = summarizer.briefs(list(zip(articles, quotes, strict=True)), max_bullets=max_bullets)
    return tuple(Analysis(quotes=q, brief=b) for q, b in zip(quotes, briefs, strict=True))
