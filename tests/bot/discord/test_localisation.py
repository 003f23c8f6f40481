"""Names of commands in other languages."""

from bot.commands.table import COMMANDS
from bot.discord import localisation
from tests.bot.discord.talking import Scripted, serving
from tests.servers.discord import DiscordServer


async def test_discord_takes_the_names_of_every_language(server: DiscordServer) -> None:
    async with serving(server, Scripted()):
        named = {command["name"]: command for command in server.commands}
    assert named["quotes"]["name_localizations"]["de"] == "zitate"
    assert named["section"]["options"][0]["name_localizations"]["fr"] == "section"
    assert named["more"]["name_localizations"]["es-419"] == "más"
    assert named["brief"]["name_localizations"].keys() == {
        "de",
        "fr",
        "es-ES",
        "es-419",
        "it",
        "nl",
        "pt-BR",
    }
    assert server.refusals == []


def test_every_command_and_option_has_its_names() -> None:
    assert {command.name for command in COMMANDS} <= localisation._COMMANDS.keys()
    options = {argument.name for command in COMMANDS for argument in command.arguments}
    assert options <= localisation._OPTIONS.keys()
    tables = (*localisation._COMMANDS.values(), *localisation._OPTIONS.values())
    assert {len(names) for names in tables} == {len(localisation._ORDER)}
