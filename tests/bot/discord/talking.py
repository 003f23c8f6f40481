"""What the tests of the Discord adapter say, and whom they let it talk to."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bot.chat import ChatRef, MessageId
from bot.discord import DiscordChat
from bot.discord.client import Client
from bot.ports import Conversation, IncomingCommand
from bot.reply import Button, Prose, Reply
from tests.servers.discord import DiscordServer, User

READER = User("reader")


def say(text: str, *buttons: Button) -> Reply:
    return Reply(blocks=(Prose(text=text),), buttons=(buttons,) if buttons else ())


@dataclass
class Scripted:
    """A conversation that gives prepared answers and remembers what it was asked."""

    answers: Mapping[str, Reply | Callable[[], Reply]] = field(default_factory=dict)
    endings: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    asked: list[IncomingCommand] = field(default_factory=list)
    stands: list[tuple[ChatRef, MessageId]] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)

    def answer(self, request: IncomingCommand) -> Reply:
        self.asked.append(request)
        reply = self.answers[request.parsed.text]
        return reply if isinstance(reply, Reply) else reply()

    def posted(self, chat: ChatRef, reply: Reply, message: MessageId) -> None:
        self.stands.append((chat, message))

    def complete(self, chat: ChatRef, argument: str, typed: str) -> tuple[str, ...]:
        return self.endings[argument, typed]

    def offer(self, chat: ChatRef, words: str, *, limit: int) -> tuple[Reply, ...]:
        raise AssertionError("Discord has no inline mode")

    def moved(self, chat: ChatRef, to: ChatRef) -> None:
        raise AssertionError("a Discord channel keeps its id")

    def gone(self, chat: ChatRef) -> None:
        self.ended.append(chat.chat)


@asynccontextmanager
async def serving(
    server: DiscordServer,
    conversation: Conversation,
    commands_file: Path | None = None,
    shard_ids: list[int] | None = None,
    owners: Collection[int] = (),
) -> AsyncIterator[DiscordChat]:
    chat = DiscordChat(
        token=server.token,
        api_url=server.api_url,
        gateway_url=server.gateway_url,
        commands_file=commands_file,
        identify_pause_s=0.0,
        shard_count=None if shard_ids is None else server.shards,
        shard_ids=shard_ids,
        owners=owners,
    )
    running = asyncio.create_task(chat.serve(conversation))
    wanted = set(range(server.shards) if shard_ids is None else shard_ids)
    try:
        await happens(lambda: wanted <= {s.shard for s in server.gateway.sessions if s.socket})
        yield chat
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def happens(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 (many kinds of things, without an event of their own)
            await asyncio.sleep(0.01)


def ref(channel_id: int) -> ChatRef:
    return ChatRef(platform="discord", chat=str(channel_id))


async def seen(server: DiscordServer) -> None:
    """Returns when the bot has taken in the servers that it is in."""
    await happens(
        lambda: all(session.events[-1]["t"] == "GUILD_CREATE" for session in server.gateway.sessions)
    )
    await asyncio.sleep(0.05)


async def settled(chat: DiscordChat) -> None:
    """Returns when the bot has noted what its answers were about."""
    client = chat._client
    assert isinstance(client, Client)
    await happens(lambda: not client._answering)
