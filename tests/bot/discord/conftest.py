"""A Discord of our own for every test that asks for one."""

from collections.abc import AsyncIterator

import pytest

from tests.servers.discord import DiscordServer


@pytest.fixture
async def server() -> AsyncIterator[DiscordServer]:
    async with DiscordServer() as server:
        server.deadline_s = 60.0  # not 3, which a busy machine may miss: tests of acknowledging set that
        yield server
