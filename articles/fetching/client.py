"""The one HTTP client: everything that Pullquote gets from the web, it gets here.

Its URLs come from chats, feeds and pages, so each may be an attack on the network that we run in, and each is
somebody's server. Every request, redirects and robots.txt included, connects only to checked addresses
(`transport.py`), keeps the host's rules (`politeness.py`), and is limited in time and size. Proxies of the
environment are not used: they would resolve names for us, unchecked. No cookie is kept, and no credentials
are sent.
"""

import asyncio
import contextlib
import logging
import ssl
import zlib
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.cookiejar import CookieJar, DefaultCookiePolicy
from importlib.metadata import version
from typing import Protocol, Self

import httpx

from articles.errors import FetchFailed, FetchRefused, Gone, Unreadable
from articles.fetching.politeness import (
    MAX_ROBOTS_BYTES,
    HostPaused,
    RequestLimiter,
    RobotsCache,
    parse_max_age,
    parse_retry_after,
)
from articles.fetching.transport import AddressRefused, AllowList, GuardedTransport, Resolver, resolve

log = logging.getLogger(__name__)

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PERMANENT = frozenset({301, 308})
_SUCCESS = frozenset({200, 203})
_TRANSIENT = frozenset({408, 425, 429, 500, 502, 503, 504})

_DRAINED_BYTES = 1 << 16

