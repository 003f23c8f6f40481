"""The table of commands (`commands.toml`), and a line of text parsed by it.

Menus, help and typed options are made from the table too.
"""

import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files

from rapidfuzz import process

from articles.text.encoding import replace_invalid_characters
from bot.commands import requests
from bot.commands.requests import NotUnderstood


class Who(StrEnum):
    """Who may give a command."""

    ANYONE = "anyone"
    ADMINS = "admins"  # in a group; in a private chat, its one person
    OWNERS = "owners"  # who run this bot: what is the same for all chats


@dataclass(frozen=True, slots=True, kw_only=True)
class Argument:
    """An argument of a command. In text it is a word or `prefix:word`; on Discord a typed option."""

    name: str  # Discord: 1 to 32 lower-case characters
    summary: str  # Discord: at most 100 characters
    required: bool = False
    prefix: str = ""  # what goes before it in the command's text: "since:", "about "
    completes: bool = False  # `Conversation.complete` suggests values for it

    def written(self, value: str) -> str:
        """The value as written in a command's text; several words after a `prefix:` need quotes."""
        quoted = self.prefix.endswith(":") and " " in value
        return f'{self.prefix}"{value.replace(chr(34), "")}"' if quoted else f"{self.prefix}{value}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One command of the language."""

    name: str  # Telegram: 1 to 32 of a-z, 0-9 and _
    code: str  # one letter that never changes: buttons already in chats hold it
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


def _load() -> tuple[Command, ...]:
    table = tomllib.loads(files("bot.commands").joinpath("commands.toml").read_text(encoding="utf-8"))
    return tuple(
        Command(
            **row
            | {
                "read": requests.READERS[row["name"]],
                "arguments": tuple(Argument(**argument) for argument in row.get("arguments", ())),
                "who": Who(row.get("who", Who.ANYONE)),
                "who_bare": Who(row["who_bare"]) if "who_bare" in row else None,
            }
        )
        for row in table["command"]
    )


COMMANDS = _load()
BY_NAME = {command.name: command for command in COMMANDS}

_COMMAND = re.compile(r"/([A-Za-z_]+)(?:@\w+)?(?:\s+|$)")
MAX_LINE = 1_000  # characters; a longer one is no command


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedCommand:
    """A line of text, parsed once for all who handle it."""

    text: str
    command: Command | None  # None: plain words, or no command of the table
    who: Who  # who may give it
    request: requests.Request | requests.InvalidRequest


def parse(text: str) -> ParsedCommand:
    """The line as a command. Never raises: if it cannot be read, the request is an `InvalidRequest`.

    Plain words ask for a brief on them, and a plain number for that section. Invalid characters become
    U+FFFD, so that the request can be stored.
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
    except NotUnderstood as error:
        request = requests.InvalidRequest(reason=str(error))
    return ParsedCommand(text=text, command=command, who=who, request=request)


def _request(line: str, name: str, words: str) -> requests.Request:
    if len(line) > MAX_LINE:
        length = f"{len(line):,} characters; {MAX_LINE:,} at most"
        raise NotUnderstood(f"That is too long for a command ({length}).")
    if command := BY_NAME.get(name):
        return command.read(words)
    if name:
        near = process.extractOne(name, list(BY_NAME), score_cutoff=75)
        meant = f" Did you mean /{near[0]}?" if near else ""
        raise NotUnderstood(f"There is no command /{name}.{meant} /help shows them all.")
    if line.startswith("/"):
        raise NotUnderstood("A command is a slash and a word, such as /brief nato. /help shows them all.")
    if not line:
        raise NotUnderstood("Say what to brief you on, such as /brief nato. /help shows what can be asked.")
    if requests.is_number(line):
        return requests.SectionRequest(section=int(line))
    return BY_NAME["brief"].read(line)
