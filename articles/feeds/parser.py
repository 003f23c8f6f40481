"""A feed as it was sent (RSS 0.9x, 1.0 and 2.0, Atom, JSON Feed) to its entries.

RSS and Atom are read by feedparser, protected from attacks by XML. The text is decoded and checked here, and
feedparser gets exactly what was checked: otherwise a declaration could hide in an encoding that only one of
the two reads. JSON Feed (jsonfeed.org, versions 1.0 and 1.1) is read here: feedparser 6 does not know it.
"""

import calendar
import html
import io
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from time import struct_time
from typing import Any
from urllib.parse import urljoin, urlsplit
from xml.sax import SAXException

import feedparser
from lxml import etree
from lxml.html import HtmlElement, document_fromstring

from articles.errors import Unreadable
from articles.feeds.model import Entry, ParsedFeed, PollHints, entry_key
from articles.text.encoding import decode_page

ACCEPT = (  # the header of a request for a feed
    "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml;q=0.9, "
    "application/xml;q=0.8, text/xml;q=0.8, application/json;q=0.7, */*;q=0.5"
)

MAX_ENTRIES = 10_000  # of one feed; later ones are ignored

# Older dates come from software that does not know the date: 0001-01-01, 1970-01-01.
_EARLIEST = datetime(1980, 1, 1, tzinfo=UTC)


def parse_feed(body: bytes, *, url: str, now: datetime, content_type: str | None = None) -> ParsedFeed:
    """The feed in `body`, as it was sent from `url`.

    content_type: the HTTP header, if there was one. Dates after `now` become `now`. Broken entries are left
    out. Raises Unreadable if it is no feed, or declares XML entities.
    """
    if not body.strip():
        raise Unreadable(f"{url} is empty")
    if body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        parsed = _parse_json_feed(body, url=url)
    else:
        parsed = _parse_xml_feed(body, url=url, content_type=content_type)
    by_key: dict[str, Entry] = {}
    for entry in parsed.entries[:MAX_ENTRIES]:
        published, updated = _plausible(entry.published, now), _plausible(entry.updated, now)
        by_key.setdefault(entry.key, replace(entry, published=published, updated=updated))
    return replace(parsed, entries=tuple(by_key.values()))


def _plausible(date: datetime | None, now: datetime) -> datetime | None:
    return None if date is None or date < _EARLIEST else min(date, now)


def web_url(link: str, *, base: str) -> str | None:
    """`link` as an absolute http or https URL; None if it is none."""
    try:
        absolute = urljoin(base, link.strip()) if link.strip() else ""
        parts = urlsplit(absolute)
    except ValueError:
        return None
    return absolute if parts.scheme in ("http", "https") and parts.netloc else None


# --- HTML fragments, as feeds have them in titles, summaries and contents

MAX_CHARS = 500_000  # of one fragment; no article is longer

_is_block = re.compile(
    "address|article|aside|blockquote|br|dd|div|dl|dt|figure|footer|h[1-6]|header|hr|li|main|nav|ol|p|pre|section"
    "|table|td|th|tr|ul"
).fullmatch
_is_without_text = re.compile(
    "audio|button|canvas|embed|figcaption|form|iframe|noscript|object|script|style|svg|video"
).fullmatch
_SPACE = re.compile(r"[\s\x00-\x20\x7f-\x9f\u200b\ufeff]+")
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")


def paragraphs_of(fragment: str) -> tuple[str, ...]:
    """The paragraphs of an HTML fragment or of plain text, with single spaces. Takes any text."""
    fragment = fragment[:MAX_CHARS]
    if "<" not in fragment:
        runs = re.split(r"\n[ \t]*\n", html.unescape(fragment).replace("\r\n", "\n"))
    else:
        try:
            tree = document_fromstring(f"<div>{_CONTROLS.sub(' ', fragment)}</div>")
        except (etree.LxmlError, ValueError):  # ValueError: what is left is not a string that libxml2 takes
            return ()
        runs = _block_texts(tree)
    lines = (_SPACE.sub(" ", run).strip() for run in runs)
    return tuple(line for line in lines if line)


def line_of(fragment: str) -> str:
    """The same as one line, for titles."""
    return " ".join(paragraphs_of(fragment))


def _block_texts(tree: HtmlElement) -> list[str]:
    """The text between block boundaries, in reading order."""
    runs: list[list[str]] = [[]]
    hidden = 0  # how many elements without text we are in
    for event, element in etree.iterwalk(tree, events=("start", "end", "comment", "pi")):
        # The tag of a comment or a processing instruction is a function; text may follow it.
        name = element.tag if isinstance(element.tag, str) else ""
        starts = event == "start"
        if _is_without_text(name):
            hidden += 1 if starts else -1
        if _is_block(name):
            runs.append([])
        text = element.text if starts else element.tail
        if text and not hidden:
            runs[-1].append(text)
    return ["".join(run) for run in runs]


