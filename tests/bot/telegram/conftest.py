"""A Bot API server on loopback, and the adapter that is shipped, running against it."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any, TypeVar

import pytest

from bot.ports import ChatAdapter, Conversation
from bot.telegram import TelegramChat
from tests.servers.telegram import TOKEN, TelegramServer


@pytest.fixture
async def server() -> AsyncIterator[TelegramServer]:
    async with TelegramServer() as running:
        yield running


Adapter = TypeVar("Adapter", bound=ChatAdapter)
Serving = Callable[[Conversation], contextlib.AbstractAsyncContextManager[TelegramChat]]


@pytest.fixture
def serving(server: TelegramServer) -> Serving:
    """`async with serving(conversation) as chat`: the adapter, connected."""
    return lambda conversation: served(make_chat(server.base_url), conversation)


def make_chat(
    base_url: str, *, token: str = TOKEN, timeout: timedelta = timedelta(seconds=5), **settings: Any
) -> TelegramChat:
    """settings: of `TelegramChat`. A chat has no limits of its own, else each test would take seconds."""
    given: dict[str, Any] = {"poll_timeout": timedelta(seconds=5), "chat_limits": lambda _: (), **settings}
    return TelegramChat(token=token, base_url=base_url, timeout=timeout, **given)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@contextlib.asynccontextmanager
async def served(chat: Adapter, conversation: Conversation) -> AsyncIterator[Adapter]:
    task = asyncio.create_task(chat.serve(conversation))
    ready = asyncio.create_task(chat.ready())
    await asyncio.wait({task, ready}, timeout=60, return_when=asyncio.FIRST_COMPLETED)
    ready.cancel()
    if task.done():
        await task
    try:
        yield chat
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
