"""The client against a publisher on loopback that is allowed, next to one that is not."""

import gzip
import ssl
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import trustme
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from articles.errors import FetchFailed, FetchRefused, Gone, Unreadable
from articles.fetching.client import Fetcher, FetchPolicy, parse_url
from articles.fetching.transport import AllowList
from tests.servers.news import NewsServer, cut_short, document, drip, encoded, redirect, refusal

NOW = datetime(2017, 2, 16, 12, 0, tzinfo=UTC)
PUBLIC = "93.184.216.34"


@pytest.fixture
async def publisher() -> AsyncIterator[NewsServer]:
    async with NewsServer() as server:
        yield server


@pytest.fixture
async def inside() -> AsyncIterator[NewsServer]:
    """A service on the same machine that no stranger may reach."""
    async with NewsServer() as server:
        server.publish("/secret", document("the operator's secret"))
        yield server


class Names:
    """A resolver that knows a few names; each look-up takes the next answer, the last one stays."""

    def __init__(self, answers: Mapping[str, Sequence[Sequence[str]]]) -> None:
        self._answers = {host: list(turns) for host, turns in answers.items()}
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        turns = self._answers.get(host)
        if turns is None:
            raise OSError("no such host")
        return turns.pop(0) if len(turns) > 1 else turns[0]


def policy(publisher: NewsServer) -> FetchPolicy:
    return FetchPolicy(
        contact="https://operator.example/about",
        allowed=AllowList.parse([f"127.0.0.1:{publisher.port}"]),
        host_delay_s=0.0,
        total_timeout_s=10.0,
    )


@pytest.fixture
async def fetcher(publisher: NewsServer) -> AsyncIterator[Fetcher]:
    async with Fetcher(policy(publisher), now=lambda: NOW) as fetcher:
        yield fetcher


async def test_a_page_comes_with_what_its_headers_say(publisher: NewsServer, fetcher: Fetcher) -> None:
    url = publisher.publish(
        "/a", document("<p>Hello</p>", headers={"Cache-Control": "max-age=300", "Set-Cookie": "id=1"})
    )
    fetched = await fetcher.fetch(f"{url}#comments")
    assert (fetched.body, fetched.status, fetched.url) == (b"<p>Hello</p>", 200, url)
    assert fetched.content_type == "text/html; charset=utf-8"
    assert fetched.fresh_for == timedelta(minutes=5)
    assert fetched.permanent_url is None
    await fetcher.fetch(url)
    seen = publisher.requests[-1].headers
    assert seen["User-Agent"].startswith("Pullquote/")
    assert "+https://operator.example/about" in seen["User-Agent"]
    assert "Cookie" not in seen


@pytest.mark.parametrize("modified", [None, 1487246400.0])
async def test_what_has_not_changed_is_not_sent_again(
    publisher: NewsServer, fetcher: Fetcher, modified: float | None
) -> None:
    url = publisher.publish("/feed", document("<rss/>", "application/rss+xml", modified=modified))
    first = await fetcher.fetch(url)
    again = await fetcher.fetch(url, etag=first.etag, last_modified=first.last_modified)
    assert not first.not_modified
    assert again.not_modified
    assert again.body == b""


async def test_a_304_that_nobody_asked_for_is_a_failure(publisher: NewsServer, fetcher: Fetcher) -> None:
    with pytest.raises(FetchFailed, match="304"):
        await fetcher.fetch(publisher.publish("/feed", refusal(304)))


@pytest.mark.parametrize(
    ("statuses", "moved_to"),
    [
        ((301,), "/1"),
        ((308,), "/1"),
        ((302,), None),
        ((303,), None),
        ((307,), None),
        ((301, 308, 301), "/3"),
        ((301, 302, 301), "/1"),  # what comes after a detour may be gone tomorrow
        ((302, 301), None),
    ],
)
async def test_only_a_move_for_good_is_remembered(
    publisher: NewsServer, fetcher: Fetcher, statuses: tuple[int, ...], moved_to: str | None
) -> None:
    for n, status in enumerate(statuses):
        publisher.publish(f"/{n}", redirect(f"/{n + 1}", status))
    last = publisher.publish(f"/{len(statuses)}", document("here"))
    fetched = await fetcher.fetch(publisher.url("/0"))
    assert (fetched.url, fetched.body) == (last, b"here")
    assert fetched.permanent_url == (publisher.url(moved_to) if moved_to else None)


