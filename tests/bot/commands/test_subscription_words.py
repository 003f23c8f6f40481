from contextlib import suppress
from datetime import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from articles.feeds.filters import Match, Rule, Where
from bot.commands.subscription_words import (
    SubscriptionDraft,
    draft_in_words,
    filters_in_words,
    read_draft,
    read_time,
)
from bot.schedules.schedule import ALL_DAYS, HOUR_STEPS, WEEKDAYS, WEEKEND, Rhythm, Schedule


def test_a_subscription_with_everything_said() -> None:
    draft = read_draft("nato daily 08:30 Europe/Brussels quiet 22:00-07:00")
    quiet = (time(22), time(7))
    schedule = Schedule(rhythm=Rhythm.DAILY, times=(time(8, 30),), quiet=quiet)
    assert draft == SubscriptionDraft(topic="nato", schedule=schedule, zone="Europe/Brussels")


def daily(*times: time, days: tuple[int, ...] = ALL_DAYS) -> Schedule:
    return Schedule(rhythm=Rhythm.DAILY, times=times or (time(8),), days=days)


def every(hours: int, at: time) -> Schedule:
    return Schedule(rhythm=Rhythm.EVERY, hours=hours, times=(at,))


def cron(expression: str) -> Schedule:
    return Schedule(rhythm=Rhythm.CRON, cron=expression)


@pytest.mark.parametrize(
    ("words", "topic", "schedule"),
    [
        ("nato", "nato", daily()),
        ("climate change 7pm", "climate change", daily(time(19))),
        ("fed hourly", "fed", Schedule(rhythm=Rhythm.HOURLY, times=(time(0),))),
        ("fed hourly 0:15", "fed", Schedule(rhythm=Rhythm.HOURLY, times=(time(0, 15),))),
        ("fed every 2h", "fed", every(2, time(0))),
        ("fed every 2 hours 9:15", "fed", every(2, time(9, 15))),
        ("fed every 30 minutes", "fed", cron("*/30 * * * *")),
        ("fed every day at 9:00", "fed", daily(time(9))),
        ("fed every monday", "fed", daily(days=(0,))),
        ("fed mondays 9am", "fed", daily(time(9), days=(0,))),
        ("fed friday 9am", "fed", daily(time(9), days=(4,))),
        ("fed mon-fri 9am", "fed", daily(time(9), days=WEEKDAYS)),
        ("fed on weekends 10:00", "fed", daily(time(10), days=WEEKEND)),
        ("fed weekly sun 10:00", "fed", daily(time(10), days=(6,))),
        ("fed every mon, wed and fri at 7:30 pm", "fed", daily(time(19, 30), days=(0, 2, 4))),
        ("fed 8am and 6pm", "fed", daily(time(8), time(18))),
        ("fed 18:00,8:00", "fed", daily(time(8), time(18))),
        ("fed at noon", "fed", daily(time(12))),
        ("fed every night at 22:30", "fed", daily(time(22, 30))),
        ("black friday", "black friday", daily()),
        ('"daily mail" weekdays', '"daily mail"', daily(days=WEEKDAYS)),
        ('fed cron "*/30 8-18 * * mon-fri"', "fed", cron("*/30 8-18 * * mon-fri")),
        ("fed cron 0,30 8-18 * * 1-5", "fed", cron("0,30 8-18 * * 1-5")),
        ("fed breaking", "fed", Schedule(rhythm=Rhythm.BREAKING)),
        ("breaking max 5", "", Schedule(rhythm=Rhythm.BREAKING, cap=5)),
    ],
)
def test_what_is_not_said_gets_its_default(words: str, topic: str, schedule: Schedule) -> None:
    draft = read_draft(words)
    assert (draft.topic, draft.schedule, draft.guesses) == (topic, schedule, ())


@pytest.mark.parametrize(
    ("words", "schedule", "guess"),
    [
        ("nato every morning", daily(time(8)), "“morning” as 08:00"),
        ("nato every weekday at 9", daily(time(9), days=WEEKDAYS), "“9” as 09:00"),
        ("nato twice a day", daily(time(8), time(18)), "“twice a day” as 08:00 and 18:00"),
        ("nato weekly 19:00", daily(time(19), days=(0,)), "“weekly” as on Mondays"),
        ("nato weekdays every evening", daily(time(18), days=WEEKDAYS), "“evening” as 18:00"),
    ],
)
def test_what_is_not_said_in_so_many_words_is_a_guess(words: str, schedule: Schedule, guess: str) -> None:
    draft = read_draft(words)
    assert (draft.schedule, draft.guesses) == (schedule, (guess,))


def test_a_zone_that_can_be_one_of_several_is_asked_for() -> None:
    draft = read_draft("nato daily 08:00 CST")
    assert draft.zone is None
    assert draft.zones == ("America/Chicago", "Asia/Shanghai", "America/Havana")


