"""What became of a request on its way to Discord: whether its bytes went out, and how long we wait then."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from types import SimpleNamespace

import aiohttp

from bot.chat import NO_HOOKS, SendHooks


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
