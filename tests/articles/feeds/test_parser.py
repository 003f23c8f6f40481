"""Each format of feed to entries, and the ways in which feeds go wrong."""

import gzip
import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from articles.errors import Unreadable
from articles.feeds.model import ParsedFeed, PollHints
from articles.feeds.parser import MAX_ENTRIES, parse_feed

NOW = datetime(2017, 2, 16, 18, 0, tzinfo=UTC)
NOON = datetime(2017, 2, 16, 12, 0, tzinfo=UTC)
URL = "https://news.example/feeds/world"


def parse(body: str | bytes, content_type: str | None = None) -> ParsedFeed:
    data = body.encode() if isinstance(body, str) else body
    return parse_feed(data, url=URL, now=NOW, content_type=content_type)


def rss(items: str, channel: str = "") -> str:
    return (
        f"<?xml version='1.0'?><rss version='2.0'><channel><title>World News</title>"
        f"<link>https://news.example/</link>{channel}{items}</channel></rss>"
    )


RSS_091 = """<?xml version="1.0"?>
<!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" "http://my.netscape.com/publish/formats/rss-0.91.dtd">
<rss version="0.91"><channel><title>World News</title><link>https://news.example/</link><language>en-us</language>
<item><title>Mattis Rules Out Military Collaboration</title><link>https://news.example/mattis</link>
<description>The secretary spoke in Brussels.</description></item></channel></rss>"""

RSS_10 = """<?xml version="1.0"?>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:sy="http://purl.org/rss/1.0/modules/syndication/">
<channel rdf:about="https://news.example/"><title>World News</title><link>https://news.example/</link>
<sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>4</sy:updateFrequency></channel>
<item rdf:about="https://news.example/mattis"><title>Mattis Rules Out Military Collaboration</title>
<link>https://news.example/mattis</link><dc:date>2017-02-16T12:00:00Z</dc:date>
<dc:creator>C. Babb</dc:creator>
<description>The secretary spoke in Brussels.</description></item></rdf:RDF>"""

RSS_20 = rss(
    """<item><title>Mattis Rules Out Military Collaboration</title><link>/mattis</link>
    <guid isPermaLink="false">voa-3727436</guid><pubDate>Thu, 16 Feb 2017 13:00:00 +0100</pubDate>
    <dc:creator xmlns:dc="http://purl.org/dc/elements/1.1/">C. Babb</dc:creator>
    <description>A summary.</description>
    <content:encoded xmlns:content="http://purl.org/rss/1.0/modules/content/"><![CDATA[<p>The
    secretary spoke in Brussels.</p><p>He ruled it out.</p>]]></content:encoded></item>""",
    "<ttl>90</ttl><skipHours><hour>3</hour><hour>24</hour></skipHours><skipDays><day>Sunday</day></skipDays>",
)

ATOM = """<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en">
<title type="html">World &lt;b&gt;News&lt;/b&gt;</title>
<link href="https://news.example/"/><link rel="self" href="https://news.example/feeds/world"/>
<entry><id>tag:news.example,2017:1</id><title>Mattis Rules Out Military Collaboration</title>
<link rel="alternate" href="https://news.example/mattis"/><updated>2017-02-16T12:00:00Z</updated>
<author><name>C. Babb</name></author><summary>The secretary spoke in Brussels.</summary></entry></feed>"""

JSON_FEED = json.dumps(
    {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "World News",
        "home_page_url": "https://news.example/",
        "language": "en",
        "items": [
            {
                "id": 17,
                "url": "https://news.example/mattis",
                "title": "Mattis Rules Out Military Collaboration",
                "content_text": "The secretary spoke in Brussels.\n\nBudgets of <2% are & were few.",
                "date_published": "2017-02-16T13:00:00+01:00",
                "authors": [{"name": "C. Babb"}, {"url": "https://news.example/staff"}],
            }
        ],
    }
)


@pytest.mark.parametrize("body", [RSS_091, RSS_10, RSS_20, ATOM, JSON_FEED])
def test_every_format_gives_the_same_story(body: str) -> None:
    feed = parse(body)
    (entry,) = feed.entries
    assert (feed.title, feed.site_url) == ("World News", "https://news.example/")
    assert entry.title == "Mattis Rules Out Military Collaboration"
    assert entry.url == "https://news.example/mattis"
    assert entry.paragraphs[0] == "The secretary spoke in Brussels."
    if body != RSS_091:  # it knows neither dates nor authors
        assert (entry.published, entry.byline) == (NOON, "C. Babb")


