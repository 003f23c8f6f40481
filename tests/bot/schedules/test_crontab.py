"""Crontab expressions, held against APScheduler's own trigger where the two mean the same."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from apscheduler.triggers.cron import CronTrigger
from hypothesis import given
from hypothesis import strategies as st

from bot.schedules.schedule import read_crontab

MONDAY = date(2026, 11, 23)
WEEK = [MONDAY + timedelta(days=n) for n in range(7)]


def weekdays(field: str) -> list[int]:
    table = read_crontab(f"0 8 * * {field}")
    return [day.isoweekday() for day in WEEK if table.fires_on(day)]


@pytest.mark.parametrize(
    ("field", "days"),
    [
        ("0", [7]),
        ("7", [7]),
        ("sun", [7]),
        ("1", [1]),
        ("1-5", [1, 2, 3, 4, 5]),
        ("mon-fri", [1, 2, 3, 4, 5]),
        ("5-7", [5, 6, 7]),
        ("0-2", [1, 2, 7]),
        ("sun-tue", [1, 2, 7]),
        ("fri-SUN", [5, 6, 7]),
        ("sat,sun", [6, 7]),
        ("*/2", [2, 4, 6, 7]),
    ],
)
def test_weekdays_are_counted_from_sunday_as_crontab_does(field: str, days: list[int]) -> None:
    assert weekdays(field) == days


def test_either_day_field_will_do_where_both_say_something() -> None:
    table = read_crontab("0 8 1,15 * mon")
    november = [date(2026, 11, day) for day in range(1, 31)]
    assert [day.day for day in november if table.fires_on(day)] == [1, 2, 9, 15, 16, 23, 30]
    with_star = read_crontab("0 8 */10 * mon")  # a field that begins with a star must match too
    assert [day.day for day in november if with_star.fires_on(day)] == []


def test_times_are_those_of_the_fields() -> None:
    assert read_crontab("0,30 8-9 * * *").times == (time(8), time(8, 30), time(9), time(9, 30))
    assert read_crontab("50/5 8 * * *").times == (time(8, 50), time(8, 55))


@pytest.mark.parametrize(
    ("expression", "complaint"),
    [
        ("", "five fields"),
        ("0 8 * * * *", "five fields"),
        ("60 8 * * *", "“60” is not a valid minute"),
        ("0 8 * * fru", "“fru” is not a valid weekday"),
        ("0 18-8 * * *", "“18-8” is not a valid hour"),
        ("*/0 8 * * *", r"“\*/0” is not a valid minute"),
        ("0 8 ? * *", "“[?]” is not a valid day of the month"),
        ("0 8 * 13 *", "“13” is not a valid month"),
        ("@daily", "five fields"),
        ("0 8 L * *", "“L” is not a valid day of the month"),
        ("0 8 lw * *", "“lw” is not a valid day of the month"),
        ("0 8 * * 5L", "“5L” is not a valid weekday"),
        ("0 8 * * fri#2", "“fri#2” is not a valid weekday"),
    ],
)
def test_what_cannot_be_read_is_refused_with_what_is_wrong(expression: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        read_crontab(expression)


def test_29_february_fires_and_30_february_never() -> None:
    read_crontab("0 8 29 2 *").check()
    with pytest.raises(ValueError, match="never fires"):
        read_crontab("0 8 30 2 *").check()


def field(first: int, last: int) -> st.SearchStrategy[str]:
    value = st.integers(first, last)
    span = st.tuples(value, value).map(lambda ends: f"{min(ends)}-{max(ends)}")
    step = st.integers(1, last - first).map("*/{}".format)
    return st.one_of(st.just("*"), value.map(str), span, step)


DAY_NAMES = st.sampled_from(["mon", "tue-thu", "sat,sun", "fri-sun"])


@given(
    field(0, 59),
    field(0, 23),
    field(1, 12),
    st.tuples(field(1, 31), st.just("*")) | st.tuples(st.just("*"), DAY_NAMES),
    st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
)
def test_it_fires_when_apschedulers_trigger_does(
    minute: str, hour: str, month: str, days: tuple[str, str], after: datetime
) -> None:
    table = read_crontab(f"{minute} {hour} {days[0]} {month} {days[1]}")
    trigger = CronTrigger(
        minute=minute,
        hour=hour,
        day=days[0],
        month=month,
        day_of_week=days[1],
        timezone=UTC,
        year="2020-2039",
    )
    expected = trigger.get_next_fire_time(None, after)
    coming = (after.date() + timedelta(days=n) for n in range(9 * 366))
    fires = (datetime.combine(day, at, UTC) for day in coming if table.fires_on(day) for at in table.times)
    assert next((at for at in fires if at >= after), None) == expected
