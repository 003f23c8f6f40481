"""The words in which people say when: `weekdays at 9`, `8am and 6pm`, `every 2h`, `twice a day`, `cron "…"`.

What is not said in so many words is a guess, and kept as one, so that whoever gave the order can be asked.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import time

from bot.commands.clock_words import (
    BARE,
    CLOCK,
    HALVES,
    is_day,
    read_day,
    read_plural_day,
    read_quiet,
    read_time,
)
from bot.schedules.crontab import read_crontab
from bot.schedules.schedule import (
    ALL_DAYS,
    HOUR_STEPS,
    WEEKDAYS,
    WEEKEND,
    Rhythm,
    Schedule,
    from_json,
)
from bot.schedules.zones import AmbiguousZone, UnknownZone, read_zone

MAX_CAP = 20
MAX_TIMES = 12  # a day
_STEP = re.compile(r"(\d{1,3})(m|h)(?:ins?|inutes?|ours?|rs?)?", re.IGNORECASE)
_RANGE = re.compile(r"([^\s-]+)-([^\s-]+)")
_EXACT = {"noon": time(12), "midday": time(12), "midnight": time(0)}
_ABOUT = {"morning": time(8), "afternoon": time(15), "evening": time(18), "night": time(21)}
_OFTEN = {
    1: (time(8),),
    2: (time(8), time(18)),
    3: (time(8), time(13), time(18)),
    4: (time(8), time(12), time(16), time(20)),
}
# Words that are not looked for in a topic: whoever means them there puts it in quotes.
_EVERY_DAY = ("daily", "weekdays", "workdays", "weekends", "weekly")
_OPENING = frozenset(("hourly", "every", *_EVERY_DAY, "cron", "breaking", "quiet", "at"))
_COUNTS = {"once": 1, "twice": 2, "thrice": 3, "two": 2, "three": 3, "four": 4}
_MINUTE_STEPS = (15, 20, 30)
_ZONE_WORDS = 3  # "Ho Chi Minh"


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What the words of a schedule say."""

    schedule: Schedule
    zone: str | None = None  # IANA; None: none was named, or it is not clear which is meant
    zones: tuple[str, ...] = ()  # those that can be meant, where it is not clear
    always: bool = False  # a digest also when there is nothing new
    guesses: tuple[str, ...] = ()  # “evening” as 18:00


def opens_schedule(tokens: Sequence[str]) -> bool:
    """Whether the first of these words begins a schedule, as far as can be told."""
    word = tokens[0].lower()
    if word in _OPENING:
        return True
    following = tokens[1].lower() if len(tokens) > 1 else ""
    if word == "always":
        return not following
    if word in _COUNTS or word.isdigit():
        return following in {"a", "per", "times"} or (word.isdigit() and following in HALVES)
    if word == "on":
        return following in _OPENING or read_day(following.rstrip(",").removesuffix("s")) is not None
    if word == "each":
        return following in _UNITS or read_day(following) is not None
    if is_day(word):  # "black friday" is a topic, and "nato friday 9am" is not
        return following == "at" or bool(CLOCK.fullmatch(following))
    return bool(CLOCK.fullmatch(word.partition(",")[0])) or read_plural_day(word) is not None


def read_schedule(tokens: Sequence[str]) -> Said:
    """The words, quoted ones as one token each. What is not said gets its default. Raises ValueError."""
    reading = _Reading(list(_words(tokens)))
    while reading.tokens:
        reading.take()
    return reading.said()