async def test_redirects_in_a_circle_end(publisher: NewsServer, fetcher: Fetcher) -> None:
    publisher.publish("/a", redirect("/b"))
    publisher.publish("/b", redirect("/a#again"))
    with pytest.raises(FetchFailed, match="circle"):
        await fetcher.fetch(publisher.url("/a"))
    assert len(publisher.requests) == 3  # robots.txt and each once


async def test_redirects_without_end_end(publisher: NewsServer, fetcher: Fetcher) -> None:
    for n in range(30):
        publisher.publish(f"/{n}", redirect(f"/{n + 1}"))
    with pytest.raises(FetchFailed, match="too often"):
        await fetcher.fetch(publisher.url("/0"))
    assert publisher.asked("/10") == 1
    assert publisher.asked("/11") == 0


@pytest.mark.parametrize("location", ["", "http://[", "//", "http://\x7f/", "http://0177.0.0.1/"])
async def test_a_redirect_to_nonsense_is_an_error_of_ours(
    publisher: NewsServer, fetcher: Fetcher, location: str
) -> None:
    with pytest.raises((FetchFailed, FetchRefused)):
        await fetcher.fetch(publisher.publish("/a", redirect(location)))


@pytest.mark.parametrize("location", ["file:///etc/passwd", "ftp://127.0.0.1/a", "gopher://127.0.0.1:6379/_"])
async def test_a_redirect_out_of_the_web_is_refused(
    publisher: NewsServer, fetcher: Fetcher, location: str
) -> None:
    with pytest.raises(FetchRefused, match="http"):
        await fetcher.fetch(publisher.publish("/a", redirect(location)))


async def test_gone_is_told_from_missing(publisher: NewsServer, fetcher: Fetcher) -> None:
    with pytest.raises(Gone):
        await fetcher.fetch(publisher.publish("/gone", refusal(410)))
    with pytest.raises(FetchFailed, match="404"):
        await fetcher.fetch(publisher.url("/missing"))


@pytest.mark.parametrize("after", ["120", "Thu, 16 Feb 2017 12:02:00 GMT"])
@pytest.mark.parametrize("status", [429, 503])
async def test_a_busy_publisher_says_when_to_come_back_and_is_left_alone_until_then(
    publisher: NewsServer, fetcher: Fetcher, status: int, after: str
) -> None:
    url = publisher.publish("/feed", refusal(status, retry_after=after))
    for _ in range(3):
        with pytest.raises(FetchFailed) as failed:
            await fetcher.fetch(url)
        assert timedelta(seconds=110) < failed.value.retry_after <= timedelta(minutes=2)
    assert publisher.asked("/feed") == 1


async def test_robots_txt_is_honoured_on_every_hop(publisher: NewsServer, fetcher: Fetcher) -> None:
    publisher.publish("/robots.txt", document("User-agent: *\nDisallow: /private/", "text/plain"))
    publisher.publish("/private/a", document("not for robots"))
    publisher.publish("/a", redirect("/private/a"))
    for path in ("/private/a", "/a"):
        with pytest.raises(FetchRefused, match=r"robots\.txt"):
            await fetcher.fetch(publisher.url(path))
    assert publisher.asked("/private/a") == 0
    assert publisher.asked("/robots.txt") == 1


async def test_while_robots_txt_is_broken_nothing_is_fetched(publisher: NewsServer, fetcher: Fetcher) -> None:
    publisher.publish("/robots.txt", refusal(500))
    with pytest.raises(FetchFailed, match=r"robots\.txt"):
        await fetcher.fetch(publisher.publish("/a", document("news")))
    assert publisher.asked("/a") == 0


