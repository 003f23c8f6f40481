"""Finds what is due, and has each delivery sent once.

A delivery is a row of the outbox, keyed by (subscription, due time), so that no crash and no second process
can make two of one. A send whose outcome is unknown is not repeated, as it could be posted twice: at most
once, by policy. Where a platform de-duplicates it is tried again for as long as that is sure.
"""

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from math import inf

from articles.database import DatabaseError, DatabaseUnavailable
from bot.delivery.outcomes import RESEND_WITHIN, DatabaseFailures, is_too_late
from bot.delivery.platforms import Platform
from bot.delivery.sender import Attempt, Sender
from bot.digests import Digest, Digests
from bot.ports import Capabilities, ChatAdapter, Conversation
from bot.schedules.schedule import following
from bot.storage.outbox import Delivery, DeliveryId, Due, DueDelivery, Outbox

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=15)  # a sender that has not renewed it by then counts as dead
RENEW_EVERY_S = 4.0
LOOK_EVERY_S = 1.0  # at what is being sent, for leases to renew
NOT_CONNECTED_PAUSE_S = 1.0
CONNECTED_WITHIN_S = 5.0  # of a look for what is due, in the only process
CLAIM_AGAIN_S = 1.0  # where the database failed
JOB_WITHIN_S = 600.0  # procrastinate counts a longer job as dead (`bot/jobs/procrastinate_queue.py`)
BATCH = 1_000  # subscriptions enqueued at once
PRUNE_EVERY_S = 3_600.0
UNREADABLE_PAUSE = timedelta(days=1)


class Dispatcher:
    """Each of several processes may have one: to find what is due, to send it, or both."""

    def __init__(
        self,
        *,
        outbox: Outbox,
        digests: Digests,
        conversation: Conversation,
        platforms: Iterable[Capabilities],
        clock: Callable[[], datetime],
        steady: Callable[[], float] = time.monotonic,
        alone: bool = False,
    ) -> None:
        """platforms: all that digests are sent to, by this process or another.

        steady: seconds on a clock that nobody sets. alone: no other process sends anything.
        """
        self._outbox = outbox
        self._deduplicating = [each.platform for each in platforms if each.deduplicates]
        self._clock = clock
        self._steady = steady
        self._alone = self._alone_at_start = alone
        self._platforms: dict[str, Platform] = {}
        self._connected: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)
        self._failures = DatabaseFailures()
        self._enqueuer = Enqueuer(outbox, steady=steady)
        self._sender = Sender(
            outbox=outbox,
            digests=digests,
            conversation=conversation,
            failures=self._failures,
            clock=clock,
            steady=steady,
        )
        self._sending: dict[Attempt, asyncio.Task[None]] = {}
        self._keeping: asyncio.Task[None] | None = None  # their leases
        self._renew_at = -inf
        self._looking = asyncio.Lock()
        # One a platform: where the database fails, one of hundreds tries, and the others wait.
        self._claiming: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._stop = asyncio.Event()

    def connected(self, adapter: ChatAdapter) -> None:
        """The adapter is ready: deliveries to its platform can be sent from now on."""
        name = adapter.capabilities.platform
        self._platforms[name] = Platform(adapter, steady=self._steady)
        self._connected[name].set()

    async def due(self, platform: str, *, limit: int) -> tuple[DueDelivery, ...]:
        """Up to `limit` deliveries to be sent now: first the unsure, then those that wait longest.

        First it recovers what dead senders left, and enqueues what has become due on any platform. Nothing is
        due while the database does not answer, or while the only process is not connected. Raises
        DatabaseUnusable.
        """
        try:
            async with self._looking:
                # First our leases: where the database kept us from renewing them, nobody has died.
                await self._renew()
                await asyncio.to_thread(self._recover_and_enqueue)
            if self._alone:
                with suppress(TimeoutError):  # so that the first digests go out as soon as it is connected
                    await asyncio.wait_for(self._connected[platform].wait(), CONNECTED_WITHIN_S)
                if not await self._is_up(platform):
                    return ()
            due = await asyncio.to_thread(self._outbox.due, self._clock(), limit=limit, platforms=(platform,))
        except DatabaseError as error:
            self._failures.failed(f"due {platform}", error)
            if isinstance(error, DatabaseUnavailable):
                return ()
            raise
        self._failures.over(f"due {platform}")
        return due

    async def deliver(self, delivery: DeliveryId, platform: str) -> None:
        """Composes and sends one delivery, if it is still due, and records its outcome.

        Where the platform is down or the database fails, the delivery stays due.
        """
        if not await self._is_up(platform):
            await asyncio.sleep(NOT_CONNECTED_PAUSE_S)  # it is put again as long as it is due
            return
        if (claimed := await self._claim(delivery, platform)) is None:
            return
        attempt = Attempt(claimed, self._platforms[platform], self._mark_started)
        sending = self._sending[attempt] = asyncio.create_task(self._sender.deliver(attempt))
        if self._keeping is None or self._keeping.done():
            self._keeping = asyncio.create_task(self._keep_leases())
        try:
            # Not for ever, as the job holds up others. A send that has started is never cancelled: its
            # outcome would be unknown.
            await asyncio.wait({sending}, timeout=JOB_WITHIN_S)
        except asyncio.CancelledError:
            if not attempt.started:
                sending.cancel()
            raise

    async def finish(self) -> None:
        """Starts nothing more; returns when what has started has come to its end."""
        self._stop.set()
        for platform in self._platforms.values():
            platform.close()
        for attempt, sending in self._sending.items():
            if not attempt.started:
                sending.cancel()
        if self._keeping is not None:
            await asyncio.wait({self._keeping})

    async def corrupted(self) -> None:
        """Waits until the database is found to be corrupted, and raises DatabaseCorrupted."""
        await self._failures.corrupted()

    async def _is_up(self, name: str) -> bool:
        platform = self._platforms.get(name)
        return platform is not None and await platform.is_up()

    def _recover_and_enqueue(self) -> None:
        now = self._clock()
        self._outbox.recover(
            now, deduplicating=self._deduplicating, within=RESEND_WITHIN, alone=self._alone_at_start
        )
        self._alone_at_start = False
        self._enqueuer.enqueue(now)
        self._enqueuer.prune(now)

    async def _claim(self, delivery: DeliveryId, platform: str) -> Delivery | None:
        async with self._claiming[platform]:
            if self._stop.is_set():
                return None
            try:
                claimed = await asyncio.to_thread(self._outbox.claim, delivery, self._clock(), lease=LEASE)
            except DatabaseError as error:
                self._failures.failed("claim", error)
                await asyncio.sleep(CLAIM_AGAIN_S)
                return None
        self._failures.over("claim")
        if claimed is not None and self._stop.is_set():
            await self._release([claimed])
            return None
        return claimed

    async def _mark_started(self, delivery: Delivery, digest: Digest | None) -> bool:
        now = self._clock()
        if is_too_late(delivery, now):
            return False  # it waited too long for its turn
        told, quotes = (digest.articles, digest.quotes) if digest is not None else ((), ())
        return await asyncio.to_thread(
            self._outbox.mark_started, delivery, now, lease=LEASE, told=told, quotes=quotes
        )

    async def _keep_leases(self) -> None:
        """Renews the leases of all that is being sent, until it has come to its end."""
        while self._sending:
            await asyncio.wait(
                self._sending.values(), timeout=LOOK_EVERY_S, return_when=asyncio.FIRST_COMPLETED
            )
            ended = [attempt for attempt, sending in self._sending.items() if sending.done()]
            cancelled = [a.delivery for a in ended if self._sending.pop(a).cancelled()]
            if cancelled:
                await self._release(cancelled)
            try:
                await self._renew()
            except DatabaseError as error:  # then it is tried again
                self._failures.failed("leases", error)

    async def _renew(self) -> None:
        """Now and then."""
        if self._steady() >= self._renew_at:
            ours = [attempt.delivery for attempt in self._sending]
            await asyncio.to_thread(self._outbox.renew, ours, self._clock(), lease=LEASE)
            self._failures.over("leases")
            self._renew_at = self._steady() + RENEW_EVERY_S

    async def _release(self, waiting: Iterable[Delivery]) -> None:
        with suppress(DatabaseError):  # then their leases run out
            await asyncio.to_thread(self._outbox.release, waiting, self._clock())


