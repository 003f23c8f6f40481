"""A feed's whole way on Telegram: added by who runs the bot, followed, given up, and told of once."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from articles.fetching import FetchPolicy
from articles.fetching.transport import AllowList
from bot.app.application import Application
from bot.app.process import all_roles
from bot.cli.serving import serve
from config.settings import Feeds, Settings
from tests.bot.clocks import HandClock
from tests.bot.telegram.conftest import make_chat
from tests.servers.news import NewsServer, document, refusal
from tests.servers.telegram import TelegramServer

ANN, BOB = 11, 12
FEED = "<rss version='2.0'><channel><title>World</title></channel></rss>"


@pytest.fixture
async def news() -> AsyncIterator[NewsServer]:
    async with NewsServer() as news:
        news.publish("/feed", document(FEED))
        yield news


@pytest.fixture
def policy(news: NewsServer) -> FetchPolicy:
    allowed = AllowList.parse([f"127.0.0.1:{news.port}"])
    return FetchPolicy(contact="https://a.example", allowed=allowed, host_delay_s=0)


@pytest.mark.slow
async def test_the_chat_that_added_a_feed_is_told_once_when_it_is_gone(
    server: TelegramServer, app: Application, news: NewsServer, clock: HandClock
) -> None:
    settings = Settings(feeds=Feeds(defaults=False, every_s=0.05), tick_s=0.05)
    adapters = {"telegram": make_chat(server.base_url, owners=(ANN,), poll_timeout=timedelta(seconds=1))}
    ann, bob = server.person(ANN), server.person(BOB)
    serving = asyncio.create_task(serve(app, adapters, settings, all_roles(adapters)))
    try:
        await server.say(bob, BOB, f"/addfeed {news.url('/feed')}")
        assert (await server.next_post(bob)).text == "Only those who run this bot may use /addfeed."
        await server.say(ann, ANN, f"/addfeed {news.url('/feed')}")
        assert (await server.next_post(ann)).text.startswith("Now followed: World.")
        async with asyncio.timeout(60):  # to add it, and by the watch, which then notes when it asks next
            while news.asked("/feed") < 2 or app.feeds.store.due(now=clock.now, limit=1):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        news.publish("/feed", refusal(410))
        clock.now += timedelta(days=1)
        told = await server.next_post(ann, after=1)
        assert told.text.startswith("The feed “World” is paused: the publisher says that it is gone")
        await asyncio.sleep(0.2)  # some more rounds of the watch
    finally:
        serving.cancel()
        await asyncio.wait([serving])
    assert [posted.chat for posted in server.posted] == [BOB, ANN, ANN]
