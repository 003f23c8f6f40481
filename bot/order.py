"""The words in which people order a digest: topic, rhythm, time of day, zone, quiet hours."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import time
from functools import cache
from itertools import islice
from zoneinfo import available_timezones

from articles.feeds.filters import Match, Rule, Where
from bot.schedule import DAY_NAMES, HOUR_STEPS, Rhythm, Schedule, from_json


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What `/subscribe` was told."""

    topic: str
    schedule: Schedule
    zone: str | None  # IANA; None: the chat's own
    filters: tuple[Rule, ...] = ()  # a story is delivered if all of them hold


# none:sports, any:"cyber attack,hacking", title-all:nato, match:budget.*2017
_FILTER = re.compile(
    r'(?:^|(?<=\s))(?:(title|text)-)?(any|all|none|match):((?:"[^"]*"|“[^”]*”|[^\s"“])*)', re.IGNORECASE
)
_QUOTE_MARKS = re.compile(r'["“”]')
_TIME = re.compile(r"(\d{1,2})[:.](\d{2})(am|pm)?|(\d{1,2})(am|pm)", re.IGNORECASE)
_STEP = re.compile(r"(\d{1,2})h(?:ours?)?", re.IGNORECASE)
_WORD = re.compile(r'"[^"]*"|“[^”]*”|\S+')


def read_order(words: str) -> Order:
    """`nato none:sports daily 08:00 Europe/Brussels` as an order; what is not said gets its default.

    Filters may stand anywhere. The topic is what stands before the first word of a schedule. Raises
    ValueError, saying what would do.
    """
    filters = tuple(_filter(found) for found in _FILTER.finditer(words))
    tokens = _WORD.findall(_FILTER.sub("", words))
    first = next((i for i, token in enumerate(tokens) if _opens_schedule(token)), len(tokens))
    reading = _Reading(tokens[first:])
    reading.read()
    topic = " ".join(tokens[:first])
    return Order(topic=topic, schedule=reading.schedule(), zone=reading.zone, filters=filters)


def _filter(found: re.Match[str]) -> Rule:
    where = Where(found[1].lower()) if found[1] else Where.BOTH
    how, said = found[2].lower(), _QUOTE_MARKS.sub("", found[3])
    words = tuple(word for word in (part.strip() for part in said.split(",")) if word)
    try:
        if how == "match":
            return Rule(match=Match.ANY, where=where, patterns=(said,))
        return Rule(match=Match(how), where=where, words=words)
    except ValueError as error:
        raise ValueError(
            f'“{found[0]}” is no filter ({error}): write none:sports or any:"cyber attack".'
        ) from error


def filters_in_words(filters: Iterable[Rule]) -> str:
    """The filters as they could be ordered again; empty where there are none."""
    return " ".join(_written(rule) for rule in filters)


def _written(rule: Rule) -> str:
    where = "" if rule.where is Where.BOTH else f"{rule.where}-"
    how = "match" if rule.patterns else rule.match.value
    said = ",".join(rule.words or rule.patterns)
    return f'{where}{how}:"{said}"' if " " in said else f"{where}{how}:{said}"


def _opens_schedule(token: str) -> bool:
    word = token.lower()
    return word in {"hourly", "every", "daily", "weekdays", "weekly", "quiet", "at"} or bool(
        _TIME.fullmatch(word)
    )


