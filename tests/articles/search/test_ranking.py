"""Relevance first, freshness where that is much the same."""

from articles.search.full_text import Match
from articles.search.ranking import rank

DAY_S = 24 * 3600


def match(key: int, *, age_days: float = 0, headline: int = 0, text: int = 1, lede: int = 0) -> Match:
    return Match(
        search_key=key,
        published_s=int(1_487_000_000 - age_days * DAY_S),
        headline_hits=headline,
        heading_hits=0,
        lede_hits=lede,
        text_hits=text,
        length=3000,
    )


def order(*matches: Match) -> list[int]:
    return [found.search_key for found in rank(matches)]


def test_an_article_about_it_comes_before_one_that_mentions_it() -> None:
    assert order(match(1), match(2, age_days=1, headline=1, lede=2, text=6)) == [2, 1]


def test_of_two_alike_the_fresher_comes_first() -> None:
    assert order(match(1, age_days=5, headline=1), match(2, headline=1)) == [2, 1]


def test_a_mention_today_comes_before_last_months_story() -> None:
    assert order(match(1, age_days=40, headline=1, text=5), match(2, text=3)) == [2, 1]


def test_an_archive_ranks_as_news_does() -> None:
    old = [match(1, age_days=4000, headline=1), match(2, age_days=4001)]
    assert order(*old) == [1, 2]


def test_nothing_ranks_as_nothing() -> None:
    assert rank([]) == []
