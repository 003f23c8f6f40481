"""Several shards in one process, and in several."""

import asyncio

import pytest

from bot.discord.client import _part_of
from tests.bot.discord.talking import READER, Scripted, happens, ref, say, seen, serving
from tests.servers.discord import Channel, DiscordServer


@pytest.fixture
def channels(server: DiscordServer) -> list[Channel]:
    """One in a server of each of two shards."""
    server.shards = 2
    return [server.add_channel(server.add_guild(id=(1000 + shard) << 22)) for shard in range(2)]


async def test_one_process_answers_on_all_its_shards(server: DiscordServer, channels: list[Channel]) -> None:
    async with serving(server, Scripted({"/brief": say("Here.")})):
        for channel in channels:
            assert (await (await server.slash(channel, READER, "brief")).answer()).text == "Here."
    assert server.gateway.identified == 2


async def test_processes_share_the_shards_and_each_command_is_answered_once(
    server: DiscordServer, channels: list[Channel]
) -> None:
    talks = [Scripted({"/brief": say(f"Shard {shard}."), "x": say("Direct.")}) for shard in range(2)]
    direct = server.add_channel(None)
    async with (
        serving(server, talks[0], shard_ids=[0]) as first,
        serving(server, talks[1], shard_ids=[1]),
    ):
        await seen(server)
        for shard, channel in enumerate(channels):
            assert (await (await server.slash(channel, READER, "brief")).answer()).text == f"Shard {shard}."
        await server.say(direct, READER, "x")
        await happens(lambda: len(direct.shown) == 2)
        await first.send(ref(channels[1].id), say("Any process delivers anywhere."), key="1@8")
        await server.delete_channel(channels[1])
        await happens(lambda: talks[1].ended == [str(channels[1].id)])
        await asyncio.sleep(0.05)
    assert [len(talk.asked) for talk in talks] == [2, 1]
    assert talks[0].ended == []
    assert server.refusals == []


async def test_a_cut_shard_resumes_and_the_others_go_on(
    server: DiscordServer, channels: list[Channel]
) -> None:
    async with serving(server, Scripted({"/brief": say("Here.")})):
        await server.gateway.cut()
        for channel in channels:
            assert (await (await server.slash(channel, READER, "brief")).answer()).text == "Here."
    assert (server.gateway.identified, server.gateway.resumed) == (2, 2)


def test_processes_share_the_limit_of_requests() -> None:
    assert _part_of(50, None, None) == 50
    assert _part_of(50, 4, [0, 1]) == 25
    assert _part_of(50, 200, [7]) == 1
