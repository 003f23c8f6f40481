from datetime import UTC, datetime, time, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.schedules.schedule import (
    NEVER,
    WEEKDAYS,
    Rhythm,
    Schedule,
    due_after,
    from_json,
    in_words,
    next_due,
    to_json,
    upcoming,
)
from tests.bot.commands.test_subscription_words import SCHEDULES

BERLIN = ZoneInfo("Europe/Berlin")


def local(schedule: Schedule, after: datetime, count: int = 3) -> list[str]:
    return [f"{due:%a %d %H:%M %z}" for due in upcoming(schedule, BERLIN, after, count=count)]


def test_a_time_that_daylight_saving_skips_comes_an_hour_later_that_day() -> None:
    schedule = Schedule(rhythm=Rhythm.DAILY, times=(time(2, 30),))
    after = datetime(2026, 3, 27, 12, tzinfo=BERLIN)
    assert local(schedule, after) == ["Sat 28 02:30 +0100", "Sun 29 03:30 +0200", "Mon 30 02:30 +0200"]


def test_a_time_that_comes_twice_counts_the_first_time_only() -> None:
    schedule = Schedule(rhythm=Rhythm.DAILY, times=(time(2, 30),))
    after = datetime(2026, 10, 24, 12, tzinfo=BERLIN)
    assert local(schedule, after, 2) == ["Sun 25 02:30 +0200", "Mon 26 02:30 +0100"]


def test_the_second_of_two_equal_wall_clock_times_is_not_due_again() -> None:
    schedule = Schedule(rhythm=Rhythm.DAILY, times=(time(2, 30),))
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)  # 02:30 summer time
    assert next_due(schedule, BERLIN, first) == datetime(2026, 10, 26, 1, 30, tzinfo=UTC)


def test_hourly_is_every_real_hour_when_the_clocks_go_back() -> None:
    schedule = Schedule(rhythm=Rhythm.HOURLY, times=(time(0, 15),))
    after = datetime(2026, 10, 25, 0, 30, tzinfo=BERLIN)
    due = list(islice(due_after(schedule, BERLIN, after), 5))
    assert {b - a for a, b in pairwise(due)} == {timedelta(hours=1)}
    assert {moment.astimezone(BERLIN).minute for moment in due} == {15}


def test_hourly_keeps_the_minute_of_a_zone_that_is_half_an_hour_off() -> None:
    kolkata = ZoneInfo("Asia/Kolkata")
    due = next_due(
        Schedule(rhythm=Rhythm.HOURLY, times=(time(0, 0),)), kolkata, datetime(2026, 1, 1, tzinfo=UTC)
    )
    assert due == datetime(2026, 1, 1, 0, 30, tzinfo=UTC)


def test_weekdays_leave_the_weekend_out() -> None:
    friday = datetime(2026, 11, 27, 9, tzinfo=BERLIN)
    assert local(Schedule(rhythm=Rhythm.DAILY, days=WEEKDAYS), friday, 1) == ["Mon 30 08:00 +0100"]


def test_every_six_hours_keeps_its_hours_every_day() -> None:
    schedule = Schedule(rhythm=Rhythm.EVERY, times=(time(9, 0),), hours=6)
    after = datetime(2026, 11, 24, 9, 0, tzinfo=BERLIN)
    assert local(schedule, after, 4) == [
        "Tue 24 15:00 +0100",
        "Tue 24 21:00 +0100",
        "Wed 25 03:00 +0100",
        "Wed 25 09:00 +0100",
    ]


def test_what_falls_into_quiet_hours_is_one_digest_at_their_end() -> None:
    schedule = Schedule(rhythm=Rhythm.HOURLY, times=(time(0, 0),), quiet=(time(22, 0), time(7, 0)))
    after = datetime(2026, 11, 24, 20, 30, tzinfo=BERLIN)
    assert local(schedule, after, 3) == ["Tue 24 21:00 +0100", "Wed 25 07:00 +0100", "Wed 25 08:00 +0100"]


def test_quiet_hours_within_one_day_hold_until_their_end() -> None:
    schedule = Schedule(rhythm=Rhythm.DAILY, times=(time(13, 0),), quiet=(time(12, 0), time(14, 30)))
    assert local(schedule, datetime(2026, 11, 24, tzinfo=BERLIN), 1) == ["Tue 24 14:30 +0100"]


