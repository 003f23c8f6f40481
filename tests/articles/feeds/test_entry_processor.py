"""From a feed's entries to stored articles, over a real database and a publisher on loopback."""

import random
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from articles.database import Database
from articles.feeds.entry_processor import EntryProcessor, alternate_hosts
from articles.feeds.filters import Match, Rule, Where
from articles.feeds.model import Entry, EntryId, EntryState, PendingEntry
from articles.feeds.opml import Outline
from articles.feeds.poller import Poller
from articles.feeds.store import FeedStore
from articles.fetching import Fetcher, FetchPolicy
from articles.fetching.transport import AllowList
from articles.ingest import ingest
from articles.model import Article, Completeness, Ingested
from articles.store import ArticleStore
from tests.servers.news import NewsServer, document, refusal

START = datetime(2017, 2, 16, 18, 0, tzinfo=UTC)
NOON = datetime(2017, 2, 16, 12, 0, tzinfo=UTC)

SENTENCE = (
    "The defense secretary told reporters in Brussels that the alliance would talk about budgets first. "
)


def page(headline: str, *sentences: str) -> str:
    body = "".join(f"<p>{sentence} {SENTENCE * 3}</p>" for sentence in sentences)
    return (
        f"<html lang='en'><head><title>{headline}</title><meta property='og:type' content='article'></head>"
        f"<body><article><h1>{headline}</h1>{body}</article></body></html>"
    )


def item(path: str, title: str, summary: str = "", updated: str = "") -> str:
    return (
        f"<item><title>{title}</title><link>{path}</link><guid>{path}</guid><description>{summary}</description>"
        f"<pubDate>Thu, 16 Feb 2017 12:00:00 GMT</pubDate>{updated}</item>"
    )


class Desk:
    """Poller and intake with their surroundings."""

    def __init__(self, database: Database, server: NewsServer, fetcher: Fetcher) -> None:
        self.now, self.server = START, server
        self.store, self.articles = FeedStore(database), ArticleStore(database)
        self.ingested: list[Article] = []

        def take(article: Article) -> Ingested:
            self.ingested.append(article)
            return ingest(
                article,
                database=database,
                store=self.articles,
                analyse=lambda _: lambda *_: None,
                now=self.now,
            )

        self.poller = Poller(store=self.store, fetch=fetcher.fetch, clock=self.clock, rng=random.Random(17))
        self.intake = EntryProcessor(store=self.store, fetch=fetcher.fetch, ingest=take, clock=self.clock)

    def clock(self) -> datetime:
        return self.now

    async def publish(self, *items: str, rules: tuple[Rule, ...] = (), path: str = "/feed") -> None:
        """Publishes a feed, follows it, and polls it."""
        feed = f"<rss version='2.0'><channel><title>World News</title>{''.join(items)}</channel></rss>"
        url = self.server.publish(path, document(feed))
        self.store.add(Outline(url=url, rules=rules), now=self.now)
        await self.poller.poll_due()

    def stored(self) -> dict[str, Article]:
        return {article.headline: article for article in self.articles.latest(limit=99)}


@pytest.fixture
async def server() -> AsyncIterator[NewsServer]:
    async with NewsServer() as server:
        yield server


@pytest.fixture
async def desk(database: Database, server: NewsServer) -> AsyncIterator[Desk]:
    policy = FetchPolicy(
        contact="https://a.example", allowed=AllowList.parse([f"127.0.0.1:{server.port}"]), host_delay_s=0
    )
    async with Fetcher(policy, now=lambda: START) as fetcher:
        yield Desk(database, server, fetcher)


async def test_an_entry_becomes_the_article_of_its_page_with_the_feeds_time(desk: Desk) -> None:
    desk.server.publish("/mattis", document(page("Mattis Rules It Out", "He said no.", "He meant it.")))
    await desk.publish(item("/mattis", "In the feed it has another title", "A summary."))
    report = await desk.intake.process_pending()
    assert (report.stored, report.from_feed_text) == (1, 0)
    article = desk.stored()["Mattis Rules It Out"]
    assert article.completeness is Completeness.WHOLE
    assert article.url == desk.server.url("/mattis")
    assert article.published == NOON
    assert article.text.startswith("He said no.")
    assert desk.store.count_entries(EntryState.STORED) == 1


@pytest.mark.parametrize("status", [410, 451, 404])
async def test_where_the_page_cannot_be_had_the_feeds_own_text_is_kept_and_marked(
    desk: Desk, status: int
) -> None:
    desk.server.publish("/mattis", refusal(status))
    await desk.publish(
        item("/mattis", "Mattis", "&lt;p&gt;He said no.&lt;/p&gt;&lt;p&gt;He meant it.&lt;/p&gt;")
    )
    for _ in range(3):
        await desk.intake.process_pending()
        desk.now += timedelta(days=2)
    article = desk.stored()["Mattis"]
    assert article.completeness is Completeness.FEED_TEXT
    assert article.text == "He said no.\n\nHe meant it."
    assert (article.publisher, article.published) == ("World News", NOON)


