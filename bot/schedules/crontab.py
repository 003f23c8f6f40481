"""Crontab expressions of five fields, as crontab(5) has them: `*/30 8-18 * * mon-fri`.

cronsim reads them as Debian's cron does. APScheduler's CronTrigger does not: it counts weekdays from Monday,
and wants both day fields to match. Changes of the clocks are left to `schedule.py`, as for other schedules.
"""

import re
from copy import copy
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import islice, pairwise, product

from cronsim import CronSim, CronSimError

CLOSEST = timedelta(minutes=15)
_TRIED = 200  # times it fires: what is too close comes on every day that matches, or on two in a row
_START = datetime(2023, 12, 31, 23, 59, tzinfo=UTC)
_FIELDS = ("minute", "hour", "day of the month", "month", "weekday")
# cronsim knows the last day, the last weekday and the n-th weekday of a month; crontab(5) does not.
_EXTENSION = re.compile(r"#|\bLW?\b|\dL\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Crontab:
    """When an expression fires, on the wall's clock."""

    times: tuple[time, ...]  # of day, rising
    every_hour: bool  # the hour is `*`: it means each hour that passes, not hours of the clock
    _parsed: CronSim = field(repr=False, compare=False)

    def check(self) -> None:
        """Raises ValueError if it never fires, or more often than anybody can read."""
        first = list(islice(copy(self._parsed), _TRIED))
        if not first:
            raise ValueError("it never fires")
        if any(b - a < CLOSEST for a, b in pairwise(first)):
            closest = int(CLOSEST.total_seconds() // 60)
            raise ValueError(
                f"it fires more often than every {closest} minutes; for what is urgent, say breaking"
            )

    def fires_on(self, day: date) -> bool:
        """Whether it fires on that day."""
        return day.month in self._parsed.months and self._parsed.match_day(day)


@lru_cache(maxsize=1_024)
def read_crontab(expression: str) -> Crontab:
    """The expression of five fields. Raises ValueError, which says what is wrong with it."""
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
    return Crontab(
        times=tuple(sorted(time(hour, minute) for hour, minute in product(parsed.hours, parsed.minutes))),
        every_hour=words[1] == "*",
        _parsed=parsed,
    )


def _parse(expression: str) -> CronSim | None:
    try:
        return CronSim(expression, _START)
    except CronSimError:
        return None
