"""RSS and Atom through feedparser, kept from what XML can do to its reader.

The text is decoded and checked here, and feedparser is given exactly what was checked: a declaration could
otherwise hide in an encoding that only one of the two reads.
"""

import calendar
import io
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from time import struct_time
from typing import Any
from xml.sax import SAXException

import feedparser

from articles.errors import Unreadable
from articles.feeds.entry_text import line_of, paragraphs_of
from articles.feeds.json_feed import web_url
from articles.feeds.model import Entry, ParsedFeed, PollHints, entry_key
from articles.text.encoding import decode_page

MAX_MARKUP = 1_000_000
"""Tags in a feed, as far as feedparser is asked to go: it takes up to 0.1 ms for each."""

# Each is tried at one place, or runs through the text once: the text may have been made to be slow to search.
_DECLARATION = re.compile(r"<\?xml[^>]{0,400}?\?>")
_ILLEGAL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_DOCTYPE = re.compile(r"<!DOCTYPE", re.IGNORECASE)
_ENTITY = re.compile(r"<!ENTITY", re.IGNORECASE)
_MAX_WORD_CHARS = 1_000
_LONG_WORD = re.compile(rf"[\w.+-]{{{_MAX_WORD_CHARS},}}", re.ASCII)
_BARE_AMPERSAND = re.compile(r"&(?!#?\w{1,40};)")

_MAX_LISTING = 2_000
_DAYS = {day.lower(): number for number, day in enumerate(calendar.day_name)}
_PERIODS = {
    "hourly": timedelta(hours=1),
    "daily": timedelta(days=1),
    "weekly": timedelta(weeks=1),
    "monthly": timedelta(days=30),
    "yearly": timedelta(days=365),
}
# What feedparser lets through from the parsers below it when a feed is beyond them.
_BEYOND_IT = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    RecursionError,
    SAXException,
    TypeError,
)


def parse_xml_feed(body: bytes, *, url: str, content_type: str | None) -> ParsedFeed:
    """Raises Unreadable where it is neither RSS nor Atom, and where it declares entities.

    Entities serve no feed. They can grow to gigabytes, and lead to files and to other servers.
    """
    text = _ILLEGAL.sub("", decode_xml(body, content_type=content_type)).lstrip()
    doctype = _DOCTYPE.search(text)
    if doctype is not None and _ENTITY.search(text, doctype.end()) is not None:
        raise Unreadable(f"{url} declares XML entities, which we do not read")
    declaration = _DECLARATION.match(text)
    clean = _repaired(text[declaration.end() if declaration else 0 :])
    if clean.count("<") > MAX_MARKUP:
        raise Unreadable(f"{url} has more markup than a feed needs")
    # Not told where the feed is from, feedparser leaves links, and guids, as they were written.
    headers = {"content-type": "application/xml; charset=utf-8"}
    try:
        found = feedparser.parse(
            io.BytesIO(clean.encode()),
            response_headers=headers,
            sanitize_html=False,
            resolve_relative_uris=False,
        )
        if not found.version:
            raise Unreadable(f"{url} is neither RSS, Atom nor JSON Feed")
        return ParsedFeed(
            title=line_of(_string(found.feed, "title")) or None,
            site_url=web_url(_string(found.feed, "link"), base=url),
            language=_string(found.feed, "language") or None,
            hints=_hints(found.feed, text),
            entries=tuple(_entries(found.entries, url)),
        )
    except (ValueError, *_BEYOND_IT) as error:
        raise Unreadable(f"{url} is a feed too broken to read") from error


def decode_xml(body: bytes, *, content_type: str | None) -> str:
    """The text of an XML document: as pages are, and UTF-16 without its byte order mark too. Never fails."""
    for start, codec in ((b"<\0", "utf-16-le"), (b"\0<", "utf-16-be")):
        if body.startswith(start):
            return body.decode(codec, errors="replace")
    return decode_page(body, content_type=content_type)


