"""How we treat other people's servers: delays between requests, robots.txt, Retry-After."""

import asyncio
import re
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from weakref import WeakValueDictionary

from protego import Protego

from articles.errors import FetchFailed

ROBOT_NAME = "pullquote"  # the user agent by which robots.txt may address us

MAX_ROBOTS_BYTES = 500 * 1024  # RFC 9309 has every crawler read at least this much; we ignore the rest
MAX_CRAWL_DELAY_S = 60.0
# The longest wait that we accept from a header: a mistake in one would stop a feed for good.
MAX_WAIT = timedelta(days=7)

_REMEMBERED_HOSTS = 1024
_RULES_KEPT_S = 24 * 3600.0  # RFC 9309's limit
_FAILURE_KEPT_S = 300.0
_REMEMBERED_SITES = 2048


class HostPaused(Exception):
    """The host asked for no requests for `remaining`."""

    def __init__(self, remaining: timedelta) -> None:
        super().__init__(f"asked for no requests for another {remaining.total_seconds():.0f} s")
        self.remaining = remaining


@dataclass(slots=True)
class _Host:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    users: int = 0
    free_at: float = 0.0
    paused_until: float = 0.0


class RequestLimiter:
    """Limits concurrent requests: `in_flight` in all, one per host, with a delay between two to one host.

    clock and sleep are in seconds; tests pass their own.
    """

    def __init__(
        self,
        *,
        in_flight: int,
        host_delay_s: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._slots = asyncio.Semaphore(in_flight)
        self._host_delay_s = host_delay_s
        self._clock, self._sleep = clock, sleep
        self._hosts: dict[str, _Host] = {}

    @asynccontextmanager
    async def slot(self, host: str, *, delay_s: float = 0.0) -> AsyncIterator[None]:
        """Waits for a slot for one request to `host`, first come first served, and holds it for the block.

        delay_s: the pause after the request, if the host asks for more than the usual. Slots must not nest:
        two tasks that each hold a host and wait for the other's would wait for ever. Raises HostPaused.
        """
        state = self._state(host)
        state.users += 1
        try:
            async with state.lock:
                now = self._clock()
                if state.paused_until > now:
                    raise HostPaused(timedelta(seconds=state.paused_until - now))
                if state.free_at > now:
                    await self._sleep(state.free_at - now)
                # Taken last, so that a task that waits for one host blocks no other host.
                async with self._slots:
                    try:
                        yield
                    finally:
                        state.free_at = self._clock() + max(self._host_delay_s, delay_s)
        finally:
            state.users -= 1

    def pause(self, host: str, duration: timedelta) -> None:
        """No slots for `host` for `duration`: it answered 429 or 503 and said how long to wait."""
        self._state(host).paused_until = self._clock() + duration.total_seconds()

    async def wait_for_delay(self, host: str) -> None:
        """Returns when the delay after the last request to `host` is over."""
        if (state := self._hosts.get(host)) is not None and (left := state.free_at - self._clock()) > 0:
            await self._sleep(left)

    def _state(self, host: str) -> _Host:
        if host not in self._hosts:
            if len(self._hosts) >= _REMEMBERED_HOSTS:
                now = self._clock()
                self._hosts = {
                    host: state
                    for host, state in self._hosts.items()
                    if state.users or state.free_at > now or state.paused_until > now
                }
            self._hosts[host] = _Host()
        return self._hosts[host]


@dataclass(frozen=True, slots=True, kw_only=True)
class RobotsRules:
    """What one site's robots.txt (RFC 9309) allows us.

    Parsed by Protego, Scrapy's parser: it takes the longest matching rule and knows `*` and `$`, as the RFC
    has it and as publishers write; the standard library takes the first match and reads both literally.
    """

    parsed: Protego | None  # None: the site has no robots.txt, and all is allowed

    @classmethod
    def parse(cls, body: bytes | None) -> "RobotsRules":
        """From robots.txt as it was served; None if there is none."""
        text = None if body is None else body.decode("utf-8-sig", errors="replace")
        return cls(parsed=None if text is None else Protego.parse(text))

    def allow(self, url: str) -> bool:
        return self.parsed is None or self.parsed.can_fetch(url, ROBOT_NAME)

    @property
    def crawl_delay_s(self) -> float:
        """Seconds that the site wants between two requests, at most MAX_CRAWL_DELAY_S."""
        asked = None if self.parsed is None else self.parsed.crawl_delay(ROBOT_NAME)
        return min(asked or 0.0, MAX_CRAWL_DELAY_S)


class RobotsCache:
    """The robots.txt rules of each site, kept for a day.

    download: gets a robots.txt by its URL: the body, None if there is none, or raises FetchFailed.
    """

    def __init__(
        self,
        download: Callable[[str], Awaitable[bytes | None]],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._download, self._clock = download, clock
        self._kept: OrderedDict[str, tuple[float, RobotsRules | FetchFailed]] = OrderedDict()
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def rules(self, origin: str) -> RobotsRules:
        """The rules of `origin` ("https://example.org"). Many callers at once share one download.

        Raises FetchFailed if robots.txt can't be fetched: then we do not know what it forbids.
        """
        lock = self._locks.setdefault(origin, asyncio.Lock())
        async with lock:
            until, found = self._kept.get(origin, (0.0, None))
            if found is None or until <= self._clock():
                found = await self._fetch(origin)
            self._kept.move_to_end(origin)
        if isinstance(found, FetchFailed):
            raise FetchFailed(found.url, found.reason, retry_after=found.retry_after) from found
        return found

    async def _fetch(self, origin: str) -> RobotsRules | FetchFailed:
        answer: RobotsRules | FetchFailed
        try:
            answer = RobotsRules.parse(await self._download(f"{origin}/robots.txt"))
            keep_s = _RULES_KEPT_S
        except FetchFailed as error:
            answer, keep_s = error, min(_FAILURE_KEPT_S, error.retry_after / timedelta(seconds=1))
        self._kept[origin] = (self._clock() + keep_s, answer)
        while len(self._kept) > _REMEMBERED_SITES:
            self._kept.popitem(last=False)
        return answer


def parse_retry_after(value: str | None, *, now: datetime) -> timedelta | None:
    """How long Retry-After (RFC 9110, 10.2.3) asks to wait, in seconds or until a date; at most MAX_WAIT.

    None if there is no such header or it can't be read.
    """
    if value is None:
        return None
    value = value.strip()
    if re.fullmatch(r"[0-9]{1,12}", value):
        return min(timedelta(seconds=int(value)), MAX_WAIT)
    try:
        until = parsedate_to_datetime(value)
    except (ValueError, OverflowError, IndexError):
        return None
    if until.tzinfo is None:  # "-0000": UTC of unknown origin
        until = until.replace(tzinfo=UTC)
    return min(max(until - now, timedelta()), MAX_WAIT)


def parse_max_age(cache_control: str | None) -> timedelta | None:
    """How long the answer is fresh by Cache-Control's max-age (RFC 9111, 5.2.2.1); at most MAX_WAIT.

    None if the header does not say, or says that the answer must not be cached.
    """
    if cache_control is None:
        return None
    directives = [part.strip().lower() for part in cache_control.split(",")]
    if "no-store" in directives or "no-cache" in directives:
        return None
    for directive in directives:
        if found := re.fullmatch(r'max-age="?([0-9]{1,12})"?', directive):
            return min(timedelta(seconds=int(found[1])), MAX_WAIT)
    return None
