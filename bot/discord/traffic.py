"""Every request to Discord's API: in its turn, people before digests, and none where too many were refused.

"Rate Limits" of the Discord API reference: 50 requests a second for a bot, not counting what answers an
interaction; and 10,000 invalid requests (401, 403, 429) in ten minutes, after which the address is shut out.
discord.py keeps the limits of each route by itself, and these two not at all.
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
from bot.limits.rate_limiter import Limit, RateLimiter, Turns
from bot.limits.shared import SharedLimits

PER_SECOND = 50
# Of the 10,000: digests stop well before, and what a person waits for a good deal later.
DIGESTS_UNTIL = 2_000
PEOPLE_UNTIL = 8_000
_INVALID_WITHIN_S = 600.0
_INVALID = {401, 403, 429}
_UNLIMITED = ("/interactions/", "/webhooks/")


class Invalid:
    """The invalid requests of the last ten minutes. Times are seconds on one clock that never goes back."""

    def __init__(self) -> None:
        self._times: deque[float] = deque(maxlen=PEOPLE_UNTIL)

    def add(self, now: float) -> None:
        """One more was refused."""
        self._times.append(now)

    def pause_s(self, now: float, *, most: int) -> float:
        """How long until there are fewer than `most` of them; 0.0 if there are now."""
        while self._times and self._times[0] <= now - _INVALID_WITHIN_S:
            self._times.popleft()
        if len(self._times) < most:
            return 0.0
        return self._times[-most] + _INVALID_WITHIN_S - now


class Traffic:
    """Watches and paces one client's requests, by aiohttp's hooks. Belongs to one event loop."""

    def __init__(
        self,
        *,
        api_url: str,
        per_second: int = PER_SECOND,
        throttled: Callable[[], None] = lambda: None,
        shared: SharedLimits | None = None,
    ) -> None:
        """per_second: this process's part of what Discord allows the bot; all of it where that is `shared`.

        throttled: called for each 429.
        """
        self._api_url = api_url
        self._throttled = throttled
        # Spread over part of the second: fifty at once would only wait for each other on the way.
        limit = Limit(PER_SECOND if shared else per_second, 1.0)
        local = RateLimiter(overall=limit, places=lambda _: (), gap_s=0.4 / limit.count)
        self._limiter: Turns = shared.of_all(local, limit) if shared else local
        self._invalid = Invalid()

    def trace(self, config: aiohttp.TraceConfig) -> aiohttp.TraceConfig:
        """The hooks, put on `config`. A request that may not be made raises Throttled where it is made."""
        config.on_request_start.append(self._starts)
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
        flight = in_flight()
        pause_s = self._invalid.pause_s(_now(), most=DIGESTS_UNTIL if flight else PEOPLE_UNTIL)
        if pause_s > 0:
            raise Throttled(timedelta(seconds=pause_s))
        hooks = flight.hooks if flight else NO_HOOKS
        await hooks.wait_for_slot()
        async with AsyncExitStack() as turn:
            await turn.enter_async_context(self._limiter.turn("", urgent=flight is None))
            await hooks.mark_started()
            context.turn = turn.pop_all()

    async def _ends(
        self, _session: aiohttp.ClientSession, context: SimpleNamespace, params: aiohttp.TraceRequestEndParams
    ) -> None:
        headers = params.response.headers
        if params.response.status == HTTPStatus.TOO_MANY_REQUESTS:
            self._throttled()
        # What all bots share is no one's fault ("Invalid Request Limit").
        if params.response.status in _INVALID and headers.get("X-RateLimit-Scope") != "shared":
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


# What became of a request on its way to Discord: whether its bytes went out, and how long we wait then.


@dataclass(slots=True)
class Flight:
    """One request, as far as it got."""

    waiting: asyncio.Timeout
    patience_s: float
    hooks: SendHooks
    may_have_landed: bool = False  # the bytes went out, and no refusal came back

    def take_off(self) -> None:
        self.may_have_landed = True
        self.waiting.reschedule(asyncio.get_running_loop().time() + self.patience_s)

    def refused(self) -> None:
        self.may_have_landed = False
        self.waiting.reschedule(None)


_flight: ContextVar[Flight | None] = ContextVar("flight", default=None)


@asynccontextmanager
async def watched(*, patience_s: float, hooks: SendHooks = NO_HOOKS) -> AsyncIterator[Flight]:
    """Watches the requests made within, on a session that has `tracing()`.

    hooks: told of each of them by whoever paces the session's requests.
    Raises TimeoutError when an answer takes longer than `patience_s`; waiting for our turn does not count.
    """
    async with asyncio.timeout(None) as waiting:
        flight = Flight(waiting=waiting, patience_s=patience_s, hooks=hooks)
        before = _flight.set(flight)
        try:
            yield flight
        finally:
            _flight.reset(before)


def in_flight() -> Flight | None:
    """The flight that is watched here, if one is: a delivery. People's answers are not watched."""
    return _flight.get()


def tracing() -> aiohttp.TraceConfig:
    """The hooks that tell the watcher, for discord.py's `http_trace`."""
    config = aiohttp.TraceConfig()
    config.on_request_headers_sent.append(_sent)
    config.on_request_end.append(_answered)
    return config


async def _sent(
    _session: aiohttp.ClientSession, _context: SimpleNamespace, _params: aiohttp.TraceRequestHeadersSentParams
) -> None:
    if (flight := _flight.get()) is not None:
        flight.take_off()


async def _answered(
    _session: aiohttp.ClientSession, _context: SimpleNamespace, params: aiohttp.TraceRequestEndParams
) -> None:
    if (flight := _flight.get()) is not None and not _ambiguous(params.response.status):
        flight.refused()


def _ambiguous(status: int) -> bool:
    """Accepted (its body may still be lost), or an error behind the point of acceptance."""
    return status < 300 or (status >= 500 and status != 503)