_SOON = timedelta(minutes=5)
_LATER = timedelta(days=1)  # somebody has to fix it: a page that is missing, a redirect loop
_MAX_HOST_PAUSE = timedelta(hours=1)  # one URL's answer should not block the whole host for days


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchPolicy:
    """How we treat other people's servers, and the limits of what we accept from them."""

    contact: str  # a URL or address at which a publisher reaches the operator
    allowed: AllowList = AllowList()  # noqa: RUF009 (frozen)
    in_flight: int = 8  # maximum concurrent requests
    host_delay_s: float = 1.0  # between two requests to one host
    connect_timeout_s: float = 10.0
    read_timeout_s: float = 20.0  # between two chunks of a response
    total_timeout_s: float = 60.0  # a request, from connecting to its last byte
    max_bytes: int = 10 * 1024 * 1024  # of a body, decompressed
    max_redirects: int = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A response: the document, or that it has not changed."""

    url: str  # the final URL, after all redirects; without fragment
    permanent_url: str | None  # where it has moved permanently (301, 308), if it has: ask there from now on
    status: int  # 200, 203 or 304
    content_type: str | None  # the header as it was sent
    body: bytes  # decompressed; empty if not modified
    etag: str | None
    last_modified: str | None
    fresh_for: timedelta | None  # by Cache-Control

    @property
    def not_modified(self) -> bool:
        return self.status == 304


class Fetch(Protocol):
    """The port by which other rooms fetch a URL; `Fetcher.fetch` says what it raises."""

    async def __call__(
        self, url: str, *, etag: str | None = None, last_modified: str | None = None, accept: str = "*/*"
    ) -> Fetched: ...


class Fetcher:
    """An async context manager. Use one for the whole process: its limits hold for that one only.

    resolver, ssl_context and now are for tests; ssl_context None: the public certificate authorities.
    """

    def __init__(
        self,
        policy: FetchPolicy,
        *,
        resolver: Resolver = resolve,
        ssl_context: ssl.SSLContext | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._policy, self._now = policy, now
        self._limiter = RequestLimiter(in_flight=policy.in_flight, host_delay_s=policy.host_delay_s)
        self._robots = RobotsCache(self._download_robots)
        user_agent = f"Pullquote/{version('pullquote')} (+{policy.contact})"
        self._client = httpx.AsyncClient(
            transport=GuardedTransport(
                allowed=policy.allowed,
                max_connections=policy.in_flight,
                resolver=resolver,
                ssl_context=ssl_context,
            ),
            headers={"User-Agent": user_agent, "Accept-Encoding": ACCEPT_ENCODING},
            timeout=httpx.Timeout(
                policy.read_timeout_s, connect=policy.connect_timeout_s, pool=policy.total_timeout_s
            ),
            cookies=CookieJar(policy=DefaultCookiePolicy(allowed_domains=())),
            follow_redirects=False,
            trust_env=False,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    async def fetch(
        self, url: str, *, etag: str | None = None, last_modified: str | None = None, accept: str = "*/*"
    ) -> Fetched:
        """What is at `url`; with `etag` or `last_modified` of an earlier response, perhaps "not modified".

        Raises FetchFailed (try again later), FetchRefused (do not; Gone if the publisher says so) and
        Unreadable (too large).
        """
        headers = {"Accept": accept}
        if etag is not None and etag.isascii():
            headers["If-None-Match"] = etag
        if last_modified is not None and last_modified.isascii():
            headers["If-Modified-Since"] = last_modified
        response = await self._follow(url, headers, obey_robots=True)
        if response.status not in _SUCCESS | ({304} if len(headers) > 1 else set()):
            raise self._failure(response)
        return Fetched(
            url=str(response.url),
            permanent_url=response.permanent_url,
            status=response.status,
            content_type=response.headers.get("content-type"),
            body=response.body,
            etag=response.headers.get("etag"),
            last_modified=response.headers.get("last-modified"),
            fresh_for=parse_max_age(response.headers.get("cache-control")),
        )

    async def wait_for_host_delay(self, url: str) -> None:
        """Returns when the delay after our last request to that host is over.

        Call it before another process may ask that host: that process does not know of our request.
        """
        with contextlib.suppress(httpx.InvalidURL, FetchRefused):
            await self._limiter.wait_for_delay(parse_url(url).host)

    async def _download_robots(self, url: str) -> bytes | None:
        """RFC 9309, 2.3.1: 4xx means "no rules"; any other status but success means "unknown"."""
        response = await self._follow(url, {}, obey_robots=False)
        if response.status in _SUCCESS:
            return response.body
        if 400 <= response.status < 500 and response.status not in _TRANSIENT:
            return None
        raise self._failure(response)

    async def _follow(self, url: str, headers: Mapping[str, str], *, obey_robots: bool) -> "_Response":
        """The response at the end of the redirects, each of which is checked like the first URL."""
        target = parse_url(url)
        seen = {target}
        permanent_url: str | None = None
        only_permanent = True
        while True:
            delay_s = await self._crawl_delay(target) if obey_robots else 0.0
            response = await self._request(target, headers, delay_s=delay_s, robots=not obey_robots)
            if response.status not in _REDIRECTS:
                response.permanent_url = permanent_url
                return response
            only_permanent = only_permanent and response.status in _PERMANENT
            target = _redirect_target(url, response)
            if target in seen:
                raise FetchFailed(url, "its redirects go in a circle", retry_after=_LATER)
            if len(seen) > self._policy.max_redirects:
                raise FetchFailed(url, "it redirects too often", retry_after=_LATER)
            seen.add(target)
            if only_permanent:
                permanent_url = str(target)

    async def _crawl_delay(self, target: httpx.URL) -> float:
        """The site's crawl delay in seconds. Raises FetchRefused if robots.txt forbids the URL."""
        try:
            rules = await self._robots.rules(f"{target.scheme}://{target.netloc.decode('ascii')}")
        except FetchFailed as error:
            reason = f"its robots.txt: {error.reason}"
            raise FetchFailed(str(target), reason, retry_after=error.retry_after) from error
        except FetchRefused as error:
            raise FetchRefused(str(target), error.reason) from error
        if not rules.allow(str(target)):
            raise FetchRefused(str(target), "its robots.txt forbids it")
        return rules.crawl_delay_s

    async def _request(
        self, target: httpx.URL, headers: Mapping[str, str], *, delay_s: float, robots: bool
    ) -> "_Response":
        """One request and its response. Errors of all layers below become ours."""
        url = str(target)
        try:
            async with (
                self._limiter.slot(target.host, delay_s=delay_s),
                asyncio.timeout(self._policy.total_timeout_s),
            ):
                response = await self._exchange(target, headers, robots=robots)
        except HostPaused as error:
            raise FetchFailed(url, f"the site {error}", retry_after=error.remaining) from error
        except AddressRefused as error:
            raise FetchRefused(url, str(error)) from error
        except (TimeoutError, httpx.TimeoutException) as error:
            raise FetchFailed(url, "it took too long to answer", retry_after=_SOON) from error
        except httpx.TransportError as error:
            reason = f"the connection failed ({str(error) or type(error).__name__})"
            raise FetchFailed(url, reason, retry_after=_SOON) from error
        except BodyBroken as error:
            raise FetchFailed(url, str(error), retry_after=_SOON) from error
        except BodyTooLarge as error:
            limit = f"{self._policy.max_bytes / 1024 / 1024:g} MB"
            raise Unreadable(f"{url} is larger than {limit}") from error
        if response.status in (429, 503) and (wait := self._retry_after(response)) is not None:
            self._limiter.pause(target.host, min(wait, _MAX_HOST_PAUSE))
        log.debug("fetched", extra={"url": url, "status": response.status, "bytes": len(response.body)})
        return response

    async def _exchange(self, target: httpx.URL, headers: Mapping[str, str], *, robots: bool) -> "_Response":
        async with self._client.stream("GET", target, headers=headers) as response:
            chunks = response.aiter_raw()
            if response.status_code in _SUCCESS:
                encoding = response.headers.get("content-encoding", "")
                max_bytes = MAX_ROBOTS_BYTES if robots else self._policy.max_bytes
                body = await read_body(chunks, encoding=encoding, max_bytes=max_bytes, truncate=robots)
            else:
                # A connection is reused only if its response was read to the end.
                await read_body(chunks, encoding="", max_bytes=_DRAINED_BYTES, truncate=True)
                body = b""
            return _Response(url=target, status=response.status_code, headers=response.headers, body=body)

    def _failure(self, response: "_Response") -> FetchFailed | FetchRefused:
        url = str(response.url)
        if response.status == 410:
            return Gone(url, "the publisher says that it is gone for good (410)")
        usual = _SOON if response.status in _TRANSIENT else _LATER
        retry_after = self._retry_after(response) or usual
        return FetchFailed(url, f"the publisher answered {response.status}", retry_after=retry_after)

    def _retry_after(self, response: "_Response") -> timedelta | None:
        return parse_retry_after(response.headers.get("retry-after"), now=self._now())


