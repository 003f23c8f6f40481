"""When a standing order is due, in the chat's own zone."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from itertools import islice
from zoneinfo import ZoneInfo

from apscheduler.triggers.cron import CronTrigger
from pydantic import TypeAdapter


class Rhythm(StrEnum):
    HOURLY = "hourly"
    EVERY = "every"  # every n hours
    DAILY = "daily"
    WEEKDAYS = "weekdays"
    WEEKLY = "weekly"


WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
HOUR_STEPS = (2, 3, 4, 6, 8, 12)  # those that divide a day, so that the hours are the same every day
DEFAULT_TIME = time(8, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """A rhythm in wall-clock terms."""

    rhythm: Rhythm
    at: time = DEFAULT_TIME  # hourly: its minute counts; every n hours: one of the hours
    hours: int = 1  # for EVERY
    weekday: int = 0  # for WEEKLY; Monday is 0
    quiet: tuple[time, time] | None = (
        None  # from, to; may run over midnight; what falls in it waits for its end
    )


_STORED = TypeAdapter(Schedule)


def to_json(schedule: Schedule) -> dict[str, object]:
    """The schedule as it is stored."""
    stored: dict[str, object] = _STORED.dump_python(schedule, mode="json")
    return stored


def from_json(stored: object) -> Schedule:
    """What `to_json` gave. Raises pydantic.ValidationError (a ValueError)."""
    return _STORED.validate_python(stored)


def due_after(schedule: Schedule, zone: ZoneInfo, after: datetime) -> Iterator[datetime]:
    """The times (UTC) at which it is due, all after `after`, without end.

    A wall-clock time that daylight saving skips is moved past the gap by the gap's length; one that occurs
    twice counts the first time. Hourly means every real hour. Times inside the quiet hours become one, at
    their end.
    """
    last = after
    for due in _undisturbed(schedule, zone, after):
        heard = _after_quiet(due, schedule.quiet, zone)
        if heard > last:
            last = heard
            yield heard


def next_due(schedule: Schedule, zone: ZoneInfo, after: datetime) -> datetime:
    """The first time (UTC) after `after` at which it is due."""
    return next(due_after(schedule, zone, after))


def upcoming(schedule: Schedule, zone: ZoneInfo, after: datetime, *, count: int) -> Sequence[datetime]:
    """The next `count` times, in the zone."""
    return [due.astimezone(zone) for due in islice(due_after(schedule, zone, after), count)]


def _undisturbed(schedule: Schedule, zone: ZoneInfo, after: datetime) -> Iterator[datetime]:
    if schedule.rhythm is Rhythm.HOURLY:
        yield from _every_hour(schedule.at.minute, zone, after)
        return
    # The trigger reckons in wall-clock time, written as UTC so that it knows of no daylight saving. It starts
    # a day early: at a change of the clocks the wall is not monotonic.
    wall = after.astimezone(zone).replace(tzinfo=UTC) - timedelta(days=1)
    for at in _fire_times(_wall_trigger(schedule), wall):
        due = _instant(at.replace(tzinfo=None), zone)
        if due > after:
            yield due


def _every_hour(minute: int, zone: ZoneInfo, after: datetime) -> Iterator[datetime]:
    """Every real hour, when the zone's clocks show that minute (zones may be half an hour apart)."""
    at = after.astimezone(UTC)
    while True:
        wait = (minute - at.astimezone(zone).minute - 1) % 60 + 1
        at = at.replace(second=0, microsecond=0) + timedelta(minutes=wait)
        yield at


def _wall_trigger(schedule: Schedule) -> CronTrigger:
    hour, minute = schedule.at.hour, schedule.at.minute
    match schedule.rhythm:
        case Rhythm.EVERY:
            hours = ",".join(str(h) for h in range(hour % schedule.hours, 24, schedule.hours))
            return CronTrigger(hour=hours, minute=minute, timezone=UTC)
        case Rhythm.WEEKDAYS:
            return CronTrigger(day_of_week="mon-fri", hour=hour, minute=minute, timezone=UTC)
        case Rhythm.WEEKLY:
            day = WEEKDAYS[schedule.weekday]
            return CronTrigger(day_of_week=day, hour=hour, minute=minute, timezone=UTC)
        case _:
            return CronTrigger(hour=hour, minute=minute, timezone=UTC)


def _fire_times(trigger: CronTrigger, after: datetime) -> Iterator[datetime]:
    at = after
    while True:
        found: datetime = trigger.get_next_fire_time(None, at + timedelta(microseconds=1))
        yield found
        at = found


def _instant(wall: datetime, zone: ZoneInfo) -> datetime:
    """A wall-clock time as an instant: the first of two, or past a gap by its length (PEP 495's fold=0)."""
    return wall.replace(tzinfo=zone, fold=0).astimezone(UTC)


def _after_quiet(due: datetime, quiet: tuple[time, time] | None, zone: ZoneInfo) -> datetime:
    if quiet is None:
        return due
    start, end = quiet
    wall = due.astimezone(zone)
    now = wall.time()
    inside = start <= now < end if start < end else now >= start or now < end
    if not inside:
        return due
    day = wall.date() + timedelta(days=1 if now >= end else 0)
    return _instant(datetime.combine(day, end), zone)


def in_words(schedule: Schedule) -> str:
    """`weekdays at 08:00, quiet 22:00–07:00`."""
    at = f"{schedule.at:%H:%M}"
    match schedule.rhythm:
        case Rhythm.HOURLY:
            said = "hourly" if schedule.at.minute == 0 else f"hourly at {schedule.at.minute} past"
        case Rhythm.EVERY:
            first = schedule.at.replace(hour=schedule.at.hour % schedule.hours)
            said = f"every {schedule.hours} hours from {first:%H:%M}"
        case Rhythm.WEEKLY:
            said = f"weekly on {DAY_NAMES[schedule.weekday]} at {at}"
        case _:
            said = f"{schedule.rhythm} at {at}"
    if schedule.quiet:
        said += f", quiet {schedule.quiet[0]:%H:%M}–{schedule.quiet[1]:%H:%M}"
    return said
