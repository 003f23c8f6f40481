"""Everything that is worked out about an article once, when it comes in."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from articles.model import Article
from summarizer.model import Brief, Quote

FindQuotes = Callable[[Article], tuple[Quote, ...]]


class Summarizer(Protocol):
    """Condenses articles."""

    def brief(self, article: Article, quotes: Sequence[Quote], *, max_bullets: int = 3) -> Brief:
        """The brief of an article, given its quotes; at most `max_bullets` bullets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """What an article says."""

    quotes: tuple[Quote, ...]  # all that were found, in text order
    brief: Brief  # its key quotes are of `quotes`


def analyse(
    article: Article, *, find_quotes: FindQuotes, summarizer: Summarizer, max_bullets: int = 3
) -> Analysis:
    """The quotes and the brief of one article."""
    quotes = find_quotes(article)
    return Analysis(quotes=quotes, brief=summarizer.brief(article, quotes, max_bullets=max_bullets))
