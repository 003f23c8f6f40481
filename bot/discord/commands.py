"""Discord's slash commands, made from the table of commands, and their names in other languages."""

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
_NAMES = Path(__file__).parent / "names"
_SAME_LANGUAGE = {Locale.latin_american_spanish: Locale.spain_spanish}

Answer = Callable[[discord.Interaction[Any], str], Awaitable[None]]
Complete = Callable[[discord.Interaction[Any], str, str], Awaitable[tuple[str, ...]]]


def add_commands(tree: app_commands.CommandTree[Any], answer: Answer, complete: Complete) -> None:
    """Adds every command to the tree.

    answer: called with the command as a line of text. complete: called with an argument's name and its text
    so far.
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
    if command.who is not Who.ANYONE:  # only hides it in the menu; rights are checked when it is used
        app_commands.default_permissions(manage_guild=True)(invoke)
    # Where a user installed us (in a group, or on another server) we can answer, but not deliver.
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
    """Sends the commands to Discord if they changed; `remembered` holds a hash of the last ones sent.

    Returns whether they were sent. Raises discord.HTTPException, and OSError if the hash cannot be written.
    """
    digest = await _digest(tree)
    if remembered is not None and await asyncio.to_thread(_read, remembered) == digest:
        return False
    await tree.sync()
    if remembered is not None:
        await asyncio.to_thread(_write, remembered, digest)
    return True


async def _digest(tree: app_commands.CommandTree[Any]) -> str:
    """A hash of the application's id and of its commands with their translations."""
    described: list[Any] = [tree.client.application_id]
    for command in tree.get_commands():
        if tree.translator is None:
            described.append(command.to_dict(tree))
        else:
            described.append(await command.get_translated_payload(tree, tree.translator))
    return hashlib.sha256(json.dumps(described, sort_keys=True).encode()).hexdigest()


def _read(remembered: Path) -> str | None:
    return remembered.read_text().strip() if remembered.is_file() else None


def _write(remembered: Path, digest: str) -> None:
    remembered.parent.mkdir(parents=True, exist_ok=True)
    remembered.write_text(digest + "\n")


@cache
def names_in(locale: Locale) -> dict[str, str]:
    """The names in that language, by their English name (with a slash for commands).

    A name that is not in the language's file stays English. English names always work.
    """
    file = _NAMES / f"{_SAME_LANGUAGE.get(locale, locale).value}.txt"
    if not file.is_file():
        return {}
    lines = file.read_text(encoding="utf-8").splitlines()
    return dict(line.split(" = ") for line in lines if line and not line.startswith("#"))


class Names(app_commands.Translator):
    """The names of commands and options in the menu of each language, for discord.py."""

    async def translate(
        self,
        string: app_commands.locale_str,
        locale: Locale,
        context: app_commands.TranslationContextTypes,
    ) -> str | None:
        """The name in that language; None if it has none, or if the text is not a name."""
        match context.location:
            case TranslationContextLocation.command_name:
                return names_in(locale).get(f"/{string.message}")
            case TranslationContextLocation.parameter_name:
                return names_in(locale).get(string.message)
            case _:
                return None