@dataclass(slots=True)
class _Reading:
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
        token = self.tokens.pop(0)
        word = token.lower()
        if reader := _WORDS.get(word):
            reader(self)
        elif (day := read_day(word)) is not None or (day := read_plural_day(word)) is not None:
            self.on(day)
        elif CLOCK.fullmatch(word) or (BARE.fullmatch(word) and self._half_follows()):
            self.times.append(read_time(self._with_half(word)))
        elif word in _COUNTS or (word.isascii() and word.isdigit()):
            self._count(word)
        elif "/" not in token and (found := _RANGE.fullmatch(word)) and read_day(found[1]) is not None:
            self._days_from(found)
        else:
            self._zone(token)

    def said(self) -> Said:
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
        return Said(
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
        word = self._next("at 08:00")
        if word.lower() in _WORDS:
            self.tokens.insert(0, word)
        elif not BARE.fullmatch(word) or self._half_follows():
            self.times.append(read_time(self._with_half(word)))
        else:
            hour = read_time(f"{word}:00")
            self.times.append(hour)
            if 1 <= hour.hour <= 12:
                self.guesses.append(f"“{word}” as {hour:%H:%M}")

    def every(self) -> None:
        step = self._next("every 2h").lower()
        if step in _UNITS:
            _UNITS[step](self)
            return
        if step in _WORDS or read_day(step) is not None or read_day(step.removesuffix("s")) is not None:
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
            raise ValueError(f"“every {step}” cannot be kept: write every {steps}, or hourly.")

    def weekly(self) -> None:
        self.set(Rhythm.DAILY)
        if not any(read_day(token.lower().removesuffix("s")) is not None for token in self.tokens):
            self.days.append(0)
            self.guesses.append("“weekly” as on Mondays")

    def quiet(self) -> None:
        self.fields["quiet"] = read_quiet(self._next("quiet 22:00-07:00"))

    def cron(self) -> None:
        quoted = self._next('cron "*/30 8-18 * * mon-fri"')
        words = quoted.strip('"“”') if quoted[0] in '"“' else " ".join([quoted, *self.tokens[:4]])
        if quoted[0] not in '"“':
            del self.tokens[:4]
        try:
            read_crontab(words).check()
        except ValueError as error:
            raise ValueError(f"The cron expression “{words}” cannot be kept: {error}.") from error
        self.set(Rhythm.CRON)
        self.fields["cron"] = words

    def cap(self) -> None:
        most = self._next("breaking max 5")
        if not (most.isascii() and most.isdigit() and 1 <= int(most) <= MAX_CAP):
            raise ValueError(f"“max {most}” cannot be kept: write max 1 to max {MAX_CAP}, alerts a day.")
        self.set(Rhythm.BREAKING)
        self.fields["cap"] = int(most)

    def skip(self) -> None:
        pass

    def say_always(self) -> None:
        self.always = True

    def _count(self, word: str) -> None:
        """`twice a day`, `3 times a day`."""
        count = _COUNTS.get(word) or int(word)
        if self.tokens and self.tokens[0].lower() == "times":
            self.tokens.pop(0)
        tail = [token.lower() for token in self.tokens[:2]]
        if tail not in (["a", "day"], ["per", "day"]) or count not in _OFTEN:
            raise ValueError(f"“{word}” is not a time of day: write 08:00 or twice a day.")
        del self.tokens[:2]
        self.set(Rhythm.DAILY)
        self.about[f"{word} a day"] = _OFTEN[count]

    def _days_from(self, found: re.Match[str]) -> None:
        first, last = read_day(found[1]), read_day(found[2])
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

    def _next(self, example: str) -> str:
        if not self.tokens:
            raise ValueError(f"The schedule ends too soon: write {example}.")
        return self.tokens.pop(0)

    def _with_half(self, word: str) -> str:
        """`8:30 pm` is written in two words, too."""
        return word + self.tokens.pop(0).lower() if word[-1].isdigit() and self._half_follows() else word

    def _half_follows(self) -> bool:
        return bool(self.tokens) and self.tokens[0].lower() in HALVES


def _words(tokens: Sequence[str]) -> Iterator[str]:
    """`8am,6pm` is two words; what is quoted is one, and so are the fields of a cron expression."""
    for token in tokens:
        in_cron = "cron" in (other.lower() for other in tokens)
        yield from [token] if token[0] in '"“' or in_cron else filter(None, token.split(","))


_Reader = Callable[[_Reading], None]


def _part_of_day(word: str) -> _Reader:
    def read(reading: _Reading) -> None:
        reading.about[word] = (_ABOUT[word.removesuffix("s")],)

    return read


def _exactly(word: str) -> _Reader:
    return lambda reading: reading.times.append(_EXACT[word])


def _days(*days: int) -> _Reader:
    return lambda reading: reading.on(*days)


# What may stand behind "every".
_UNITS: dict[str, _Reader] = {
    "hour": lambda reading: reading.set(Rhythm.HOURLY),
    "day": _days(*ALL_DAYS),
    "weekday": _days(*WEEKDAYS),
    "workday": _days(*WEEKDAYS),
    "weekend": _days(*WEEKEND),
    "week": _Reading.weekly,
}
_WORDS: dict[str, _Reader] = {
    "hourly": lambda reading: reading.set(Rhythm.HOURLY),
    "every": _Reading.every,
    "daily": lambda reading: reading.set(Rhythm.DAILY),
    "weekdays": _days(*WEEKDAYS),
    "workdays": _days(*WEEKDAYS),
    "weekends": _days(*WEEKEND),
    "weekly": _Reading.weekly,
    "cron": _Reading.cron,
    "breaking": lambda reading: reading.set(Rhythm.BREAKING),
    "max": _Reading.cap,
    "always": _Reading.say_always,
    "quiet": _Reading.quiet,
    "at": _Reading.at,
    **{word: _exactly(word) for word in _EXACT},
    **{word: _part_of_day(word) for about in _ABOUT for word in (about, f"{about}s")},
    "each": _Reading.every,
    **dict.fromkeys(("and", "&", "on", "in", "the"), _Reading.skip),
}
