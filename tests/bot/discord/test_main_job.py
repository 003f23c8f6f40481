"""The main job on Discord: the sample article, the whole app, and discord.py as it is."""

import pytest

from bot.app.application import Application
from tests.bot.discord.talking import READER, serving, settled
from tests.servers.discord import DiscordServer, Message

SAID_BY_MATTIS = [
    "> “right now.”",
    "> “We are not in a position right now to collaborate on a military level. But our political leaders will"
    " engage and try to find common ground”",
    "> “prove itself”",
    "> “Once I get current…we’ll carve out where we want to go and at that point I can give you a much more"
    " steady answer. Right now I would be concerned with giving you kind of a half-baked one”",
    "> “We thoroughly discussed the increased threats facing our alliance, and unified by the threats to our"
    " democracies I found strong alliance resolve to address these growing threats”",
    "> “moderate its commitment”",
    "> “America will meet its responsibilities, but if your nations do not want to see America moderate its"
    " commitment to the alliance, each of your capitals needs to show its support for our common defense”",
]


@pytest.mark.slow
async def test_the_sample_article_is_briefed_quoted_and_read_by_section(
    server: DiscordServer, app: Application
) -> None:
    channel = server.add_channel(server.add_guild())

    async with serving(server, app.service) as chat:

        async def asked(command: str, **options: str) -> Message:
            answer = await (await server.slash(channel, READER, command, options)).answer()
            await settled(chat)  # no person types a follow-up before the bot has noted its answer
            return answer

        brief = await asked("brief", topic="nato")
        quotes = await asked("quotes", speaker="mattis")
        listed = await asked("sections")
        section = await asked("section", section="defense budgets")
        pressed = await (await server.press(brief, READER, brief.button("Sections"))).answer()

    [embed] = brief.embeds
    assert embed["title"] == "Mattis Rules Out Military Collaboration with Russia"
    assert 2 <= embed["description"].count("- ") <= 4
    assert "> — **Jim Mattis**, " in embed["description"]
    assert embed["footer"]["text"].startswith("VOA")

    # Whether the comma before the closing mark is the speaker's is the quotes' own test.
    said = [line.replace(",”", "”") for line in quotes.text.split("\n") if line.startswith("> “")]
    assert said == SAID_BY_MATTIS
    assert quotes.text.count("**Jim Mattis**") == 7
    assert len(listed.parts[0]["options"]) >= 3
    assert pressed.text == listed.text
    [embed] = section.embeds
    assert embed["title"] == "Defense budgets"
    assert embed["description"].startswith("On Wednesday, Mattis warned NATO ministers")
    assert embed["description"].endswith("The United States pays more than 3.6 percent.")
    assert server.refusals == []