@pytest.mark.parametrize(
    ("schedule", "words"),
    [
        (Schedule(rhythm=Rhythm.DAILY), "daily at 08:00"),
        (Schedule(rhythm=Rhythm.DAILY, days=(1,), times=(time(19),)), "weekly on Tuesday at 19:00"),
        (Schedule(rhythm=Rhythm.EVERY, hours=6, times=(time(9),)), "every 6 hours from 03:00"),
        (Schedule(rhythm=Rhythm.HOURLY, times=(time(0, 5),)), "hourly at 5 past"),
        (Schedule(rhythm=Rhythm.DAILY, times=(time(18), time(8))), "daily at 08:00 and 18:00"),
        (Schedule(rhythm=Rhythm.DAILY, days=(0, 3), times=(time(9),)), "on Monday and Thursday at 09:00"),
        (Schedule(rhythm=Rhythm.CRON, cron="0 8 * * 1"), "by cron “0 8 * * 1”"),
        (Schedule(rhythm=Rhythm.BREAKING), "when a story breaks, at most 3 times a day"),
        (
            Schedule(rhythm=Rhythm.DAILY, days=WEEKDAYS, quiet=(time(22), time(7))),
            "weekdays at 08:00, quiet 22:00–07:00",
        ),
    ],
)
def test_a_schedule_is_said_back_in_words(schedule: Schedule, words: str) -> None:
    assert in_words(schedule) == words


def test_a_time_moved_past_a_gap_keeps_no_later_one_from_coming() -> None:
    schedule = Schedule(rhythm=Rhythm.DAILY, times=(time(2, 45), time(3, 15)))
    after = datetime(2026, 3, 29, 0, tzinfo=BERLIN)
    assert local(schedule, after, 2) == ["Sun 29 03:15 +0200", "Sun 29 03:45 +0200"]


def test_quiet_hours_end_when_the_clock_leaps_over_their_end() -> None:
    schedule = Schedule(rhythm=Rhythm.DAILY, times=(time(1),), quiet=(time(0, 30), time(2, 30)))
    assert local(schedule, datetime(2026, 3, 29, 0, tzinfo=BERLIN), 1) == ["Sun 29 03:00 +0200"]


def test_quiet_hours_that_the_clock_shows_twice_are_kept_twice() -> None:
    schedule = Schedule(rhythm=Rhythm.HOURLY, times=(time(0),), quiet=(time(22), time(2, 30)))
    after = datetime(2026, 10, 25, 0, 30, tzinfo=BERLIN)
    assert local(schedule, after, 3) == ["Sun 25 02:30 +0200", "Sun 25 02:30 +0100", "Sun 25 03:00 +0100"]


def test_what_a_restart_in_quiet_hours_finds_postponed_still_comes_at_their_end() -> None:
    schedule = Schedule(rhythm=Rhythm.DAILY, times=(time(22, 30),), quiet=(time(22), time(7)))
    assert local(schedule, datetime(2026, 11, 24, 23, tzinfo=BERLIN), 1) == ["Wed 25 07:00 +0100"]


def test_cron_for_every_hour_means_each_that_passes() -> None:
    schedule = Schedule(rhythm=Rhythm.CRON, cron="*/30 * * * *")
    due = list(islice(due_after(schedule, BERLIN, datetime(2026, 10, 25, 0, tzinfo=BERLIN)), 10))
    assert {b - a for a, b in pairwise(due)} == {timedelta(minutes=30)}
    fixed = Schedule(rhythm=Rhythm.CRON, cron="30 2 * * *")
    assert local(fixed, datetime(2026, 10, 25, 0, tzinfo=BERLIN), 2) == [
        "Sun 25 02:30 +0200",
        "Mon 26 02:30 +0100",
    ]


def test_samoas_missing_day_is_told_with_the_next() -> None:
    apia = ZoneInfo("Pacific/Apia")
    due = upcoming(Schedule(rhythm=Rhythm.DAILY), apia, datetime(2011, 12, 29, 0, tzinfo=apia), count=3)
    assert [f"{at:%a %d %H:%M}" for at in due] == ["Thu 29 08:00", "Sat 31 08:00", "Sun 01 08:00"]


def test_breaking_news_has_no_next_time() -> None:
    breaking = Schedule(rhythm=Rhythm.BREAKING)
    assert next_due(breaking, BERLIN, datetime(2026, 1, 1, tzinfo=UTC)) == NEVER
    assert upcoming(breaking, BERLIN, datetime(2026, 1, 1, tzinfo=UTC), count=3) == []


ZONES = st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"])
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(SCHEDULES, ZONES, MOMENTS)
def test_due_times_rise_and_lie_after_the_given_moment(
    schedule: Schedule, zone: str, after: datetime
) -> None:
    due = list(islice(due_after(schedule, ZoneInfo(zone), after), 4))
    assert len(due) == (0 if schedule.rhythm is Rhythm.BREAKING else 4)
    assert all(a < b for a, b in pairwise([after, *due]))


@given(SCHEDULES)
def test_a_schedule_survives_being_stored(schedule: Schedule) -> None:
    assert from_json(to_json(schedule)) == schedule
