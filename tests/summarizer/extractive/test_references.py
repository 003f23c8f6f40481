"""Whom "he" and which day "Thursday" is, where that is sure, and that the rest is left as it stands."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from articles.model import Article, Span
from summarizer.extractive.compression import apply_edits
from summarizer.extractive.references import References
from summarizer.model import EditKind
from summarizer.quotes import find_quotes
from tests.summarizer import made

THURSDAY = datetime(2017, 2, 16, 12, 0, tzinfo=UTC)


def written(*before: str, sentence: str, published: datetime | None = THURSDAY, language: str = "en") -> str:
    """The sentence as it reads behind the paragraphs `before` it."""
    source = replace(made.article(*before, sentence), published=published, language=language)
    quotes = find_quotes(source.text, [paragraph.span for paragraph in source.paragraphs()])
    span = Span(start=len(source.text) - len(sentence), end=len(source.text))
    return apply_edits(source.text, span, References(source, quotes).resolve(span))


@pytest.mark.parametrize(
    ("sentence", "reads"),
    [
        ("Jim Mattis on Thursday ruled out a pact.", "Jim Mattis on Thursday 16 February ruled out a pact."),
        ("Mattis told the ministers Wednesday.", "Mattis told the ministers Wednesday 15 February."),
        ("On Monday, Mattis warned the allies.", "On Monday 13 February, Mattis warned the allies."),
        ("The bridge fell on Saturday in Lyon.", "The bridge fell on Saturday 11 February in Lyon."),
        (
            "Two men were held on Sunday, police said.",
            "Two men were held on Sunday 12 February, police said.",
        ),
        ("The court said today that it had met.", "The court said on 16 February that it had met."),
        (
            "Mattis, the minister, on Monday left.",
            "Mattis, the minister, on Monday 13 February left.",
        ),
        ("Shares fell 3.5 points on Monday.", "Shares fell 3.5 points on Monday 13 February."),
        (
            "The rate rose on Monday, according to officials.",
            "The rate rose on Monday 13 February, according to officials.",
        ),
        ("Yesterday, the court met.", "On 15 February, the court met."),
        ("The bridge collapsed yesterday.", "The bridge collapsed on 15 February."),
    ],
)
def test_a_past_weekday_gets_its_date(sentence: str, reads: str) -> None:
    assert written(sentence=sentence) == reads


@pytest.mark.parametrize(
    "sentence",
    [
        "Mattis said the ministers will meet on Thursday.",  # the next one
        "The match is due on Thursday, the club said.",
        "The bridge fell last Thursday.",
        "The strike that began on Friday goes on.",  # six days back, or tomorrow
        "The shop was open every Thursday.",
        "Shots were heard on Thursday night.",
        "It opened on Thursday, Feb. 9, and closed.",
        "Black Thursday ruined them.",
        "Thursday's vote was close.",
        "“We met on Thursday,” Mattis said.",
        "Prices of today are higher than they were.",
        "He lived until today.",
        "The vote is on Thursday.",
        "The attack took place on Thursday a week ago.",
        "The attack took place on Thursday last week.",
        "The attack took place a week ago on Thursday.",
        "The man was killed on Wednesday two years ago.",
        "The man was born on Wednesday in 1960.",
        "Mattis agreed to meet Shoigu on Thursday.",
        "Trump asked lawmakers to vote on Tuesday.",
        "Mattis said it expires Wednesday.",
        "The bank said the offer expires Wednesday.",
        "The bank said the offer lapses Wednesday.",
        "The delayed talks resume on Tuesday.",
        "On Tuesday the offer lapses, the bank said.",
    ],
)
def test_a_weekday_that_may_be_another_day_gets_no_date(sentence: str) -> None:
    assert written(sentence=sentence) == sentence


def test_weekdays_get_no_date_without_the_articles_date_or_in_another_language() -> None:
    sentence = "Jim Mattis on Thursday ruled out a pact."
    assert written(sentence=sentence, published=None) == sentence
    assert written(sentence=sentence, language="nl") == sentence


@pytest.mark.parametrize(
    ("published", "reads"),
    [
        (datetime(2017, 2, 16, 23, 0, tzinfo=timezone(timedelta(hours=-5))), "on 15 February"),
        (datetime(2017, 2, 17, 4, 0, tzinfo=UTC), "yesterday"),  # the 16th in Washington, the 17th in Tokyo
        (datetime(2017, 2, 17, 10, 0, tzinfo=UTC), "on 16 February"),
        (datetime(2017, 2, 17, 0, 0, tzinfo=UTC), "on 16 February"),  # a day whose time is not known
    ],
)
def test_yesterday_is_counted_from_the_publishers_own_day(published: datetime, reads: str) -> None:
    assert written(sentence="The bridge collapsed yesterday.", published=published) == (
        f"The bridge collapsed {reads}."
    )


def test_he_who_speaks_is_named_where_one_man_alone_was_named_before() -> None:
    assert written(
        "Mayor John Miller opened the new bridge over the river.",
        sentence="“The bridge is for everybody in this town,” he said.",
    ) == ("“The bridge is for everybody in this town,” John Miller said.")


@pytest.mark.parametrize(
    "before",
    [
        ("Mayor John Miller met Sheriff Robert Brown at the bridge over the river.",),
        ("Mayor John Miller opened the bridge.", "The weather was fine. Rain came later. It left soon."),
        (),
    ],
)
def test_he_stays_he_where_it_may_be_another(before: tuple[str, ...]) -> None:
    sentence = "“The bridge is for everybody in this town,” he said."
    assert written(*before, sentence=sentence) == sentence


MATTIS = "“It is good,” Jim Mattis said."
READY = "“We are ready to restore relations with all of them,” he said."


@pytest.mark.parametrize(
    "before",
    [
        "Mattis handed the floor to Lavrov.",
        "Jim Mattis introduced Kowalski.",
        "Jim Mattis introduced Łukasiewicz.",
        "Mattis's lawyer was angry.",
        "Mattis and his Russian counterpart spoke.",
        "Mattis spoke first. Kowalski agreed.",
        "Mattis was there. Sergei Lavrov was not.",
        "Mattis thanked the Foreign Minister.",
    ],
)
def test_he_stays_he_where_a_name_or_a_role_may_be_another_mans(before: str) -> None:
    assert written(MATTIS, before, sentence=READY) == READY


@pytest.mark.parametrize(
    "before",
    [
        "Mattis spoke in Springfield on Thursday.",
        "US Defense Secretary Jim Mattis spoke of Russia and of NATO.",
        "Officials were there. Mattis spoke of New York.",
    ],
)
def test_he_is_named_where_what_else_is_named_is_nobody(before: str) -> None:
    assert written(MATTIS, before, sentence=READY) == READY.replace("he said", "Jim Mattis said")


def source_of(*paragraphs: str) -> Article:
    return replace(made.article(*paragraphs), published=THURSDAY)


def test_each_edit_says_what_it_is() -> None:
    source = source_of("Mayor John Miller said on Monday that it had rained.")
    (edit,) = References(source, ()).resolve(Span(start=0, end=len(source.text)))
    assert (edit.kind, edit.span.of(source.text), edit.text) == (
        EditKind.DATE,
        "Monday",
        "Monday 13 February",
    )
