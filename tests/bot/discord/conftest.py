"""A Discord of our own for every test that asks for one."""

from collections.abc import AsyncIterator

import pytest

from tests.servers.discord import DiscordServer


@pytest.fixture
async def server() -> AsyncIterator[DiscordServer]:
    async with DiscordServer() as server:
        yield server
