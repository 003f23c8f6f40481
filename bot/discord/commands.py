"""Discord's slash commands, made from the one table of commands."""

import asyncio
import hashlib
import inspect
import json
from collections.abc import Awaitable, Callable, Coroutine
from functools import cache
from pathlib import Path
from typing import Any

import discord
from discord import Locale, app_commands
from discord.app_commands import TranslationContextLocation

from bot.commands.table import COMMANDS, Argument, Command, Who

MAX_CHOICES = 25
MAX_CHOICE = 100
_LONGEST_VALUE = 300

Answer = Callable[[discord.Interaction[Any], str], Awaitable[None]]
Complete = Callable[[discord.Interaction[Any], str, str], Awaitable[tuple[str, ...]]]


def add_commands(tree: app_commands.CommandTree[Any], answer: Answer, complete: Complete) -> None:
    """Puts every command on the tree.

    `answer` gets a command as a line of text, `complete` an argument's name and what is being typed for it.
    """
    for command in COMMANDS:
        tree.add_command(_slash(command, answer, complete))


def _slash(command: Command, answer: Answer, complete: Complete) -> app_commands.Command[Any, ..., None]:
    # Discord's names may be Python's keywords ("from").
    names = {f"option_{argument.name}": argument for argument in command.arguments}

    async def invoke(interaction: discord.Interaction[Any], **values: str | None) -> None:
        await answer(interaction, command.line(**{names[key].name: value for key, value in values.items()}))

    invoke.__signature__ = _signature(names)  # type: ignore[attr-defined] # discord.py makes options from it
    if names:
        app_commands.describe(**{key: argument.summary for key, argument in names.items()})(invoke)
        app_commands.rename(**{key: argument.name for key, argument in names.items()})(invoke)
    if command.who is not Who.ANYONE:  # shown to those; what each may is decided when it is given
        app_commands.default_permissions(manage_guild=True)(invoke)
    # Where people bring us along (a group, another's server) we can answer, and deliver nothing.
    everywhere = command.who is Who.ANYONE
    slash = app_commands.Command[Any, ..., None](
        name=command.name,
        description=command.summary,
        callback=invoke,
        allowed_installs=app_commands.AppInstallationType(guild=True, user=True),
        allowed_contexts=app_commands.AppCommandContext(
            guild=True, dm_channel=True, private_channel=everywhere
        ),
    )
    for key, argument in names.items():
        if argument.completes:
            slash.autocomplete(key)(_completer(argument, complete))
    return slash


def _signature(names: dict[str, Argument]) -> inspect.Signature:
    first = inspect.Parameter(
        "interaction", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=discord.Interaction
    )
    words = app_commands.Range[str, 1, _LONGEST_VALUE]
    options = [
        inspect.Parameter(
            key,
            inspect.Parameter.KEYWORD_ONLY,
            annotation=words,
            default=inspect.Parameter.empty if argument.required else None,
        )
        for key, argument in names.items()
    ]
    return inspect.Signature([first, *options])


def _completer(
    argument: Argument, complete: Complete
) -> Callable[[discord.Interaction[Any], str], Coroutine[Any, Any, list[app_commands.Choice[str]]]]:
    async def choices(interaction: discord.Interaction[Any], typed: str) -> list[app_commands.Choice[str]]:
        endings = await complete(interaction, argument.name, typed)
        fitting = [ending for ending in dict.fromkeys(endings) if 0 < len(ending) <= MAX_CHOICE]
        return [app_commands.Choice(name=ending, value=ending) for ending in fitting[:MAX_CHOICES]]

    return choices


async def sync_if_changed(tree: app_commands.CommandTree[Any], remembered: Path | None) -> bool:
    """Tells Discord the commands unless it has them already; `remembered` holds a hash of what it was told.

    Returns whether it was told. Raises discord.HTTPException, and OSError if the hash can't be written.
    """
    digest = await _digest(tree)
    if remembered is not None and await asyncio.to_thread(_read, remembered) == digest:
        return False
    await tree.sync()
    if remembered is not None:
        await asyncio.to_thread(_write, remembered, digest)
    return True


async def _digest(tree: app_commands.CommandTree[Any]) -> str:
    """Changes with the application and with anything about its commands, their translations too."""
    told: list[Any] = [tree.client.application_id]
    for command in tree.get_commands():
        if tree.translator is None:
            told.append(command.to_dict(tree))
        else:
            told.append(await command.get_translated_payload(tree, tree.translator))
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def _read(remembered: Path) -> str | None:
    return remembered.read_text().strip() if remembered.is_file() else None


def _write(remembered: Path, digest: str) -> None:
    remembered.parent.mkdir(parents=True, exist_ok=True)
    remembered.write_text(digest + "\n")


# The names of commands and their options as people of other languages find them in Discord's menu.
#
# A name that no file of `names/` has stays English. English names always work, whatever the language.

_NAMES = Path(__file__).parent / "names"
_SAME_LANGUAGE = {Locale.latin_american_spanish: Locale.spain_spanish}


@cache
def names_in(locale: Locale) -> dict[str, str]:
    """The names in that language by their English name (a command's with its slash); empty without a file."""
    file = _NAMES / f"{_SAME_LANGUAGE.get(locale, locale).value}.txt"
    if not file.is_file():
        return {}
    lines = file.read_text(encoding="utf-8").splitlines()
    return dict(line.split(" = ") for line in lines if line and not line.startswith("#"))


class Names(app_commands.Translator):
    """discord.py's port for translations."""

    async def translate(
        self,
        string: app_commands.locale_str,
        locale: Locale,
        context: app_commands.TranslationContextTypes,
    ) -> str | None:
        """The name in that language; None for all that is no name, or has none there."""
        match context.location:
            case TranslationContextLocation.command_name:
                return names_in(locale).get(f"/{string.message}")
            case TranslationContextLocation.parameter_name:
                return names_in(locale).get(string.message)
            case _:
                return None