def _repaired(text: str) -> str:
    """Bare ampersands, the commonest slip in feeds, as they should be (CDATA is left as it is), and no
    word longer than feedparser can take: its search for e-mail addresses is quadratic in that."""
    text = _LONG_WORD.sub(lambda word: word[0][:_MAX_WORD_CHARS], text)
    first, *others = text.split("<![CDATA[")
    parts = [_BARE_AMPERSAND.sub("&amp;", first)]
    for other in others:
        inside, end, outside = other.partition("]]>")
        parts.append(inside + end + _BARE_AMPERSAND.sub("&amp;", outside))
    return "<![CDATA[".join(parts)


def _entries(found: list[Mapping[str, Any]], url: str) -> Iterator[Entry]:
    for each in found:
        title = line_of(_string(each, "title"))
        contents = [_string(content, "value") for content in each.get("content", ())]
        paragraphs = paragraphs_of(max(contents, key=len, default="")) or paragraphs_of(
            _string(each, "summary")
        )
        link = _link(each, url)
        published, updated = _date(each, "published_parsed"), _date(each, "updated_parsed")
        yield Entry(
            key=entry_key(guid=_string(each, "id") or None, url=link, title=title, paragraphs=paragraphs),
            url=link,
            title=title,
            byline=line_of(_string(each, "author")) or None,
            published=published or updated,
            updated=updated,
            paragraphs=paragraphs,
        )


def _link(entry: Mapping[str, Any], url: str) -> str | None:
    link = web_url(_string(entry, "feedburner_origlink") or _string(entry, "link"), base=url)
    guid = _string(entry, "id")
    # RSS 2.0 lets a guid be the link unless it says no, and many publishers forget to: "1234" is no link.
    if link == web_url(guid, base=url) and not guid.startswith(("http://", "https://", "/")):
        return None
    return link


def _string(values: Mapping[str, Any], name: str) -> str:
    value = values.get(name)
    return value if isinstance(value, str) else ""


def _date(entry: Mapping[str, Any], name: str) -> datetime | None:
    """feedparser's dates are in UTC. Its own `get` would give the one kind of date for the other."""
    parsed: struct_time | None = dict(entry).get(name)
    if parsed is None:
        return None
    try:
        return datetime.fromtimestamp(calendar.timegm(parsed), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _hints(feed: Mapping[str, Any], text: str) -> PollHints:
    """feedparser keeps <ttl> as text, and neither <skipHours> nor <skipDays>."""
    hours = {int(hour) % 24 for hour in _listed(text, "skipHours", "hour", r"[0-9]{1,2}")}
    days = {
        _DAYS[day.lower()] for day in _listed(text, "skipDays", "day", r"\w{6,9}") if day.lower() in _DAYS
    }
    return PollHints(ttl=_ttl(feed), skip_hours=frozenset(hours), skip_days=frozenset(days))


def _listed(text: str, outer: str, inner: str, value: str) -> list[str]:
    start = text.find(f"<{outer}>")
    if start < 0:
        return []
    listing = text[start : start + _MAX_LISTING].partition(f"</{outer}>")[0]
    return re.findall(rf"<{inner}>\s{{0,9}}({value})\s{{0,9}}</{inner}>", listing)


def _ttl(feed: Mapping[str, Any]) -> timedelta | None:
    minutes = _string(feed, "ttl").strip()
    if re.fullmatch(r"[0-9]{1,6}", minutes):
        return timedelta(minutes=int(minutes)) or None
    # RSS 1.0's syndication module (web.resource.org, "RDF Site Summary 1.0 Modules: Syndication").
    period = _PERIODS.get(_string(feed, "sy_updateperiod").strip().lower())
    frequency = _string(feed, "sy_updatefrequency").strip() or "1"
    if period is None or not re.fullmatch(r"[0-9]{1,4}", frequency):
        return None
    return period / max(1, int(frequency))
