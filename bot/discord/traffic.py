"""Limits and watches requests to Discord's API: answers go before digests; refused requests are counted.

"Rate Limits" of the Discord API reference: 50 requests a second for a bot, without answers to interactions;
and 10,000 invalid requests (401, 403, 429) in ten minutes, after which the IP address is blocked. discord.py
keeps the limits of each route, but not these two.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from types import SimpleNamespace

import aiohttp

from bot.chat import NO_HOOKS, SendHooks, Throttled
from bot.limits.rate_limiter import Limit, Limiter, RateLimiter
from bot.limits.shared_limits import SharedLimits

PER_SECOND = 50
# Of the 10,000 invalid requests: digests stop well before, answers to people much later.
DIGESTS_UNTIL = 2_000
PEOPLE_UNTIL = 8_000
_INVALID_WITHIN_S = 600.0
_INVALID = {401, 403, 429}
_UNLIMITED = ("/interactions/", "/webhooks/")


class InvalidRequests:
    """The invalid requests of the last ten minutes. Times are seconds on one monotonic clock."""

    def __init__(self) -> None:
        self._times: deque[float] = deque(maxlen=PEOPLE_UNTIL)

    def add(self, now: float) -> None:
        """Counts an invalid request."""
        self._times.append(now)

    def pause_s(self, now: float, *, most: int) -> float:
        """Seconds until there are fewer than `most`; 0.0 if there are fewer now."""
        while self._times and self._times[0] <= now - _INVALID_WITHIN_S:
            self._times.popleft()
        if len(self._times) < most:
            return 0.0
        return self._times[-most] + _INVALID_WITHIN_S - now


class Traffic:
    """Limits the rate of one client's requests, by aiohttp's hooks. Belongs to one event loop."""

    def __init__(
        self,
        *,
        api_url: str,
        per_second: int = PER_SECOND,
        throttled: Callable[[], None] = lambda: None,
        shared: SharedLimits | None = None,
    ) -> None:
        """per_second: used if the limit is not `shared`. throttled: called for each answer 429."""
        self._api_url = api_url
        self._throttled = throttled
        # Spread over part of each second: fifty at once would only wait for each other.
        limit = Limit(PER_SECOND if shared else per_second, 1.0)
        local = RateLimiter(overall=limit, gap_s=0.4 / limit.count)
        self._limiter: Limiter = shared.of_all(local, limit) if shared else local
        self._invalid = InvalidRequests()

    def trace(self) -> aiohttp.TraceConfig:
        """The hooks for a session. A request that is not allowed now raises Throttled."""
        config = aiohttp.TraceConfig()
        config.on_request_start.append(self._starts)
        config.on_request_headers_sent.append(_sent)
        config.on_request_end.append(self._ends)
        config.on_request_exception.append(self._breaks)
        return config

    async def _starts(
        self,
        _session: aiohttp.ClientSession,
        context: SimpleNamespace,
        params: aiohttp.TraceRequestStartParams,
    ) -> None:
        url = str(params.url)
        if not url.startswith(self._api_url) or any(part in url for part in _UNLIMITED):
            return
        request = _current.get()
        pause_s = self._invalid.pause_s(_now(), most=DIGESTS_UNTIL if request else PEOPLE_UNTIL)
        if pause_s > 0:
            raise Throttled(timedelta(seconds=pause_s))
        hooks = request.hooks if request else NO_HOOKS
        await hooks.wait_for_slot()
        async with AsyncExitStack() as turn:
            await turn.enter_async_context(self._limiter.turn("", urgent=request is None))
            await hooks.mark_started()
            context.turn = turn.pop_all()

    async def _ends(
        self, _session: aiohttp.ClientSession, context: SimpleNamespace, params: aiohttp.TraceRequestEndParams
    ) -> None:
        status = params.response.status
        may_be_posted = status < 300 or (status >= 500 and status != 503)  # accepted, or failed after that
        if (request := _current.get()) is not None and not may_be_posted:
            request.refused()
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            self._throttled()
        # Limits that all bots share do not count ("Invalid Request Limit").
        if status in _INVALID and params.response.headers.get("X-RateLimit-Scope") != "shared":
            self._invalid.add(_now())
        await _leave(context)

    async def _breaks(
        self,
        _session: aiohttp.ClientSession,
        context: SimpleNamespace,
        _: aiohttp.TraceRequestExceptionParams,
    ) -> None:
        await _leave(context)


async def _leave(context: SimpleNamespace) -> None:
    turn: AsyncExitStack | None = getattr(context, "turn", None)
    if turn is not None:
        await turn.aclose()


def _now() -> float:
    return asyncio.get_running_loop().time()


@dataclass(slots=True)
class WatchedRequest:
    """One watched request: whether it may have been processed, and how long we wait for its answer."""

    waiting: asyncio.Timeout
    timeout_s: float
    hooks: SendHooks
    may_be_posted: bool = False  # it was sent and not refused

    def sent(self) -> None:
        self.may_be_posted = True
        self.waiting.reschedule(asyncio.get_running_loop().time() + self.timeout_s)

    def refused(self) -> None:
        self.may_be_posted = False
        self.waiting.reschedule(None)


# The watched request of this task: a delivery. None for answers to people, which are not watched.
_current: ContextVar[WatchedRequest | None] = ContextVar("watched request", default=None)


@asynccontextmanager
async def watched(*, timeout_s: float, hooks: SendHooks = NO_HOOKS) -> AsyncIterator[WatchedRequest]:
    """Watches the requests made in the block, on a session with `Traffic.trace`.

    hooks: called before each request by `Traffic`. Raises TimeoutError if an answer takes longer than
    `timeout_s`, without the wait for rate limits.
    """
    async with asyncio.timeout(None) as waiting:
        request = WatchedRequest(waiting=waiting, timeout_s=timeout_s, hooks=hooks)
        before = _current.set(request)
        try:
            yield request
        finally:
            _current.reset(before)


async def _sent(
    _session: aiohttp.ClientSession, _context: SimpleNamespace, _params: aiohttp.TraceRequestHeadersSentParams
) -> None:
    if (request := _current.get()) is not None:
        request.sent()
