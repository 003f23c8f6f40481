"""Polling a publisher on loopback with the real client, store and database; only the clock is ours."""

import random
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from articles.database import Database
from articles.feeds.model import EntryState, Feed, FeedState
from articles.feeds.opml import Outline
from articles.feeds.poller import Poller
from articles.feeds.store import FeedStore
from articles.fetching import Fetcher, FetchPolicy
from articles.fetching.transport import AllowList
from tests.servers.news import NewsServer, document, redirect, refusal

START = datetime(2017, 2, 16, 12, 0, tzinfo=UTC)


def rss(*titles: str) -> str:
    items = "".join(f"<item><title>{title}</title><guid>{title}</guid></item>" for title in titles)
    return f"<?xml version='1.0'?><rss version='2.0'><channel><title>World</title>{items}</channel></rss>"


class Desk:
    """A poller with its surroundings."""

    def __init__(self, database: Database, server: NewsServer, fetcher: Fetcher) -> None:
        self.now = START
        self.server = server
        self.store = FeedStore(database)
        self.poller = Poller(
            store=self.store, fetch=fetcher.fetch, clock=lambda: self.now, rng=random.Random(17), at_once=4
        )

    def follow(self, *paths: str) -> None:
        self.store.add_all([Outline(url=self.server.url(path)) for path in paths], now=self.now)

    def feed(self) -> Feed:
        (feed,) = self.store.followed()
        return feed

    def titles(self) -> Sequence[str]:
        return [pending.entry.title for pending in self.store.pending(now=self.now, limit=999)]


async def public_and_private(host: str, port: int) -> Sequence[str]:
    return ["93.184.216.34", "10.0.0.7"]


@pytest.fixture
async def server() -> AsyncIterator[NewsServer]:
    async with NewsServer() as server:
        yield server


@pytest.fixture
async def desk(database: Database, server: NewsServer) -> AsyncIterator[Desk]:
    allowed = AllowList.parse([f"127.0.0.1:{server.port}"])
    policy = FetchPolicy(contact="https://a.example", allowed=allowed, host_delay_s=0)
    async with Fetcher(policy, resolver=public_and_private, now=lambda: START) as fetcher:
        yield Desk(database, server, fetcher)


async def test_a_poll_notes_what_is_new_and_the_next_one_only_what_is_newer(desk: Desk) -> None:
    desk.server.publish("/feed", document(rss("b", "a")))
    desk.follow("/feed")
    report = await desk.poller.poll_due()
    assert (report.polled, report.new_entries) == (1, 2)
    assert desk.titles() == ["a", "b"]
    assert desk.feed().title == "World"
    desk.server.publish("/feed", document(rss("c", "b", "a")))
    desk.now += timedelta(days=1)
    assert (await desk.poller.poll_due()).new_entries == 1


async def test_a_feed_that_has_not_changed_costs_one_small_request_and_writes_no_entry(desk: Desk) -> None:
    desk.server.publish("/feed", document(rss("a"), modified=START.timestamp()))
    desk.follow("/feed")
    await desk.poller.poll_due()
    desk.server.requests.clear()
    for _ in range(3):
        desk.now += timedelta(days=1)
        report = await desk.poller.poll_due()
        assert (report.polled, report.unchanged, report.new_entries) == (1, 1, 0)
    assert [request.path for request in desk.server.requests if request.path != "/robots.txt"] == [
        "/feed"
    ] * 3
    assert all(
        "If-Modified-Since" in request.headers for request in desk.server.requests if request.path == "/feed"
    )


async def test_a_feed_without_validators_is_known_by_its_bytes(desk: Desk) -> None:
    async def plain(request: object) -> object:
        from aiohttp import web

        return web.Response(text=rss("a"))

    desk.server.publish("/feed", plain)  # type: ignore[arg-type]
    desk.follow("/feed")
    await desk.poller.poll_due()
    desk.now += timedelta(days=1)
    assert (await desk.poller.poll_due()).unchanged == 1


async def test_a_feed_that_is_not_due_is_not_asked(desk: Desk) -> None:
    desk.server.publish("/feed", document(rss("a")))
    desk.follow("/feed")
    await desk.poller.poll_due()
    assert (await desk.poller.poll_due()).polled == 0


@pytest.mark.parametrize(("status", "moves"), [(301, True), (308, True), (302, False), (307, False)])
async def test_a_move_is_stored_only_when_it_is_for_good(desk: Desk, status: int, moves: bool) -> None:
    desk.server.publish("/old", redirect("/new", status))
    desk.server.publish("/new", document(rss("a")))
    desk.follow("/old")
    await desk.poller.poll_due()
    assert desk.feed().url == desk.server.url("/new" if moves else "/old")


