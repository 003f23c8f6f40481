from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from articles.errors import FetchFailed, Unreadable
from articles.feeds.discovery import MAX_TRIES, candidate_urls, discover
from articles.fetching import Fetcher, FetchPolicy
from articles.fetching.transport import AllowList
from tests.servers.news import NewsServer, document, redirect

NOW = datetime(2017, 2, 16, 18, 0, tzinfo=UTC)
RSS = "<rss version='2.0'><channel><title>{}</title></channel></rss>"


@pytest.fixture
async def site() -> AsyncIterator[NewsServer]:
    async with NewsServer() as server:
        yield server


@pytest.fixture
async def fetcher(site: NewsServer) -> AsyncIterator[Fetcher]:
    allowed = AllowList.parse([f"127.0.0.1:{site.port}"])
    async with Fetcher(FetchPolicy(contact="https://a.example", allowed=allowed, host_delay_s=0)) as fetcher:
        yield fetcher


async def found(site: NewsServer, fetcher: Fetcher, path: str = "/") -> tuple[str, str | None]:
    discovered = await discover(site.url(path), fetch=fetcher.fetch, now=NOW)
    return discovered.url.removeprefix(site.url("")), discovered.title


async def test_a_feeds_own_url_is_the_feed(site: NewsServer, fetcher: Fetcher) -> None:
    site.publish("/rss", document(RSS.format("World"), "application/rss+xml"))
    assert await found(site, fetcher, "/rss") == ("/rss", "World")


async def test_a_feed_that_has_moved_for_good_is_found_where_it_is_now(
    site: NewsServer, fetcher: Fetcher
) -> None:
    site.publish("/old", redirect("/new", 301))
    site.publish("/detour", redirect("/new", 302))
    site.publish("/new", document(RSS.format("World")))
    assert await found(site, fetcher, "/old") == ("/new", "World")


async def test_a_page_declares_its_feed_and_its_comments_come_last(
    site: NewsServer, fetcher: Fetcher
) -> None:
    site.publish(
        "/",
        document(
            """<html><head>
            <link rel="alternate" type="application/rss+xml" title="Comments" href="/comments.xml">
            <link rel="alternate" type="text/html" hreflang="fr" href="/fr">
            <LINK REL="Alternate Home" TYPE="application/atom+xml; charset=utf-8" HREF="world.xml">
            </head></html>"""
        ),
    )
    site.publish("/comments.xml", document(RSS.format("Comments")))
    site.publish("/world.xml", document(RSS.format("World")))
    assert await found(site, fetcher) == ("/world.xml", "World")


async def test_a_page_that_only_links_to_its_feed_is_understood(site: NewsServer, fetcher: Fetcher) -> None:
    site.publish("/", document('<a href="/about">About</a> <a href="/news/rss">RSS</a>'))
    site.publish("/news/rss", document(RSS.format("World")))
    assert await found(site, fetcher) == ("/news/rss", "World")


async def test_the_usual_places_are_tried_where_a_page_says_nothing(
    site: NewsServer, fetcher: Fetcher
) -> None:
    site.publish("/", document("<p>Welcome"))
    site.publish("/feed", document("<p>No feed here"))
    site.publish("/atom.xml", document(RSS.format("World")))
    assert await found(site, fetcher) == ("/atom.xml", "World")


async def test_a_site_without_a_feed_is_told_so_after_a_few_tries(site: NewsServer, fetcher: Fetcher) -> None:
    links = "".join(f'<a href="/rss/{n}">x</a>' for n in range(100))
    site.publish("/", document(links))
    with pytest.raises(Unreadable, match="no feed was found"):
        await discover(site.url("/"), fetch=fetcher.fetch, now=NOW)
    assert len(site.requests) <= MAX_TRIES + 2


async def test_a_site_that_is_down_is_not_called_a_site_without_a_feed(
    site: NewsServer, fetcher: Fetcher
) -> None:
    with pytest.raises(FetchFailed):
        await discover(site.url("/missing"), fetch=fetcher.fetch, now=NOW)


@pytest.mark.parametrize(
    "body", [b"", b"\0", b"<a href='http://[/rss'>x</a><link rel=alternate>", b"\xff\xfe"]
)
def test_any_page_has_only_web_addresses_for_candidates(body: bytes) -> None:
    for url in candidate_urls(body, url="https://news.example/a", content_type=None):
        assert url.startswith("https://news.example/")
