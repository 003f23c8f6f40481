"""The manager over a real database and a publisher on loopback."""

import asyncio
import io
import logging
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from articles.database import Database, DatabaseUnavailable
from articles.feeds.filters import Match, Rule
from articles.feeds.model import FeedPaused
from articles.feeds.opml import Outline, write_opml
from articles.fetching import FetchPolicy
from articles.fetching.transport import AllowList
from articles.ingest import ingest
from articles.model import Article, Ingested
from articles.store import ArticleStore
from bot.feeds.manager import FeedManager, NoSuchFeed
from tests.bot.jobs.feeds_at_work import feeds_at_work
from tests.servers.news import NewsServer, document, refusal

START = datetime(2017, 2, 16, 18, 0, tzinfo=UTC)
FEED = (
    "<rss version='2.0'><channel><title>World</title><language>en</language>"
    "<item><title>Mattis</title><guid>1</guid><description>He said no.</description></item></channel></rss>"
)


@pytest.fixture
async def server() -> AsyncIterator[NewsServer]:
    async with NewsServer() as server:
        server.publish("/feed", document(FEED))
        server.publish("/", document('<link rel="alternate" type="application/rss+xml" href="/feed">'))
        yield server


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def manager(database: Database, article_store: ArticleStore, server: NewsServer, clock: Clock) -> FeedManager:
    def take(article: Article) -> Ingested:
        return ingest(
            article, database=database, store=article_store, analyse=lambda _: lambda *_: None, now=START
        )

    allowed = AllowList.parse([f"127.0.0.1:{server.port}"])
    policy = FetchPolicy(contact="https://a.example", allowed=allowed, host_delay_s=0)
    return FeedManager(database, policy=policy, ingest=take, clock=clock)


async def test_a_site_is_added_as_its_feed_with_what_it_says_of_itself(
    manager: FeedManager, server: NewsServer
) -> None:
    rule = Rule(match=Match.ANY, words=("nato",))
    feed, is_new = await manager.add(server.url("/"), [rule])
    assert (feed.url, feed.title, feed.language, feed.rules) == (server.url("/feed"), "World", "en", (rule,))
    assert is_new
    assert not (await manager.add(server.url("/feed")))[1]


@pytest.mark.slow
async def test_refreshing_asks_now_and_stores_what_is_new(
    manager: FeedManager, server: NewsServer, article_store: ArticleStore
) -> None:
    await manager.add(server.url("/feed"))
    for _ in range(2):
        done = await manager.refresh([], stream=io.StringIO())
        assert done.poll.polled == 1
    assert article_store.count() == 1


@pytest.mark.slow
async def test_refreshing_one_feed_leaves_the_others_alone(manager: FeedManager, server: NewsServer) -> None:
    manager.import_opml(write_opml([Outline(url=server.publish("/other", document(FEED)))]))
    await manager.refresh([], stream=io.StringIO())
    await manager.add(server.url("/feed"))
    asked = server.asked("/other")
    await manager.refresh([server.url("/feed")], stream=io.StringIO())
    assert server.asked("/other") == asked


async def test_a_feed_that_nobody_follows_is_named(manager: FeedManager) -> None:
    with pytest.raises(NoSuchFeed, match=r"https://news\.example/feed"):
        manager.remove("https://news.example/feed")
    with pytest.raises(NoSuchFeed):
        await manager.refresh(["https://news.example/feed"], stream=io.StringIO())


def test_what_is_exported_can_be_imported_again(manager: FeedManager) -> None:
    outlines = (
        Outline(url="https://a.example/rss", title="A", folder=("World",)),
        Outline(url="https://b.example/"),
    )
    assert manager.import_opml(write_opml(outlines)) == (2, 0)
    assert manager.import_opml(manager.export_opml()) == (0, 2)
    assert manager.export_opml() == write_opml(outlines)


@pytest.mark.slow
async def test_a_pause_is_told_until_all_its_owners_know(
    manager: FeedManager, server: NewsServer, clock: Clock
) -> None:
    manager.import_opml(write_opml([Outline(url=server.publish("/gone", refusal(410)))]))
    told: list[FeedPaused] = []

    async def tell(event: FeedPaused) -> bool:
        told.append(event)
        if len(told) == 1:
            raise ConnectionError
        return len(told) > 2  # not all owners could be told

    async with feeds_at_work(manager, tell, clock) as working:
        while manager.store.unannounced_pauses() or not told:
            assert not working.done()
            await asyncio.sleep(0.01)
    assert [event.url for event in told] == [server.url("/gone")] * 3
    assert manager.store.unannounced_pauses() == ()
    assert server.asked("/gone") == 1


async def test_feeds_are_asked_again_after_the_database_was_locked_for_a_while(
    manager: FeedManager,
    server: NewsServer,
    article_store: ArticleStore,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await manager.add(server.url("/feed"))
    due, tries = manager.store.due, 0

    def locked_twice(*, now: datetime, limit: int) -> object:
        nonlocal tries
        tries += 1
        if tries <= 2:
            raise DatabaseUnavailable("the database is locked")
        return due(now=now, limit=limit)

    monkeypatch.setattr(manager.store, "due", locked_twice)

    async def tell(_: FeedPaused) -> bool:
        return True

    monkeypatch.setattr("bot.jobs.scheduler.RETRY_S", 0.01)
    async with feeds_at_work(manager, tell, clock) as working:
        while not article_store.count():
            assert not working.done()
            await asyncio.sleep(0.01)
    assert tries >= 3


@pytest.mark.slow
async def test_long_work_without_a_terminal_is_told_in_log_lines(
    manager: FeedManager, server: NewsServer, caplog: pytest.LogCaptureFixture
) -> None:
    outlines = [Outline(url=server.publish(f"/{n}", document(FEED.replace("no", f"{n}")))) for n in range(30)]
    manager.import_opml(write_opml(outlines))
    stream = io.StringIO()
    with caplog.at_level(logging.INFO, logger="bot.progress"):
        await manager.refresh([], stream=stream)
    lines = [record for record in caplog.records if record.message == "progress"]
    assert len([line for line in lines if line.__dict__["work"] == "feeds"]) == 10
    assert lines[-1].__dict__["done"] == lines[-1].__dict__["total"] == 30
    assert stream.getvalue() == ""