class Enqueuer:
    """Fills the outbox, and prunes it. Every method blocks on the database, and raises DatabaseError."""

    def __init__(self, outbox: Outbox, *, steady: Callable[[], float]) -> None:
        """steady: seconds on a clock that nobody sets."""
        self._outbox = outbox
        self._steady = steady
        self._prune_at = -inf
        self._following: dict[tuple[str, str, datetime], datetime] = {}

    def enqueue(self, now: datetime) -> None:
        """Makes a delivery of every subscription that has become due."""
        while self._enqueue_some(now) == BATCH:
            pass

    def prune(self, now: datetime) -> None:
        """Deletes a little of what is old, now and then: it never takes long."""
        if self._steady() >= self._prune_at and self._outbox.prune(now) == 0:
            self._prune_at = self._steady() + PRUNE_EVERY_S

    def _enqueue_some(self, now: datetime) -> int:
        return self._outbox.enqueue_due(now, limit=BATCH, next_due=lambda due: self._next_due(due, now))

    def _next_due(self, due: Due, now: datetime) -> datetime:
        """Thousands of subscriptions share a schedule, a zone and a time."""
        key = (str(due.schedule), due.timezone, due.next_due)
        known = self._following.get(key)
        if known is None or known <= now:
            known = _next_due(due, now)
            if len(self._following) >= BATCH:
                self._following.clear()
            self._following[key] = known
        return known


def _next_due(due: Due, now: datetime) -> datetime:
    try:
        return following(due, now)
    except Exception:
        # One subscription that cannot be read, say with a zone that is gone, must not hold up all others.
        log.exception("next due time unknown", extra={"subscription": due.id})
        return max(due.next_due, now) + UNREADABLE_PAUSE
