"""Quotes first, then the brief that shows some of them."""

from articles.model import Article
from summarizer.analysis import analyse, analyse_all
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
    assert analysis.brief.key_quotes == analysis.quotes != ()


def test_a_batch_keeps_its_order() -> None:
    batch = [
        made.article(*PARAGRAPHS, headline="One"),
        made.article("Nothing was said in Paris.", headline="Two"),
    ]
    analyses = analyse_all(batch, find_quotes=find_quotes, summarizer=Extractive())
    assert [(a.brief.headline, len(a.quotes)) for a in analyses] == [("One", 1), ("Two", 0)]
    assert analyse_all([], find_quotes=find_quotes, summarizer=Extractive()) == ()
