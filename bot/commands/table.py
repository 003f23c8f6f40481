"""The commands that there are, as one table: menus, help texts and typed options are made from it."""

from dataclasses import dataclass
from enum import StrEnum


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
        summary="The top stories, or those on a topic, in a few lines with key quotes",
        example="/brief nato since:7d",
        arguments=(_TOPIC, _SINCE, _PUBLISHER, _LANGUAGE),
    ),
    Command(
        name="quotes",
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
    Command(name="sections", summary="The sections of the brief shown last", example="/sections"),
    Command(
        name="section",
        summary="One section of that article in full",
        example="/section defense budgets",
        arguments=(Argument(name="section", summary="Its number or name", required=True, completes=True),),
    ),
    Command(name="full", summary="The whole article", example="/full"),
    Command(
        name="evidence",
        summary="The paragraphs that each line of the brief rests on",
        example="/evidence",
    ),
    Command(name="more", summary="The next stories", example="/more"),
    Command(name="source", summary="Where it was published", example="/source"),
    Command(
        name="search",
        summary="Headlines that match",
        example="/search cyber attacks",
        arguments=(Argument(name="words", summary="What to look for", required=True),),
    ),
    Command(
        name="subscribe",
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
        summary="Deliver a speaker's quotes no more",
        example="/unfollow mattis",
        arguments=(Argument(name="speaker", summary="Who is followed", completes=True),),
        who=Who.ADMINS,
    ),
    Command(name="subscriptions", summary="The standing orders of this chat", example="/subscriptions"),
    Command(
        name="unsubscribe",
        summary="End a standing order",
        example="/unsubscribe nato",
        arguments=(_NUMBER,),
        who=Who.ADMINS,
    ),
    Command(
        name="pause",
        summary="Hold a standing order, or all of them",
        example="/pause nato",
        arguments=(_NUMBER,),
        who=Who.ADMINS,
    ),
    Command(
        name="resume",
        summary="Go on with a standing order, or all of them",
        example="/resume nato",
        arguments=(_NUMBER,),
        who=Who.ADMINS,
    ),
    Command(
        name="timezone",
        summary="The time zone that this chat's times are in",
        example="/timezone Europe/Brussels",
        arguments=(Argument(name="zone", summary="An IANA zone, such as Europe/Brussels", completes=True),),
        who=Who.ADMINS,
        who_bare=Who.ANYONE,
    ),
    Command(
        name="feeds",
        summary="The feeds that the news comes from, and how they are",
        example="/feeds",
    ),
    Command(
        name="addfeed",
        summary="Follow a feed, by its own address or its site's",
        example="/addfeed https://www.voanews.com",
        arguments=(Argument(name="url", summary="The address of the feed or its site", required=True),),
        who=Who.OWNERS,
    ),
    Command(
        name="removefeed",
        summary="Follow a feed no more; its articles stay",
        example="/removefeed 3",
        arguments=(
            Argument(name="feed", summary="The number that /feeds shows, or its address", required=True),
        ),
        who=Who.OWNERS,
    ),
    Command(name="status", summary="What is stored and how the bot is", example="/status"),
    Command(
        name="forget",
        summary="Delete everything kept about this chat",
        example="/forget",
        arguments=(Argument(name="sure", summary="yes, to do it at once"),),
        who=Who.ADMINS,
    ),
    Command(name="export", summary="Everything kept about this chat", example="/export"),
    Command(name="help", summary="What can be asked, with examples", example="/help"),
    Command(name="start", summary="What this bot is for", example="/start"),
)

BY_NAME = {command.name: command for command in COMMANDS}
