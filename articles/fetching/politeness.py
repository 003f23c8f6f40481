"""Whose turn it is: so many requests at once, one a host, and a pause between two to the same host."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

_REMEMBERED_HOSTS = 1024


class HostPaused(Exception):
    """The host asked to be left alone for `remaining`."""

    def __init__(self, remaining: timedelta) -> None:
        super().__init__(f"asked to be left alone for another {remaining.total_seconds():.0f} s")
        self.remaining = remaining


@dataclass(slots=True)
class _Host:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    users: int = 0
    free_at: float = 0.0
    paused_until: float = 0.0


class Politeness:
    """clock and sleep are in seconds; tests bring their own."""

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
    async def turn(self, host: str, *, delay_s: float = 0.0) -> AsyncIterator[None]:
        """Holds a request to `host`, first come first served.

        delay_s: the pause after it, where the host asks for more than the usual. Turns do not nest: two
        tasks that each hold a host and want the other's would wait for ever. Raises HostPaused.
        """
        state = self._state(host)
        state.users += 1
        try:
            async with state.lock:
                await self._wait(state)
                # Taken last, so that waiting for one host keeps no other from its turn.
                async with self._slots:
                    try:
                        yield
                    finally:
                        state.free_at = self._clock() + max(self._host_delay_s, delay_s)
        finally:
            state.users -= 1

    def pause(self, host: str, span: timedelta) -> None:
        """No turn at `host` for `span`: it answered 429 or 503 and said how long."""
        self._state(host).paused_until = self._clock() + span.total_seconds()

    async def rest(self, host: str) -> None:
        """Returns when the pause after the last request to `host` is over."""
        if (state := self._hosts.get(host)) is not None and (left := state.free_at - self._clock()) > 0:
            await self._sleep(left)

    async def _wait(self, state: _Host) -> None:
        now = self._clock()
        if state.paused_until > now:
            raise HostPaused(timedelta(seconds=state.paused_until - now))
        if state.free_at > now:
            await self._sleep(state.free_at - now)

    def _state(self, host: str) -> _Host:
        if host not in self._hosts:
            if len(self._hosts) >= _REMEMBERED_HOSTS:
                self._forget_idle()
            self._hosts[host] = _Host()
        return self._hosts[host]

    def _forget_idle(self) -> None:
        now = self._clock()
        self._hosts = {
            host: state
            for host, state in self._hosts.items()
            if state.users or state.free_at > now or state.paused_until > now
        }