async def test_an_endless_robots_txt_is_read_as_far_as_is_reasonable(publisher: NewsServer) -> None:
    rules = b"User-agent: *\nDisallow: /private/\n" + b"#" * 20_000_000
    publisher.publish("/robots.txt", document(rules, "text/plain"))
    publisher.publish("/a", document("news"))
    async with Fetcher(policy(publisher)) as fetcher:
        assert (await fetcher.fetch(publisher.url("/a"))).body == b"news"
        with pytest.raises(FetchRefused):
            await fetcher.fetch(publisher.url("/private/a"))


async def test_a_body_that_trickles_ends_with_the_total_timeout(publisher: NewsServer) -> None:
    url = publisher.publish("/slow", drip([b"x"] * 1000, every_s=0.05))
    async with Fetcher(replace(policy(publisher), total_timeout_s=0.4, read_timeout_s=5.0)) as fetcher:
        with pytest.raises(FetchFailed, match="too long"):
            await fetcher.fetch(url)


async def test_a_body_that_stalls_ends_with_the_read_timeout(publisher: NewsServer) -> None:
    url = publisher.publish("/slow", drip([b"x", b"x"], every_s=1.5))
    async with Fetcher(replace(policy(publisher), total_timeout_s=60.0, read_timeout_s=0.3)) as fetcher:
        with pytest.raises(FetchFailed, match="too long"):
            await fetcher.fetch(url)


async def test_a_large_body_is_unreadable_and_a_bomb_no_less(publisher: NewsServer) -> None:
    publisher.publish("/large", document(b"x" * 2_000_000))
    publisher.publish("/bomb", encoded(gzip.compress(bytes(40_000_000)), "gzip"))
    async with Fetcher(replace(policy(publisher), max_bytes=1024 * 1024)) as fetcher:
        for path in ("/large", "/bomb"):
            with pytest.raises(Unreadable, match="1 MB"):
                await fetcher.fetch(publisher.url(path))


async def test_a_body_cut_short_is_worth_another_try(publisher: NewsServer, fetcher: Fetcher) -> None:
    whole = gzip.compress(b"The news of the day. " * 1000)
    publisher.publish("/gzip", encoded(whole[:-20], "gzip"))
    publisher.publish("/length", cut_short(b"The news", claimed=1000))
    for path in ("/gzip", "/length"):
        with pytest.raises(FetchFailed):
            await fetcher.fetch(publisher.url(path))


async def test_a_compressed_page_is_given_plain(publisher: NewsServer, fetcher: Fetcher) -> None:
    body = b"The news of the day. " * 1000
    assert (await fetcher.fetch(publisher.publish("/a", encoded(gzip.compress(body), "gzip")))).body == body


@pytest.mark.parametrize(
    "link",
    [
        "http://127.0.0.1:{port}/secret",
        "http://localhost:{port}/secret",
        "http://127.1:{port}/secret",
        "http://2130706433:{port}/secret",
        "http://0x7f000001:{port}/secret",
        "http://0.0.0.0:{port}/secret",
        "http://[::1]:{port}/secret",
        "http://[::ffff:127.0.0.1]:{port}/secret",
        "http://127.0.0.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://[fd00:ec2::254]/latest/meta-data/",
        "http://both.example/",
        "http://both.example:{port}/secret",
        "http://mapped.example/",
        "http://nat64.example/",
    ],
)
async def test_no_link_and_no_redirect_reaches_the_inside(
    publisher: NewsServer, inside: NewsServer, link: str
) -> None:
    local = [["127.0.0.1"]]
    names = Names(
        {
            "both.example": [[PUBLIC, "10.0.0.7"]],
            "mapped.example": [["::ffff:10.0.0.7"]],
            "nat64.example": [["64:ff9b::a00:7"]],
            # What the system's resolver makes of such spellings.
            **dict.fromkeys(("localhost", "127.1", "2130706433", "0x7f000001"), local),
        }
    )
    link = link.format(port=inside.port)
    async with Fetcher(policy(publisher), resolver=names) as fetcher:
        for url in (link, publisher.publish("/feed", redirect(link, 301))):
            with pytest.raises(FetchRefused, match=r"not public|not one that"):
                await fetcher.fetch(url)
    assert inside.requests == []


