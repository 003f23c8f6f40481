from datetime import UTC, datetime, time, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.schedule import (
    HOUR_STEPS,
    Rhythm,
    Schedule,
    due_after,
    from_json,
    in_words,
    next_due,
    to_json,
    upcoming,
)

BERLIN = ZoneInfo("Europe/Berlin")


def local(schedule: Schedule, after: datetime, count: int = 3) -> list[str]:
    return [f"{due:%a %d %H:%M %z}" for due in upcoming(schedule, BERLIN, after, count=count)]


def test_a_time_that_daylight_saving_skips_comes_an_hour_later_that_day() -> None:
    schedule = Schedule(rhythm=Rhythm.DAILY, at=time(2, 30))
    after = datetime(2026, 3, 27, 12, tzinfo=BERLIN)
    assert local(schedule, after) == ["Sat 28 02:30 +0100", "Sun 29 03:30 +0200", "Mon 30 02:30 +0200"]


def test_a_time_that_comes_twice_counts_the_first_time_only() -> None:
    schedule = Schedule(rhythm=Rhythm.DAILY, at=time(2, 30))
    after = datetime(2026, 10, 24, 12, tzinfo=BERLIN)
    assert local(schedule, after, 2) == ["Sun 25 02:30 +0200", "Mon 26 02:30 +0100"]


def test_the_second_of_two_equal_wall_clock_times_is_not_due_again() -> None:
    schedule = Schedule(rhythm=Rhythm.DAILY, at=time(2, 30))
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)  # 02:30 summer time
    assert next_due(schedule, BERLIN, first) == datetime(2026, 10, 26, 1, 30, tzinfo=UTC)


def test_hourly_is_every_real_hour_when_the_clocks_go_back() -> None:
    schedule = Schedule(rhythm=Rhythm.HOURLY, at=time(0, 15))
    after = datetime(2026, 10, 25, 0, 30, tzinfo=BERLIN)
    due = list(islice(due_after(schedule, BERLIN, after), 5))
    assert {b - a for a, b in pairwise(due)} == {timedelta(hours=1)}
    assert {moment.astimezone(BERLIN).minute for moment in due} == {15}


def test_hourly_keeps_the_minute_of_a_zone_that_is_half_an_hour_off() -> None:
    kolkata = ZoneInfo("Asia/Kolkata")
    due = next_due(Schedule(rhythm=Rhythm.HOURLY, at=time(0, 0)), kolkata, datetime(2026, 1, 1, tzinfo=UTC))
    assert due == datetime(2026, 1, 1, 0, 30, tzinfo=UTC)


def test_weekdays_leave_the_weekend_out() -> None:
    friday = datetime(2026, 11, 27, 9, tzinfo=BERLIN)
    assert local(Schedule(rhythm=Rhythm.WEEKDAYS), friday, 1) == ["Mon 30 08:00 +0100"]


def test_every_six_hours_keeps_its_hours_every_day() -> None:
    schedule = Schedule(rhythm=Rhythm.EVERY, at=time(9, 0), hours=6)
    after = datetime(2026, 11, 24, 9, 0, tzinfo=BERLIN)
    assert local(schedule, after, 4) == [
        "Tue 24 15:00 +0100",
        "Tue 24 21:00 +0100",
        "Wed 25 03:00 +0100",
        "Wed 25 09:00 +0100",
    ]


def test_what_falls_into_quiet_hours_is_one_digest_at_their_end() -> None:
    schedule = Schedule(rhythm=Rhythm.HOURLY, at=time(0, 0), quiet=(time(22, 0), time(7, 0)))
    after = datetime(2026, 11, 24, 20, 30, tzinfo=BERLIN)
    assert local(schedule, after, 3) == ["Tue 24 21:00 +0100", "Wed 25 07:00 +0100", "Wed 25 08:00 +0100"]


def test_quiet_hours_within_one_day_hold_until_their_end() -> None:
    schedule = Schedule(rhythm=Rhythm.DAILY, at=time(13, 0), quiet=(time(12, 0), time(14, 30)))
    assert local(schedule, datetime(2026, 11, 24, tzinfo=BERLIN), 1) == ["Tue 24 14:30 +0100"]


@pytest.mark.parametrize(
    ("schedule", "words"),
    [
        (Schedule(rhythm=Rhythm.DAILY), "daily at 08:00"),
        (Schedule(rhythm=Rhythm.WEEKLY, weekday=1, at=time(19)), "weekly on Tuesday at 19:00"),
        (Schedule(rhythm=Rhythm.EVERY, hours=6, at=time(9)), "every 6 hours from 03:00"),
        (Schedule(rhythm=Rhythm.HOURLY, at=time(0, 5)), "hourly at 5 past"),
        (
            Schedule(rhythm=Rhythm.WEEKDAYS, quiet=(time(22), time(7))),
            "weekdays at 08:00, quiet 22:00–07:00",
        ),
    ],
)
def test_a_schedule_is_said_back_in_words(schedule: Schedule, words: str) -> None:
    assert in_words(schedule) == words


TIMES = st.builds(time, st.integers(0, 23), st.integers(0, 59))
QUIET = st.none() | st.tuples(TIMES, TIMES).filter(lambda pair: pair[0] != pair[1])
SCHEDULES = st.builds(
    Schedule,
    rhythm=st.sampled_from(Rhythm),
    at=TIMES,
    hours=st.sampled_from(HOUR_STEPS),
    weekday=st.integers(0, 6),
    quiet=QUIET,
)
ZONES = st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"])
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(SCHEDULES, ZONES, MOMENTS)
def test_due_times_rise_and_lie_after_the_given_moment(
    schedule: Schedule, zone: str, after: datetime
) -> None:
    due = list(islice(due_after(schedule, ZoneInfo(zone), after), 4))
    assert all(a < b for a, b in pairwise([after, *due]))


@given(SCHEDULES)
def test_a_schedule_survives_being_stored(schedule: Schedule) -> None:
    assert from_json(to_json(schedule)) == schedule
