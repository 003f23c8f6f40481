"""A rate limiter with sliding windows.

A platform counts a request at some instant between our sending it and its answer; we do not know which. So
windows here are counted from the answer: a request that starts a whole window after the answer `count`
requests ago exceeds no window of the platform's, however the network or a busy machine delays either. (A
token bucket counts from the start of a request, and one slow request is enough to break it.) This costs about
the time of one answer in each window: 30 a second at 20 ms an answer become 29.4 a second.

One process keeps the limits by itself. Several processes of one bot share them in PostgreSQL (see
`shared_limits.py`), or each is given a part of them.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from itertools import chain
from math import inf
from typing import Protocol

_MARGIN_S = 0.001  # timers may fire a clock tick early
_CATCH_UP_S = 0.05  # what is late by no more is caught up with
_SWEEP_FROM = 1_000  # keys remembered before idle ones are forgotten
_AT_ONCE_S = 1.0


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `count` in any `seconds`."""

    count: int
    seconds: float

    def __post_init__(self) -> None:
        if self.count < 1 or self.seconds <= 0:
            raise ValueError(f"not a limit: {self.count} in {self.seconds} s")


class Limiter(Protocol):
    """Makes requests wait until the limits allow them. key: what has limits of its own, such as a chat."""

    def turn(self, key: str, *, urgent: bool) -> AbstractAsyncContextManager[None]:
        """Entered when one request may start; left when it is answered. Urgent requests go first."""

    def pause(self, key: str, seconds: float) -> None:
        """The platform asks for a pause."""


class Window:
    """A sliding window. Times are seconds on one clock that never goes back."""

    def __init__(self, limit: Limit) -> None:
        self._limit = limit
        self._ends: deque[float] = deque(maxlen=limit.count)  # of the last ones, oldest first
        self._in_flight = 0
        self._paused_until = -inf

    def opens_at(self) -> float:
        """When one more request may start; infinite while the maximum is in flight."""
        free = self._limit.count - self._in_flight
        if free <= 0:
            return inf
        if len(self._ends) < free:
            return self._paused_until
        return max(self._paused_until, self._ends[-free] + self._limit.seconds)

    def start(self) -> None:
        """A request starts. Only after `opens_at`."""
        self._in_flight += 1

    def finish(self, now: float) -> None:
        """A request that was started is answered, or is known not to have happened."""
        self._in_flight -= 1
        self._ends.append(now)

    def pause(self, until: float) -> None:
        """No request starts before `until`."""
        self._paused_until = max(self._paused_until, until)

    def idle(self, now: float) -> bool:
        """Whether nothing is left to remember."""
        ended = self._ends[-1] + self._limit.seconds if self._ends else -inf
        return not self._in_flight and max(ended, self._paused_until) <= now


@dataclass(slots=True, eq=False)
class _Waiter:
    queue: "list[_Waiter]"  # it is in there until it is admitted
    windows: tuple[Window, ...]
    admitted: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    def opens_at(self) -> float:
        return max((window.opens_at() for window in self.windows), default=-inf)


class RateLimiter:
    """A `Limiter` of one process: urgent requests first, else first come first served.

    A request that must wait for its own key's limits (a chat that has just had a message) holds up no other.
    Belongs to one event loop, and uses its clock.
    """

    def __init__(
        self,
        *,
        overall: Limit | None = None,
        limits_of: Callable[[str], tuple[Limit, ...]] = lambda _: (),
        gap_s: float = 0.0,
    ) -> None:
        """overall: the limit of all keys together. limits_of: those of one key.

        gap_s: minimum time from one start to the next. It spreads requests over the window, so that one that
        comes late does not wait for the window's end.
        """
        self._overall = () if overall is None else (Window(overall),)
        self._limits_of = limits_of
        self._gap_s = gap_s
        self._next_start = -inf  # of any request, for the gap or a pause of all
        self._known: dict[str, tuple[Window, ...]] = {}
        self._sweep_at = _SWEEP_FROM
        self._urgent: list[_Waiter] = []
        self._rest: list[_Waiter] = []
        self._timer: asyncio.TimerHandle | None = None
        self._last_pause = ("", -inf)  # the last key with a pause, and when

    @contextlib.asynccontextmanager
    async def turn(self, key: str, *, urgent: bool) -> AsyncIterator[None]:
        """`async with limiter.turn("42", urgent=True):` one request, from its start to its answer."""
        waiter = _Waiter(self._urgent if urgent else self._rest, self._windows(key))
        waiter.queue.append(waiter)
        self._admit()
        try:
            await waiter.admitted
            yield
        finally:
            if waiter in waiter.queue:  # cancelled before its turn came
                waiter.queue.remove(waiter)
            else:
                self._finish(waiter)
            self._admit()

    def pause(self, key: str, seconds: float) -> None:
        """The platform asks for a pause. If for two keys within a second, all keys pause."""
        now = self._now()
        for window in self._windows(key):
            window.pause(now + seconds)
        before, when = self._last_pause
        if before != key and now - when < _AT_ONCE_S:
            self._next_start = max(self._next_start, now + seconds)
        self._last_pause = (key, now)

    def _finish(self, waiter: _Waiter) -> None:
        now = self._now()
        for window in (*self._overall, *waiter.windows):
            window.finish(now)

    def _admit(self) -> None:
        """Admits all that may start now, and sets the timer for the next."""
        now = self._now()
        soonest = inf
        for waiter in chain(list(self._urgent), list(self._rest)):
            overall = max(self._next_start, *(window.opens_at() for window in self._overall), -inf)
            if overall > now:
                soonest = overall  # none starts before
                break
            if waiter.opens_at() > now:
                soonest = min(soonest, waiter.opens_at())
                continue
            self._start(waiter, now)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if soonest < inf:
            delay = soonest - now + _MARGIN_S
            self._timer = asyncio.get_running_loop().call_later(delay, self._admit)

    def _start(self, waiter: _Waiter, now: float) -> None:
        waiter.queue.remove(waiter)
        for window in (*self._overall, *waiter.windows):
            window.start()
        # From the planned time, not the clock: else each gap would grow by the lateness of its timer.
        self._next_start = max(self._next_start, now - _CATCH_UP_S) + self._gap_s
        if not waiter.admitted.done():
            waiter.admitted.set_result(None)

    def _windows(self, key: str) -> tuple[Window, ...]:
        if key not in self._known:
            if len(self._known) >= self._sweep_at:
                self._forget_idle()
            self._known[key] = tuple(Window(limit) for limit in self._limits_of(key))
        return self._known[key]

    def _forget_idle(self) -> None:
        now = self._now()
        waiting = {id(w.windows) for w in (*self._urgent, *self._rest)}
        self._known = {
            key: windows
            for key, windows in self._known.items()
            if id(windows) in waiting or not all(window.idle(now) for window in windows)
        }
        self._sweep_at = max(_SWEEP_FROM, 2 * len(self._known))

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()
