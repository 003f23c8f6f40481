"""What people type is words, whatever else it looks like."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from articles.fulltext import match_expression, parse_query
from articles.store import ArticleStore


@pytest.mark.parametrize(
    ("typed", "phrases"),
    [
        ("nato budgets", ("nato", "budgets")),
        ('mattis "defense budgets"', ("defense budgets", "mattis")),
        ("“battle groups” ", ("battle groups",)),
        ("what did the nato do", ("nato",)),
        ("the of and", ()),
        ('"to be or not"', ()),
        ("cyber-attacks", ("cyber-attacks",)),
        ("--- ... *** ()", ()),
        ("", ()),
        ("US", ("US",)),
        ("nato nato", ("nato",)),
        ('"unclosed phrase', ("unclosed", "phrase")),
        ("headline:nato OR NEAR(x, 5) AND NOT *", ("headline", "nato", "NEAR", "x", "5")),
    ],
)
def test_words_and_phrases_are_found_and_stop_words_left_out(typed: str, phrases: tuple[str, ...]) -> None:
    assert parse_query(typed).phrases == phrases


def test_every_word_is_quoted_in_the_index_language() -> None:
    columns = "{headline headings text}"
    assert match_expression(parse_query('nato" OR "x*')) == f'{columns} : ("nato" AND "x")'
    assert match_expression(parse_query("budg"), prefix=True) == f'{columns} : ("budg"*)'
    assert (
        match_expression(parse_query("x"), publisher='VOA" NOT "y')
        == f'{columns} : ("x") AND publisher : "VOA NOT y"'
    )
    assert match_expression(parse_query("x"), publisher="!") is None


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=200)
@given(st.text(max_size=60), st.text(max_size=10) | st.none())
def test_no_text_that_people_type_is_an_error(
    article_store: ArticleStore, typed: str, publisher: str | None
) -> None:
    article_store.search(typed, limit=3, publisher=publisher)
    article_store.latest(limit=1, publisher=publisher, language=typed)
    article_store.topics_near(typed)
    article_store.topics_like(typed)
