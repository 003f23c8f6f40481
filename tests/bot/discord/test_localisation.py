"""Names of commands in other languages."""

import re

import pytest
from discord import Locale

from bot.commands.table import COMMANDS
from bot.discord.commands import names_in
from tests.bot.discord.talking import Scripted, serving
from tests.servers.discord import DiscordServer

LANGUAGES = {"de", "fr", "es-ES", "es-419", "it", "nl", "pt-BR"}


async def test_discord_takes_the_names_of_every_language(server: DiscordServer) -> None:
    async with serving(server, Scripted()):
        named = {command["name"]: command for command in server.commands}
    assert named["quotes"]["name_localizations"]["de"] == "zitate"
    assert named["section"]["options"][0]["name_localizations"]["fr"] == "section"
    assert named["more"]["name_localizations"]["es-419"] == "más"
    assert named["brief"]["name_localizations"].keys() == LANGUAGES
    assert server.refusals == []


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_every_command_and_option_has_its_name(language: str) -> None:
    names = names_in(Locale(language))
    assert {f"/{command.name}" for command in COMMANDS} <= names.keys()
    options = {argument.name for command in COMMANDS for argument in command.arguments}
    assert options <= names.keys()
    assert all(re.fullmatch(r"[\w-]{1,32}", name) and name == name.lower() for name in names.values())


def test_a_language_without_a_file_has_no_names() -> None:
    assert names_in(Locale.japanese) == {}