def test_the_full_text_is_preferred_to_the_summary() -> None:
    (entry,) = parse(RSS_20).entries
    assert entry.paragraphs == ("The secretary spoke in Brussels.", "He ruled it out.")


def test_plain_text_in_json_feed_is_not_taken_for_html() -> None:
    (entry,) = parse(JSON_FEED).entries
    assert entry.paragraphs[1] == "Budgets of <2% are & were few."


def test_a_feed_says_when_to_ask_for_it() -> None:
    hints = parse(RSS_20).hints
    assert hints == PollHints(
        ttl=timedelta(minutes=90), skip_hours=frozenset({0, 3}), skip_days=frozenset({6})
    )
    assert parse(RSS_10).hints.ttl == timedelta(hours=6)
    assert parse(ATOM).hints.ttl is None


def test_an_expired_json_feed_has_ended() -> None:
    assert parse(json.dumps({**json.loads(JSON_FEED), "expired": True})).ended


@pytest.mark.slow
def test_five_thousand_entries_are_read() -> None:
    items = "".join(f"<item><title>Story {n}</title><guid>{n}</guid></item>" for n in range(5000))
    feed = parse(rss(items))
    assert len({entry.key for entry in feed.entries}) == 5000
    assert feed.entries[4999].title == "Story 4999"


def test_a_feed_without_end_is_cut() -> None:
    items = [{"id": str(n), "title": "x"} for n in range(MAX_ENTRIES + 5)]
    assert len(parse(json.dumps({**json.loads(JSON_FEED), "items": items})).entries) == MAX_ENTRIES


def test_entries_without_guid_or_date_keep_their_key_from_poll_to_poll() -> None:
    items = (
        "<item><title>By its link</title><link>https://news.example/a</link></item>"
        "<item><title>By its words</title><description>One.</description></item>"
        "<item><title>By its words</title><description>Two.</description></item>"
        "<item></item>"
    )
    first = parse(rss(items)).entries
    again = parse(rss("<item><title>New</title></item>" + items)).entries
    assert [entry.key for entry in again[1:]] == [entry.key for entry in first]
    assert len({entry.key for entry in again}) == 5
    assert all(entry.published is None for entry in again)


@pytest.mark.parametrize(
    ("ids", "url"),
    [
        ("<guid>https://news.example/a</guid>", "https://news.example/a"),
        ("<guid>1234</guid>", None),
        ("<guid>1234</guid><link>https://news.example/a</link>", "https://news.example/a"),
        ("<link>/a</link><guid isPermaLink='false'>1234</guid>", "https://news.example/a"),
        ("<guid isPermaLink='false'>https://news.example/id</guid>", None),
    ],
)
def test_a_guid_is_a_link_only_where_it_is_one(ids: str, url: str | None) -> None:
    assert parse(rss(f"<item><title>x</title>{ids}</item>")).entries[0].url == url


def test_an_entry_that_is_listed_twice_is_one() -> None:
    assert len(parse(rss("<item><guid>1</guid></item>" * 3)).entries) == 1


