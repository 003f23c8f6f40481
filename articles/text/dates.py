"""Dates as newspapers write them, in running text and on lines of their own."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from articles.text.phrases import any_of, phrases

_MONTH_NUMBER = {month[:3]: number for number, month in enumerate(phrases("month"), start=1)}
_MONTH = rf"(?P<{{0}}>{any_of('month')})"
_YEAR = r"(?P<{0}>(?:19|20)\d\d)\b"
_TH = "(?:st|nd|rd|th)?"
_DATE = re.compile(
    rf"\b{_MONTH.format('month_a')} ?(?P<day_a>\d{{1,2}}){_TH}\b(?:,? ?{_YEAR.format('year_a')})?"
    rf"|\b(?P<day_b>\d{{1,2}}){_TH}\.?(?: of)? {_MONTH.format('month_b')}\b(?:,? ?{_YEAR.format('year_b')})?"
    r"|\b(?P<year_c>(?:19|20)\d\d)-(?P<month_c>\d\d)-(?P<day_c>\d\d)(?=\b|T)"
    r"|\b(?P<one>\d{1,2})[/.](?P<two>\d{1,2})[/.](?P<year_d>(?:19|20)\d\d)\b",
    re.IGNORECASE,
)
_TIME = re.compile(
    r"(?<![\d:.])(?P<hour>\d{1,2})(?:[:.]?(?P<minute>[0-5]\d))?(?::\d\d(?:\.\d+)?)? ?"
    r"(?P<half>[ap]\.?m\b\.?)?(?: ?(?P<zone>Z\b|[+-]\d\d:?\d\d\b|[A-Z]{2,4}\b))?",
    re.IGNORECASE,
)
# Abbreviations with one meaning in a dateline. IST and others that name several zones are left out.
_ZONES: dict[str, tzinfo] = {
    **dict.fromkeys(("z", "utc", "gmt"), UTC),
    **dict.fromkeys(("et", "est", "edt"), ZoneInfo("America/New_York")),
    **dict.fromkeys(("ct", "cst", "cdt"), ZoneInfo("America/Chicago")),
    **dict.fromkeys(("mt", "mst", "mdt"), ZoneInfo("America/Denver")),
    **dict.fromkeys(("pt", "pst", "pdt"), ZoneInfo("America/Los_Angeles")),
    **dict.fromkeys(("cet", "cest"), ZoneInfo("Europe/Brussels")),
    "bst": ZoneInfo("Europe/London"),
}
_WEEKDAY = re.compile(rf"\b(?:{'|'.join(f'({day})' for day in phrases('weekday'))})\b", re.IGNORECASE)
_STAMP_LABEL = re.compile(rf"\b{any_of('date_label')}\b", re.IGNORECASE)
MAX_STAMP_CHARS = 120
MAX_PART_WORDS = 8
_DIVIDER = re.compile(r"\s*[|•·]\s*")
_LATEST_HOUR = 23


@dataclass(frozen=True, slots=True)
class WrittenDate:
    """A day as it is written in the text."""

    month: int
    day: int
    year: int | None  # None: "Feb. 16"
    start: int
    end: int

    def in_year(self, year: int) -> date | None:
        """That day in `year`; None for 29 February if it is no leap year."""
        try:
            return date(year, self.month, self.day)
        except ValueError:
            return None

    @property
    def full(self) -> date | None:
        """The calendar day; None if the text gives no year."""
        return None if self.year is None else self.in_year(self.year)


def find_dates(text: str) -> Iterator[WrittenDate]:
    """The dates in `text`, in order. 2/3/2017 is left out: it is a different day in different countries."""
    for match in _DATE.finditer(text):
        found = {key.split("_")[0]: value for key, value in match.groupdict().items() if value is not None}
        numbers = _day_and_month(found)
        if numbers is None:
            continue
        day, month = numbers
        year = int(found["year"]) if "year" in found else None
        written = WrittenDate(month, day, year, *match.span())
        if written.in_year(year or 2000) is not None:  # 2000 has a 29 February
            yield written


def _day_and_month(found: dict[str, str]) -> tuple[int, int] | None:
    if "one" in found:
        one, two = int(found["one"]), int(found["two"])
        if one > 12 >= two or one == two:
            return one, two
        return (two, one) if two > 12 >= one else None
    month = found["month"].casefold()  # the pattern also matches a long s ("ſeptember")
    return int(found["day"]), int(month) if month.isdigit() else _MONTH_NUMBER[month[:3]]


def midnight_utc(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def find_weekday(text: str) -> int | None:
    """The first day of the week in `text`, Monday is 0 as in `date.weekday`; None if there is none."""
    match = _WEEKDAY.search(text)
    return None if match is None or match.lastindex is None else match.lastindex - 1


@dataclass(frozen=True, slots=True)
class Stamp:
    """A date line: the day, and the time if it gives both hour and zone."""

    written: WrittenDate
    at: time | None  # with its zone
    updated: bool  # "Updated ...": later than publication

    def instant(self, year: int | None) -> datetime | None:
        """The time in its own zone, or midnight UTC of the day. year: for a line without one."""
        day = self.written.full if self.written.year else year and self.written.in_year(year)
        if not day:
            return None
        return midnight_utc(day) if self.at is None else datetime.combine(day, self.at)


def read_stamp(line: str) -> Stamp | None:
    """The date in a line that has only a date, with labels and time; None for any other line."""
    if len(line) > MAX_STAMP_CHARS or not any(map(str.isdigit, line)):
        return None
    parts = _DIVIDER.split(line)
    if len(parts) > 1:  # "Reuters | Updated: 03 Oct 2022"
        short = all(len(part.split()) <= MAX_PART_WORDS for part in parts)
        return next((stamp for part in parts if (stamp := read_stamp(part))), None) if short else None
    dates = list(find_dates(line))
    if not dates:
        return None
    first = dates[0]
    rest = line
    for found in reversed(dates):
        rest = f"{rest[: found.start]} ; {rest[found.end :].removeprefix('T')}"
    at = _clock_time(rest)
    rest = _STAMP_LABEL.sub(" ", _TIME.sub(" ", rest))
    if any(map(str.isalnum, rest)):
        return None
    label = line[: first.start].lower()
    return Stamp(first, at, updated="updated" in label or "modified" in label)


def _clock_time(text: str) -> time | None:
    for match in _TIME.finditer(text):
        zone = _zone(match["zone"])
        if zone is None or (match["minute"] is None and match["half"] is None):
            continue
        hour = int(match["hour"])
        if match["half"]:
            hour = hour % 12 + (12 if match["half"][0] in "pP" else 0)
        if hour <= _LATEST_HOUR:
            return time(hour, int(match["minute"] or 0), tzinfo=zone)
    return None


def _zone(written: str | None) -> tzinfo | None:
    if written is None:
        return None
    if written[0] in "+-":
        hours, minutes = int(written[1:3]), int(written[-2:])
        if hours >= 24 or minutes >= 60:
            return None
        offset = timedelta(hours=hours, minutes=minutes)
        return timezone(-offset if written[0] == "-" else offset)
    return _ZONES.get(written.lower())
