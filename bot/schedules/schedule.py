"""Schedules of subscriptions: when each is due in its time zone, in words, and as crontab(5) expressions."""

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from heapq import heappop, heappush
from itertools import islice, pairwise, product, takewhile
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError
from pydantic import TypeAdapter


class Rhythm(StrEnum):
    HOURLY = "hourly"
    EVERY = "every"  # every n hours of the clock
    DAILY = "daily"  # at times of day, on all days or some
    CRON = "cron"
    BREAKING = "breaking"  # when a story breaks: see bot/digests.py


DAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
ALL_DAYS = (0, 1, 2, 3, 4, 5, 6)  # Monday is 0
WEEKDAYS, WEEKEND = ALL_DAYS[:5], ALL_DAYS[5:]
HOUR_STEPS = (2, 3, 4, 6, 8, 12)  # those that divide a day, so that the hours are the same every day
DEFAULT_TIME = time(8, 0)
DEFAULT_CAP = 3
LOOK_AHEAD_DAYS = 9 * 366  # 29 February may be eight years away
NEVER = datetime(9999, 1, 1, tzinfo=UTC)  # there is no next time; sorts after all other times
CLOSEST = timedelta(minutes=15)  # between two times of a cron expression
_TRIED = 200  # times it fires: what is too close comes on every day that matches, or on two in a row
_START = datetime(2023, 12, 31, 23, 59)  # noqa: DTZ001 (on the wall's clock)
_FIELDS = ("minute", "hour", "day of the month", "month", "weekday")
# cronsim knows the last day, the last weekday and the n-th weekday of a month; crontab(5) does not.
_EXTENSION = re.compile(r"#|\bLW?\b|\dL\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """A rhythm in wall-clock terms."""

    rhythm: Rhythm
    times: tuple[time, ...] = (DEFAULT_TIME,)  # hourly: its minute counts; every n hours: one of the hours
    days: tuple[int, ...] = ALL_DAYS  # for DAILY; Monday is 0
    hours: int = 1  # for EVERY
    cron: str = ""  # for CRON
    cap: int = DEFAULT_CAP  # for BREAKING: alerts a day
    quiet: tuple[time, time] | None = None  # from, to; may run over midnight; delays until its end

    def __post_init__(self) -> None:
        if not self.times or not self.days:
            raise ValueError("a schedule has a time and a day")
        if self.rhythm is Rhythm.CRON:
            read_crontab(self.cron)


_STORED = TypeAdapter(Schedule)


def to_json(schedule: Schedule) -> dict[str, object]:
    """The schedule as it is stored."""
    stored: dict[str, object] = _STORED.dump_python(schedule, mode="json", exclude_defaults=True)
    return stored


def from_json(stored: object) -> Schedule:
    """What `to_json` gave. Raises pydantic.ValidationError (a ValueError)."""
    return _STORED.validate_python(stored)


def due_after(schedule: Schedule, zone: ZoneInfo, after: datetime) -> Iterator[datetime]:
    """The times (UTC) at which it is due, all after `after`.

    A wall-clock time that daylight saving skips is moved past the gap by the gap's length; one that occurs
    twice counts the first time. A schedule for every hour (hourly, cron's `*`) is due whenever the clock
    shows the minute. Times inside the quiet hours become one, at their end. Empty for breaking news; a
    crontab ends if it does not fire in nine years.
    """
    if schedule.rhythm is Rhythm.BREAKING:
        return
    last = after
    for due in _before_quiet(schedule, zone, after):
        heard = after_quiet(due, schedule.quiet, zone)
        if heard > last:
            last = heard
            yield heard


def next_due(schedule: Schedule, zone: ZoneInfo, after: datetime) -> datetime:
    """The first time (UTC) after `after` at which it is due; NEVER where there is none."""
    return next(due_after(schedule, zone, after), NEVER)


class Timed(Protocol):
    """A subscription, as far as its times depend on it."""

    @property
    def schedule(self) -> Mapping[str, Any]: ...
    @property
    def timezone(self) -> str: ...
    @property
    def next_due(self) -> datetime: ...


def first_due(subscription: Timed, after: datetime) -> datetime:
    """Its first time after `after`, even if earlier ones were missed."""
    return next_due(from_json(subscription.schedule), ZoneInfo(subscription.timezone), after)


def following(subscription: Timed, now: datetime) -> datetime:
    """Its first time after `now`: times missed while the bot was down make one digest, not many."""
    return first_due(subscription, max(subscription.next_due, now))


def upcoming(schedule: Schedule, zone: ZoneInfo, after: datetime, *, count: int) -> Sequence[datetime]:
    """The next `count` times, in the zone; fewer where there are no more."""
    return [due.astimezone(zone) for due in islice(due_after(schedule, zone, after), count)]


def after_quiet(due: datetime, quiet: tuple[time, time] | None, zone: ZoneInfo) -> datetime:
    """`due` (UTC), or the end of the quiet hours that it is in: when the clock first shows no quiet time."""
    if quiet is None or not _inside(due.astimezone(zone).time(), quiet):
        return due
    wall = due.astimezone(zone)
    day = wall.date() + timedelta(days=1 if wall.time() >= quiet[1] else 0)
    ends = sorted(_instants(datetime.combine(day, quiet[1]), zone))
    if ends[0] == ends[1]:
        return ends[0]
    if ends[0] > due and ends[0].astimezone(zone).time() == quiet[1]:
        return ends[0]  # it occurs twice, and this is the first
    # The clock goes back over the end, or skips it: the quiet hours end at the time that it shows next.
    minutes = (due + timedelta(minutes=n) for n in range(1, (ends[1] - due) // timedelta(minutes=1) + 1))
    heard = [*takewhile(lambda at: _inside(at.astimezone(zone).time(), quiet), minutes)]
    return (heard[-1] if heard else due) + timedelta(minutes=1)


def _inside(wall: time, quiet: tuple[time, time]) -> bool:
    start, end = quiet
    return start <= wall < end if start < end else wall >= start or wall < end


@dataclass(frozen=True, slots=True, kw_only=True)
class WallClock:
    """A schedule as times of day on certain days."""

    times: tuple[time, ...]  # rising
    fires_on: Callable[[date], bool]
    every_hour: bool  # due every time the clock shows the time, also when it does so twice

    def from_(self, start: datetime) -> Iterator[datetime]:
        """The wall-clock times from `start` (without a zone) on, rising."""
        first = bisect_left(self.times, start.time())
        for day in (start.date() + timedelta(days=n) for n in range(LOOK_AHEAD_DAYS)):
            if self.fires_on(day):
                for at in self.times[first:]:
                    yield datetime.combine(day, at)
            first = 0

    def check(self) -> None:
        """Raises ValueError if it never fires, or more often than anybody can read."""
        fires = list(islice(self.from_(_START), _TRIED))
        if not fires:
            raise ValueError("it never fires")
        if any(b - a < CLOSEST for a, b in pairwise(fires)):
            often = f"it fires more often than every {CLOSEST // timedelta(minutes=1)} minutes"
            raise ValueError(f"{often}; for what is urgent, say breaking")


@lru_cache(maxsize=4_096)
def _wall_clock(schedule: Schedule) -> WallClock:
    first = min(schedule.times)
    match schedule.rhythm:
        case Rhythm.CRON:
            return read_crontab(schedule.cron)
        case Rhythm.HOURLY:
            hours, every_hour = range(24), True
        case Rhythm.EVERY:
            hours, every_hour = range(first.hour % schedule.hours, 24, schedule.hours), False
        case _:
            days = frozenset(schedule.days)
            times = tuple(sorted(set(schedule.times)))
            return WallClock(times=times, fires_on=lambda day: day.weekday() in days, every_hour=False)
    times = tuple(time(hour, first.minute) for hour in hours)
    return WallClock(times=times, fires_on=lambda _: True, every_hour=every_hour)


def _before_quiet(schedule: Schedule, zone: ZoneInfo, after: datetime) -> Iterator[datetime]:
    """The times (UTC) without regard to quiet hours, rising. The first of them may be before `after`."""
    wall = _wall_clock(schedule)
    start = after.astimezone(zone).replace(tzinfo=None)
    in_quiet = schedule.quiet is not None and _inside(start.time(), schedule.quiet)
    if in_quiet or _clock_changes_near(zone, after.astimezone(UTC).date()):
        # What was moved past a gap or to the end of the quiet hours may still be to come.
        start -= timedelta(days=2)
    moved: list[datetime] = []  # past a gap, so that others may come before them
    for at in wall.from_(start):
        first, second = _instants(at, zone)
        while moved and moved[0] <= min(first, second):
            yield heappop(moved)
        if first <= second:
            yield first
            if first != second and wall.every_hour:
                heappush(moved, second)
        elif not wall.every_hour:
            heappush(moved, first)
    yield from sorted(moved)


@lru_cache(maxsize=4_096)
def _clock_changes_near(zone: ZoneInfo, day: date) -> bool:
    """Whether the clocks change within a day of that day (UTC). The largest was a day (Samoa, 2011)."""
    midnight = datetime.combine(day, time(0), tzinfo=UTC)
    offsets = {(midnight + timedelta(days=n)).astimezone(zone).utcoffset() for n in (-1, 0, 1, 2)}
    return len(offsets) > 1


def _instants(wall: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The two instants (UTC) of a wall-clock time, by PEP 495's fold.

    They are equal unless the time occurs twice (first, second) or not at all (after the gap, before the gap).
    """
    return (
        wall.replace(tzinfo=zone, fold=0).astimezone(UTC),
        wall.replace(tzinfo=zone, fold=1).astimezone(UTC),
    )


def in_words(schedule: Schedule) -> str:
    """`weekdays at 08:00, quiet 22:00–07:00`."""
    first = min(schedule.times)
    match schedule.rhythm:
        case Rhythm.HOURLY:
            said = "hourly" if first.minute == 0 else f"hourly at {first.minute} past"
        case Rhythm.EVERY:
            first = first.replace(hour=first.hour % schedule.hours)
            said = f"every {schedule.hours} hours from {first:%H:%M}"
        case Rhythm.CRON:
            said = f"by cron “{schedule.cron}”"
        case Rhythm.BREAKING:
            times = "once" if schedule.cap == 1 else f"{schedule.cap} times"
            said = f"when a story breaks, at most {times} a day"
        case Rhythm.DAILY:
            times = _listed([f"{at:%H:%M}" for at in sorted(set(schedule.times))])
            said = f"{_days_in_words(schedule.days)} at {times}"
    if schedule.quiet:
        said += f", quiet {schedule.quiet[0]:%H:%M}–{schedule.quiet[1]:%H:%M}"
    return said


def _days_in_words(days: tuple[int, ...]) -> str:
    known = {ALL_DAYS: "daily", WEEKDAYS: "weekdays", WEEKEND: "weekends"}
    if (word := known.get(tuple(sorted(set(days))))) is not None:
        return word
    names = [DAY_NAMES[day] for day in sorted(set(days))]
    return f"weekly on {names[0]}" if len(names) == 1 else f"on {_listed(names)}"


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


@lru_cache(maxsize=1_024)
def read_crontab(expression: str) -> WallClock:
    """A crontab(5) expression of five fields: `*/30 8-18 * * mon-fri`. Raises ValueError, which says why.

    cronsim reads them as Debian's cron does. APScheduler's CronTrigger does not: it counts weekdays from
    Monday, and wants both day fields to match.
    """
    words = expression.split()
    if len(words) != len(_FIELDS):
        raise ValueError("it needs five fields: minute, hour, day of the month, month, weekday")
    # `fri-sun` ends with the 7 of Sunday; cronsim takes every Sunday for the 0.
    words[4] = re.sub(r"-sun\b", "-7", words[4], flags=re.IGNORECASE)
    for number, (name, said) in enumerate(zip(_FIELDS, words, strict=True)):
        alone = ["*"] * len(_FIELDS)
        alone[number] = said
        if _EXTENSION.search(said) or _parse(" ".join(alone)) is None:
            raise ValueError(f"“{said}” is not a valid {name}; a range goes from low to high")
    parsed = _parse(" ".join(words))
    if parsed is None:  # 30 February
        raise ValueError("it never fires")
    return WallClock(
        times=tuple(sorted(time(hour, minute) for hour, minute in product(parsed.hours, parsed.minutes))),
        fires_on=lambda day: day.month in parsed.months and parsed.match_day(day),
        every_hour=words[1] == "*",  # it means each hour that passes, not hours of the clock
    )


def _parse(expression: str) -> CronSim | None:
    try:
        return CronSim(expression, _START)
    except CronSimError:
        return None
