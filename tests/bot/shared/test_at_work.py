"""Processes with a part of the work each, on one PostgreSQL; here as tasks with connections of their own."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from sqlalchemy import make_url

from articles.database import open_database
from articles.fetching import FetchPolicy
from articles.fetching.transport import AllowList
from bot.app.application import Application
from bot.app.process import parse_roles, run_application
from bot.chat import ChatRef
from bot.jobs.procrastinate_queue import conninfo_of, open_shared_queue
from bot.limits.shared_limits import RateWindows, SharedLimits
from bot.storage.outbox import DeliveryState
from summarizer.analysis import Analyst
from tests.bot.clocks import HandClock
from tests.bot.installation import UTC_ZONE
from tests.bot.telegram.conftest import make_chat
from tests.servers.news import NewsServer, document
from tests.servers.telegram import TOKEN, TelegramServer

ANN, BOB = 11, 12


@pytest.fixture
async def server() -> AsyncIterator[TelegramServer]:
    async with TelegramServer() as running:
        yield running


@pytest.fixture
async def news() -> AsyncIterator[NewsServer]:
    async with NewsServer() as news:
        yield news


@pytest.fixture
def policy(news: NewsServer) -> FetchPolicy:
    allowed = AllowList.parse([f"127.0.0.1:{news.port}"])
    return FetchPolicy(contact="https://a.example", allowed=allowed, host_delay_s=0)


@contextlib.contextmanager
def application_of(
    url: str, analyst: Analyst, policy: FetchPolicy, clock: HandClock
) -> Iterator[Application]:
    database = open_database(url)
    yield Application(database, analyst=analyst, zone=UTC_ZONE, policy=policy, clock=clock)
    database.close()


@asynccontextmanager
async def process(roles: str, app: Application, server: TelegramServer) -> AsyncIterator[None]:
    """What `pullquote run --roles` does."""
    limits = SharedLimits(RateWindows(app.database), platform="telegram", token=TOKEN)
    adapters = {"telegram": make_chat(server.base_url, shared_limits=limits)}
    parsed = parse_roles(roles, platforms=adapters, possible=adapters)
    async with open_shared_queue(conninfo_of(make_url(app.database.engine.url))) as queue:
        working = asyncio.create_task(
            run_application(app, adapters, tick_s=0.1, feeds_every_s=0.1, roles=parsed, queue=queue)
        )
        try:
            yield
            assert not working.done()
        finally:
            working.cancel()
            await asyncio.wait([working])


@pytest.mark.slow
async def test_what_one_schedules_another_takes_in_and_a_third_answers(
    seeded_database: str,
    analyst: Analyst,
    policy: FetchPolicy,
    clock: HandClock,
    server: TelegramServer,
    news: NewsServer,
) -> None:
    item = "<item><title>Mattis at home</title><guid>1</guid><description>He said no.</description></item>"
    news.publish("/feed", document(f"<rss version='2.0'><channel><title>World</title>{item}</channel></rss>"))
    ann, bob = server.person(ANN), server.person(BOB)
    with contextlib.ExitStack() as applications:
        three = [
            applications.enter_context(application_of(seeded_database, analyst, policy, clock))
            for _ in range(3)
        ]
        await three[0].feeds.add(news.url("/feed"))
        three[0].chats.add_subscription(
            ChatRef(platform="telegram", chat=str(ANN)),
            topic="nato",
            schedule={"rhythm": "daily", "at": "08:00"},
            timezone="UTC",
            next_due=clock.now - timedelta(minutes=1),
            created_by=str(ANN),
            now=clock.now,
        )
        async with (
            process("scheduler", three[0], server),
            process("worker", three[1], server),
            process("telegram", three[2], server),
        ):
            digest = await server.next_post(ann)
            await server.say(bob, BOB, "/brief nato")
            brief = await server.next_post(bob)
            async with asyncio.timeout(60):
                # Other processes store the article, and record that the digest was posted.
                while three[2].articles.count() < 2 or three[2].outbox.oldest_due() is not None:  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
            assert three[2].outbox.states() == {DeliveryState.SENT: 1}
    assert digest.text.startswith("nato: 1 new story")
    assert "Mattis Rules Out" in brief.text
    assert len(server.posted) == 2
    assert server.called("setMyCommands") > 0  # by the one that serves
