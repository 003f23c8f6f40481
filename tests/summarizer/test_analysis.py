"""Quotes first, then the brief that shows some of them."""

from articles.model import Article
from summarizer.analysis import analyse
from summarizer.extractive import Extractive
from summarizer.model import Quote
from tests.summarizer import made

SPOKEN = "We will spend more on our common defense, and we will begin with ammunition"
PARAGRAPHS = (
    "NATO ministers met in Brussels.",
    "Allies agreed to spend more on defense.",
    f"“{SPOKEN},” Mattis said.",
)


def find_quotes(article: Article) -> tuple[Quote, ...]:
    return (made.quote(article, SPOKEN, by="Jim Mattis"),) if SPOKEN in article.text else ()


def test_the_briefs_key_quotes_are_among_the_quotes_found() -> None:
    analysis = analyse(made.article(*PARAGRAPHS), find_quotes=find_quotes, summarizer=Extractive())
    assert tuple(key.quote for key in analysis.brief.key_quotes) == analysis.quotes != ()
