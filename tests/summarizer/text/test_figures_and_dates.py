"""Figures, dates and names of texts that nobody would write, read without an error and in fair time."""

from datetime import date

import pytest

from summarizer.evidence.names import Names
from summarizer.text.dates import When, whens_of
from summarizer.text.figures import figures_of
from tests.summarizer import made
from tests.summarizer.growth import growth


@pytest.mark.parametrize("text", ["1.2.3rd", "the 1.2.3rd and 1,2,3.4th"])
def test_an_ordinal_of_several_points_is_a_figure(text: str) -> None:
    assert {figure.unit for figure in figures_of(text)} == {"ordinal"}


@pytest.mark.parametrize("word", ["Monday", "tomorrow"])
def test_the_last_day_of_the_calendar_has_none_behind_it(word: str) -> None:
    (when,) = whens_of(f"They met {word}.", date.max)
    assert all(day <= date.max for day in when.days)


def test_figures_inside_other_places_are_left_out() -> None:
    text = "1 and 22 and 333 and 4444"
    ranges = [(17, 99), (0, 9), (2, 3), (6, 8)]
    left = figures_of(text, without=[When(start, end, (), frozenset()) for start, end in ranges])
    assert [figure.value for figure in left] == [333]


@pytest.mark.slow
def test_many_dates_and_figures_take_no_longer_for_each() -> None:
    def work(times: int) -> None:
        text = "It fell 3 on 4 May. " * times
        figures_of(text, without=whens_of(text, None))

    assert growth(work, 250, 4_000) < 60  # 16 where each takes as long, 256 where all pairs are tried


def test_a_word_without_end_is_read_once() -> None:
    assert growth(lambda times: Names(made.article("Aa-" * times)), 1_000, 8_000) < 30  # else 64
