"""The words of a subscription: topic, filters, and when."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from articles.feeds.filters import Match, Rule, Where
from bot.commands.schedule_words import ReadSchedule, opens_schedule, read_schedule
from bot.schedules.schedule import ALL_DAYS, DAY_NAMES, WEEKDAYS, Rhythm, Schedule


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionDraft(ReadSchedule):
    """What the words after `/subscribe` or `/follow` say. No zone: the chat's own."""

    topic: str
    filters: tuple[Rule, ...] = ()  # a story is delivered if all of them hold


# none:sports, any:"cyber attack,hacking", title-all:nato, match:budget.*2017
_FILTER = re.compile(
    r'(?:^|(?<=\s))(?:(title|text)-)?(any|all|none|match):((?:"[^"]*"|“[^”]*”|[^\s"“])*)', re.IGNORECASE
)
_QUOTE_MARKS = re.compile(r'["“”]')
_WORD = re.compile(r'"[^"]*"|“[^”]*”|\S+')


def read_draft(words: str) -> SubscriptionDraft:
    """`nato none:sports daily 08:00 Europe/Brussels` as a draft; what is not said gets its default.

    Filters may stand anywhere. The topic is what stands before the first word of a schedule. Raises
    ValueError, saying what would do.
    """
    filters = tuple(_filter(found) for found in _FILTER.finditer(words))
    tokens = _WORD.findall(_FILTER.sub("", words))
    first = next((i for i in range(len(tokens)) if opens_schedule(tokens[i:])), len(tokens))
    read = read_schedule(tokens[first:])
    return SubscriptionDraft(
        topic=" ".join(tokens[:first]),
        schedule=read.schedule,
        zone=read.zone,
        zones=read.zones,
        filters=filters,
        always=read.always,
        guesses=read.guesses,
    )


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
