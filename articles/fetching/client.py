"""The one HTTP client: everything that Pullquote gets from the web, it gets here.

Its URLs come from chats, feeds and pages, so each may be an attack on the network that we run in, and
each is somebody's server. Every request, redirects and robots.txt included, goes only to a vetted address
(`transport.py`), waits its turn (`politeness.py`), honours robots.txt (`robots.py`) and ends within its
bounds of time and size (`bodies.py`). Proxies of the environment are not used: they would resolve names
for us, unvetted. No cookie is kept, and no credentials are sent.
"""

import asyncio
import contextlib
import logging
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.cookiejar import CookieJar, DefaultCookiePolicy
from importlib.metadata import version
from typing import Protocol, Self

import httpx

from articles.errors import FetchFailed, FetchRefused, Gone, Unreadable
from articles.fetching.addresses import AddressRefused, AllowList
from articles.fetching.bodies import ACCEPT_ENCODING, BodyBroken, BodyTooLarge, read_body
from articles.fetching.headers import parse_max_age, parse_retry_after
from articles.fetching.politeness import HostPaused, Politeness
from articles.fetching.robots import MAX_BYTES as MAX_ROBOTS_BYTES
from articles.fetching.robots import RobotsCache
from articles.fetching.transport import GuardedTransport, Resolver, resolve

log = logging.getLogger(__name__)

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PERMANENT = frozenset({301, 308})
_WHOLE = frozenset({200, 203})
_TRANSIENT = frozenset({408, 425, 429, 500, 502, 503, 504})

_DRAINED_BYTES = 1 << 16

