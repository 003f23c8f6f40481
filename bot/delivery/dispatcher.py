"""Delivery: from due to sent, once.

What is due is written to the outbox under (subscription, due time), so that no restart and no second process
can make two of one. A send whose outcome is not known is not repeated where the platform would post it twice:
at most once, by policy. Discord refuses a second copy by itself (nonce), for a few minutes: so long it is
tried again there.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from math import inf

from articles.database import DatabaseError
from bot.chat import ChatError, ChatRef
from bot.delivery.database_failures import DatabaseFailures
from bot.delivery.enqueuing import Enqueuer
from bot.delivery.outcomes import RESEND_WITHIN, is_too_late
from bot.delivery.passage import Passage, Route
from bot.delivery.sender import Sender
from bot.digests.digest import Digest, Digests
from bot.ports import ChatAdapter, Conversation
from bot.storage.deliveries import Delivery, DeliveryId
from bot.storage.outbox import Outbox

log = logging.getLogger(__name__)

CLAIMED = 200  # of a platform at once: enough chats that some may always be written to
IN_FLIGHT = 16  # of a platform that refuses copies, or whose number is not set: what 50 a second need
NOT_CONNECTED_PAUSE_S = 1.0
REFILL_S = 1.0  # from one claim to the next while some are on their way
LEASE = timedelta(seconds=15)  # whose sender has not renewed it by then is dead
RENEW_EVERY_S = 4.0
PING_WITHIN_S = 10.0
JOB_WITHIN_S = 600.0  # the queue takes what lasts longer for dead (`bot/jobs/shared.py`)


class Dispatcher:
    """Claims what is due and sends it. One `round` at a time; each of several processes may have one."""

    def __init__(
        self,
        *,
        outbox: Outbox,
        digests: Digests,
        conversation: Conversation,
        resend: Collection[str],
        clock: Callable[[], datetime],
        steady: Callable[[], float] = time.monotonic,
        in_flight: Mapping[str, int] | None = None,
        alone: bool = False,
    ) -> None:
        """resend: the platforms that refuse a second copy by themselves, for a while.

        steady: seconds on a clock that nobody sets. in_flight: by platform, how many deliveries may have
        begun and not be recorded: a crash leaves so many in doubt, and one at a time goes no faster than the
        platform answers. alone: no other process sends anything.
        """
        self._outbox = outbox
        self._resend = resend
        self._clock = clock
        self._steady = steady
        self._in_flight = in_flight or {}
        self._routes: dict[str, Route] = {}
        self._trouble = DatabaseFailures()
        self._enqueuer = Enqueuer(outbox, steady=steady)
        self._sender = Sender(
            outbox=outbox,
            digests=digests,
            conversation=conversation,
            resend=resend,
            clock=clock,
            steady=steady,
            routes=self._routes,
            trouble=self._trouble,
        )
        self._alone_at_start = alone
        self._stopping = False
        self._at_work = asyncio.Lock()
        self._renew_at = self._recover_at = -inf
        self._attending: asyncio.Task[None] | None = None

    def carry(self, platform: str, adapter: ChatAdapter) -> None:
        """From now on deliveries to that platform are claimed, and sent through the adapter."""
        self._routes[platform] = Route(adapter, in_flight=self._in_flight.get(platform, IN_FLIGHT))

    def due(self, platforms: Collection[str], *, limit: int) -> tuple[tuple[DeliveryId, ChatRef], ...]:
        """What is due on those platforms, longest waiting first, after all that has become due is enqueued
        and what was interrupted is dealt with. Several processes may do so at once."""
        now = self._clock()
        self._outbox.upkeep.recover(now, resend=self._resend, within=RESEND_WITHIN)
        self._fill()
        return self._outbox.due(now, limit=limit, platforms=platforms)

    async def deliver(self, delivery: DeliveryId, platform: str) -> None:
        """Composes and sends one delivery, if it is due still, and settles what became of it.

        Raises DatabaseError: then it is due again by and by.
        """
        route = self._routes.get(platform)
        if route is None or not await self._is_up(platform, route):
            # Not at once: as it stays due it is put again, and so on.
            await asyncio.sleep(NOT_CONNECTED_PAUSE_S)
            return
        if self._stopping:
            return
        for claimed in await self._claim(platform, limit=1, only=delivery):
            await self._see_through(*self._start(claimed, route))

    async def _see_through(self, passage: Passage, sending: asyncio.Task[None]) -> None:
        """Waits for it, but not for ever, as its job holds up others. What has begun comes to its end all the
        same: cut short, it would be in doubt."""
        if self._attending is None or self._attending.done():
            self._attending = asyncio.create_task(self._attend())
        try:
            await asyncio.wait({sending}, timeout=JOB_WITHIN_S)
        except asyncio.CancelledError:
            if not passage.begun:
                sending.cancel()
            raise

    async def _attend(self) -> None:
        """Keeps the leases of what `deliver` carries, until all of it has come to its end."""
        while tasks := self._tasks():
            ended, _ = await asyncio.wait(tasks, timeout=REFILL_S)
            await self._release(self._forget(ended))
            with suppress(DatabaseError):  # then it is tried again
                await self._renew()

    async def _is_up(self, platform: str, route: Route) -> bool:
        self._ask_if_silent(platform, route)
        if route.asking is not None:
            await asyncio.wait({route.asking})
        return not route.breaker.down

    async def finish(self) -> None:
        """Begins nothing more; returns when what has begun has come to its end."""
        self._stopping = True
        for route in self._routes.values():
            route.close()
            for passage, task in route.carried.items():
                if not passage.begun:
                    task.cancel()
            if route.asking is not None:
                route.asking.cancel()
        async with self._at_work:
            if self._attending is not None:
                await asyncio.wait({self._attending})

    async def broken(self) -> None:
        """Raises DatabaseCorrupted once the database is found to be, and waits until then."""
        await self._trouble.broken()

    async def round(self) -> None:
        """Enqueues what has become due and sends what the outbox holds."""
        async with self._at_work:
            await self._round()

    async def _round(self) -> None:
        """Keeps `CLAIMED` deliveries of each platform on their way until there are no more.

        They wait in the adapters for their chats' limits, and one that waits long keeps no other from going.
        """
        self._renew_at = self._recover_at = -inf
        try:
            while True:
                await self._more()
                if not (tasks := self._tasks()):
                    break
                ended, _ = await asyncio.wait(tasks, timeout=REFILL_S)
                await self._release(self._forget(ended))
        finally:
            if tasks := self._tasks():
                for task in tasks:
                    task.cancel()
                await asyncio.wait(tasks)
                self._forget(tasks)

    async def _release(self, waiting: Collection[Delivery]) -> None:
        if not waiting:
            return
        with suppress(DatabaseError):  # else their lease runs out
            await asyncio.to_thread(self._outbox.release, waiting, self._clock())

    async def _more(self) -> None:
        """Begins what is to be done now. Nothing that goes wrong with that may end a round: what is being
        sent would be cut short."""
        try:
            await self._renew()
            await self._recover()
            if self._stopping:
                return
            for platform, route in self._routes.items():
                self._ask_if_silent(platform, route)
            await asyncio.to_thread(self._fill)
            for platform, route in list(self._routes.items()):  # one may be opened meanwhile
                limit = 0 if route.breaker.down else CLAIMED - len(route.carried)
                claimed = await self._claim(platform, limit=limit) if limit > 0 else ()
                if route.is_closed:  # meanwhile
                    await self._release(claimed)
                else:
                    for delivery in claimed:
                        self._start(delivery, route)
        except DatabaseError as error:
            self._trouble.found(error)
        except Exception:
            log.exception("nothing begun")
        else:
            self._trouble.over()

    async def _renew(self) -> None:
        """Now and then. Before anything is recovered: what the database's trouble kept from being renewed is
        not dead."""
        if self._steady() < self._renew_at:
            return
        ours = [passage.delivery for route in self._routes.values() for passage in route.carried]
        await asyncio.to_thread(self._outbox.renew, ours, self._clock(), lease=LEASE)
        self._renew_at = self._steady() + RENEW_EVERY_S

    async def _recover(self) -> None:
        if self._steady() < self._recover_at:
            return
        await asyncio.to_thread(
            self._outbox.upkeep.recover,
            self._clock(),
            resend=self._resend,
            within=RESEND_WITHIN,
            alone=self._alone_at_start,
        )
        self._alone_at_start = False
        self._recover_at = self._steady() + RENEW_EVERY_S

    def _fill(self) -> None:
        """Enqueues what has become due; prunes."""
        now = self._clock()
        self._enqueuer.enqueue(now)
        self._enqueuer.prune(now)

    async def _claim(
        self, platform: str, *, limit: int, only: DeliveryId | None = None
    ) -> tuple[Delivery, ...]:
        return await asyncio.to_thread(
            self._outbox.claim, self._clock(), limit=limit, lease=LEASE, platforms=(platform,), only=only
        )

    async def _begin(self, delivery: Delivery, digest: Digest | None) -> bool:
        now = self._clock()
        if is_too_late(delivery, now):
            return False  # it waited too long for its turn
        told, quotes = (digest.articles, digest.quotes) if digest is not None else ((), ())
        return await asyncio.to_thread(
            self._outbox.begin, delivery, now, lease=LEASE, told=told, quotes=quotes
        )

    def _start(self, delivery: Delivery, route: Route) -> tuple[Passage, asyncio.Task[None]]:
        passage = Passage(delivery, route, self._begin)
        task = route.carried[passage] = asyncio.create_task(self._sender.deliver(passage, route))
        return passage, task

    def _tasks(self) -> set[asyncio.Task[None]]:
        """Of all that is carried, and what asks a silent platform."""
        carried = {task for route in self._routes.values() for task in route.carried.values()}
        asking = {route.asking for route in self._routes.values() if route.asking is not None}
        return carried | {task for task in asking if not task.done()}

    def _forget(self, ended: Iterable[asyncio.Task[None]]) -> list[Delivery]:
        """Those of them that were not to begin any more."""
        cancelled = []
        for route in self._routes.values():
            for passage, task in list(route.carried.items()):
                if task in ended:
                    del route.carried[passage]
                    if task.cancelled():
                        cancelled.append(passage.delivery)
        return cancelled

    def _ask_if_silent(self, platform: str, route: Route) -> None:
        idle = route.asking is None or route.asking.done()
        if idle and route.breaker.is_to_be_asked(self._steady()):
            route.asking = asyncio.create_task(self._ask(platform, route))

    async def _ask(self, platform: str, route: Route) -> None:
        try:
            async with asyncio.timeout(PING_WITHIN_S):
                await route.adapter.ping()
        except (ChatError, TimeoutError) as error:
            route.breaker.asked(self._steady(), answers=False)
            log.info("platform still down", extra={"platform": platform, "reason": str(error)})
        except Exception:
            route.breaker.asked(self._steady(), answers=False)
            log.exception("platform not asked", extra={"platform": platform})
        else:
            route.breaker.asked(self._steady(), answers=True)
            log.info("platform answers again", extra={"platform": platform})
