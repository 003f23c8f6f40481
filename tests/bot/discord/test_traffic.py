"""All requests in their turn: paced, people first, and none where too many were refused."""

import asyncio
from types import SimpleNamespace
from typing import cast

import aiohttp
import pytest
from multidict import CIMultiDict
from yarl import URL

from bot.chat import Throttled
from bot.discord.traffic import DIGESTS_UNTIL, PEOPLE_UNTIL, InvalidRequests, Traffic, watched
from tests.bot.discord.talking import READER, Scripted, ref, say, serving
from tests.servers.discord import DiscordServer
from tests.virtual_time import run

API = "https://discord.test/api/v10"


class Wire:
    """Requests as aiohttp tells the hooks of them, without any network."""

    def __init__(self, *, per_second: int = 50) -> None:
        self.config = Traffic(api_url=API, per_second=per_second).trace()
        self.config.freeze()
        self.sent: list[tuple[float, str]] = []

    async def send(self, path: str, *, status: int = 200, scope: str = "user") -> None:
        context = SimpleNamespace()
        url, session = URL(API + path), cast("aiohttp.ClientSession", None)
        headers = CIMultiDict[str]()
        started = aiohttp.TraceRequestStartParams("POST", url, headers)
        await self.config.on_request_start.send(session, context, started)
        self.sent.append((asyncio.get_running_loop().time(), path))
        await asyncio.sleep(0.02)
        answer = SimpleNamespace(status=status, headers={"X-RateLimit-Scope": scope})
        ended = aiohttp.TraceRequestEndParams("POST", url, headers, cast("aiohttp.ClientResponse", answer))
        await self.config.on_request_end.send(session, context, ended)

    async def deliver(self, path: str, *, status: int = 200) -> None:
        async with watched(timeout_s=30.0):
            await self.send(path, status=status)


def test_no_more_than_fifty_requests_start_in_any_second_and_people_go_first() -> None:
    async def main() -> None:
        wire = Wire()
        async with asyncio.TaskGroup() as group:
            for number in range(200):
                group.create_task(wire.deliver(f"/channels/{number}/messages"))
            await asyncio.sleep(0.5)
            group.create_task(wire.send("/channels/person/messages"))
        times = [when for when, _ in wire.sent]
        assert all(later - earlier >= 1.0 for earlier, later in zip(times, times[50:], strict=False))
        assert times[-1] < 4.2
        after = next(path for when, path in wire.sent if when >= 0.5)
        assert after == "/channels/person/messages"

    run(main())


def test_answers_to_interactions_wait_for_nothing() -> None:
    async def main() -> None:
        wire = Wire()
        async with asyncio.TaskGroup() as group:
            for number in range(100):
                group.create_task(wire.deliver(f"/channels/{number}/messages"))
            for path in ("/interactions/1/t/callback", "/webhooks/1/t"):
                group.create_task(wire.send(path))
        assert {path: when for when, path in wire.sent}["/webhooks/1/t"] == 0.0

    run(main())


def test_digests_stop_long_before_discord_shuts_us_out_and_people_later() -> None:
    async def main() -> None:
        wire = Wire()
        for _ in range(DIGESTS_UNTIL):
            await wire.deliver("/channels/1/messages", status=403)
        with pytest.raises(Throttled) as stopped:
            await wire.deliver("/channels/1/messages")
        assert 0 < stopped.value.retry_after.total_seconds() < 600
        await wire.send("/channels/1/messages")
        await asyncio.sleep(stopped.value.retry_after.total_seconds() + 0.1)
        await wire.deliver("/channels/1/messages")

    run(main())


def test_what_all_bots_share_is_not_held_against_us() -> None:
    async def main() -> None:
        wire = Wire()
        for _ in range(DIGESTS_UNTIL):
            await wire.send("/channels/1/messages", status=429, scope="shared")
        await wire.deliver("/channels/1/messages")

    run(main())


def test_the_count_forgets_what_is_ten_minutes_old() -> None:
    invalid = InvalidRequests()
    for second in range(PEOPLE_UNTIL):
        invalid.add(second / 100)
    assert invalid.pause_s(80.0, most=PEOPLE_UNTIL) == pytest.approx(520.0)
    assert invalid.pause_s(620.1, most=PEOPLE_UNTIL) == 0.0
    assert invalid.pause_s(700.0, most=1) == 0.0


async def test_many_digests_at_once_meet_no_429(server: DiscordServer) -> None:
    server.deadline_s = 3.0
    guild = server.add_guild()
    channels = [server.add_channel(guild, f"n{number}") for number in range(80)]
    async with serving(server, Scripted({"/brief": say("Here.")})) as chat:
        sending = asyncio.gather(*(chat.send(ref(c.id), say("News."), key=str(c.id)) for c in channels))
        asked = await server.slash(channels[0], READER, "brief")
        await asked.answer()
        await sending
    assert [len(channel.shown) for channel in channels] == [2] + [1] * 79
    assert server.refusals == []
    assert asked.acknowledged_after_s is not None
    assert asked.acknowledged_after_s < server.deadline_s
