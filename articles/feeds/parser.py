"""A feed as it was sent, RSS 0.9x, 1.0 and 2.0, Atom or JSON Feed, to its entries."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime

from articles.errors import Unreadable
from articles.feeds.json_feed import looks_like_json, parse_json_feed
from articles.feeds.model import Entry, ParsedFeed
from articles.feeds.xml import parse_xml_feed

ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml;q=0.9, "
    "application/xml;q=0.8, text/xml;q=0.8, application/json;q=0.7, */*;q=0.5"
)
"""The Accept header for a feed."""

MAX_ENTRIES = 10_000  # of one feed; those after them are left out

# Older dates are what software writes that knows none: 0001-01-01, 1970-01-01.
_EARLIEST = datetime(1980, 1, 1, tzinfo=UTC)


def parse_feed(body: bytes, *, url: str, now: datetime, content_type: str | None = None) -> ParsedFeed:
    """The feed in `body`, as it was sent from `url`.

    content_type: the HTTP header, if there was one. Dates after `now` become `now`. An entry that is broken
    is left out, the others stay. Raises Unreadable where it is no feed, or one that declares XML entities.
    """
    if not body.strip():
        raise Unreadable(f"{url} is empty")
    if looks_like_json(body):
        parsed = parse_json_feed(body, url=url)
    else:
        parsed = parse_xml_feed(body, url=url, content_type=content_type)
    entries = _once_each(_in_the_past(parsed.entries[:MAX_ENTRIES], now))
    return replace(parsed, entries=tuple(entries))


def _in_the_past(entries: Iterable[Entry], now: datetime) -> Iterable[Entry]:
    for entry in entries:
        published, updated = _believable(entry.published, now), _believable(entry.updated, now)
        yield replace(entry, published=published, updated=updated)


def _believable(date: datetime | None, now: datetime) -> datetime | None:
    return None if date is None or date < _EARLIEST else min(date, now)


def _once_each(entries: Iterable[Entry]) -> Iterable[Entry]:
    seen: set[str] = set()
    for entry in entries:
        if entry.key not in seen:
            seen.add(entry.key)
            yield entry