async def test_a_name_that_turns_private_between_two_connections_is_refused(
    publisher: NewsServer, inside: NewsServer
) -> None:
    """DNS rebinding: the first answer is one that may be reached, the next is not."""
    host = "rebinding.example"

    async def closing(_: web.Request) -> web.StreamResponse:
        response = web.Response(text="User-agent: *\nAllow: /")
        response.force_close()
        return response

    publisher.publish("/robots.txt", closing)
    publisher.publish("/feed", document("news"))
    names = Names({host: [["127.0.0.1"], ["127.0.0.2"]]})
    async with Fetcher(policy(publisher), resolver=names) as fetcher:
        with pytest.raises(FetchRefused):
            await fetcher.fetch(publisher.url("/feed", host=host))
    assert [seen.path for seen in publisher.requests] == ["/robots.txt"]
    assert names.asked == [host, host]


async def test_the_address_that_was_checked_is_the_one_that_is_connected_to(publisher: NewsServer) -> None:
    """One look-up for one connection: there is no second answer for an attacker to give."""
    host = "news.example"
    publisher.publish("/feed", document("news"))
    names = Names({host: [["127.0.0.1"], ["10.0.0.7"]]})
    async with Fetcher(policy(publisher), resolver=names) as fetcher:
        assert (await fetcher.fetch(publisher.url("/feed", host=host))).body == b"news"
    assert names.asked == [host]
    assert {seen.host for seen in publisher.requests} == {f"{host}:{publisher.port}"}


async def test_tls_is_checked_against_the_name_and_not_the_address() -> None:
    authority = trustme.CA()
    server_context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("news.example").configure_cert(server_context)
    client_context = ssl.create_default_context()
    authority.configure_trust(client_context)
    names = Names({"news.example": [["127.0.0.1"]], "other.example": [["127.0.0.1"]]})
    async with NewsServer(ssl_context=server_context) as publisher:
        publisher.publish("/a", document("news"))
        async with Fetcher(policy(publisher), resolver=names, ssl_context=client_context) as fetcher:
            assert (await fetcher.fetch(publisher.url("/a", host="news.example"))).body == b"news"
            with pytest.raises(FetchFailed, match="CERTIFICATE"):
                await fetcher.fetch(publisher.url("/a", host="other.example"))


async def test_a_second_address_is_tried_where_the_first_does_not_answer(publisher: NewsServer) -> None:
    names = Names({"news.example": [["127.0.0.9", "127.0.0.1"]]})
    publisher.publish("/a", document("news"))
    allowed = AllowList.parse([f"127.0.0.0/8:{publisher.port}"])
    async with Fetcher(replace(policy(publisher), allowed=allowed), resolver=names) as fetcher:
        assert (await fetcher.fetch(publisher.url("/a", host="news.example"))).body == b"news"


async def test_proxies_of_the_environment_are_not_used(
    publisher: NewsServer, inside: NewsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, inside.url(""))
    async with Fetcher(policy(publisher)) as fetcher:
        await fetcher.fetch(publisher.publish("/a", document("news")))
    assert inside.requests == []


async def test_a_name_that_does_not_exist_is_worth_another_try(publisher: NewsServer) -> None:
    async with Fetcher(policy(publisher), resolver=Names({})) as fetcher:
        with pytest.raises(FetchFailed, match="no such host"):
            await fetcher.fetch("https://nowhere.example/feed")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "news",
        "ftp://news.example/",
        "javascript:alert(1)",
        "http://",
        "http://user:pw@news.example/",
        "http://0177.0.0.1/",
    ],
)
def test_what_is_no_plain_web_address_is_refused(url: str) -> None:
    with pytest.raises(FetchRefused) as refused:
        parse_url(url)
    assert "pw" not in str(refused.value)


@given(st.text() | st.text().map("http://{}".format) | st.text().map("https://news.example/{}".format))
def test_any_text_is_a_web_address_or_refused(text: str) -> None:
    try:
        url = parse_url(text)
    except FetchRefused:
        return
    assert url.scheme in ("http", "https")
    assert url.host
    assert not url.userinfo
