"""Both platforms' servers with chats in them, half on each, and what the chats hold in the end."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.chat import ChatRef
from tests.servers.discord import Channel, DiscordServer
from tests.servers.telegram import TOKEN, Flood, TelegramServer


@dataclass(frozen=True)
class Platforms:
    """Servers that speak the platforms' protocols and enforce their limits."""

    telegram: TelegramServer
    discord: DiscordServer
    flood: Flood
    people: list[int]
    channels: list[Channel]

    def chats(self) -> list[ChatRef]:
        """All of them, Telegram's first."""
        people = [ChatRef(platform="telegram", chat=str(person)) for person in self.people]
        return people + [ChatRef(platform="discord", chat=str(channel.id)) for channel in self.channels]

    def held(self) -> Counter[ChatRef]:
        """How many messages stand in each."""
        held = Counter(ChatRef(platform="telegram", chat=str(p.chat)) for p in self.telegram.posted)
        for channel in self.channels:
            held[ChatRef(platform="discord", chat=str(channel.id))] = len(channel.messages)
        return held

    def posted(self) -> int:
        """How many messages stand in all."""
        return len(self.telegram.posted) + sum(len(channel.messages) for channel in self.channels)

    def limited(self) -> str:
        """How often a server asked for a pause."""
        discord = sum(refusal.status == 429 for refusal in self.discord.refusals)
        return f"answers 429            Telegram {self.flood.refused}, Discord {discord}"

    def settings(self, folder: Path) -> dict[str, str]:
        """What connects a bot to them (see `environment`). folder: where it may write."""
        return {
            "TELEGRAM__TOKEN": TOKEN,
            "TELEGRAM__BASE_URL": self.telegram.base_url,
            "DISCORD__TOKEN": self.discord.token,
            "DISCORD__API_URL": self.discord.api_url,
            "DISCORD__GATEWAY_URL": self.discord.gateway_url,
            "DISCORD__COMMANDS_FILE": str(folder / "commands"),
        }


@asynccontextmanager
async def platforms(chats: int) -> AsyncIterator[Platforms]:
    """Both, with so many chats together."""
    flood = Flood()
    async with TelegramServer(flood=flood) as telegram, DiscordServer() as discord:
        people = list(range(1, chats // 2 + 1))
        for person in people:
            telegram.person(person)
        guild = discord.add_guild()
        channels = [discord.add_channel(guild) for _ in range(chats - len(people))]
        yield Platforms(telegram, discord, flood, people, channels)