@dataclass(slots=True)
class _Reading:
    """Reads a schedule's words from left to right."""

    tokens: list[str]
    zone: str | None = None
    said: dict[str, object] = field(default_factory=dict)

    def read(self) -> None:
        while self.tokens:
            self._take(self.tokens.pop(0))

    def schedule(self) -> Schedule:
        return from_json({"rhythm": Rhythm.DAILY, **self.said})

    def _take(self, token: str) -> None:
        word = token.lower()
        if word in {"hourly", "daily", "weekdays"}:
            self.said["rhythm"] = Rhythm(word)
            if word == "hourly":
                self.said.setdefault("at", time(0, 0))
        elif word == "every":
            self._every()
        elif word == "weekly":
            self.said["rhythm"] = Rhythm.WEEKLY
            if self.tokens and (day := _weekday(self.tokens[0])) is not None:
                self.said["weekday"] = day
                self.tokens.pop(0)
        elif word == "quiet":
            self.said["quiet"] = _quiet(self._next("quiet 22:00-07:00"))
        elif word == "at":
            self.said["at"] = read_time(self._next("at 08:00"))
        elif _TIME.fullmatch(word):
            self.said["at"] = read_time(word)
        else:
            self.zone = read_zone(token)

    def _every(self) -> None:
        step = self._next("every 2h")
        if (day := _weekday(step)) is not None:
            self.said.update(rhythm=Rhythm.WEEKLY, weekday=day)
            return
        if step.lower() in {"hour", "day"}:
            self.said["rhythm"] = Rhythm.HOURLY if step.lower() == "hour" else Rhythm.DAILY
            return
        if step.isdigit() and self.tokens and self.tokens[0].lower() in {"h", "hour", "hours"}:
            step += "h"
            self.tokens.pop(0)
        found = _STEP.fullmatch(step)
        if not found or int(found[1]) not in (1, *HOUR_STEPS):
            steps = ", ".join(f"{n}h" for n in HOUR_STEPS)
            raise ValueError(f"“every {step}” cannot be kept: write every {steps}, or hourly.")
        self.said.update(rhythm=Rhythm.EVERY if int(found[1]) > 1 else Rhythm.HOURLY, hours=int(found[1]))
        self.said.setdefault("at", time(0, 0))

    def _next(self, example: str) -> str:
        if not self.tokens:
            raise ValueError(f"The schedule ends too soon: write {example}.")
        return self.tokens.pop(0)


def _weekday(word: str) -> int | None:
    """Monday is 0; a day may be cut to three letters or more."""
    if len(word) < 3:
        return None
    return next((n for n, day in enumerate(DAY_NAMES) if day.lower().startswith(word.lower())), None)


def _quiet(words: str) -> tuple[time, time]:
    start, dash, end = words.replace("–", "-").partition("-")
    if not dash:
        raise ValueError(f"“quiet {words}” has no end: write quiet 22:00-07:00.")
    between = (read_time(start), read_time(end))
    if between[0] == between[1]:
        raise ValueError("Quiet hours that start when they end would be all day: use /pause instead.")
    return between


def read_time(word: str) -> time:
    """`8:00`, `08.00`, `8am` or `8:30pm` as a time of day. Raises ValueError."""
    found = _TIME.fullmatch(word.lower())
    if found:
        hour, minute, half = int(found[1] or found[4]), int(found[2] or 0), found[3] or found[5]
        if half and 1 <= hour <= 12:
            hour = hour % 12 + (12 if half == "pm" else 0)
        elif half:
            hour = 24
        if hour < 24 and minute < 60:
            return time(hour, minute)
    raise ValueError(f"“{word}” is not a time of day: write 08:00.")


@cache
def _zones() -> dict[str, str]:
    return {name.lower(): name for name in available_timezones()}


@cache
def _cities() -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for name in sorted(available_timezones()):
        region, slash, city = name.rpartition("/")
        if slash and region.split("/")[0] not in {"Etc", "posix", "right", "SystemV"}:
            found[city.lower()] = (*found.get(city.lower(), ()), name)
    return found


def read_zone(word: str) -> str:
    """An IANA zone by its name, in any case, or by its city where only one has it. Raises ValueError."""
    name = word.strip().replace(" ", "_").lower()
    if name in _zones():
        return _zones()[name]
    cities = _cities().get(name, ())
    if len(cities) == 1:
        return cities[0]
    if cities:
        raise ValueError(f"Several zones are called “{word}”: write one of {', '.join(cities)}.")
    raise ValueError(
        f"“{word}” is neither a time zone (such as Europe/Brussels) nor part of a schedule;"
        " a topic of several words can go in quotes."
    )


def zones_like(typed: str, *, limit: int) -> tuple[str, ...]:
    """IANA zones that contain what is typed, for completion."""
    wanted = typed.strip().replace(" ", "_").lower()
    return tuple(
        islice((name for key, name in sorted(_zones().items()) if wanted in key and "/" in name), limit)
    )
