"""What a site's robots.txt allows us (RFC 9309), remembered for a day.

Parsed by Protego, Scrapy's parser: it takes the longest matching rule and knows `*` and `$`, as the RFC
has it and as publishers write; the standard library's takes the first match and reads both literally.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from weakref import WeakValueDictionary

from protego import Protego

from articles.errors import FetchFailed

ROBOT_NAME = "pullquote"
"""The name by which robots.txt may address us."""

MAX_BYTES = 500 * 1024  # what RFC 9309 has every crawler read; the rest is left out
MAX_CRAWL_DELAY_S = 60.0

_KEPT_S = 24 * 3600.0  # the RFC's limit
_FAILURE_KEPT_S = 300.0
_KEPT_SITES = 2048


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """One site's rules for us."""

    parsed: Protego | None  # None: the site has none, and all is allowed

    def allow(self, url: str) -> bool:
        return self.parsed is None or self.parsed.can_fetch(url, ROBOT_NAME)

    @property
    def crawl_delay_s(self) -> float:
        """Seconds that the site wants between two requests, at most MAX_CRAWL_DELAY_S."""
        asked = None if self.parsed is None else self.parsed.crawl_delay(ROBOT_NAME)
        return min(asked or 0.0, MAX_CRAWL_DELAY_S)


def parse_rules(body: bytes | None) -> Rules:
    """From robots.txt as it was served; None where there is none."""
    return Rules(parsed=None if body is None else Protego.parse(body.decode("utf-8-sig", errors="replace")))


class RobotsCache:
    """`download` gets a robots.txt by its URL: the body, None where there is none, or raises FetchFailed."""

    def __init__(
        self,
        download: Callable[[str], Awaitable[bytes | None]],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._download, self._clock = download, clock
        self._kept: OrderedDict[str, tuple[float, Rules | FetchFailed]] = OrderedDict()
        self._asking: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def rules(self, origin: str) -> Rules:
        """The rules of `origin` ("https://example.org"); one download however many ask at once.

        Raises FetchFailed where robots.txt cannot be had: what it forbids is then not known.
        """
        lock = self._asking.setdefault(origin, asyncio.Lock())
        async with lock:
            found = self._look_up(origin)
            if found is None:
                found = await self._ask(origin)
        if isinstance(found, FetchFailed):
            raise FetchFailed(found.url, found.reason, retry_after=found.retry_after) from found
        return found

    async def _ask(self, origin: str) -> Rules | FetchFailed:
        answer: Rules | FetchFailed
        try:
            answer = parse_rules(await self._download(f"{origin}/robots.txt"))
            keep_s = _KEPT_S
        except FetchFailed as error:
            answer, keep_s = error, min(_FAILURE_KEPT_S, error.retry_after / timedelta(seconds=1))
        self._kept[origin] = (self._clock() + keep_s, answer)
        while len(self._kept) > _KEPT_SITES:
            self._kept.popitem(last=False)
        return answer

    def _look_up(self, origin: str) -> Rules | FetchFailed | None:
        kept = self._kept.get(origin)
        if kept is None:
            return None
        until, answer = kept
        if until <= self._clock():
            del self._kept[origin]
            return None
        self._kept.move_to_end(origin)
        return answer