async def test_a_move_to_what_is_no_feed_is_not_stored(desk: Desk) -> None:
    desk.server.publish("/old", redirect("/parked", 301))
    desk.server.publish("/parked", document("<p>This domain is for sale"))
    desk.follow("/old")
    await desk.poller.poll_due()
    assert desk.feed().url == desk.server.url("/old")
    assert desk.feed().failures == 1


async def test_a_move_onto_a_feed_that_is_followed_already_leaves_one(desk: Desk) -> None:
    desk.server.publish("/old", redirect("/new", 301))
    desk.server.publish("/new", document(rss("a")))
    desk.follow("/old", "/new")
    await desk.poller.poll_due()
    old, new = desk.store.followed()
    assert (old.state, new.state) == (FeedState.PAUSED, FeedState.ACTIVE)
    assert "followed already" in (old.pause_reason or "")


async def test_a_feed_that_is_gone_is_paused_and_its_owners_hear_of_it_once(desk: Desk) -> None:
    desk.server.publish("/feed", refusal(410))
    desk.follow("/feed")
    for _ in range(3):
        await desk.poller.poll_due()
        desk.now += timedelta(days=1)
    assert desk.server.asked("/feed") == 1
    (event,) = desk.store.unannounced_pauses()
    assert "gone" in event.reason
    desk.store.mark_pause_announced(event.id, now=desk.now)
    assert desk.store.unannounced_pauses() == ()


async def test_a_busy_server_is_asked_again_when_it_says(desk: Desk) -> None:
    desk.server.publish("/feed", refusal(429, retry_after="7200"))
    desk.follow("/feed")
    await desk.poller.poll_due()
    assert desk.feed().next_poll == START + timedelta(hours=2)
    assert desk.feed().failures == 1


async def test_a_feed_that_fails_for_long_is_paused_with_its_reason(desk: Desk) -> None:
    desk.server.publish("/feed", refusal(404))
    desk.follow("/feed")
    for _ in range(40):
        await desk.poller.poll_due()
        desk.now += timedelta(hours=25)
    assert desk.feed().state is FeedState.PAUSED
    assert "404" in (desk.feed().pause_reason or "")
    assert len(desk.store.unannounced_pauses()) == 1


@pytest.mark.parametrize(
    "target",
    [
        "http://127.0.0.1:1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://both.example/",
        "file:///etc/passwd",
    ],
)
async def test_a_feed_that_leads_inside_is_refused_and_paused(desk: Desk, target: str) -> None:
    desk.server.publish("/feed", redirect(target))
    desk.follow("/feed")
    await desk.poller.poll_due()
    assert desk.feed().state is FeedState.PAUSED
    assert desk.feed().url == desk.server.url("/feed")


async def test_a_billion_laughs_are_one_failure(desk: Desk) -> None:
    laughs = '<!DOCTYPE r [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><rss version="2.0"><channel/></rss>'
    desk.server.publish("/feed", document(laughs, "application/rss+xml"))
    desk.follow("/feed")
    report = await desk.poller.poll_due()
    assert (report.failed, report.new_entries) == (1, 0)


async def test_a_hopeless_feed_does_not_keep_the_others_waiting(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(10):
        desk.server.publish(f"/{n}", document(rss(f"story {n}")))
    desk.follow(*(f"/{n}" for n in range(10)))
    changes_in = desk.store.changes_in

    def trips_over_one(feed_id: int, entries: Sequence[object]) -> object:
        if feed_id == 3:
            raise ZeroDivisionError
        return changes_in(feed_id, entries)  # type: ignore[arg-type]

    monkeypatch.setattr(desk.store, "changes_in", trips_over_one)
    report = await desk.poller.poll_due()
    assert (report.polled, report.failed, report.new_entries) == (10, 1, 9)


@pytest.mark.slow
async def test_five_thousand_entries_are_noted_at_once(desk: Desk) -> None:
    desk.server.publish("/feed", document(rss(*(f"story {n}" for n in range(5000)))))
    desk.follow("/feed")
    assert (await desk.poller.poll_due()).new_entries == 5000
    desk.now += timedelta(days=1)
    desk.server.publish("/feed", document(rss(*(f"story {n}" for n in range(-1, 5000)))))
    assert (await desk.poller.poll_due()).new_entries == 1
    assert desk.store.count_entries(EntryState.PENDING) == 201
