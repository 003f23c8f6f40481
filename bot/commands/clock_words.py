"""Times of day, days and spans of hours as people write them."""

import re
from datetime import time

from bot.schedules.schedule import DAY_NAMES

CLOCK = re.compile(r"(\d{1,2})[:.](\d{2})(am|pm)?|(\d{1,2})(am|pm)", re.IGNORECASE)
HALVES = frozenset({"am", "pm"})
BARE = re.compile(r"\d{1,2}")


def read_time(word: str) -> time:
    """`8:00`, `08.00`, `8am` or `8:30pm` as a time of day. Raises ValueError."""
    found = CLOCK.fullmatch(word.lower())
    if found:
        hour, minute, half = int(found[1] or found[4]), int(found[2] or 0), found[3] or found[5]
        if half and 1 <= hour <= 12:
            hour = hour % 12 + (12 if half == "pm" else 0)
        elif half:
            hour = 24
        if hour < 24 and minute < 60:
            return time(hour, minute)
    raise ValueError(f"“{word}” is not a time of day: write 08:00.")


def read_day(word: str) -> int | None:
    """Monday is 0; a day may be cut to three letters or more."""
    if len(word) < 3:
        return None
    return next((n for n, day in enumerate(DAY_NAMES) if day.lower().startswith(word.lower())), None)


def is_day(word: str) -> bool:
    """Whether it is a day or a range of days."""
    return all(read_day(part) is not None for part in word.split("-"))


def read_plural_day(word: str) -> int | None:
    """`mondays`; Monday is 0."""
    names = [f"{day.lower()}s" for day in DAY_NAMES]
    return names.index(word) if word in names else None


def read_quiet(words: str) -> tuple[time, time]:
    """`22:00-07:00`, `10pm-7am` or `22-7`. Raises ValueError."""
    start, dash, end = words.replace("–", "-").partition("-")
    if not dash:
        raise ValueError(f"“quiet {words}” has no end: write quiet 22:00-07:00.")
    between = (_hour(start), _hour(end))
    if between[0] == between[1]:
        raise ValueError("Quiet hours that start when they end would be all day: use /pause instead.")
    return between


def _hour(word: str) -> time:
    return read_time(f"{word}:00" if BARE.fullmatch(word) else word)
