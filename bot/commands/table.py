"""The table of commands: a line of text is parsed by it; menus, help and typed options are made from it."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from rapidfuzz import process

from articles.text.encoding import replace_invalid_characters
from bot.commands import requests


class Who(StrEnum):
    """Who may give a command."""

    ANYONE = "anyone"
    ADMINS = "admins"  # in a group; in a private chat, its one person
    OWNERS = "owners"  # who run this bot: what is the same for all chats


@dataclass(frozen=True, slots=True, kw_only=True)
class Argument:
    """One blank of a command. In text it is a word or `prefix:word`; on Discord a typed option."""

    name: str  # Discord: 1 to 32 lower-case characters
    summary: str  # Discord: at most 100 characters
    required: bool = False
    prefix: str = ""  # what goes before it in the command's text: "since:", "about "
    completes: bool = False  # `Conversation.complete` knows endings for it

    def written(self, value: str) -> str:
        """The value as it stands in a command's text; several words after a `prefix:` need quotes."""
        quoted = self.prefix.endswith(":") and " " in value
        return f'{self.prefix}"{value.replace(chr(34), "")}"' if quoted else f"{self.prefix}{value}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One command of the language."""

    name: str  # Telegram: 1 to 32 of a-z, 0-9 and _
    # One letter that never changes: buttons already in chats hold it (see `bot/telegram/outbound.py`).
    code: str
    read: Callable[[str], requests.Request]  # the words after the name; raises NotUnderstood
    summary: str  # at most 100 characters
    example: str
    arguments: tuple[Argument, ...] = ()
    who: Who = Who.ANYONE
    who_bare: Who | None = None  # who may give it without words, where it only asks; None: `who`

    def line(self, **values: str | None) -> str:
        """The command as a person would type it, from the values of its arguments."""
        words = [a.written(value) for a in self.arguments if (value := (values.get(a.name) or "").strip())]
        return " ".join([f"/{self.name}", *words])


_TOPIC = Argument(name="topic", summary="Words, a phrase in quotes, or a name", completes=True)
_SINCE = Argument(name="since", summary="How far back, such as 7d, 12h or 2w", prefix="since:")
_PUBLISHER = Argument(name="from", summary="Only this publisher", prefix="from:", completes=True)
_LANGUAGE = Argument(name="lang", summary="Only this language, such as en", prefix="lang:")
_NUMBER = Argument(name="number", summary="The number or topic that /subscriptions shows", completes=True)

COMMANDS: tuple[Command, ...] = (
    Command(
        name="brief",
        code="a",
        read=requests.read_brief,
        summary="The top stories, or those on a topic, in a few lines with key quotes",
        example="/brief nato since:7d",
        arguments=(_TOPIC, _SINCE, _PUBLISHER, _LANGUAGE),
    ),
    Command(
        name="quotes",
        code="b",
        read=requests.read_quotes,
        summary="What somebody said, word for word, newest first",
        example="/quotes mattis about russia",
        arguments=(
            Argument(
                name="speaker",
                summary="Who said it; without, everybody in the article shown last",
                completes=True,
            ),
            Argument(name="about", summary="Only quotes about this", prefix="about "),
            _SINCE,
        ),
    ),
    Command(
        name="sections",
        code="c",
        read=requests.read_sections,
        summary="The sections of the brief shown last",
        example="/sections",
    ),
    Command(
        name="section",
        code="d",
        read=requests.read_section,
        summary="One section of that article in full",
        example="/section defense budgets",
        arguments=(Argument(name="section", summary="Its number or name", required=True, completes=True),),
    ),
    Command(name="full", code="e", read=requests.read_full, summary="The whole article", example="/full"),
    Command(
        name="evidence",
        code="f",
        read=requests.read_evidence,
        summary="The paragraphs that each line of the brief rests on",
        example="/evidence",
    ),
    Command(
        name="more",
        code="g",
        read=requests.read_none(requests.MoreRequest()),
        summary="The next stories",
        example="/more",
    ),
    Command(
        name="source",
        code="h",
        read=requests.read_source,
        summary="Where it was published",
        example="/source",
    ),
    Command(
        name="search",
        code="i",
        read=requests.read_search,
        summary="Headlines that match",
        example="/search cyber attacks",
        arguments=(Argument(name="words", summary="What to look for", required=True),),
    ),
    Command(
        name="subscribe",
        code="j",
        read=requests.read_subscribe,
        summary="A brief on a topic, delivered here on a schedule",
        example="/subscribe nato daily 08:00 Europe/Brussels",
        arguments=(
            Argument(
                name="topic", summary="Words, a phrase in quotes, or a name", required=True, completes=True
            ),
            Argument(
                name="schedule",
                summary="daily, weekdays 9am, every 2h, breaking, a cron expression; a zone",
            ),
        ),
        who=Who.ADMINS,
    ),
    Command(
        name="follow",
        code="k",
        read=requests.read_follow,
        summary="What somebody says from now on, word for word, delivered here",
        example="/follow mattis hourly",
        arguments=(
            Argument(name="speaker", summary="Who says it", required=True, completes=True),
            Argument(name="schedule", summary="hourly, daily, weekdays 9am, every 2h; a time; a zone"),
        ),
        who=Who.ADMINS,
    ),
    Command(
        name="unfollow",
        code="l",
        read=requests.read_change("unfollow"),
        summary="Deliver a speaker's quotes no more",
        example="/unfollow mattis",
        arguments=(Argument(name="speaker", summary="Who is followed", completes=True),),
        who=Who.ADMINS,
    ),
    Command(
        name="subscriptions",
        code="m",
        read=requests.read_none(requests.SubscriptionsRequest()),
        summary="The subscriptions of this chat",
        example="/subscriptions",
    ),
    Command(
        name="unsubscribe",
        code="n",
        read=requests.read_change("unsubscribe"),
        summary="End a subscription",
        example="/unsubscribe nato",
        arguments=(_NUMBER,),
        who=Who.ADMINS,
    ),
    Command(
        name="pause",
        code="o",
        read=requests.read_change("pause"),
        summary="Pause a subscription, or all of them",
        example="/pause nato",
        arguments=(_NUMBER,),
        who=Who.ADMINS,
    ),
    Command(
        name="resume",
        code="p",
        read=requests.read_change("resume"),
        summary="Resume a subscription, or all of them",
        example="/resume nato",
        arguments=(_NUMBER,),
        who=Who.ADMINS,
    ),
    Command(
        name="timezone",
        code="q",
        read=requests.read_timezone,
        summary="The time zone that this chat's times are in",
        example="/timezone Europe/Brussels",
        arguments=(Argument(name="zone", summary="An IANA zone, such as Europe/Brussels", completes=True),),
        who=Who.ADMINS,
        who_bare=Who.ANYONE,
    ),
    Command(
        name="feeds",
        code="r",
        read=requests.read_feeds,
        summary="The feeds that the news comes from, and how they are",
        example="/feeds",
    ),
    Command(
        name="addfeed",
        code="s",
        read=requests.read_add_feed,
        summary="Follow a feed, by its own address or its site's",
        example="/addfeed https://www.voanews.com",
        arguments=(Argument(name="url", summary="The address of the feed or its site", required=True),),
        who=Who.OWNERS,
    ),
    Command(
        name="removefeed",
        code="t",
        read=requests.read_remove_feed,
        summary="Follow a feed no more; its articles stay",
        example="/removefeed 3",
        arguments=(
            Argument(name="feed", summary="The number that /feeds shows, or its address", required=True),
        ),
        who=Who.OWNERS,
    ),
    Command(
        name="status",
        code="u",
        read=requests.read_none(requests.StatusRequest()),
        summary="What is stored and how the bot is",
        example="/status",
    ),
    Command(
        name="forget",
        code="v",
        read=requests.read_forget,
        summary="Delete everything kept about this chat",
        example="/forget",
        arguments=(Argument(name="sure", summary="yes, to do it at once"),),
        who=Who.ADMINS,
    ),
    Command(
        name="export",
        code="w",
        read=requests.read_none(requests.ExportRequest()),
        summary="Everything kept about this chat",
        example="/export",
    ),
    Command(
        name="help",
        code="x",
        read=requests.read_none(requests.HelpRequest()),
        summary="What can be asked, with examples",
        example="/help",
    ),
    Command(
        name="start", code="y", read=requests.read_start, summary="What this bot is for", example="/start"
    ),
)

