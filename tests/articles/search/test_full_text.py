"""What people type is words, whatever else it looks like."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from articles.search.article_search import SearchFilter
from articles.search.fts5 import expression_of
from articles.search.full_text import match_expression, parse_query
from articles.search.tsvector import query_of
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
    assert parse_query(typed) == phrases


@pytest.mark.parametrize(
    ("typed", "filters", "in_fts5", "in_tsquery"),
    [
        ('nato" OR "x*', {}, '{headline headings text} : ("nato" AND "x")', "('nato') & ('x')"),
        ("budg", {"prefix": True}, '{headline headings text} : ("budg"*)', "('budg':*)"),
        ("budgets", {}, '{headline headings text} : ("budgets")', "('budget')"),
        ("'x':*|!y", {}, '{headline headings text} : ("x" AND "y")', "('x') & ('y')"),
        (
            "x",
            {"publisher": 'VOA" NOT "y'},
            '{headline headings text} : ("x") AND publisher : "VOA NOT y"',
            "('x') & ('p=voa' <-> 'p=not' <-> 'p=y')",
        ),
    ],
)
def test_every_word_is_quoted_in_the_index_language(
    typed: str, filters: dict[str, Any], in_fts5: str, in_tsquery: str
) -> None:
    expression = match_expression(parse_query(typed), **filters)
    assert expression is not None
    assert expression_of(expression) == in_fts5
    assert query_of(expression) == in_tsquery


def test_a_filter_without_words_matches_nothing() -> None:
    assert match_expression(parse_query("x"), publisher="!") is None


@pytest.mark.slow
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=200)
@given(st.text(max_size=60), st.text(max_size=10) | st.none())
def test_no_text_that_people_type_is_an_error(
    article_store: ArticleStore, typed: str, publisher: str | None
) -> None:
    article_store.find(typed, SearchFilter(publisher=publisher), limit=3)
    article_store.latest(SearchFilter(publisher=publisher, language=typed), limit=1)
    article_store.topics_near(typed)
    article_store.topics_like(typed)
