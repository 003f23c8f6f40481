"""The way of a delivery into its chat: past the others on the same platform, a few at a time."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta

from bot.chat import SendHooks
from bot.delivery.circuit_breaker import CircuitBreaker
from bot.digests.digest import Digest
from bot.ports import ChatAdapter
from bot.storage.deliveries import Delivery


class Withdrawn(Exception):
    """A delivery that had not begun is not to begin now."""


class Stopping(Withdrawn):
    """We were told to stop."""


class PlatformDown(Withdrawn):
    """The platform has stopped answering."""


class TakenAway(Withdrawn):
    """Our lease of the delivery ran out while it waited, and somebody else has it."""


class Route:
    """A platform as the dispatcher sees it."""

    def __init__(self, adapter: ChatAdapter, *, in_flight: int) -> None:
        """in_flight: how many may have begun and not be recorded yet: a crash leaves so many in doubt."""
        self.adapter = adapter
        self.lane = asyncio.Semaphore(in_flight)
        self.breaker = CircuitBreaker()
        self.carried: dict[Passage, asyncio.Task[None]] = {}
        self._closed = asyncio.Event()
        self.asking: asyncio.Task[None] | None = None  # whether it answers again

    @property
    def is_closed(self) -> bool:
        """Whether we were told to stop."""
        return self._closed.is_set()

    def close(self) -> None:
        """Nothing begins any more."""
        self._closed.set()

    async def closes_within(self, pause: timedelta) -> bool:
        """Waits so long, or until the route is closed; whether it is."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._closed.wait(), pause.total_seconds())
        return self.is_closed


class Passage(SendHooks):
    """One delivery on its route. What it holds up the others for ends with `leave`."""

    def __init__(
        self,
        delivery: Delivery,
        route: Route,
        mark: Callable[[Delivery, Digest | None], Awaitable[bool]],
    ) -> None:
        """mark: notes that the delivery begins; False: it is no longer ours."""
        self.delivery = delivery
        self.digest: Digest | None = None  # that is to be sent
        self.begun = False  # or about to be: it is not to be cancelled
        self.already_posted = 0
        self._route = route
        self._mark = mark
        self._in_lane = False

    async def wait_for_slot(self) -> None:
        """See `SendHooks`. Raises Withdrawn."""
        if not self._in_lane:
            await self._route.lane.acquire()
            self._in_lane = True
        self._check()

    async def mark_started(self) -> None:
        """See `SendHooks`. Raises Withdrawn."""
        if self.begun:
            return
        self._check()
        self.begun = True
        if not await self._mark(self.delivery, self.digest):
            raise TakenAway

    def message_posted(self) -> None:
        """See `SendHooks`. What waits for its chat's limits holds nobody up."""
        self.already_posted += 1
        self.leave()

    def leave(self) -> None:
        """Makes room for the next: what became of it is recorded."""
        if self._in_lane:
            self._in_lane = False
            self._route.lane.release()

    def _check(self) -> None:
        if self.begun:
            return  # what stands in the chat in part is to come to its end
        if self._route.is_closed:
            raise Stopping
        if self._route.breaker.down:
            raise PlatformDown
