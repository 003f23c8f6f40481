"""Quotes first, then the brief that shows some of them."""

from summarizer.analysis import Analyst
from tests.summarizer import made

SPOKEN = "We will spend more on our common defense, and we will begin with ammunition"
PARAGRAPHS = (
    "NATO ministers met in Brussels.",
    "Allies agreed to spend more on defense.",
    f"“{SPOKEN},” Jim Mattis said.",
)


def test_the_briefs_key_quotes_are_among_the_quotes_found() -> None:
    analysis = Analyst().read(made.article(*PARAGRAPHS))
    assert tuple(key.quote for key in analysis.brief.key_quotes) == analysis.quotes != ()