@dataclass(slots=True, kw_only=True)
class _Response:
    url: httpx.URL
    status: int
    headers: httpx.Headers
    body: bytes
    permanent_url: str | None = None


def _redirect_target(url: str, response: _Response) -> httpx.URL:
    location = response.headers.get("location")
    if not location:
        raise FetchFailed(url, "it redirects without a target", retry_after=_LATER)
    try:
        return parse_url(str(response.url.join(location)))
    except httpx.InvalidURL as error:
        raise FetchFailed(url, "it redirects to an invalid URL", retry_after=_LATER) from error


def parse_url(url: str) -> httpx.URL:
    """`url` without its fragment, if we may fetch it. Raises FetchRefused."""
    try:
        parsed = httpx.URL(url.strip())
    except (httpx.InvalidURL, UnicodeError) as error:
        raise FetchRefused(url, "it is not a web address") from error
    if parsed.scheme not in ("http", "https"):
        raise FetchRefused(url, "its address does not begin with http:// or https://")
    if not parsed.host:
        raise FetchRefused(url, "its address has no host")
    if parsed.userinfo:
        raise FetchRefused(str(parsed.copy_with(userinfo=b"")), "it has a user name or password in it")
    return parsed.copy_with(fragment=None)


# Bodies. httpx decompresses each chunk whole, so that 64 KB from the network may become 64 MB at once. Here
# nothing is decompressed beyond the limit.

ACCEPT_ENCODING = "gzip, deflate"

_PIECE = 1 << 16
_GZIP, _ZLIB, _RAW = 31, 15, -15  # zlib's window bits
_MAX_MEMBERS = 1000  # each costs a copy of what follows it; bgzip's blocks make 160 of 10 MB


class BodyTooLarge(Exception):
    """The body is larger than the limit, counted after decompression."""


class BodyBroken(Exception):
    """The body ends too early or is not encoded as it claims. The text is the reason, in plain words."""


async def read_body(
    chunks: AsyncIterator[bytes], *, encoding: str, max_bytes: int, truncate: bool = False
) -> bytes:
    """The whole body, decompressed.

    chunks: as the network delivers them. encoding: the Content-Encoding header, "" if there is none.
    truncate: return the first `max_bytes` of a longer body instead of raising BodyTooLarge.
    Raises BodyTooLarge, BodyBroken.
    """
    decoder = _decoder(encoding)
    body = bytearray()
    received = 0
    async for chunk in chunks:
        received += len(chunk)
        for piece in [chunk] if decoder is None else decoder.feed(chunk):
            body += piece
            if len(body) > max_bytes:
                break
        # Compressed bytes count too: an endless run of empty gzip members decompresses to nothing.
        if max(received, len(body)) > max_bytes:
            if truncate:
                return bytes(body[:max_bytes])
            raise BodyTooLarge
    if decoder is not None:
        decoder.finish()
    return bytes(body)


class _Inflater:
    """gzip (RFC 1952, several members) and deflate (RFC 9110; zlib, or raw as some servers send it)."""

    def __init__(self, *, gzip: bool) -> None:
        self._gzip = gzip
        self._held = b""  # the first bytes, until there are enough to tell zlib from raw
        self._inner = zlib.decompressobj(_GZIP) if gzip else None
        self._members = 0  # complete ones

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        if self._inner is None:
            self._held = chunk = self._held + chunk
            if len(chunk) < 2:
                return
            # RFC 1950, 2.2: method 8 and a check sum. A raw stream passes by chance once in 500 times.
            is_zlib = chunk[0] & 0x0F == 8 and int.from_bytes(chunk[:2], "big") % 31 == 0
            self._inner = zlib.decompressobj(_ZLIB if is_zlib else _RAW)
        while chunk:
            if self._inner.eof:
                # What follows a complete stream is another member, or padding, which browsers ignore.
                if not (self._gzip and chunk.startswith(b"\x1f")):
                    return
                self._inner = zlib.decompressobj(_GZIP)
            try:
                piece = self._inner.decompress(chunk, _PIECE)
            except zlib.error as error:
                raise BodyBroken("its body is not compressed as it claims") from error
            if self._inner.eof:
                self._members += 1
                if self._members > _MAX_MEMBERS:
                    raise BodyBroken("its body is compressed in too many pieces")
            chunk = self._inner.unused_data or self._inner.unconsumed_tail
            if piece:
                yield piece

    def finish(self) -> None:
        if self._inner is None or not self._inner.eof:
            raise BodyBroken("its body ends too early")


def _decoder(encoding: str) -> _Inflater | None:
    """None: the body is not compressed."""
    match encoding.strip().lower():
        case "" | "identity":
            return None
        case "gzip" | "x-gzip":
            return _Inflater(gzip=True)
        case "deflate":
            return _Inflater(gzip=False)
        case other:
            raise BodyBroken(f"its body is encoded in a way that we did not ask for ({other[:40]!r})")
