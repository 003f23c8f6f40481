"""An article's words as PostgreSQL holds them, within what it can hold."""

import random

import pytest
from sqlalchemy import String, cast, func, literal, select
from sqlalchemy.dialects.postgresql import TSQUERY, TSVECTOR

from articles.database import Database
from articles.schema import SEQUENCE_BITS
from articles.search.full_text import Expression
from articles.search.tsvector import MAX_POSITION, HitCounter, ZoneHits, query_of, words_of
from tests.databases import on_postgresql


def vector(text: str = "", headline: str = "", headings: str = "") -> str:
    row = {"headline": headline, "headings": headings, "text": text, "publisher": None, "language": "en"}
    return words_of({**row, "search_key": 1 << SEQUENCE_BITS})


@pytest.mark.parametrize(
    ("phrases", "hits"),
    [
        (("nato",), ZoneHits(1, 1, 2, 1)),
        (("nato allies",), ZoneHits(0, 0, 2, 0)),  # also over the end of a paragraph, counted where it begins
        (("nato allies", "allies"), ZoneHits(0, 0, 2, 0)),  # what overlaps is one
        (("budget nato",), ZoneHits(0, 0, 0, 0)),  # from the headline into the headings is no phrase
    ],
)
def test_hits_are_counted_by_zone(phrases: tuple[str, ...], hits: ZoneHits) -> None:
    held = vector("NATO allies. NATO.\n\nAllies of NATO.", headline="NATO budget", headings="NATO")
    assert HitCounter(Expression(phrases=phrases)).count(held) == hits


def test_a_phrase_without_any_word_finds_nothing() -> None:
    nothing = Expression(phrases=("\u0301",))
    assert query_of(nothing) == "('=')"
    assert HitCounter(nothing).count(vector("NATO")) == ZoneHits(0, 0, 0, 0)


@pytest.mark.slow
@on_postgresql
@pytest.mark.parametrize("kinds_of_words", [1, 100, 100_000])
def test_the_longest_of_articles_is_held_and_found_by_its_beginning(
    database: Database, kinds_of_words: int
) -> None:
    chance = random.Random(1)
    words = [f"word{n:090}" if n % 2 else f"w{n}" for n in range(kinds_of_words)]
    text = f"Beginning. {' '.join(chance.choices(words, k=300_000))}"
    held = cast(literal(vector(text), String), TSVECTOR)
    query = cast(literal(query_of(Expression(phrases=("beginning",)))), TSQUERY)
    with database.reading() as connection:
        found, size = connection.execute(
            select(held.op("@@", is_comparison=True)(query), func.length(held))
        ).one()
    assert found
    assert size > min(kinds_of_words, MAX_POSITION) / 4
