"""JSON Feed 1.0 and 1.1 (jsonfeed.org, "JSON Feed Version 1.1"), which feedparser 6 does not read."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import cast
from urllib.parse import urljoin, urlsplit

from articles.errors import Unreadable
from articles.feeds.entry_text import line_of, paragraphs_of
from articles.feeds.model import Entry, ParsedFeed, PollHints, entry_key


def looks_like_json(body: bytes) -> bool:
    return body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")


def parse_json_feed(body: bytes, *, url: str) -> ParsedFeed:
    """What is not as the specification has it is left out. Raises Unreadable where it is no JSON Feed."""
    try:
        feed: object = json.loads(body.decode("utf-8-sig", errors="replace"))
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"{url} is not valid JSON") from error
    if not isinstance(feed, dict) or not str(feed.get("version")).startswith("https://jsonfeed.org/version/"):
        raise Unreadable(f"{url} is JSON, but not a JSON Feed")
    items = feed.get("items")
    return ParsedFeed(
        title=line_of(_text(feed, "title")) or None,
        site_url=web_url(_text(feed, "home_page_url"), base=url),
        language=_text(feed, "language") or None,
        hints=PollHints(),
        entries=tuple(_entries(items, url)) if isinstance(items, list) else (),
        ended=feed.get("expired") is True,
    )


def web_url(link: str, *, base: str) -> str | None:
    """`link` as an absolute http or https URL; None where it is none."""
    try:
        absolute = urljoin(base, link.strip()) if link.strip() else ""
        parts = urlsplit(absolute)
    except ValueError:
        return None
    return absolute if parts.scheme in ("http", "https") and parts.netloc else None


def _entries(items: list[object], url: str) -> Iterator[Entry]:
    for item in items:
        if isinstance(item, dict):
            yield _entry(item, url)


def _entry(item: Mapping[str, object], url: str) -> Entry:
    title = line_of(_text(item, "title"))
    paragraphs = (
        paragraphs_of(_text(item, "content_html"))
        # Plain text: "<" is a character like any other.
        or paragraphs_of(_text(item, "content_text").replace("&", "&amp;").replace("<", "&lt;"))
        or paragraphs_of(_text(item, "summary"))
    )
    link = web_url(_text(item, "url"), base=url) or web_url(_text(item, "external_url"), base=url)
    return Entry(
        key=entry_key(guid=_text(item, "id") or None, url=link, title=title, paragraphs=paragraphs),
        url=link,
        title=title,
        byline=_byline(item),
        published=_date(_text(item, "date_published")),
        updated=_date(_text(item, "date_modified")),
        paragraphs=paragraphs,
    )


def _text(values: Mapping[str, object], name: str) -> str:
    value = values.get(name)
    # 1.0 lets ids be numbers: "If an id is presented as a number, a JSON Feed reader must coerce it".
    if isinstance(value, int | float) and not isinstance(value, bool):
        return repr(value)
    # JSON can carry half of a surrogate pair, which is no text.
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else ""


def _byline(item: Mapping[str, object]) -> str | None:
    """1.1's `authors`, or 1.0's `author`."""
    authors = item.get("authors")
    people = authors if isinstance(authors, list) else [item.get("author")]
    names = [
        line_of(_text(cast("dict[str, object]", each), "name")) for each in people if isinstance(each, dict)
    ]
    return ", ".join(name for name in names if name) or None


def _date(value: str) -> datetime | None:
    """RFC 3339. One without its zone is no instant, and is left out."""
    try:
        date = datetime.fromisoformat(value)
    except ValueError:
        return None
    return date if date.tzinfo is not None else None