async def test_a_page_that_fails_is_asked_three_times_and_the_last_time_brings_it(desk: Desk) -> None:
    desk.server.publish("/mattis", refusal(503))
    await desk.publish(item("/mattis", "Mattis", "A summary."))
    for _ in range(2):
        assert (await desk.intake.process_pending()).postponed == 1
        assert (await desk.intake.process_pending()).postponed == 0  # not before its time
        desk.now += timedelta(hours=1)
    desk.server.publish("/mattis", document(page("Mattis", "He said no.")))
    assert (await desk.intake.process_pending()).stored == 1
    assert desk.stored()["Mattis"].completeness is Completeness.WHOLE


async def test_an_entry_without_a_link_is_its_own_text_and_one_without_both_is_nothing(desk: Desk) -> None:
    await desk.publish(
        "<item><guid>1</guid><description>A post without a title, as they are.</description></item>",
        "<item><guid>2</guid></item>",
    )
    report = await desk.intake.process_pending()
    assert (report.stored, report.empty) == (1, 1)
    assert list(desk.stored()) == ["A post without a title, as they are."]


async def test_a_page_that_leads_inside_is_not_fetched(desk: Desk) -> None:
    await desk.publish(item("http://169.254.169.254/latest/", "Mattis", "A summary."))
    await desk.intake.process_pending()
    assert desk.stored()["Mattis"].completeness is Completeness.FEED_TEXT


async def test_an_article_in_two_feeds_is_fetched_once(desk: Desk) -> None:
    desk.server.publish("/mattis", document(page("Mattis", "He said no.")))
    await desk.publish(item("/mattis", "Mattis"))
    await desk.intake.process_pending()
    await desk.publish(item("/mattis", "Mattis, again"), path="/second")
    report = await desk.intake.process_pending()
    assert (report.stored, report.known) == (0, 1)
    assert desk.server.asked("/mattis") == 1


async def test_an_entry_that_the_feed_says_was_updated_is_fetched_again(desk: Desk) -> None:
    updated = (
        "<dcterms:modified xmlns:dcterms='http://purl.org/dc/terms/'>2017-02-{}T12:00:00Z</dcterms:modified>"
    )
    desk.server.publish("/mattis", document(page("Mattis", "He said no.")))
    await desk.publish(item("/mattis", "Mattis", updated=updated.format(16)))
    await desk.intake.process_pending()
    desk.server.publish("/mattis", document(page("Mattis", "He said maybe.")))
    desk.now += timedelta(days=2)
    await desk.publish(item("/mattis", "Mattis", updated=updated.format(17)))
    assert (await desk.intake.process_pending()).stored == 1
    (newest,) = desk.articles.latest(limit=9)  # a new version, in the place of the old one
    assert newest.text.startswith("He said maybe.")


async def test_a_feeds_rules_decide_what_is_taken_in(desk: Desk) -> None:
    desk.server.publish("/mattis", document(page("Mattis", "NATO met.")))
    desk.server.publish("/match", document(page("The Match", "Nobody won.")))
    desk.server.publish("/live", document(page("Live: NATO", "NATO met.")))
    rules = (
        Rule(match=Match.ANY, words=("nato",)),
        Rule(match=Match.NONE, where=Where.TITLE, patterns=("^live:",)),
    )
    await desk.publish(
        item("/mattis", "Mattis"), item("/match", "The Match"), item("/live", "Live: NATO"), rules=rules
    )
    report = await desk.intake.process_pending()
    assert (report.stored, report.filtered) == (1, 2)
    assert list(desk.stored()) == ["Mattis"]
    assert desk.server.asked("/live") == 0  # its title was enough


async def test_one_entry_that_trips_us_up_does_not_keep_the_others_waiting(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await desk.publish(
        *(f"<item><guid>{n}</guid><description>Story {n}.</description></item>" for n in range(9))
    )
    store = desk.store.finish

    def trips(entry_id: EntryId, *rest: object) -> None:
        if entry_id == 5 and rest[0] is EntryState.STORED:
            raise ZeroDivisionError
        store(entry_id, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(desk.store, "finish", trips)
    for _ in range(4):
        await desk.intake.process_pending()
        desk.now += timedelta(hours=1)
    assert desk.store.count_entries(EntryState.PENDING) == 0
    assert desk.store.count_entries(EntryState.STORED) == 8


async def test_stopped_between_storing_and_noting_it_ends_with_the_same_rows(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.server.publish("/mattis", document(page("Mattis", "He said no.")))
    await desk.publish(item("/mattis", "Mattis"))

    class Killed(BaseException):
        pass

    def kill(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(desk.store, "finish", kill)
        with pytest.raises(Killed):
            await desk.intake.process_pending()
    assert desk.articles.count() == 1
    report = await desk.intake.process_pending()
    assert (report.stored, report.known) == (0, 1)
    assert desk.articles.count() == 1
    assert desk.store.count_entries(EntryState.STORED) == 1


def test_hosts_take_turns() -> None:
    blank = Entry(key="", url=None, title="", byline=None, published=None, updated=None, paragraphs=())
    batch = [
        PendingEntry(
            id=EntryId(n),
            entry=replace(blank, url=url),
            attempts=0,
            is_update=False,
            feed_title=None,
            feed_language=None,
            rules=(),
        )
        for n, url in enumerate(
            ["https://a/1", "https://a/2", "https://a/3", "https://b/1", "http://[", None]
        )
    ]
    assert [pending.id for pending in alternate_hosts(batch)] == [0, 3, 4, 1, 5, 2]
