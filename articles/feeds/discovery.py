"""Finds the feed at a URL that a person gives: the feed's own URL or its site's."""

import re
from collections.abc import Iterator
from datetime import datetime

from lxml import etree
from lxml.html import HtmlElement, document_fromstring

from articles.errors import ArticleError, Unreadable
from articles.feeds.opml import Outline
from articles.feeds.parser import ACCEPT, parse_feed, web_url
from articles.fetching.client import Fetch, Fetched
from articles.text.encoding import decode_page

COMMON_PATHS = ("/feed", "/rss", "/feed.xml", "/rss.xml", "/atom.xml", "/index.xml", "/feed.json")
MAX_TRIES = 8

_FEED_TYPES = frozenset(
    {
        "application/rss+xml",
        "application/atom+xml",
        "application/rdf+xml",
        "application/feed+json",
        "application/json",
        "application/xml",
        "text/xml",
    }
)
_FEED_LINK = re.compile(r"(?:^|[/.?=_-])(?:rss|atom|feeds?|rdf)(?:$|[/.?=&_-])", re.IGNORECASE)
_ABOUT_COMMENTS = re.compile(r"\bcomments?\b", re.IGNORECASE)


async def discover(url: str, *, fetch: Fetch, now: datetime) -> Outline:
    """The feed at `url`, or the first working feed that the page there links to.

    Raises Unreadable if there is none, and what `fetch` raises for `url` itself.
    """
    page = await fetch(url, accept=ACCEPT)
    try:
        return _read(page, now)
    except Unreadable:
        candidates = candidate_urls(page.body, url=page.url, content_type=page.content_type)
    for candidate in candidates:
        try:
            return _read(await fetch(candidate, accept=ACCEPT), now)
        except ArticleError:
            continue  # try the next one
    raise Unreadable(f"no feed was found at {url}: give the feed's own address")


def candidate_urls(body: bytes, *, url: str, content_type: str | None) -> tuple[str, ...]:
    """Where a page's feed may be, most likely first: declared, linked, or at a common path."""
    try:
        page = decode_page(body, content_type=content_type).encode()
        tree = document_fromstring(page, parser=etree.HTMLParser(encoding="utf-8"))
    except (etree.LxmlError, ValueError):
        tree = None
    found: dict[str, None] = {}
    links = () if tree is None else (*_declared(tree), *_linked(tree))
    for link in (*links, *COMMON_PATHS):
        absolute = web_url(link, base=url)
        if absolute is not None and absolute != url:
            found[absolute] = None
    return tuple(found)[:MAX_TRIES]


def _read(fetched: Fetched, now: datetime) -> Outline:
    parsed = parse_feed(fetched.body, url=fetched.url, now=now, content_type=fetched.content_type)
    url = fetched.permanent_url or fetched.url
    return Outline(url=url, title=parsed.title, site_url=parsed.site_url, language=parsed.language)


def _declared(tree: HtmlElement) -> list[str]:
    """WHATWG HTML, 4.6.7.1: link rel=alternate with a feed's type. Feeds of comments come last."""
    found: list[tuple[bool, str]] = []
    for link in tree.iter("link"):
        kind = (link.get("type") or "").partition(";")[0].strip().lower()
        if "alternate" in (link.get("rel") or "").lower().split() and kind in _FEED_TYPES:
            about = f"{link.get('title') or ''} {link.get('href') or ''}"
            found.append((bool(_ABOUT_COMMENTS.search(about)), link.get("href") or ""))
    return [href for _, href in sorted(found, key=lambda each: each[0])]


def _linked(tree: HtmlElement) -> Iterator[str]:
    for link in tree.iter("a"):
        href = link.get("href") or ""
        if len(href) < 500 and _FEED_LINK.search(href):
            yield href
