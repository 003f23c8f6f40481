"""The main job on Discord: the sample article, the whole house, and discord.py as it is."""

from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.cli import sample
from bot.house import Analyst, House, open_house
from tests.bot.discord.talking import READER, serving
from tests.servers.discord import DiscordServer, Message


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    url = f"sqlite:///{tmp_path / 'pullquote.db'}"
    with open_house(url, analyst=Analyst(), zone=ZoneInfo("UTC")) as house:
        house.ingest(sample())
        yield house


async def test_the_sample_article_is_briefed_quoted_and_read_by_section(
    server: DiscordServer, house: House
) -> None:
    channel = server.add_channel(server.add_guild())

    async def asked(command: str, **options: str) -> Message:
        return await (await server.slash(channel, READER, command, options)).answer()

    async with serving(server, house.service):
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

    for text in ("right now.",):
        assert text in quotes.text
    assert quotes.text.count("**Jim Mattis**") == 7
    assert not any(name in quotes.text for name in ("**Sergei", "**Jens", "**Donald"))

    assert len(listed.parts[0]["options"]) >= 3
    assert pressed.text == listed.text
    assert section.embeds[0]["title"].lower() == "defense budgets"
    assert server.refusals == []
