"""Feeds from within a chat: shown to anyone, changed by who runs the bot, over a publisher on loopback."""

import asyncio
import io
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from articles.feeds.opml import Outline, write_opml
from articles.fetching import FetchPolicy
from articles.fetching.transport import AllowList
from bot.app.application import Application
from bot.commands.requests import AddFeedRequest
from bot.commands.table import parse
from bot.handlers.feeds import FeedHandler
from bot.ports import IncomingCommand
from bot.reply import Items, Reply
from tests.bot.talk import ask, commands, words
from tests.samples import CHAT
from tests.servers.news import NewsServer, document, refusal

FEED = (
    "<rss version='2.0'><channel><title>World</title><link>https://news.example/</link>"
    "<item><title>Mattis</title><guid>1</guid><description>He said no.</description></item></channel></rss>"
)


@pytest.fixture
async def server() -> AsyncIterator[NewsServer]:
    async with NewsServer() as server:
        server.publish("/feed", document(FEED))
        server.publish("/", document('<link rel="alternate" type="application/rss+xml" href="/feed">'))
        yield server


@pytest.fixture
def policy(server: NewsServer) -> FetchPolicy:
    allowed = AllowList.parse([f"127.0.0.1:{server.port}"])
    return FetchPolicy(contact="https://a.example", allowed=allowed, host_delay_s=0)


async def tell(app: Application, text: str, *, is_owner: bool = True) -> Reply:
    """The answer, given in a worker thread as adapters have it given."""
    return await asyncio.to_thread(ask, app, text, is_owner=is_owner)


def follow(app: Application, *outlines: Outline) -> None:
    app.feeds.import_opml(write_opml(outlines))


async def test_an_owner_adds_a_feed_by_its_site_sees_it_and_removes_it(
    app: Application, server: NewsServer
) -> None:
    added = await tell(app, f"/addfeed {server.url('/')}")
    (feed,) = app.feeds.store.followed()
    assert feed.url == server.url("/feed")
    assert words(added).startswith("Now followed: World.")
    listed = await tell(app, "/feeds")
    assert words(listed).splitlines() == ["1 feed followed", f"{feed.id}: World"]
    assert isinstance(listed.blocks[1], Items)
    assert listed.blocks[1].items[0].url == feed.url
    (remove,) = commands(added)
    assert words(await tell(app, remove)) == "No longer followed: World. Its articles stay."
    assert words(await tell(app, "/feeds")).startswith("No feeds are followed.")


async def test_a_feed_that_is_followed_already_is_not_followed_twice(
    app: Application, server: NewsServer
) -> None:
    for _ in range(2):
        reply = await tell(app, f"/addfeed {server.url('/feed')}")
    assert words(reply).startswith("Already followed: World.")
    assert len(app.feeds.store.followed()) == 1


async def test_who_does_not_run_the_bot_may_look_and_change_nothing(
    app: Application, server: NewsServer
) -> None:
    await tell(app, f"/addfeed {server.url('/feed?key=secret')}")
    follow(app, Outline(url="https://other.example/feed?key=secret"))
    for line in (f"/addfeed {server.url('/')}", "/removefeed 1", "/REMOVEFEED@pullquote_bot 1"):
        refused = await tell(app, line, is_owner=False)
        assert refused.error
        assert words(refused).startswith("Only those who run this bot may use /")
    listed = await tell(app, "/feeds", is_owner=False)
    assert words(listed).splitlines() == ["2 feeds followed", "1: World", "2: other.example"]
    assert "secret" not in repr(listed)
    assert len(app.feeds.store.followed()) == 2


def test_help_shows_owners_commands_to_owners_alone(app: Application) -> None:
    assert "/addfeed" in words(ask(app, "/help", is_owner=True))
    shown = words(ask(app, "/help"))
    assert "/feeds" in shown
    assert "/addfeed" not in shown


@pytest.mark.slow
@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("http://10.0.0.1/feed", "Will not fetch http://10.0.0.1/feed: "),
        ("http://169.254.169.254/latest", "Will not fetch http://169.254.169.254/latest: "),
        ("localhost/feed", "Will not fetch https://localhost/feed: "),
        ("ftp://news.example/feed", "Will not fetch ftp://news.example/feed: "),
        ("http://", "Will not fetch http://: "),
        ("http://user:word@news.example/", "Will not fetch http://news.example/: it has a user name"),
        ("two words", "Try: /addfeed https://"),
        ("", "Try: /addfeed https://"),
    ],
)
def test_what_is_no_public_address_is_refused_in_one_line(app: Application, url: str, complaint: str) -> None:
    refused = ask(app, f"/addfeed {url}", is_owner=True)
    assert refused.error
    assert words(refused).startswith(complaint)
    assert "\n" not in words(refused)
    assert app.feeds.store.followed() == ()