def test_a_digest_with_nothing_new_comes_where_it_is_wanted() -> None:
    assert read_draft("nato daily always").always
    assert not read_draft("nato daily").always


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ("nato daily someday", "“someday” is neither a time zone"),
        ("nato every 5h", "“every 5h” is not possible"),
        ("nato quiet 22:00", "has no end"),
        ("nato quiet 8:00-8:00", "all day"),
        ("nato daily at", "ends too soon"),
        ("nato daily at 25:00", "not a time of day"),
        ("nato daily 08:00 Rome/Atlantis", "“Rome/Atlantis” is neither"),
        ("nato daily hourly", "do not go together"),
        ("nato every other day", "“every other” is not possible"),
        ("nato hourly 8:00 9:00", "takes one time"),
        ("nato daily 5 times a day", "“5” is not a time of day"),
        ("nato 9 times a day", "“9” is not a time of day"),
        ("nato breaking max 0", "“max 0” is not possible"),
        ('nato cron "* * * *"', "it needs five fields"),
        ('nato cron "0 0 30 2 *"', "it never fires"),
        ('nato cron "*/5 * * * *"', "more often than every 15 minutes"),
        ('nato cron "*/7 8 * * *"', "more often than every 15 minutes"),
        ('nato cron "0,59 0,23 14,15 * *"', "more often than every 15 minutes"),
    ],
)
def test_what_cannot_be_kept_is_refused_with_what_would_do(words: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        read_draft(words)


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
    draft = read_draft(
        'nato none:sports,"opinion" title-any:"cyber attack, hacking" daily 08:00 match:20(16|17)'
    )
    assert draft.topic == "nato"
    assert draft.filters == (
        Rule(match=Match.NONE, words=("sports", "opinion")),
        Rule(match=Match.ANY, where=Where.TITLE, words=("cyber attack", "hacking")),
        Rule(match=Match.ANY, patterns=("20(16|17)",)),
    )
    said = filters_in_words(draft.filters[1:])
    assert said == 'title-any:"cyber attack,hacking" match:20(16|17)'
    assert read_draft(f"nato {said}").filters == draft.filters[1:]


@pytest.mark.parametrize(
    "words", ["nato any:", 'nato any:""', "nato match:(", "nato none:,,", 'nato any:"unclosed daily']
)
def test_a_filter_that_cannot_be_kept_is_refused(words: str) -> None:
    with pytest.raises(ValueError, match=r"filter|pattern|neither"):
        read_draft(words)


TIMES = st.builds(time, st.integers(0, 23), st.integers(0, 59))
QUIET = st.none() | st.tuples(TIMES, TIMES).filter(lambda pair: pair[0] != pair[1])
SCHEDULES = st.one_of(
    st.builds(Schedule, rhythm=st.just(Rhythm.HOURLY), times=st.tuples(TIMES), quiet=QUIET),
    st.builds(
        Schedule,
        rhythm=st.just(Rhythm.EVERY),
        times=st.tuples(TIMES),
        hours=st.sampled_from(HOUR_STEPS),
        quiet=QUIET,
    ),
    st.builds(
        Schedule,
        rhythm=st.just(Rhythm.DAILY),
        times=st.lists(TIMES, min_size=1, max_size=4, unique=True).map(lambda them: tuple(sorted(them))),
        days=st.lists(st.sampled_from(ALL_DAYS), min_size=1, unique=True).map(
            lambda them: tuple(sorted(them))
        ),
        quiet=QUIET,
    ),
    st.builds(
        Schedule, rhythm=st.just(Rhythm.CRON), cron=st.sampled_from(["0 8 * * 7", "*/15 9-17 1,15 * mon"])
    ),
    st.builds(Schedule, rhythm=st.just(Rhythm.BREAKING), cap=st.integers(1, 20), quiet=QUIET),
)


@given(
    st.sampled_from(["nato", '"daily mail"', "black friday"]),
    SCHEDULES,
    st.sampled_from([None, "Europe/Berlin", "Etc/GMT-2", "CET"]),
    st.booleans(),
)
def test_a_subscription_in_words_is_the_same_subscription(
    topic: str, schedule: Schedule, zone: str | None, always: bool
) -> None:
    filters = (Rule(match=Match.NONE, words=("sports", "cyber attack")),)
    draft = SubscriptionDraft(topic=topic, schedule=schedule, zone=zone, filters=filters, always=always)
    assert read_draft(draft_in_words(draft)) == draft


SCHEDULE_WORDS = st.sampled_from(
    ("at", "every", "on", "8", "8am", ",", "9:00", "twice", "a", "day", "monday", "mon-fri")
) | st.sampled_from(("mornings", "cron", "quiet", "max", "always", "CST", "times", "each", "“", '""'))


@given(st.text() | st.lists(SCHEDULE_WORDS).map(lambda words: "nato daily " + " ".join(words)))
def test_any_words_are_a_subscription_or_refused_with_a_reason(words: str) -> None:
    with suppress(ValueError):
        assert isinstance(read_draft(words).schedule, Schedule)
