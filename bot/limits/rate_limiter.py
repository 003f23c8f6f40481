"""How often something may be done: sliding windows, and a limiter that lets work through as they allow.

A platform counts a request at some instant between our asking and its answering; we do not know which. So a
window here is counted from the answer: what starts a whole window after the answer `count` turns back cannot
be one too many in any window of the platform's, however the network or a busy machine delays either. (A token
bucket counts from the asking, and one slow request is enough to break it.) The price is the time of about one
answer a window: 30 a second at 20 ms an answer are 29.4 a second.

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
_SWEEP_FROM = 1_000  # places remembered before idle ones are forgotten
_AT_ONCE_S = 1.0


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `count` in any `seconds`."""

    count: int
    seconds: float

    def __post_init__(self) -> None:
        if self.count < 1 or self.seconds <= 0:
            raise ValueError(f"not a limit: {self.count} in {self.seconds} s")


class Turns(Protocol):
    """Lets work through as limits allow."""

    def turn(self, place: str, *, urgent: bool) -> AbstractAsyncContextManager[None]:
        """Entered when the time of one request has come; left when it is answered. Urgent ones go first."""

    def pause(self, place: str, seconds: float) -> None:
        """The platform asks for it."""


class Window:
    """What a limit allows, given what was done. Times are seconds on one clock that never goes back."""

    def __init__(self, limit: Limit) -> None:
        self._limit = limit
        self._ends: deque[float] = deque(maxlen=limit.count)  # of the last ones, oldest first
        self._in_flight = 0
        self._paused_until = -inf

    def opens_at(self) -> float:
        """From when on one more may start; infinite while as many are in flight as may be."""
        free = self._limit.count - self._in_flight
        if free <= 0:
            return inf
        if len(self._ends) < free:
            return self._paused_until
        return max(self._paused_until, self._ends[-free] + self._limit.seconds)

    def start(self) -> None:
        """One starts. Only where `opens_at` has come."""
        self._in_flight += 1

    def finish(self, now: float) -> None:
        """One that was started is answered, or is known not to have happened."""
        self._in_flight -= 1
        self._ends.append(now)

    def pause(self, until: float) -> None:
        """None starts before `until`."""
        self._paused_until = max(self._paused_until, until)

    def idle(self, now: float) -> bool:
        """Whether nothing is left to remember."""
        ended = self._ends[-1] + self._limit.seconds if self._ends else -inf
        return not self._in_flight and max(ended, self._paused_until) <= now


@dataclass(slots=True, eq=False)
class _Waiter:
    queue: "list[_Waiter]"  # the one it stands in until it is let in
    windows: tuple[Window, ...]
    admitted: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    def opens_at(self) -> float:
        return max((window.opens_at() for window in self.windows), default=-inf)


class RateLimiter:
    """Work queues here for its turn: urgent work first, else in the order in which it came.

    What must wait for its own place (a chat that has just had a message) holds nobody else up. Belongs to one
    event loop, whose clock it goes by.
    """

    def __init__(
        self,
        *,
        overall: Limit | None = None,
        places: Callable[[str], tuple[Limit, ...]] = lambda _: (),
        gap_s: float = 0.0,
    ) -> None:
        """overall: of all places together. places: the limits of one place, by its name.

        gap_s: from one start to the next. It spreads a window's worth over the window, so that who comes
        late in it does not wait for its end.
        """
        self._overall = () if overall is None else (Window(overall),)
        self._limits_of = places
        self._gap_s = gap_s
        self._next_start = -inf  # of any place, for the gap or a pause of all
        self._places: dict[str, tuple[Window, ...]] = {}
        self._sweep_at = _SWEEP_FROM
        self._urgent: list[_Waiter] = []
        self._rest: list[_Waiter] = []
        self._timer: asyncio.TimerHandle | None = None
        self._told = ("", -inf)  # the place that the platform asked a pause for last, and when

    @contextlib.asynccontextmanager
    async def turn(self, place: str, *, urgent: bool) -> AsyncIterator[None]:
        """`async with limiter.turn("42", urgent=True):` one request, from its asking to its answer."""
        waiter = _Waiter(self._urgent if urgent else self._rest, self._windows(place))
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

    def pause(self, place: str, seconds: float) -> None:
        """The platform asks for it. Of two places within a second: then it means all of them."""
        now = self._now()
        for window in self._windows(place):
            window.pause(now + seconds)
        before, when = self._told
        if before != place and now - when < _AT_ONCE_S:
            self._next_start = max(self._next_start, now + seconds)
        self._told = (place, now)

    def _finish(self, waiter: _Waiter) -> None:
        now = self._now()
        for window in (*self._overall, *waiter.windows):
            window.finish(now)

    def _admit(self) -> None:
        """Lets in whoever may go now, and sets the timer for the next."""
        now = self._now()
        soonest = inf
        for waiter in chain(list(self._urgent), list(self._rest)):
            overall = max(self._next_start, *(window.opens_at() for window in self._overall), -inf)
            if overall > now:
                soonest = overall  # nobody goes before
                break
            if waiter.opens_at() > now:
                soonest = min(soonest, waiter.opens_at())
                continue
            self._let_in(waiter, now)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if soonest < inf:
            delay = soonest - now + _MARGIN_S
            self._timer = asyncio.get_running_loop().call_later(delay, self._admit)

    def _let_in(self, waiter: _Waiter, now: float) -> None:
        waiter.queue.remove(waiter)
        for window in (*self._overall, *waiter.windows):
            window.start()
        # By the plan and not by the clock: else every timer's lateness would be added to every gap.
        self._next_start = max(self._next_start, now - _CATCH_UP_S) + self._gap_s
        if not waiter.admitted.done():
            waiter.admitted.set_result(None)

    def _windows(self, place: str) -> tuple[Window, ...]:
        if place not in self._places:
            if len(self._places) >= self._sweep_at:
                self._forget_idle()
            self._places[place] = tuple(Window(limit) for limit in self._limits_of(place))
        return self._places[place]

    def _forget_idle(self) -> None:
        now = self._now()
        waiting = {id(w.windows) for w in (*self._urgent, *self._rest)}
        self._places = {
            place: windows
            for place, windows in self._places.items()
            if id(windows) in waiting or not all(window.idle(now) for window in windows)
        }
        self._sweep_at = max(_SWEEP_FROM, 2 * len(self._places))

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()