# --- JSON Feed


def _parse_json_feed(body: bytes, *, url: str) -> ParsedFeed:
    """Leaves out what does not follow the specification. Raises Unreadable if it is no JSON Feed."""
    try:
        feed: object = json.loads(body.decode("utf-8-sig", errors="replace"))
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"{url} is not valid JSON") from error
    if not isinstance(feed, dict) or not str(feed.get("version")).startswith("https://jsonfeed.org/version/"):
        raise Unreadable(f"{url} is JSON, but not a JSON Feed")
    items = feed.get("items")
    items = items if isinstance(items, list) else []
    return ParsedFeed(
        title=line_of(_json_text(feed, "title")) or None,
        site_url=web_url(_json_text(feed, "home_page_url"), base=url),
        language=_json_text(feed, "language") or None,
        hints=PollHints(),
        entries=tuple(_json_entry(item, url) for item in items if isinstance(item, dict)),
        ended=feed.get("expired") is True,
    )


def _json_entry(item: Mapping[str, object], url: str) -> Entry:
    title = line_of(_json_text(item, "title"))
    paragraphs = (
        paragraphs_of(_json_text(item, "content_html"))
        # Plain text: "<" is a character like any other.
        or paragraphs_of(_json_text(item, "content_text").replace("&", "&amp;").replace("<", "&lt;"))
        or paragraphs_of(_json_text(item, "summary"))
    )
    link = web_url(_json_text(item, "url"), base=url) or web_url(_json_text(item, "external_url"), base=url)
    return Entry(
        key=entry_key(guid=_json_text(item, "id") or None, url=link, title=title, paragraphs=paragraphs),
        url=link,
        title=title,
        byline=_json_byline(item),
        published=_json_date(_json_text(item, "date_published")),
        updated=_json_date(_json_text(item, "date_modified")),
        paragraphs=paragraphs,
    )


def _json_text(values: Mapping[str, object], name: str) -> str:
    value = values.get(name)
    # 1.0 lets ids be numbers: "If an id is presented as a number, a JSON Feed reader must coerce it".
    if isinstance(value, int | float) and not isinstance(value, bool):
        return repr(value)
    # JSON can carry half of a surrogate pair, which is no text.
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else ""


def _json_byline(item: Mapping[str, object]) -> str | None:
    """1.1's `authors`, or 1.0's `author`."""
    authors = item.get("authors")
    people = authors if isinstance(authors, list) else [item.get("author")]
    names = (line_of(_json_text(person, "name")) for person in people if isinstance(person, dict))
    return ", ".join(filter(None, names)) or None


def _json_date(value: str) -> datetime | None:
    """RFC 3339. A date without a zone is no point in time, and is left out."""
    try:
        date = datetime.fromisoformat(value)
    except ValueError:
        return None
    return date if date.tzinfo is not None else None


# --- RSS and Atom

MAX_MARKUP = 1_000_000  # tags in a feed that we give to feedparser: it takes up to 0.1 ms for each

# Each pattern is tried at one place, or scans the text once: the text may be made to be slow to search.
_DECLARATION = re.compile(r"<\?xml[^>]{0,400}?\?>")
_ILLEGAL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_DOCTYPE = re.compile(r"<!DOCTYPE", re.IGNORECASE)
_ENTITY = re.compile(r"<!ENTITY", re.IGNORECASE)
_MAX_WORD_CHARS = 1_000
_LONG_WORD = re.compile(rf"[\w.+-]{{{_MAX_WORD_CHARS},}}", re.ASCII)
_BARE_AMPERSAND = re.compile(r"&(?!#?\w{1,40};)")

_MAX_SKIP_CHARS = 2_000
_DAYS = {day.lower(): number for number, day in enumerate(calendar.day_name)}
_PERIODS = {
    "hourly": timedelta(hours=1),
    "daily": timedelta(days=1),
    "weekly": timedelta(weeks=1),
    "monthly": timedelta(days=30),
    "yearly": timedelta(days=365),
}
# Errors of the parsers below feedparser, which it does not catch.
_PARSER_ERRORS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    RecursionError,
    SAXException,
    TypeError,
    ValueError,
)