@pytest.mark.parametrize(
    ("date", "published"),
    [
        ("Thu, 16 Feb 2017 12:00:00 GMT", NOON),
        ("2017-02-16T12:00:00Z", NOON),
        ("Thu, 16 Feb 2099 12:00:00 GMT", NOW),
        ("Mon, 01 Jan 0001 00:00:00 GMT", None),
        ("Thu, 01 Jan 1970 00:00:00 GMT", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_a_date_is_believed_within_reason(date: str, published: datetime | None) -> None:
    (entry,) = parse(rss(f"<item><guid>1</guid><pubDate>{date}</pubDate></item>")).entries
    assert entry.published == published


LAUGHS = """<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol">
<!ENTITY lol2 "&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;">
<!ENTITY lol3 "&lol2;&lol2;&lol2;&lol2;&lol2;&lol2;&lol2;&lol2;&lol2;&lol2;">]>
<rss version="2.0"><channel><title>&lol3;</title></channel></rss>"""
EXTERNAL = """<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY leak SYSTEM "file:///etc/passwd">]>
<rss version="2.0"><channel><title>&leak;</title></channel></rss>"""


@pytest.mark.parametrize("body", [LAUGHS, EXTERNAL, EXTERNAL.lower()])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_a_feed_that_declares_entities_is_refused_in_any_encoding(body: str, encoding: str) -> None:
    with pytest.raises(Unreadable, match="entities"):
        parse(body.encode(encoding))


def test_utf_7_hides_nothing() -> None:
    """To a reader who takes UTF-7, `+ADw-` is `<`."""
    hidden = EXTERNAL.replace("<!", "+ADw-!").replace('version="1.0"', 'version="1.0" encoding="utf-7"')
    assert "root:" not in str(parse(hidden, "application/xml; charset=utf-7"))


@pytest.mark.parametrize(
    ("encoding", "declared", "content_type"),
    [
        ("utf-8", "iso-8859-1", "text/xml; charset=iso-8859-1"),  # both wrong
        ("cp1252", "utf-8", "text/xml; charset=windows-1252"),
        ("cp1252", "iso-8859-1", None),  # which means Windows-1252
        ("koi8-r", "koi8-r", None),
        ("utf-16", "utf-8", None),
        ("iso2022_jp", "iso-2022-jp", None),
    ],
)
def test_a_wrong_charset_is_seen_through(encoding: str, declared: str, content_type: str | None) -> None:
    title = {"koi8-r": "Новости дня", "iso2022_jp": "日本語"}.get(encoding, "Café “crème”")
    body = rss(f"<item><title>{title}</title></item>").replace("'1.0'", f"'1.0' encoding='{declared}'")
    assert parse(body.encode(encoding), content_type).entries[0].title == title


def test_control_characters_and_bare_ampersands_do_not_lose_the_feed() -> None:
    feed = parse(
        rss(
            "<item><title>AT\x08&T & \x1bothers</title><link>https://a.example/?a=1&b=2</link><guid>1</guid></item>"
        )
    )
    assert feed.entries[0].title == "AT&T & others"
    assert feed.entries[0].url == "https://a.example/?a=1&b=2"
    linked = "<item><guid>1</guid><link><![CDATA[https://a.example/?a=1&b=2]]></link></item>"
    assert parse(rss(linked)).entries[0].url == "https://a.example/?a=1&b=2"


@pytest.mark.parametrize(
    "body",
    [
        "",
        "  \n",
        "<html><body><p>Not found</p></body></html>",
        "<?xml version='1.0'?><urlset/>",
        "{}",
        '{"version": "https://jsonfeed.org/version/1.1"',
        '{"version": 1}',
        "[" * 100_000,
        '{"a":' * 100_000,
        gzip.compress(b"<rss/>", mtime=0),
        b"\xff\xd8\xff\xe0" + bytes(1000),
    ],
)
def test_what_is_no_feed_is_named_as_such(body: str | bytes) -> None:
    with pytest.raises(Unreadable, match=URL):
        parse(body)


def test_a_feed_that_is_made_to_be_slow_is_read_or_refused_all_the_same() -> None:
    """feedparser alone needs minutes for either; the suite's time limit is the proof."""
    author = "a.a" * 1_000_000
    (entry,) = parse(rss(f"<item><guid>1</guid><author>{author}</author></item>")).entries
    assert entry.byline
    with pytest.raises(Unreadable, match="markup"):
        parse("<rss version='2.0'>" + "<a>" * 3_000_000)


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "file:///etc/passwd", "http://[", "data:text/html,x", ""]
)
def test_a_link_that_is_not_of_the_web_is_left_out(link: str) -> None:
    (entry,) = parse(rss(f"<item><title>x</title><guid>1</guid><link>{link}</link></item>")).entries
    assert entry.url is None or entry.url.startswith("https://news.example/")


words = st.text(max_size=30)
markup = st.lists(
    st.sampled_from(
        [
            "<rss version='2.0'>",
            "<channel>",
            "<item>",
            "</item>",
            "<title>",
            "</title>",
            "<guid>",
            "<feed>",
            "<entry>",
            "<![CDATA[",
            "]]>",
            "<!DOCTYPE",
            "<!ENTITY",
            "&amp;",
            "&#0;",
            "&x;",
            "<link href='",
            "'/>",
            "<pubDate>",
            "</",
        ]
    )
    | words
).map("".join)


@given(markup.map(rss) | markup | words)
def test_any_xml_is_read_or_refused(text: str) -> None:
    try:
        feed = parse(text.encode("utf-8", "replace"))
    except Unreadable:
        return
    for entry in feed.entries:
        assert len(entry.key) == 64
        assert entry.published is None or entry.published <= NOW
        assert entry.url is None or entry.url.startswith(("http://", "https://"))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
json_item = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(
        ["id", "url", "title", "content_html", "content_text", "date_published", "authors", "author"],
        json_values,
    ),
)


@given(st.lists(json_item | json_values, max_size=4), json_values)
def test_any_items_of_a_json_feed_are_read(items: list[object], other: object) -> None:
    feed = {"version": "https://jsonfeed.org/version/1", "items": items, "title": other, "expired": other}
    assert len(parse(json.dumps(feed)).entries) <= len(items)
