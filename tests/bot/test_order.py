from contextlib import suppress
from datetime import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from articles.feeds.filters import Match, Rule, Where
from bot.order import Order, filters_in_words, read_order, read_time, read_zone, zones_like
from bot.schedule import Rhythm, Schedule


def test_an_order_with_everything_said() -> None:
    order = read_order("nato daily 08:30 Europe/Brussels quiet 22:00-07:00")
    quiet = (time(22), time(7))
    schedule = Schedule(rhythm=Rhythm.DAILY, at=time(8, 30), quiet=quiet)
    assert order == Order(topic="nato", schedule=schedule, zone="Europe/Brussels")


@pytest.mark.parametrize(
    ("words", "topic", "schedule"),
    [
        ("nato", "nato", Schedule(rhythm=Rhythm.DAILY)),
        ("climate change 7pm", "climate change", Schedule(rhythm=Rhythm.DAILY, at=time(19))),
        ("fed hourly", "fed", Schedule(rhythm=Rhythm.HOURLY, at=time(0))),
        ("fed every 2h", "fed", Schedule(rhythm=Rhythm.EVERY, hours=2, at=time(0))),
        ("fed every 2 hours 9:15", "fed", Schedule(rhythm=Rhythm.EVERY, hours=2, at=time(9, 15))),
        ("fed every day at 9:00", "fed", Schedule(rhythm=Rhythm.DAILY, at=time(9))),
        ("fed every monday", "fed", Schedule(rhythm=Rhythm.WEEKLY, weekday=0)),
        ("fed weekly sun 10:00", "fed", Schedule(rhythm=Rhythm.WEEKLY, weekday=6, at=time(10))),
        ('"daily mail" weekdays', '"daily mail"', Schedule(rhythm=Rhythm.WEEKDAYS)),
    ],
)
def test_what_is_not_said_gets_its_default(words: str, topic: str, schedule: Schedule) -> None:
    order = read_order(words)
    assert (order.topic, order.schedule) == (topic, schedule)


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ("nato daily someday", "“someday” is neither a time zone"),
        ("nato every 5h", "“every 5h” cannot be kept"),
        ("nato quiet 22:00", "has no end"),
        ("nato quiet 8:00-8:00", "all day"),
        ("nato daily at", "ends too soon"),
        ("nato daily at 25:00", "not a time of day"),
        ("nato daily 08:00 Rome/Atlantis", "“Rome/Atlantis” is neither"),
    ],
)
def test_what_cannot_be_kept_is_refused_with_what_would_do(words: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        read_order(words)


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("8:05", time(8, 5)),
        ("8am", time(8)),
        ("12am", time(0)),
        ("12:30pm", time(12, 30)),
        ("23.59", time(23, 59)),
    ],
)
def test_times_of_day_as_people_write_them(word: str, expected: time) -> None:
    assert read_time(word) == expected


@pytest.mark.parametrize("word", ["24:00", "8:60", "0am", "13pm", "noonish", "8"])
def test_what_is_no_time_of_day_is_refused(word: str) -> None:
    with pytest.raises(ValueError, match="not a time of day"):
        read_time(word)


def test_filters_are_read_wherever_they_stand_and_said_back() -> None:
    order = read_order(
        'nato none:sports,"opinion" title-any:"cyber attack, hacking" daily 08:00 match:20(16|17)'
    )
    assert order.topic == "nato"
    assert order.filters == (
        Rule(match=Match.NONE, words=("sports", "opinion")),
        Rule(match=Match.ANY, where=Where.TITLE, words=("cyber attack", "hacking")),
        Rule(match=Match.ANY, patterns=("20(16|17)",)),
    )
    said = filters_in_words(order.filters[1:])
    assert said == 'title-any:"cyber attack,hacking" match:20(16|17)'
    assert read_order(f"nato {said}").filters == order.filters[1:]


@pytest.mark.parametrize(
    "words", ["nato any:", 'nato any:""', "nato match:(", "nato none:,,", 'nato any:"unclosed daily']
)
def test_a_filter_that_cannot_be_kept_is_refused(words: str) -> None:
    with pytest.raises(ValueError, match=r"filter|pattern|neither"):
        read_order(words)


def test_a_zone_by_name_in_any_case_or_by_its_city() -> None:
    assert read_zone("europe/brussels") == "Europe/Brussels"
    assert read_zone("New York") == "America/New_York"
    assert "Europe/Brussels" in zones_like("bruss", limit=5)


@given(st.text())
def test_any_words_are_an_order_or_refused_with_a_reason(words: str) -> None:
    with suppress(ValueError):
        assert isinstance(read_order(words).schedule, Schedule)
