"""When things happened, as news says it: weekdays, dates and years, resolved by the article's date."""

import re
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from summarizer import lexicon

(WEEKDAYS,) = lexicon.rows("dates", "weekdays")
_MONTHS = {name: month for month, row in enumerate(lexicon.rows("dates", "months"), 1) for name in row}
_WEEKDAY_NUMBERS = {name: number for number, name in enumerate(WEEKDAYS)}
_CAPITAL_ONLY = lexicon.words("dates", "capital only")
_RELATIVE_DAYS = lexicon.numbers("dates", "relative days")

_OTHER_SPANS = " ".join(lexicon.any_of(lexicon.words("dates", part)) for part in ("before a span", "spans"))
_MONTH = lexicon.any_of(_MONTHS)
_YEAR = r"(?:1[5-9]|20)\d\d"
_WHEN = re.compile(
    rf"(?P<month_a>{_MONTH}) (?P<day_a>\d{{1,2}})(?:st|nd|rd|th)?\b(?!:)(?:,? (?P<year_a>{_YEAR})\b)?"
    rf"|(?P<day_b>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? (?P<month_b>{_MONTH})\b(?:,? (?P<year_b>{_YEAR})\b)?"
    rf"|(?P<month>{_MONTH})(?:,? (?:of )?(?P<year_m>{_YEAR}))?\b"
    rf"|(?P<weekday>{lexicon.any_of(WEEKDAYS)})s?\b"
    rf"|(?P<relative>{lexicon.any_of(_RELATIVE_DAYS)}|{_OTHER_SPANS})\b"
    # A year, not what is counted: "2015 stops".
    rf"|(?P<year>{_YEAR})(?P<decade>s)?\b(?![,.]\d|%| (?!(?:was|has|does)\b)[a-z]{{2,}}s\b)",
    re.IGNORECASE,
)
_BEFORE_MAY = re.compile(rf"\b{lexicon.any_of(lexicon.words('dates', 'before may'))} \Z")
_MAY = 5


@dataclass(frozen=True, slots=True)
class When:
    """One expression of time."""

    start: int
    end: int
    said: tuple[str | int | None, ...]  # equal for expressions of one meaning: ("weekday", 3)
    days: frozenset[date]  # possible days; empty if it is not a day, or if the article's date is unknown


def whens_of(text: str, published: date | None) -> tuple[When, ...]:
    """The English expressions of time in `text`, in order."""
    found: list[When] = []
    for match in _WHEN.finditer(text):
        word = match[0].split()[0]
        if not _is_separate(text, match) or (word.lower() in _CAPITAL_ONLY and not word[0].isupper()):
            continue
        said = _said(match)
        # The month, not the verb that opens a sentence, nor a prime minister.
        if said == ("month", _MAY, None) and not _BEFORE_MAY.search(text, match.start() - 8, match.start()):
            continue
        found.append(When(match.start(), match.end(), said, frozenset(_days(said, published))))
    return tuple(found)


def unsupported_when(whens: Sequence[When], article: Collection[When], published: date | None) -> When | None:
    """The first of `whens` that the article supports neither literally nor in other words."""
    return next((when for when in whens if not any(_same(when, own, published) for own in article)), None)


def day_of(published: datetime | None) -> date | None:
    """The day on which the article was published, in the publisher's time zone; None if unknown."""
    return published.date() if published is not None else None


def is_day_sure(published: datetime) -> bool:
    """Whether the day of publication is the same in the publisher's own time zone.

    A time in UTC does not tell the publisher's zone, but around noon UTC most of the world has the same date.
    Midnight UTC means that only the day is known (see `Article.published`).
    """
    if published.astimezone(UTC).timetz() == time(0, 0, tzinfo=UTC) or published.utcoffset() != timedelta():
        return True
    return 8 <= published.hour < 14  # from UTC-8 to UTC+10


def _same(when: When, own: When, published: date | None) -> bool:
    if when.said[0] == "year":
        return when.said[1:] == own.said[1:] or when.said[1] in _years(own)
    if when.said == own.said:
        return True
    if when.said[0] == own.said[0] == "day":
        years = {when.said[3], own.said[3]} - {None}
        implied = {day.year for day in own.days}
        return when.said[1:3] == own.said[1:3] and (len(years) < 2 and years <= implied | {own.said[3]})
    if when.said[0] == "month":
        month, year = when.said[1], when.said[2]
        own_year = own.said[-1] if own.said[0] in {"day", "month"} else None
        months = {own.said[1]} if own.said[0] in {"day", "month"} else {day.month for day in own.days}
        known = {own_year} | {day.year for day in own.days} | ({published.year} if published else set())
        return month in months and (year is None or year in known)
    return bool(when.days & own.days)


def _years(own: When) -> set[object]:
    return {own.said[-1]} if own.said[0] in {"day", "month"} else {day.year for day in own.days}


def _is_separate(text: str, match: re.Match[str]) -> bool:
    before = text[match.start() - 1 : match.start()]
    after = text[match.end() : match.end() + 1]
    return not (before.isalnum() or before in {"$", "€", "£", ".", "-"} or after.isalnum())


def _said(match: re.Match[str]) -> tuple[str | int | None, ...]:
    """`When.said` of a match. A name that only case folding finds ("frıday") has no number."""
    year = match["year_a"] or match["year_b"] or match["year_m"]
    if month := match["month_a"] or match["month_b"]:
        day = int(match["day_a"] or match["day_b"])
        return "day", _MONTHS.get(month.lower()), day, int(year) if year else None
    if match["month"]:
        return "month", _MONTHS.get(match["month"].lower()), int(year) if year else None
    if match["weekday"]:
        return "weekday", _WEEKDAY_NUMBERS.get(match["weekday"].lower())
    if match["year"]:
        return "year", int(match["year"]), match["decade"]
    return "relative", match["relative"].lower()


def _days(said: tuple[str | int | None, ...], published: date | None) -> Iterator[date]:
    match said:
        case ("day", int(month), int(day), int(year)):
            yield from _day(year, month, day)
        case ("day", int(month), int(day), None) if published is not None:
            near = [d for years in (-1, 0, 1) for d in _day(published.year + years, month, day)]
            if near:
                yield min(near, key=lambda d: abs(d - published))
        case ("weekday", int(weekday)) if published is not None:
            yield (latest := latest_weekday(weekday, published))
            yield from _later(latest, 7)
        case ("relative", str(word)) if published is not None and word in _RELATIVE_DAYS:
            yield from _later(published, _RELATIVE_DAYS[word])


def latest_weekday(weekday: int, published: date) -> date:
    """The last such weekday (0 is Monday) on or before the day of publication."""
    return published - timedelta(days=(published.weekday() - weekday) % 7)


def _later(day: date, days: int) -> Iterator[date]:
    """The day so many days later; none beyond the calendar's end, where a wrong clock may put an article."""
    with suppress(OverflowError):
        yield day + timedelta(days=days)


def _day(year: int, month: int, day: int) -> Iterator[date]:
    with suppress(ValueError):
        yield date(year, month, day)
