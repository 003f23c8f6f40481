"""Delivering without serving: what any process may do while another one polls, or owns the gateway."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import pytest

from bot.chat import ChatError, ChatRef
from bot.discord import DiscordChat
from bot.ports import ChatAdapter
from bot.reply import Prose, Reply
from bot.telegram import TelegramChat
from tests.servers.discord import DiscordServer
from tests.servers.discord import User as DiscordUser
from tests.servers.telegram import TOKEN, TelegramServer

DIGEST = Reply(blocks=(Prose(text="One new story."),))


@dataclass(frozen=True, kw_only=True)
class Place:
    """One platform on loopback, with a chat and a person in it, and what its server saw."""

    adapter: Callable[[str], ChatAdapter]  # given a token
    token: str
    chat: ChatRef
    person: str
    texts: Callable[[], list[str]]  # that stand in the chat
    asked: Callable[[], list[str]]  # all that the server was asked for


@contextlib.asynccontextmanager
async def telegram() -> AsyncIterator[Place]:
    async with TelegramServer() as server:
        server.person(11)
        yield Place(
            adapter=lambda token: TelegramChat(token=token, base_url=server.base_url),
            token=TOKEN,
            chat=ChatRef(platform="telegram", chat="11"),
            person="11",
            texts=lambda: [posted.text for posted in server.posted],
            asked=lambda: [method for method, _ in server.calls],
        )


@contextlib.asynccontextmanager
async def discord() -> AsyncIterator[Place]:
    async with DiscordServer() as server:
        channel = server.add_channel(server.add_guild())
        server.users.append(person := DiscordUser("reader"))
        yield Place(
            adapter=lambda token: DiscordChat(
                token=token, api_url=server.api_url, gateway_url=server.gateway_url
            ),
            token=server.token,
            chat=ChatRef(platform="discord", chat=str(channel.id)),
            person=str(person.id),
            texts=lambda: [message.text for message in channel.shown],
            asked=lambda: [*server.requests, *(f"gateway {s.id}" for s in server.gateway.sessions)],
        )


@pytest.fixture(params=[telegram, discord])
async def place(request: pytest.FixtureRequest) -> AsyncIterator[Place]:
    async with request.param() as place:
        yield place


@contextlib.asynccontextmanager
async def standing_by(adapter: ChatAdapter) -> AsyncIterator[ChatAdapter]:
    standing = asyncio.create_task(adapter.stand_by())
    try:
        async with asyncio.timeout(60):
            await adapter.ready()
        yield adapter
    finally:
        standing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await standing


async def test_who_stands_by_delivers_and_reaches_a_person(place: Place) -> None:
    async with standing_by(place.adapter(place.token)) as adapter:
        message = await adapter.send(place.chat, DIGEST, key="1@8")
        direct = await adapter.direct(place.person)
    assert place.texts() == ["One new story."]
    assert message
    assert direct.platform == place.chat.platform


async def test_who_stands_by_takes_nothing_from_who_serves(place: Place) -> None:
    """No updates, no webhook, no commands, no session at the gateway."""
    async with standing_by(place.adapter(place.token)) as adapter:
        await adapter.send(place.chat, DIGEST, key="1@8")
        await asyncio.sleep(0.05)
    assert set(place.asked()) <= {
        *("getMe", "sendMessage"),
        *("GET /users/@me", "GET /oauth2/applications/@me", "POST /channels/{channel}/messages"),
    }


async def test_many_stand_by_at_once(place: Place) -> None:
    async with (
        standing_by(place.adapter(place.token)) as first,
        standing_by(place.adapter(place.token)) as second,
    ):
        await asyncio.gather(
            first.send(place.chat, DIGEST, key="1@8"), second.send(place.chat, DIGEST, key="2@8")
        )
    assert place.texts() == ["One new story."] * 2


async def test_a_refused_token_ends_the_standing_by_in_words(place: Place) -> None:
    with pytest.raises(ChatError, match="token"):
        await asyncio.wait_for(place.adapter("1:wrong").stand_by(), timeout=60)