_SOON = timedelta(minutes=5)
_MAX_HOST_PAUSE = timedelta(hours=1)  # one URL's answer should not silence the whole host for days
_LATER = timedelta(days=1)  # it has to be mended by hand: a page that is missing, a redirect that loops


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchPolicy:
    """How we behave towards other people's servers, and what we put up with from them."""

    contact: str  # a URL or address at which a publisher reaches the operator
    allowed: AllowList = AllowList()  # noqa: RUF009 (frozen)
    in_flight: int = 8
    host_delay_s: float = 1.0  # between two requests to one host
    connect_timeout_s: float = 10.0
    read_timeout_s: float = 20.0  # between two pieces of an answer
    total_timeout_s: float = 60.0  # a request, from connecting to its last byte
    max_bytes: int = 10 * 1024 * 1024  # of a body, decompressed
    max_redirects: int = 10

    @property
    def user_agent(self) -> str:
        return f"Pullquote/{version('pullquote')} (+{self.contact})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """An answer: the document, or that it has not changed."""

    url: str  # where it was found, after all redirects; without fragment
    permanent_url: str | None  # where it has moved for good (301, 308), if it has: ask there from now on
    status: int  # 200, 203 or 304
    content_type: str | None  # the header as it was sent
    body: bytes  # decompressed; empty where not modified
    etag: str | None
    last_modified: str | None
    fresh_for: timedelta | None  # by Cache-Control

    @property
    def not_modified(self) -> bool:
        return self.status == 304


class Fetch(Protocol):
    """How others get what is at a URL; `Fetcher.fetch` says what it raises."""

    async def __call__(
        self, url: str, *, etag: str | None = None, last_modified: str | None = None, accept: str = "*/*"
    ) -> Fetched: ...


class Fetcher:
    """An async context manager; one for the whole process, so that its promises hold for all of it.

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
        self._politeness = Politeness(in_flight=policy.in_flight, host_delay_s=policy.host_delay_s)
        self._robots = RobotsCache(self._download_robots)
        self._client = httpx.AsyncClient(
            transport=GuardedTransport(
                allowed=policy.allowed,
                max_connections=policy.in_flight,
                resolver=resolver,
                ssl_context=ssl_context,
            ),
            headers={"User-Agent": policy.user_agent, "Accept-Encoding": ACCEPT_ENCODING},
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
        self,
        url: str,
        *,
        etag: str | None = None,
        last_modified: str | None = None,
        accept: str = "*/*",
    ) -> Fetched:
        """What is at `url`; with `etag` or `last_modified` of an earlier answer, perhaps "not modified".

        Raises FetchFailed (worth another try), FetchRefused (it is not; Gone where the publisher says so)
        and Unreadable (too large).
        """
        headers = {"Accept": accept}
        if etag is not None and etag.isascii():
            headers["If-None-Match"] = etag
        if last_modified is not None and last_modified.isascii():
            headers["If-Modified-Since"] = last_modified
        answer = await self._follow(url, headers, obey_robots=True)
        if answer.status not in _WHOLE | ({304} if len(headers) > 1 else set()):
            raise self._failure(answer)
        return Fetched(
            url=str(answer.url),
            permanent_url=answer.permanent_url,
            status=answer.status,
            content_type=answer.headers.get("content-type"),
            body=answer.body,
            etag=answer.headers.get("etag"),
            last_modified=answer.headers.get("last-modified"),
            fresh_for=parse_max_age(answer.headers.get("cache-control")),
        )

    async def rest(self, url: str) -> None:
        """Returns when the pause after our last request to that host is over.

        Who hands a host on to another process waits for it: that one does not know of our request.
        """
        with contextlib.suppress(httpx.InvalidURL, FetchRefused):
            await self._politeness.rest(parse_url(url).host)

    async def _download_robots(self, url: str) -> bytes | None:
        """RFC 9309, 2.3.1: 4xx is "no rules", anything else that is not a success is "not known"."""
        answer = await self._follow(url, {}, obey_robots=False)
        if answer.status in _WHOLE:
            return answer.body
        if 400 <= answer.status < 500 and answer.status not in _TRANSIENT:
            return None
        raise self._failure(answer)

    async def _follow(self, url: str, headers: Mapping[str, str], *, obey_robots: bool) -> "_Answer":
        """The answer at the end of the redirects, each of them checked like the first URL."""
        target = parse_url(url)
        seen = {target}
        permanent_url: str | None = None
        only_permanent = True
        while True:
            delay_s = await self._permission(target) if obey_robots else 0.0
            answer = await self._request(target, headers, delay_s=delay_s, robots=not obey_robots)
            if answer.status not in _REDIRECTS:
                answer.permanent_url = permanent_url
                return answer
            only_permanent = only_permanent and answer.status in _PERMANENT
            target = self._next(url, answer)
            if target in seen:
                raise FetchFailed(url, "its redirects go round in a circle", retry_after=_LATER)
            if len(seen) > self._policy.max_redirects:
                raise FetchFailed(url, "it redirects too often", retry_after=_LATER)
            seen.add(target)
            if only_permanent:
                permanent_url = str(target)

    def _next(self, url: str, answer: "_Answer") -> httpx.URL:
        location = answer.headers.get("location")
        if not location:
            raise FetchFailed(url, "it redirects to nowhere", retry_after=_LATER)
        try:
            return parse_url(str(answer.url.join(location)))
        except httpx.InvalidURL as error:
            raise FetchFailed(url, "it redirects to what is no URL", retry_after=_LATER) from error

    async def _permission(self, target: httpx.URL) -> float:
        """The site's crawl delay in seconds. Raises FetchRefused where robots.txt does."""
        try:
            rules = await self._robots.rules(f"{target.scheme}://{target.netloc.decode('ascii')}")
        except FetchFailed as error:
            reason = f"its robots.txt: {error.reason}"
            raise FetchFailed(str(target), reason, retry_after=error.retry_after) from error
        except FetchRefused as error:
            raise FetchRefused(str(target), error.reason) from error
        if not rules.allow(str(target)):
            raise FetchRefused(str(target), "its robots.txt asks us not to")
        return rules.crawl_delay_s

    async def _request(
        self, target: httpx.URL, headers: Mapping[str, str], *, delay_s: float, robots: bool
    ) -> "_Answer":
        """One request and its answer, with the errors of all layers below told as ours."""
        url = str(target)
        try:
            async with (
                self._politeness.turn(target.host, delay_s=delay_s),
                asyncio.timeout(self._policy.total_timeout_s),
            ):
                answer = await self._exchange(target, headers, robots=robots)
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
        if answer.status in (429, 503) and (wait := self._retry_after(answer)) is not None:
            self._politeness.pause(target.host, min(wait, _MAX_HOST_PAUSE))
        log.debug("fetched", extra={"url": url, "status": answer.status, "bytes": len(answer.body)})
        return answer

    async def _exchange(self, target: httpx.URL, headers: Mapping[str, str], *, robots: bool) -> "_Answer":
        async with self._client.stream("GET", target, headers=headers) as response:
            chunks = response.aiter_raw()
            if response.status_code in _WHOLE:
                encoding = response.headers.get("content-encoding", "")
                max_bytes = MAX_ROBOTS_BYTES if robots else self._policy.max_bytes
                body = await read_body(chunks, encoding=encoding, max_bytes=max_bytes, truncate=robots)
            else:
                # A connection whose answer was read to its end serves the next request too.
                await read_body(chunks, encoding="", max_bytes=_DRAINED_BYTES, truncate=True)
                body = b""
            return _Answer(url=target, status=response.status_code, headers=response.headers, body=body)

    def _failure(self, answer: "_Answer") -> FetchFailed | FetchRefused:
        url = str(answer.url)
        if answer.status == 410:
            return Gone(url, "the publisher says that it is gone for good (410)")
        usual = _SOON if answer.status in _TRANSIENT else _LATER
        retry_after = self._retry_after(answer) or usual
        return FetchFailed(url, f"the publisher answered {answer.status}", retry_after=retry_after)

    def _retry_after(self, answer: "_Answer") -> timedelta | None:
        return parse_retry_after(answer.headers.get("retry-after"), now=self._now())


@dataclass(slots=True, kw_only=True)
class _Answer:
    url: httpx.URL
    status: int
    headers: httpx.Headers
    body: bytes
    permanent_url: str | None = None


def parse_url(url: str) -> httpx.URL:
    """`url` as one that may be asked for, without its fragment. Raises FetchRefused."""
    try:
        parsed = httpx.URL(url.strip())
    except (httpx.InvalidURL, UnicodeError) as error:
        raise FetchRefused(url, "it is not a web address") from error
    if parsed.scheme not in ("http", "https"):
        raise FetchRefused(url, "its address does not begin with http:// or https://")
    if not parsed.host:
        raise FetchRefused(url, "it names no host")
    if parsed.userinfo:
        raise FetchRefused(str(parsed.copy_with(userinfo=b"")), "it has a user name or password in it")
    return parsed.copy_with(fragment=None)