BY_NAME = {command.name: command for command in COMMANDS}

_COMMAND = re.compile(r"/([A-Za-z_]+)(?:@\w+)?(?:\s+|$)")
MAX_LINE = 1_000  # characters; a longer one is no command


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedCommand:
    """A line of text, parsed once: whoever handles the line takes what they need from here."""

    text: str
    command: Command | None  # None: plain words, or no command of the table
    who: Who  # who may give it
    request: requests.Request | requests.InvalidRequest


def parse(text: str) -> ParsedCommand:
    """The line as a command. Never raises: if it cannot be read, the request is an `InvalidRequest`.

    Plain words ask for a brief on them, and a plain number for that section. What is no character in the line
    becomes U+FFFD, so that the request can be stored.
    """
    line = replace_invalid_characters(" ".join(text.split()))
    found = _COMMAND.match(line)
    name, words = (found[1].lower(), line[found.end() :]) if found else ("", line)
    command = BY_NAME.get(name)
    who = command.who if command else Who.ANYONE
    if command and command.who_bare and not words:
        who = command.who_bare
    request: requests.Request | requests.InvalidRequest
    try:
        request = _request(line, name, words)
    except requests.WrongWords as error:
        too_much = f"/{name} does not take “{error}”. " if str(error) else ""
        request = requests.InvalidRequest(reason=f"{too_much}Try: {BY_NAME[name].example}")
    except requests.NotUnderstood as error:
        request = requests.InvalidRequest(reason=str(error))
    return ParsedCommand(text=text, command=command, who=who, request=request)


def _request(line: str, name: str, words: str) -> requests.Request:
    if len(line) > MAX_LINE:
        raise requests.NotUnderstood(
            f"That is too long for a command ({len(line):,} characters; {MAX_LINE:,} at most)."
        )
    if command := BY_NAME.get(name):
        return command.read(words)
    if name:
        near = process.extractOne(name, list(BY_NAME), score_cutoff=75)
        meant = f" Did you mean /{near[0]}?" if near else ""
        raise requests.NotUnderstood(f"There is no command /{name}.{meant} /help shows them all.")
    if line.startswith("/"):
        raise requests.NotUnderstood(
            "A command is a slash and a word, such as /brief nato. /help shows them all."
        )
    if not line:
        raise requests.NotUnderstood(
            "Say what to brief you on, such as /brief nato. /help shows what can be asked."
        )
    if requests.is_number(line):
        return requests.SectionRequest(section=int(line))
    return requests.read_brief(line)