async def test_a_page_without_a_feed_is_refused_in_one_line(app: Application, server: NewsServer) -> None:
    url = server.publish("/page", document("<p>News.</p>"))
    server.publish("/feed", refusal(404))
    refused = await tell(app, f"/addfeed {url}")
    assert refused.error
    assert words(refused) == f"No feed was found at {url}: give the feed's own address."
    assert app.chats.export(CHAT) is None


async def test_a_title_with_characters_that_no_list_can_carry_does_no_harm(
    app: Application, server: NewsServer
) -> None:
    feed = '{"version": "https://jsonfeed.org/version/1.1", "title": "W\\u0000\\u0007o\\nrld", "items": []}'
    await tell(app, f"/addfeed {server.publish('/json', document(feed, 'application/feed+json'))}")
    (followed,) = app.feeds.store.followed()
    assert (followed.title or "").isprintable()


async def test_a_feed_that_does_not_answer_is_shown_as_failing(app: Application, server: NewsServer) -> None:
    follow(app, Outline(url=server.publish("/broken", refusal(500)), title="Broken"))
    await app.feeds.refresh([], stream=io.StringIO())
    assert words(ask(app, "/feeds")).splitlines()[1] == "1: Broken (failing since 16 Feb 2017)"


async def test_a_site_that_takes_too_long_is_refused_in_one_line(
    app: Application, server: NewsServer
) -> None:
    given_up = asyncio.Event()

    async def silent(_: web.Request) -> web.StreamResponse:
        await given_up.wait()
        return web.Response()

    feeds = FeedHandler(manager=app.feeds, owners=app.feed_owners, clock=app.clock, add_within_s=0.2)
    request = IncomingCommand(chat=CHAT, user="7", parsed=parse(""), may_change=True, is_owner=True)
    url = server.publish("/silent", silent)
    refused = await asyncio.to_thread(feeds.answer, request, AddFeedRequest(url=url))
    given_up.set()
    assert words(refused) == f"No feed was found at {url} within 0.2 s: try again later."


def test_many_feeds_come_in_pages_that_leave_none_out(app: Application) -> None:
    follow(app, *(Outline(url=f"https://news.example/{n}", title=f"Feed {n}") for n in range(70)))
    first = ask(app, "/feeds", page_chars=150)
    pages = [words(first)]
    while following := [c for c in commands(first) if c == f"/feeds page:{len(pages) + 1}"]:
        first = ask(app, following[0], page_chars=150)
        pages.append(words(first))
    listed = [line for page in pages for line in page.splitlines()[1:]]
    assert [line.partition(": ")[2] for line in listed] == [f"Feed {n}" for n in range(70)]
    assert len(pages) == 4  # of twenty


def test_a_feed_is_removed_by_number_by_address_or_by_its_site(app: Application) -> None:
    for which in (
        "{id}",
        "https://news.example/feed",
        "news.example/feed/",
        "<https://news.example/feed>",
        "site.example",
    ):
        follow(app, Outline(url="https://news.example/feed", site_url="https://site.example/"))
        (feed,) = app.feeds.store.followed()
        assert not ask(app, f"/removefeed {which.format(id=feed.id)}", is_owner=True).error, which
        assert app.feeds.store.followed() == ()


def test_a_feed_that_is_not_clear_is_removed_by_nobody(app: Application) -> None:
    site = "https://site.example/"
    follow(app, *(Outline(url=f"https://news.example/{n}", site_url=site) for n in range(2)))
    several = ask(app, f"/removefeed {site}", is_owner=True)
    assert words(several) == f"“{site}” has several feeds. Say which by its number: 1, 2."
    unknown = ask(app, "/removefeed 99", is_owner=True)
    assert words(unknown).startswith("No feed “99” is followed. /feeds shows those that are")
    assert several.error
    assert unknown.error
    assert len(app.feeds.store.followed()) == 2
