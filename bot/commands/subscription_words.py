"""The words of a subscription: topic, filters, and when: `nato none:sports weekdays at 9`, `every 2h`.

A schedule that is not exact is guessed, and the guess is listed so that the bot can ask. The words
themselves are in `words/`, a file for each language.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from configparser import ConfigParser
from dataclasses import dataclass, field
from datetime import time
from importlib.resources import files

from articles.feeds.filters import Match, Rule, Where
from bot.schedules.schedule import (
    ALL_DAYS,
    DAY_NAMES,
    HOUR_STEPS,
    WEEKDAYS,
    WEEKEND,
    Rhythm,
    Schedule,
    from_json,
    read_crontab,
)
from bot.schedules.zones import AmbiguousZone, UnknownZone, read_zone

MAX_CAP = 20
MAX_TIMES = 12  # a day
_CLOCK = re.compile(r"(\d{1,2})[:.](\d{2})(am|pm)?|(\d{1,2})(am|pm)", re.IGNORECASE)
_HALVES = frozenset({"am", "pm"})
_HOUR = re.compile(r"\d{1,2}")
_STEP = re.compile(r"(\d{1,3})(m|h)(?:ins?|inutes?|ours?|rs?)?", re.IGNORECASE)
_RANGE = re.compile(r"([^\s-]+)-([^\s-]+)")
_TIMES_A_DAY = {1: (8,), 2: (8, 18), 3: (8, 13, 18), 4: (8, 12, 16, 20)}  # hours
_MINUTE_STEPS = (15, 20, 30)
_ZONE_WORDS = 3  # "Ho Chi Minh"
# Keywords that begin a schedule. They are not looked for in a topic: there, they need quotes.
_OPENING = frozenset(
    ("hourly", "every", "daily", "weekdays", "weekends", "weekly", "cron", "breaking", "quiet", "at")
)
# none:sports, any:"cyber attack,hacking", title-all:nato, match:budget.*2017
_FILTER = re.compile(
    r'(?:^|(?<=\s))(?:(title|text)-)?(any|all|none|match):((?:"[^"]*"|“[^”]*”|[^\s"“])*)', re.IGNORECASE
)
_QUOTE_MARKS = re.compile(r'["“”]')
_WORD = re.compile(r'"[^"]*"|“[^”]*”|\S+')


def _load_words() -> Mapping[str, Mapping[str, str]]:
    """Word -> meaning, by section, of all languages."""
    words = ConfigParser(delimiters=("=",), comment_prefixes=("#",), interpolation=None)
    for file in sorted(files("bot.commands").joinpath("words").iterdir(), key=lambda file: file.name):
        words.read_string(file.read_text(encoding="utf-8"))
    return words


_SAID = _load_words()
_KEYWORDS, _UNITS = dict(_SAID["keywords"]), dict(_SAID["units"])
_EXACT = {word: time.fromisoformat(at) for word, at in _SAID["times"].items()}
_ABOUT = {form: time.fromisoformat(at) for word, at in _SAID["parts"].items() for form in (word, f"{word}s")}
_KNOWN = frozenset((*_KEYWORDS, *_EXACT, *_ABOUT))
_COUNTS = {word: int(count) for word, count in _SAID["counts"].items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionDraft:
    """What the words after `/subscribe` or `/follow` say."""

    topic: str
    filters: tuple[Rule, ...] = ()  # a story is delivered if all of them match
    schedule: Schedule
    zone: str | None = None  # IANA; None: the chat's own, or it is not clear which zone is meant
    zones: tuple[str, ...] = ()  # the possible zones, if it is not clear
    always: bool = False  # a digest also when there is nothing new
    guesses: tuple[str, ...] = ()  # “evening” as 18:00


def read_draft(words: str) -> SubscriptionDraft:
    """`nato none:sports daily 08:00 Europe/Brussels` as a draft; what is not said gets its default.

    Filters may be anywhere. The topic is everything before the first word of a schedule. Raises
    ValueError, which says what to write instead.
    """
    filters = tuple(map(_filter, _FILTER.finditer(words)))
    tokens = _WORD.findall(_FILTER.sub("", words))
    first = next((i for i in range(len(tokens)) if _opens_schedule(tokens[i:])), len(tokens))
    reader = _Reader(list(_split(tokens[first:])))
    while reader.tokens:
        reader.take()
    return reader.draft(" ".join(tokens[:first]), filters)


def draft_in_words(draft: SubscriptionDraft) -> str:
    """The draft in words that `read_draft` reads without a guess, with its zone if that is known."""
    said = [draft.topic, filters_in_words(draft.filters), _schedule_in_words(draft.schedule)]
    if draft.schedule.quiet:
        start, end = draft.schedule.quiet
        said.append(f"quiet {start:%H:%M}-{end:%H:%M}")
    said += [draft.zone or "", "always" if draft.always else ""]
    return " ".join(filter(None, said))


def _schedule_in_words(schedule: Schedule) -> str:
    times = " ".join(f"{at:%H:%M}" for at in sorted(set(schedule.times)))
    match schedule.rhythm:
        case Rhythm.EVERY:
            return f"every {schedule.hours}h {times}"
        case Rhythm.CRON:
            return f'cron "{schedule.cron}"'
        case Rhythm.BREAKING:
            return f"breaking max {schedule.cap}"
        case Rhythm.DAILY if set(schedule.days) == set(WEEKDAYS):
            return f"weekdays {times}"
        case Rhythm.DAILY if set(schedule.days) != set(ALL_DAYS):
            days = ",".join(DAY_NAMES[day][:3].lower() for day in sorted(set(schedule.days)))
            return f"weekly {days} {times}"
        case _:
            return f"{schedule.rhythm} {times}"


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
            f'“{found[0]}” is not a filter ({error}): write none:sports or any:"cyber attack".'
        ) from error


def filters_in_words(filters: Iterable[Rule]) -> str:
    """The filters as they can be written in a command; empty where there are none."""
    return " ".join(_written(rule) for rule in filters)


def _written(rule: Rule) -> str:
    where = "" if rule.where is Where.BOTH else f"{rule.where}-"
    how = "match" if rule.patterns else rule.match.value
    said = ",".join(rule.words or rule.patterns)
    return f'{where}{how}:"{said}"' if " " in said else f"{where}{how}:{said}"


def _opens_schedule(tokens: Sequence[str]) -> bool:
    """Whether the first of these words begins a schedule, as far as they show."""
    word = tokens[0].lower()
    if _KEYWORDS.get(word) in _OPENING:
        return True
    following = tokens[1].lower() if len(tokens) > 1 else ""
    if word == "always":
        return not following
    if word in _COUNTS or word.isdigit():
        return following in {"a", "per", "times"} or (word.isdigit() and following in _HALVES)
    if word == "on":
        opens = _KEYWORDS.get(following) in _OPENING
        return opens or _read_day(following.rstrip(",").removesuffix("s")) is not None
    if word == "each":
        return following in _UNITS or _read_day(following) is not None
    if all(_read_day(part) is not None for part in word.split("-")):
        # "black friday" is a topic, and "nato friday 9am" is not
        return following == "at" or bool(_CLOCK.fullmatch(following))
    return bool(_CLOCK.fullmatch(word.partition(",")[0])) or _read_days(word) is not None


def read_time(word: str) -> time:
    """`8:00`, `08.00`, `8am` or `8:30pm` as a time of day. Raises ValueError."""
    found = _CLOCK.fullmatch(word.lower())
    if found:
        hour, minute, half = int(found[1] or found[4]), int(found[2] or 0), found[3] or found[5]
        if half and 1 <= hour <= 12:
            hour = hour % 12 + (12 if half == "pm" else 0)
        elif half:
            hour = 24
        if hour < 24 and minute < 60:
            return time(hour, minute)
    raise ValueError(f"“{word}” is not a time of day: write 08:00.")


def _read_day(word: str) -> int | None:
    """Monday is 0; a day may be cut to three letters or more."""
    if len(word) < 3:
        return None
    return next((n for n, day in enumerate(DAY_NAMES) if day.lower().startswith(word.lower())), None)


def _read_days(word: str) -> int | None:
    """`mondays`; Monday is 0."""
    return _read_day(word[:-1]) if word.endswith("days") and word[:-1].title() in DAY_NAMES else None


def _read_quiet(words: str) -> tuple[time, time]:
    """`22:00-07:00`, `10pm-7am` or `22-7`. Raises ValueError."""
    start, dash, end = words.replace("–", "-").partition("-")
    if not dash:
        raise ValueError(f"“quiet {words}” has no end: write quiet 22:00-07:00.")
    first, last = (read_time(f"{word}:00" if _HOUR.fullmatch(word) else word) for word in (start, end))
    if first == last:
        raise ValueError("Quiet hours that start when they end would be all day: use /pause instead.")
    return first, last


@dataclass(slots=True)
class _Reader:
    """Reads a schedule's words from left to right."""

    tokens: list[str]
    rhythm: Rhythm | None = None
    times: list[time] = field(default_factory=list)
    days: list[int] = field(default_factory=list)
    fields: dict[str, object] = field(default_factory=dict)
    zone: str | None = None
    zones: tuple[str, ...] = ()
    always: bool = False
    guesses: list[str] = field(default_factory=list)
    about: dict[str, Sequence[time]] = field(default_factory=dict)  # "evening", if no time is said

    def take(self) -> None:
        """Reads the next word, and those that belong to it."""
        token = self.tokens.pop(0)
        word = token.lower()
        if keyword := _KEYWORDS.get(word):
            _READERS[keyword](self)
        elif word in _EXACT:
            self.times.append(_EXACT[word])
        elif word in _ABOUT:
            self.about[word] = (_ABOUT[word],)
        elif (day := _read_day(word)) is not None or (day := _read_days(word)) is not None:
            self.on(day)
        elif _CLOCK.fullmatch(word) or (_HOUR.fullmatch(word) and self._half_follows()):
            self.times.append(read_time(self._with_half(word)))
        elif word in _COUNTS or (word.isascii() and word.isdigit()):
            self._count(word)
        elif "/" not in token and (found := _RANGE.fullmatch(word)) and _read_day(found[1]) is not None:
            self._days_from(found)
        else:
            self._zone(token)

    def draft(self, topic: str, filters: tuple[Rule, ...]) -> SubscriptionDraft:
        """What was read. Raises ValueError if it does not go together."""
        rhythm = self.rhythm or Rhythm.DAILY
        fields: dict[str, object] = {"rhythm": rhythm, **self.fields}
        if not self.times:
            for word, about in self.about.items():
                self.times += about
                self.guesses.append(f"“{word}” as {' and '.join(f'{at:%H:%M}' for at in about)}")
        times = sorted(set(self.times))
        if rhythm in (Rhythm.HOURLY, Rhythm.EVERY):
            if len(times) > 1 or self.days:
                raise ValueError(
                    f"“{rhythm} ...” takes one time and no days: write for example every 2h 9:15."
                )
            fields["times"] = times or [time(0)]
        elif rhythm is not Rhythm.DAILY and (times or self.days):
            raise ValueError(f"“{rhythm}” takes no other times or days.")
        else:
            if len(times) > MAX_TIMES:
                raise ValueError(f"That is more than {MAX_TIMES} times a day: write every 2h, or hourly.")
            fields |= {"times": times} if times else {}
            fields |= {"days": sorted(set(self.days))} if self.days else {}
        return SubscriptionDraft(
            topic=topic,
            filters=filters,
            schedule=from_json(fields),
            zone=self.zone,
            zones=self.zones,
            always=self.always,
            guesses=tuple(dict.fromkeys(self.guesses)),
        )

    def set(self, rhythm: Rhythm) -> None:
        if self.rhythm not in (None, rhythm):
            raise ValueError(
                f"“{self.rhythm}” and “{rhythm}” do not go together: choose one, or make two subscriptions."
            )
        self.rhythm = rhythm

    def on(self, *days: int) -> None:
        self.set(Rhythm.DAILY)
        self.days += days

    def at(self) -> None:
        word = self.next("at 08:00")
        if word.lower() in _KNOWN:
            self.tokens.insert(0, word)
        elif not _HOUR.fullmatch(word) or self._half_follows():
            self.times.append(read_time(self._with_half(word)))
        else:
            hour = read_time(f"{word}:00")
            self.times.append(hour)
            if 1 <= hour.hour <= 12:
                self.guesses.append(f"“{word}” as {hour:%H:%M}")

    def every(self) -> None:
        step = self.next("every 2h").lower()
        if step in _UNITS:
            _READERS[_UNITS[step]](self)
            return
        if step in _KNOWN or _read_day(step.removesuffix("s")) is not None:
            self.tokens.insert(0, step)
            return
        if step.isdigit() and self.tokens:
            step += self.tokens.pop(0).lower()
        found = _STEP.fullmatch(step)
        if found and found[2] == "h" and int(found[1]) in (1, *HOUR_STEPS):
            hours = int(found[1])
            self.set(Rhythm.EVERY if hours > 1 else Rhythm.HOURLY)
            self.fields |= {"hours": hours} if hours > 1 else {}
        elif found and found[2] == "m" and int(found[1]) in _MINUTE_STEPS:
            self.set(Rhythm.CRON)
            self.fields["cron"] = f"*/{found[1]} * * * *"
        else:
            steps = ", ".join([*(f"{n}m" for n in _MINUTE_STEPS), *(f"{n}h" for n in HOUR_STEPS)])
            raise ValueError(f"“every {step}” is not possible: write every {steps}, or hourly.")

    def weekly(self) -> None:
        self.set(Rhythm.DAILY)
        if not any(_read_day(token.lower().removesuffix("s")) is not None for token in self.tokens):
            self.days.append(0)
            self.guesses.append("“weekly” as on Mondays")

    def cron(self) -> None:
        quoted = self.next('cron "*/30 8-18 * * mon-fri"')
        words = quoted.strip('"“”') if quoted[0] in '"“' else " ".join([quoted, *self.tokens[:4]])
        if quoted[0] not in '"“':
            del self.tokens[:4]
        try:
            read_crontab(words).check()
        except ValueError as error:
            raise ValueError(f"The cron expression “{words}” is not possible: {error}.") from error
        self.set(Rhythm.CRON)
        self.fields["cron"] = words

    def cap(self) -> None:
        most = self.next("breaking max 5")
        if not (most.isascii() and most.isdigit() and 1 <= int(most) <= MAX_CAP):
            raise ValueError(f"“max {most}” is not possible: write max 1 to max {MAX_CAP}, alerts a day.")
        self.set(Rhythm.BREAKING)
        self.fields["cap"] = int(most)

    def say_always(self) -> None:
        self.always = True

    def _count(self, word: str) -> None:
        """`twice a day`, `3 times a day`."""
        count = _COUNTS.get(word) or int(word)
        if self.tokens and self.tokens[0].lower() == "times":
            self.tokens.pop(0)
        tail = [token.lower() for token in self.tokens[:2]]
        if tail not in (["a", "day"], ["per", "day"]) or count not in _TIMES_A_DAY:
            raise ValueError(f"“{word}” is not a time of day: write 08:00 or twice a day.")
        del self.tokens[:2]
        self.set(Rhythm.DAILY)
        self.about[f"{word} a day"] = tuple(map(time, _TIMES_A_DAY[count]))

    def _days_from(self, found: re.Match[str]) -> None:
        first, last = _read_day(found[1]), _read_day(found[2])
        if first is None or last is None:
            raise ValueError(f"“{found[0]}” is not a range of days: write mon-fri.")
        self.on(*((first + n) % 7 for n in range((last - first) % 7 + 1)))

    def _zone(self, token: str) -> None:
        """The longest run of words that names a zone."""
        for count in range(min(_ZONE_WORDS, len(self.tokens) + 1), 0, -1):
            words = " ".join([token, *self.tokens[: count - 1]])
            try:
                self.zone = read_zone(words)
            except AmbiguousZone as error:
                self.zones = error.choices
                self.guesses.append(f"“{words}” as one of several zones")
            except UnknownZone:
                continue
            del self.tokens[: count - 1]
            return
        raise ValueError(
            f"“{token}” is neither a time zone (such as Europe/Brussels) nor part of a schedule;"
            " a topic of several words can go in quotes."
        )

    def next(self, example: str) -> str:
        if not self.tokens:
            raise ValueError(f"The schedule ends too soon: write {example}.")
        return self.tokens.pop(0)

    def _with_half(self, word: str) -> str:
        """The time with the "pm" that follows it: `8:30 pm` may be two words."""
        return word + self.tokens.pop(0).lower() if word[-1].isdigit() and self._half_follows() else word

    def _half_follows(self) -> bool:
        return bool(self.tokens) and self.tokens[0].lower() in _HALVES


def _split(tokens: Sequence[str]) -> Iterator[str]:
    """`8am,6pm` is two words; what is quoted is one, and so are the fields of a cron expression."""
    in_cron = "cron" in map(str.lower, tokens)
    for token in tokens:
        yield from [token] if token[0] in '"“' or in_cron else filter(None, token.split(","))


_READERS: dict[str, Callable[[_Reader], None]] = {
    "hourly": lambda reader: reader.set(Rhythm.HOURLY),
    "daily": lambda reader: reader.set(Rhythm.DAILY),
    "all days": lambda reader: reader.on(*ALL_DAYS),
    "weekdays": lambda reader: reader.on(*WEEKDAYS),
    "weekends": lambda reader: reader.on(*WEEKEND),
    "weekly": _Reader.weekly,
    "every": _Reader.every,
    "each": _Reader.every,
    "cron": _Reader.cron,
    "breaking": lambda reader: reader.set(Rhythm.BREAKING),
    "max": _Reader.cap,
    "always": _Reader.say_always,
    "quiet": lambda reader: reader.fields.update(quiet=_read_quiet(reader.next("quiet 22:00-07:00"))),
    "at": _Reader.at,
    "skip": lambda _: None,
}
