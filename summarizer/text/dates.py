"""When things happened, as news says it: weekdays, dates and months, held against the article's date."""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
    "november", "december",
)  # fmt: skip
_MONTH = (
    r"(?:jan(?:uary|\.)?|feb(?:ruary|\.)?|mar(?:ch|\.)|apr(?:il|\.)?|may|june?|july?|aug(?:ust|\.)?|"
    r"sept?(?:ember|\.)?|oct(?:ober|\.)?|nov(?:ember|\.)?|dec(?:ember|\.)?)"
)
_YEAR = r"(?:1[5-9]|20)\d\d"
_WHEN = re.compile(
    rf"(?P<month_a>{_MONTH}) (?P<day_a>\d{{1,2}})(?:st|nd|rd|th)?\b(?!:)(?:,? (?P<year_a>{_YEAR})\b)?"
    rf"|(?P<day_b>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? (?P<month_b>{_MONTH})\b(?:,? (?P<year_b>{_YEAR})\b)?"
    rf"|(?P<month>{_MONTH})(?:,? (?:of )?(?P<year_m>{_YEAR}))?\b"
    rf"|(?P<weekday>{'|'.join(WEEKDAYS)})s?\b"
    r"|(?P<relative>yesterday|today|tonight|tomorrow"
    r"|(?:last|next|this|past|previous|earlier this|later this)"
    r" (?:week(?:end)?|month|year|night|summer|winter|spring|autumn|fall|decade|century))\b"
    # A year, not what is counted: "2015 stops".
    rf"|(?P<year>{_YEAR})(?P<decade>s)?\b(?![,.]\d|%| (?!(?:was|has|does)\b)[a-z]{{2,}}s\b)",
    re.IGNORECASE,
)
# Written small, these are words of their own.
_CAPITAL_ONLY = frozenset(("may", "march", "mar.", "jan", "sun"))
_FROM_PUBLICATION = {"yesterday": -1, "today": 0, "tonight": 0, "tomorrow": 1}


@dataclass(frozen=True, slots=True)
class When:
    """One expression of time."""

    start: int
    end: int
    said: tuple[str | int | None, ...]  # the same for the same expression: ("weekday", 3)
    days: frozenset[date]  # that it can mean; empty where it is no day, or the article's date is not known


def whens_of(text: str, published: date | None) -> tuple[When, ...]:
    """The expressions of time in `text`, in order, English ones."""
    return tuple(_whens(text, published))


def unsupported_when(whens: Sequence[When], article: Collection[When], published: date | None) -> When | None:
    """The first of `whens` that the article neither says nor means in other words."""
    return next((when for when in whens if not any(_same(when, own, published) for own in article)), None)


def day_of(published: datetime | None) -> date | None:
    """The day on which the article came out, where its publisher is; None where it is not known."""
    return published.date() if published is not None else None


def is_day_sure(published: datetime) -> bool:
    """Whether the publisher's own calendar had that day too.

    A time in UTC says nothing of the publisher's zone, but for the hours at which most of the world has one
    date. Midnight UTC stands for a day whose time is not known (see `Article.published`).
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


def _whens(text: str, published: date | None) -> Iterator[When]:
    for match in _WHEN.finditer(text):
        word = match[0].split()[0]
        if not _stands_free(text, match) or (word.lower() in _CAPITAL_ONLY and not word[0].isupper()):
            continue
        said = _said(match)
        if said == ("month", 5, None) and not _is_may(text, match):
            continue
        yield When(match.start(), match.end(), said, frozenset(_days(said, published)))


def _stands_free(text: str, match: re.Match[str]) -> bool:
    before = text[match.start() - 1 : match.start()]
    after = text[match.end() : match.end() + 1]
    return not (before.isalnum() or before in {"$", "€", "£", ".", "-"} or after.isalnum())


def _is_may(text: str, match: re.Match[str]) -> bool:
    """The month, not the verb that opens a sentence, nor a prime minister."""
    return bool(
        re.search(
            r"\b(?:in|of|by|until|since|last|next|this|from|early|late|mid) \Z",
            text[max(0, match.start() - 8) : match.start()],
        )
    )


def _said(match: re.Match[str]) -> tuple[str | int | None, ...]:
    year = match["year_a"] or match["year_b"] or match["year_m"]
    if match["month_a"] or match["month_b"]:
        return (
            "day",
            _month_number(match["month_a"] or match["month_b"]),
            int(match["day_a"] or match["day_b"]),
            int(year) if year else None,
        )
    if match["month"]:
        return "month", _month_number(match["month"]), int(year) if year else None
    if match["weekday"]:
        return "weekday", WEEKDAYS.index(match["weekday"].lower())
    if match["year"]:
        return "year", int(match["year"]), match["decade"]
    return "relative", match["relative"].lower()


def _month_number(name: str) -> int:
    return next(n for n, month in enumerate(_MONTHS, start=1) if month.startswith(name[:3].lower()))


def _days(said: tuple[str | int | None, ...], published: date | None) -> Iterator[date]:
    match said:
        case ("day", int(month), int(day), int(year)):
            yield from _day(year, month, day)
        case ("day", int(month), int(day), None) if published is not None:
            near = [d for year in (-1, 0, 1) for d in _day(published.year + year, month, day)]
            if near:
                yield min(near, key=lambda d: abs(d - published))
        case ("weekday", int(weekday)) if published is not None:
            latest = latest_weekday(weekday, published)
            yield latest
            yield from _later(latest, 7)
        case ("relative", str(word)) if published is not None and word in _FROM_PUBLICATION:
            yield from _later(published, _FROM_PUBLICATION[word])


def latest_weekday(weekday: int, published: date) -> date:
    """That weekday (from 0, Monday) on or last before the day."""
    return published - timedelta(days=(published.weekday() - weekday) % 7)


def _later(day: date, days: int) -> Iterator[date]:
    """That many days later; none beyond the calendar's end, where a wrong clock puts an article."""
    try:
        yield day + timedelta(days=days)
    except OverflowError:
        return


def _day(year: int, month: int, day: int) -> Iterator[date]:
    try:
        yield date(year, month, day)
    except ValueError:
        return
