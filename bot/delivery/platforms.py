"""A platform as the dispatcher sees it: how many sends may run at once, and whether it answers at all."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from math import inf

from bot.chat import ChatError
from bot.ports import ChatAdapter

log = logging.getLogger(__name__)

DOWN_AFTER = 3  # sends in a row without an answer
FIRST_PAUSE_S = 5.0  # before the next ping; doubled after each one that is not answered
LONGEST_PAUSE_S = 60.0
PING_WITHIN_S = 10.0


class CircuitBreaker:
    """Opens when a platform stops answering. Times are seconds on one clock that never goes back.

    While the platform is `down` nothing is sent, so that no digest is used up by trying. It is pinged instead
    (`ChatAdapter.ping`), at once and then less and less often.
    """

    def __init__(self) -> None:
        self.down = False
        self._failures = 0  # in a row
        self._first_failure = inf
        self._pause_s = 0.0
        self._ping_at = inf

    def failed(self, now: float, *, unknown: bool = False) -> bool:
        """A send had no answer; returns whether that may be the message's own fault.

        unknown: the message may have been posted. Then the platform is down at once, so that no other message
        ends the same way.
        """
        first = self._failures == 0
        if first:
            self._first_failure = now
        self._failures += 1
        if (unknown or self._failures >= DOWN_AFTER) and not self.down:
            self.down = True
            self._ping_later(now)
        return first

    def answered(self) -> None:
        """A send had an answer, whichever."""
        self._failures, self._pause_s = 0, 0.0

    def failing_for_s(self, now: float) -> float:
        """How long no send has been answered; 0.0 if the last one was."""
        return now - self._first_failure if self._failures else 0.0

    def ping_is_due(self, now: float) -> bool:
        """Whether the platform is down and the pause since the last ping is over."""
        return self.down and now >= self._ping_at

    def pinged(self, now: float, *, answers: bool) -> None:
        """If it answers, sends are tried again. They may still fail."""
        self.down = not answers
        if self.down:
            self._ping_later(now)

    def _ping_later(self, now: float) -> None:
        self._ping_at = now + self._pause_s
        self._pause_s = min(LONGEST_PAUSE_S, max(FIRST_PAUSE_S, 2 * self._pause_s))


class Platform:
    """A connected platform."""

    def __init__(self, adapter: ChatAdapter, *, steady: Callable[[], float]) -> None:
        """steady: seconds on a clock that never goes back."""
        self.adapter = adapter
        self.capabilities = adapter.capabilities
        self.slots = asyncio.Semaphore(adapter.capabilities.in_flight)
        self.breaker = CircuitBreaker()
        self._steady = steady
        self._closed = asyncio.Event()
        self._pinging: asyncio.Task[None] | None = None

    async def is_up(self) -> bool:
        """Whether sends are tried. Pings a platform that is down, once for all who ask."""
        idle = self._pinging is None or self._pinging.done()
        if idle and self.breaker.ping_is_due(self._steady()):
            self._pinging = asyncio.create_task(self._ping())
        if self._pinging is not None:
            await asyncio.wait({self._pinging})
        return not self.breaker.down

    @property
    def is_closed(self) -> bool:
        """Whether the process is stopping."""
        return self._closed.is_set()

    def close(self) -> None:
        """No send starts any more."""
        self._closed.set()
        if self._pinging is not None:
            self._pinging.cancel()

    async def closes_within(self, pause: timedelta) -> bool:
        """Waits so long, or until `close`; returns whether it is closed."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._closed.wait(), pause.total_seconds())
        return self.is_closed

    async def _ping(self) -> None:
        name = {"platform": self.capabilities.platform}
        try:
            async with asyncio.timeout(PING_WITHIN_S):
                await self.adapter.ping()
        except (ChatError, TimeoutError) as error:
            self.breaker.pinged(self._steady(), answers=False)
            log.info("platform still down", extra={**name, "reason": str(error)})
        except Exception:
            self.breaker.pinged(self._steady(), answers=False)
            log.exception("platform ping failed", extra=name)
        else:
            self.breaker.pinged(self._steady(), answers=True)
            log.info("platform answers again", extra=name)