def _parse_xml_feed(body: bytes, *, url: str, content_type: str | None) -> ParsedFeed:
    """Raises Unreadable if it is neither RSS nor Atom, or declares entities.

    No feed needs entities. They can grow to gigabytes, and read files and other servers.
    """
    text = _ILLEGAL.sub("", _decode_xml(body, content_type=content_type)).lstrip()
    doctype = _DOCTYPE.search(text)
    if doctype is not None and _ENTITY.search(text, doctype.end()) is not None:
        raise Unreadable(f"{url} declares XML entities, which we do not read")
    declaration = _DECLARATION.match(text)
    clean = _repaired(text[declaration.end() if declaration else 0 :])
    if clean.count("<") > MAX_MARKUP:
        raise Unreadable(f"{url} has more markup than a feed needs")
    try:
        # Without a Content-Location header, feedparser leaves links, and guids, as they were written.
        found = feedparser.parse(
            io.BytesIO(clean.encode()),
            response_headers={"content-type": "application/xml; charset=utf-8"},
            sanitize_html=False,
            resolve_relative_uris=False,
        )
        if not found.version:
            raise Unreadable(f"{url} is neither RSS, Atom nor JSON Feed")
        return ParsedFeed(
            title=line_of(_string(found.feed, "title")) or None,
            site_url=web_url(_string(found.feed, "link"), base=url),
            language=_string(found.feed, "language") or None,
            hints=_poll_hints(found.feed, text),
            entries=tuple(_xml_entry(each, url) for each in found.entries),
        )
    except _PARSER_ERRORS as error:
        raise Unreadable(f"{url} is a feed too broken to read") from error


def _decode_xml(body: bytes, *, content_type: str | None) -> str:
    """The text of an XML document: as for pages, and UTF-16 without its byte order mark too. Never fails."""
    for start, codec in ((b"<\0", "utf-16-le"), (b"\0<", "utf-16-be")):
        if body.startswith(start):
            return body.decode(codec, errors="replace")
    return decode_page(body, content_type=content_type)


def _repaired(text: str) -> str:
    """Escapes bare ampersands, the most common error in feeds (not in CDATA), and cuts very long words.

    feedparser's search for e-mail addresses takes quadratic time in the length of a word.
    """
    text = _LONG_WORD.sub(lambda word: word[0][:_MAX_WORD_CHARS], text)
    first, *others = text.split("<![CDATA[")
    parts = [_BARE_AMPERSAND.sub("&amp;", first)]
    for other in others:
        inside, end, outside = other.partition("]]>")
        parts.append(inside + end + _BARE_AMPERSAND.sub("&amp;", outside))
    return "<![CDATA[".join(parts)


def _xml_entry(found: Mapping[str, Any], url: str) -> Entry:
    title = line_of(_string(found, "title"))
    contents = [_string(content, "value") for content in found.get("content", ())]
    paragraphs = paragraphs_of(max(contents, key=len, default="")) or paragraphs_of(_string(found, "summary"))
    link = _link(found, url)
    published, updated = _xml_date(found, "published_parsed"), _xml_date(found, "updated_parsed")
    return Entry(
        key=entry_key(guid=_string(found, "id") or None, url=link, title=title, paragraphs=paragraphs),
        url=link,
        title=title,
        byline=line_of(_string(found, "author")) or None,
        published=published or updated,
        updated=updated,
        paragraphs=paragraphs,
    )


def _link(entry: Mapping[str, Any], url: str) -> str | None:
    link = web_url(_string(entry, "feedburner_origlink") or _string(entry, "link"), base=url)
    guid = _string(entry, "id")
    # In RSS 2.0 a guid is the link unless it says no, and many publishers forget to: "1234" is no link.
    if link == web_url(guid, base=url) and not guid.startswith(("http://", "https://", "/")):
        return None
    return link


def _string(values: Mapping[str, Any], name: str) -> str:
    value = values.get(name)
    return value if isinstance(value, str) else ""


def _xml_date(entry: Mapping[str, Any], name: str) -> datetime | None:
    """feedparser's dates are in UTC. `dict`: its own `get` returns one kind of date for the other."""
    parsed: struct_time | None = dict(entry).get(name)
    if parsed is None:
        return None
    try:
        return datetime.fromtimestamp(calendar.timegm(parsed), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _poll_hints(feed: Mapping[str, Any], text: str) -> PollHints:
    """feedparser keeps <ttl> as text, and drops <skipHours> and <skipDays>."""
    hours = {int(hour) % 24 for hour in _listed(text, "skipHours", "hour", r"[0-9]{1,2}")}
    names = (name.lower() for name in _listed(text, "skipDays", "day", r"\w{6,9}"))
    days = {_DAYS[name] for name in names if name in _DAYS}
    return PollHints(ttl=_ttl(feed), skip_hours=frozenset(hours), skip_days=frozenset(days))


def _listed(text: str, outer: str, inner: str, value: str) -> Iterable[str]:
    start = text.find(f"<{outer}>")
    if start < 0:
        return ()
    listing = text[start : start + _MAX_SKIP_CHARS].partition(f"</{outer}>")[0]
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
