"""Crontab expressions, as crontab(5) has them: `*/30 8-18 * * mon-fri`.

APScheduler's CronTrigger reads them otherwise: it counts weekdays from Monday, where crontab counts from
Sunday, and wants both day fields to match, where crontab takes either. So fields are read here, as sets.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import islice, pairwise, product

CLOSEST = timedelta(minutes=15)
LOOK_AHEAD_DAYS = 9 * 366  # 29 February may be eight years away
_TRIED = 200  # times it fires: what is too close comes on every day that matches, or on two in a row
SUNDAY = 7  # also written 0; as a date's `isoweekday` counts
_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec"
_DAYS = "mon tue wed thu fri sat sun"
_PART = re.compile(r"(?:(\*)|(\w+)(?:-(\w+))?)(?:/(\d{1,2}))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Crontab:
    """When an expression fires, on the wall's clock."""

    times: tuple[time, ...]  # of day, rising
    months: frozenset[int]
    days: frozenset[int]  # of the month
    weekdays: frozenset[int]  # Monday is 1, Sunday 7
    either: bool  # neither day field begins with `*`, and then a day that matches one of them will do
    every_hour: bool  # the hour is `*`: it means each hour that passes, and not hours of the clock

    def check(self) -> None:
        """Raises ValueError where it never fires, or more often than anybody can read."""
        days = (date(2024, 1, 1) + timedelta(days=n) for n in range(LOOK_AHEAD_DAYS))
        fires = (datetime.combine(day, at) for day in days if self.fires_on(day) for at in self.times)
        first = list(islice(fires, _TRIED))
        if not first:
            raise ValueError("it never fires")
        if any(b - a < CLOSEST for a, b in pairwise(first)):
            closest = int(CLOSEST.total_seconds() // 60)
            raise ValueError(
                f"it fires more often than every {closest} minutes; for what is urgent, say breaking"
            )

    def fires_on(self, day: date) -> bool:
        """Whether it fires on that day."""
        if day.month not in self.months:
            return False
        matches = (day.day in self.days, day.isoweekday() in self.weekdays)
        return any(matches) if self.either else all(matches)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Field:
    name: str
    first: int
    last: int
    names: Mapping[str, int]

    def values(self, words: str) -> frozenset[int]:
        return frozenset[int]().union(*(self._part(part) for part in words.split(",")))

    def _part(self, part: str) -> range:
        found = _PART.fullmatch(part)
        if not found:
            raise ValueError(f"“{part}” is no {self.name}")
        first, last = self.first, self.last
        if not found[1]:
            first = self._value(found[2])
            # As in Vixie's cron, `5/10` is from 5 on.
            last = self._value(found[3]) if found[3] else (last if found[4] else first)
        step = int(found[4]) if found[4] else 1
        if first > last or step == 0:
            raise ValueError(f"“{part}” is no range of {self.name}s from low to high")
        return range(first, last + 1, step)

    def _value(self, word: str) -> int:
        value = self.names.get(word.lower(), int(word) if word.isascii() and word.isdigit() else -1)
        if not self.first <= value <= self.last:
            raise ValueError(f"“{word}” is no {self.name}")
        return value


_FIELDS = (
    _Field(name="minute", first=0, last=59, names={}),
    _Field(name="hour", first=0, last=23, names={}),
    _Field(name="day of the month", first=1, last=31, names={}),
    _Field(name="month", first=1, last=12, names={name: n for n, name in enumerate(_MONTHS.split(), 1)}),
    _Field(name="weekday", first=0, last=7, names={name: n for n, name in enumerate(_DAYS.split(), 1)}),
)


@lru_cache(maxsize=1_024)
def read_crontab(expression: str) -> Crontab:
    """The expression of five fields. Raises ValueError, which says what is wrong with it."""
    words = expression.split()
    if len(words) != len(_FIELDS):
        raise ValueError("it needs five fields: minute, hour, day of the month, month, weekday")
    minutes, hours, days, months, weekdays = (
        field.values(said) for field, said in zip(_FIELDS, _sunday_last(words), strict=True)
    )
    return Crontab(
        times=tuple(sorted(time(hour, minute) for hour, minute in product(hours, minutes))),
        months=months,
        days=days,
        weekdays=frozenset(day or SUNDAY for day in weekdays),
        either=not words[2].startswith("*") and not words[4].startswith("*"),
        every_hour=words[1] == "*",
    )


def _sunday_last(words: list[str]) -> list[str]:
    # `sun-tue` begins with the 0 of Sunday, `fri-sun` ends with its 7: names alone do not say which is meant.
    return [*words[:4], re.sub(r"\bsun-", "0-", words[4], flags=re.IGNORECASE)]
