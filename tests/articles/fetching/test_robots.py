import asyncio
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from articles.errors import FetchFailed
from articles.fetching.politeness import MAX_CRAWL_DELAY_S, RobotsCache, RobotsRules


@pytest.mark.parametrize(
    ("robots", "path", "allowed"),
    [
        ("User-agent: *\nDisallow: /private/", "/news", True),
        ("User-agent: *\nDisallow: /private/", "/private/a", False),
        ("User-agent: *\nDisallow: /\nAllow: /news/", "/news/a", True),  # the longest match, not the first
        ("User-agent: *\nDisallow: /*.pdf$", "/a.pdf", False),
        ("User-agent: *\nDisallow: /*.pdf$", "/a.pdf.html", True),
        ("User-agent: *\nDisallow:\n\nUser-agent: Pullquote\nDisallow: /", "/news", False),
        ("User-agent: *\nDisallow: /\n\nUser-agent: PULLQUOTE\nDisallow:", "/news", True),
        ("User-agent: GPTBot\nDisallow: /", "/news", True),
        ("\ufeffUser-agent: *\nDisallow: /", "/news", False),
        ("<html><body>not found</body></html>", "/news", True),
        ("", "/news", True),
    ],
)
def test_rules_are_read_as_rfc_9309_has_them(robots: str, path: str, allowed: bool) -> None:
    assert RobotsRules.parse(robots.encode()).allow(f"https://news.example{path}") is allowed


def test_no_robots_txt_allows_everything() -> None:
    assert RobotsRules.parse(None).allow("https://news.example/")
    assert RobotsRules.parse(None).crawl_delay_s == 0


@pytest.mark.parametrize(
    ("asked", "kept"), [("2.5", 2.5), ("86400", MAX_CRAWL_DELAY_S), ("-1", 0), ("nan", 0)]
)
def test_a_crawl_delay_is_honoured_within_reason(asked: str, kept: float) -> None:
    assert RobotsRules.parse(f"User-agent: *\nCrawl-delay: {asked}".encode()).crawl_delay_s == kept


@given(st.binary(max_size=300), st.text(max_size=30))
def test_any_robots_txt_is_read(body: bytes, path: str) -> None:
    rules = RobotsRules.parse(body)
    assert rules.allow(f"https://news.example/{path}") in (True, False)
    assert 0 <= rules.crawl_delay_s <= MAX_CRAWL_DELAY_S


class Site:
    def __init__(self, answer: bytes | FetchFailed | None) -> None:
        self.answer, self.asked, self.now = answer, 0, 0.0

    async def download(self, url: str) -> bytes | None:
        assert url == "https://news.example/robots.txt"
        self.asked += 1
        await asyncio.sleep(0)
        if isinstance(self.answer, FetchFailed):
            raise self.answer
        return self.answer

    def clock(self) -> float:
        return self.now


async def test_robots_txt_is_asked_for_once_a_day_however_many_ask() -> None:
    site = Site(b"User-agent: *\nDisallow: /private/")
    cache = RobotsCache(site.download, clock=site.clock)
    await asyncio.gather(*(cache.rules("https://news.example") for _ in range(10)))
    site.now += 23 * 3600
    await cache.rules("https://news.example")
    assert site.asked == 1
    site.now += 2 * 3600
    await cache.rules("https://news.example")
    assert site.asked == 2


async def test_a_robots_txt_that_cannot_be_had_forbids_for_a_while() -> None:
    site = Site(FetchFailed("https://news.example/robots.txt", "503", retry_after=timedelta(minutes=1)))
    cache = RobotsCache(site.download, clock=site.clock)
    for _ in range(5):
        with pytest.raises(FetchFailed):
            await cache.rules("https://news.example")
    assert site.asked == 1
    site.now, site.answer = 61, None
    assert (await cache.rules("https://news.example")).allow("https://news.example/a")
