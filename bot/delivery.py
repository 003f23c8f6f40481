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
from typing import TypeVar
from weakref import WeakValueDictionary

from articles.database import DatabaseCorrupted, DatabaseError
from bot.chat import ChatAdapter, ChatError, ChatRef, Conversation, SendFailed, SendUnknown
from bot.digest import Digest, Digests, NotYet
from bot.due import following
from bot.outbox import Delivery, DeliveryId, Due, Outbox
from bot.outcomes import RESEND_WITHIN, Notice, Outcomes
from bot.passage import Passage, PlatformDown, Route, Stopping, TakenAway

log = logging.getLogger(__name__)

T = TypeVar("T")

BATCH = 1_000  # subscriptions enqueued at once
CLAIMED = 200  # of a platform at once: enough chats that some may always be written to
IN_FLIGHT = 16  # of a platform that refuses copies, or whose number is not set: what 50 a second need
COMPOSING = 4  # at once; who asks for something needs a thread, too
NOT_CONNECTED_PAUSE_S = 1.0
REFILL_S = 1.0  # from one claim to the next while some are on their way
LEASE = timedelta(seconds=15)  # whose sender has not renewed it by then is dead
RENEW_EVERY_S = 4.0
PLATFORM_DOWN_PAUSE = timedelta(seconds=15)
RECORD_AGAIN_S = 1.0
PRUNE_EVERY_S = 3_600.0
PING_WITHIN_S = 10.0


class Courier:
    """Carries what is due to its chats. One `round` at a time; several processes may each have a courier."""

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
        self._digests = digests
        self._conversation = conversation
        self._resend = resend
        self._clock = clock
        self._steady = steady
        self._in_flight = in_flight or {}
        self._outcomes = Outcomes(outbox=outbox, conversation=conversation, resend=resend, clock=clock)
        self._routes: dict[str, Route] = {}
        self._composing = asyncio.Semaphore(COMPOSING)
        self._alone_at_start = alone
        self._stopping = False
        self._at_work = asyncio.Lock()
        self._turns: WeakValueDictionary[ChatRef, asyncio.Lock] = WeakValueDictionary()
        self._renew_at = -inf
        self._prune_at = -inf
        self._following: dict[tuple[str, str, datetime], datetime] = {}
        self._ailing = False  # the database does, and that was logged
        self._broken: DatabaseCorrupted | None = None
        self._is_broken = asyncio.Event()

    def carry(self, platform: str, adapter: ChatAdapter) -> None:
        """From now on deliveries to that platform are claimed, and sent through the adapter."""
        self._routes[platform] = Route(adapter, in_flight=self._in_flight.get(platform, IN_FLIGHT))

    def due(self, platforms: Collection[str], *, limit: int) -> tuple[tuple[DeliveryId, ChatRef], ...]:
        """What is due on those platforms, longest waiting first, after all that has become due is enqueued
        and what was interrupted is dealt with. Several processes may do so at once."""
        now = self._clock()
        self._outbox.recover(now, resend=self._resend, within=RESEND_WITHIN)
        while self.enqueue(now) == BATCH:
            pass
        self._prune(now)
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
            sending = self._start(claimed, route)
            try:
                while not (await asyncio.wait({sending}, timeout=RENEW_EVERY_S))[0]:
                    with suppress(DatabaseError):  # raised here, it would cancel what is being sent
                        await asyncio.to_thread(self._outbox.renew, [claimed], self._clock(), lease=LEASE)
            finally:
                if not sending.done():
                    sending.cancel()
                    await asyncio.wait({sending})
                await self._release(self._forget({sending}))

    async def _is_up(self, platform: str, route: Route) -> bool:
        if route.outage.is_to_be_asked(self._steady()):
            await self._ask(platform, route)
        return not route.outage.down

    async def finish(self) -> None:
        """Begins nothing more; returns when what has begun has come to its end."""
        self._stopping = True
        for route in self._routes.values():
            route.closed = True
            for passage, task in route.carried.items():
                if not passage.begun:
                    task.cancel()
            if route.asking is not None:
                route.asking.cancel()
        async with self._at_work:
            pass

    async def broken(self) -> None:
        """Raises DatabaseCorrupted once the database is found to be, and waits until then."""
        await self._is_broken.wait()
        if self._broken is not None:
            raise self._broken

    async def round(self) -> None:
        """Enqueues what has become due and sends what the outbox holds."""
        async with self._at_work:
            await self._round()

    async def _round(self) -> None:
        """Keeps `CLAIMED` deliveries of each platform on their way until there are no more.

        They wait in the adapters for their chats' limits, and one that waits long keeps no other from going.
        """
        self._renew_at = -inf
        under_way: set[asyncio.Task[None]] = set()
        waiting: list[Delivery] = []  # when we were told to stop
        try:
            while True:
                await self._more(under_way)
                if not under_way:
                    break
                ended, under_way = await asyncio.wait(under_way, timeout=REFILL_S)
                waiting += self._forget(ended)
        finally:
            for task in under_way:
                task.cancel()
        await self._release(waiting)

    async def _release(self, waiting: Collection[Delivery]) -> None:
        with suppress(DatabaseError):  # else their lease runs out
            await asyncio.to_thread(self._outbox.release, waiting, self._clock())

    async def _more(self, under_way: set[asyncio.Task[None]]) -> None:
        """Begins what is to be done now. A database that does not answer is nothing that a round may end of:
        what is being sent would be cancelled."""
        try:
            await self._keep_leases()
            if self._stopping:
                return
            under_way |= self._ask_the_silent()
            await self._enqueue()
            for platform, route in list(self._routes.items()):  # one may be opened meanwhile
                limit = 0 if route.outage.down else CLAIMED - len(route.carried)
                claimed = await self._claim(platform, limit=limit) if limit > 0 else ()
                if route.closed:  # meanwhile
                    await self._release(claimed)
                else:
                    under_way |= {self._start(delivery, route) for delivery in claimed}
        except DatabaseError as error:
            self._ails(error)
        else:
            self._recovered()

    async def _keep_leases(self) -> None:
        """Ours first: what the database's trouble kept from being renewed is not dead."""
        if self._steady() < self._renew_at:
            return
        now = self._clock()
        ours = [passage.delivery for route in self._routes.values() for passage in route.carried]
        await asyncio.to_thread(self._outbox.renew, ours, now, lease=LEASE)
        await asyncio.to_thread(
            self._outbox.recover,
            now,
            resend=self._resend,
            within=RESEND_WITHIN,
            alone=self._alone_at_start,
        )
        self._alone_at_start = False
        self._renew_at = self._steady() + RENEW_EVERY_S

    async def _enqueue(self) -> None:
        now = self._clock()
        while await asyncio.to_thread(self.enqueue, now) == BATCH:
            pass
        await asyncio.to_thread(self._prune, now)

    def enqueue(self, now: datetime) -> int:
        """Puts what has become due into the outbox, up to `BATCH`; how many that were."""
        return self._outbox.enqueue_due(now, limit=BATCH, next_due=lambda order: self._next_due(order, now))

    def _prune(self, now: datetime) -> None:
        """A little of what is old, now and then: it never takes long."""
        if self._steady() >= self._prune_at and self._outbox.prune(now) == 0:
            self._prune_at = self._steady() + PRUNE_EVERY_S

    def _next_due(self, order: Due, now: datetime) -> datetime:
        """Thousands of orders share a schedule, a zone and a time."""
        key = (str(order.schedule), order.timezone, order.next_due)
        known = self._following.get(key)
        if known is None or known <= now:
            known = following(order, now)
            if len(self._following) >= BATCH:
                self._following.clear()
            self._following[key] = known
        return known

    async def _claim(
        self, platform: str, *, limit: int, only: DeliveryId | None = None
    ) -> tuple[Delivery, ...]:
        return await asyncio.to_thread(
            self._outbox.claim, self._clock(), limit=limit, lease=LEASE, platforms=(platform,), only=only
        )

    def _start(self, delivery: Delivery, route: Route) -> asyncio.Task[None]:
        passage = Passage(delivery, route, self._begin)
        task = route.carried[passage] = asyncio.create_task(self._deliver(passage, route))
        return task

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

    async def _deliver(self, passage: Passage, route: Route) -> None:
        delivery = passage.delivery
        turn = self._turns.setdefault(delivery.subscription.chat, asyncio.Lock())
        async with turn:  # two digests of a chat must not tell of one story
            try:
                digest = await self._composed(delivery)
                if digest is not None:
                    await self._send(passage, digest, route)
            except DatabaseError as error:  # as with all else, its lease runs out
                self._ails(error)
            except Exception:
                # Whether it was posted is not known: `recover` decides when its lease has run out.
                log.exception("delivery failed", extra={"delivery": delivery.id})
            finally:
                passage.leave()

    async def _composed(self, delivery: Delivery) -> Digest | None:
        """The digest to send; None where there is none, and that is settled."""
        try:
            async with self._composing:
                digest = await asyncio.to_thread(
                    self._digests.compose, delivery.subscription, now=self._clock(), due_at=delivery.due_at
                )
        except NotYet as early:
            pause = early.until - self._clock()
            await self._record(lambda: self._outcomes.put_off(delivery, pause, "quiet hours"))
            return None
        except DatabaseError:
            raise
        except Exception:
            # One digest that cannot be made must not keep the others from their chats.
            log.exception("digest not made", extra={"delivery": delivery.id})
            reason = "an error of ours; see the log"
            await self._record(lambda: self._outcomes.failed(delivery, reason, its_own=True))
            return None
        if digest is None:
            await self._record(lambda: self._outcomes.nothing_new(delivery))
        return digest

    async def _send(self, passage: Passage, digest: Digest, route: Route) -> None:
        delivery, outcomes, began = passage.delivery, self._outcomes, self._clock()
        chat = delivery.subscription.chat
        if outcomes.is_too_late(delivery):
            await self._record(lambda: outcomes.unknown(delivery, digest, "not learned in time"))
            return
        if (barred := outcomes.barred_now(chat)) is not None:
            await self._tell(await self._record(lambda: outcomes.barred(delivery, barred)))
            return
        key = f"{delivery.subscription.id}@{int(delivery.due_at.timestamp())}"
        try:
            message = await route.adapter.send(chat, digest.reply, key=key, departure=passage)
        except Stopping:
            await self._record(
                lambda: outcomes.put_off(delivery, timedelta(0), "not begun when we were told to stop")
            )
        except PlatformDown:
            await self._record(
                lambda: outcomes.put_off(delivery, PLATFORM_DOWN_PAUSE, "the platform does not answer")
            )
        except TakenAway:
            log.info("delivery left to another", extra={"delivery": delivery.id})
        except ChatError as error:
            await self._not_sent(delivery, digest, error, began, route)
        else:
            route.outage.answered()
            await self._record(lambda: outcomes.sent(delivery, digest, message))
            passage.leave()
            await self._record(lambda: self._conversation.posted(chat, digest.reply, message))

    async def _not_sent(
        self, delivery: Delivery, digest: Digest, error: ChatError, began: datetime, route: Route
    ) -> None:
        its_own = self._note(route, delivery.subscription.chat.platform, error)
        down_for = timedelta(seconds=route.outage.lasted_s(self._steady()))

        def write() -> Notice | None:
            return self._outcomes.not_sent(
                delivery, digest, error, began=began, its_own=its_own, down_for=down_for
            )

        await self._tell(await self._record(write))

    async def _begin(self, delivery: Delivery) -> bool:
        return await asyncio.to_thread(self._outbox.begin, delivery, self._clock(), lease=LEASE)

    async def _record(self, write: Callable[[], T]) -> T:
        """Writes down what is known now and nobody could find out again, however long the database ails."""
        while True:
            try:
                return await asyncio.to_thread(write)
            except DatabaseCorrupted:
                raise
            except DatabaseError as error:
                self._ails(error)
                await asyncio.sleep(RECORD_AGAIN_S)

    def _note(self, route: Route, platform: str, error: ChatError) -> bool:
        """What an unsuccessful send says about its platform; whether the message may be at fault."""
        if not isinstance(error, SendFailed | SendUnknown):
            route.outage.answered()
            return True
        was_down = route.outage.down
        its_own = route.outage.lost(self._steady(), unknown=isinstance(error, SendUnknown))
        if route.outage.down and not was_down:
            log.warning("platform down", extra={"platform": platform, "reason": str(error)})
        return its_own

    def _ask_the_silent(self) -> set[asyncio.Task[None]]:
        asking = set()
        for platform, route in self._routes.items():
            idle = route.asking is None or route.asking.done()
            if idle and route.outage.is_to_be_asked(self._steady()):
                route.asking = asyncio.create_task(self._ask(platform, route))
                asking.add(route.asking)
        return asking

    async def _ask(self, platform: str, route: Route) -> None:
        try:
            async with asyncio.timeout(PING_WITHIN_S):
                await route.adapter.ping()
        except (ChatError, TimeoutError) as error:
            route.outage.asked(self._steady(), answers=False)
            log.info("platform still down", extra={"platform": platform, "reason": str(error)})
        except Exception:
            route.outage.asked(self._steady(), answers=False)
            log.exception("platform not asked", extra={"platform": platform})
        else:
            route.outage.asked(self._steady(), answers=True)
            log.info("platform answers again", extra={"platform": platform})

    async def _tell(self, notice: Notice | None) -> None:
        if notice is None:
            return
        order = notice.order
        adapter = self._routes[order.chat.platform].adapter
        try:
            await adapter.send(await adapter.direct(order.created_by), notice.reply, key=notice.key)
        except ChatError as error:
            log.info("subscriber not told", extra={"order": order.id, "reason": str(error)})

    def _ails(self, error: DatabaseError) -> None:
        """Logs it once, until it is over."""
        if isinstance(error, DatabaseCorrupted) and self._broken is None:
            self._broken = error
            self._is_broken.set()
        if not self._ailing:
            log.error("deliveries wait for the database", extra={"reason": str(error)})
        self._ailing = True

    def _recovered(self) -> None:
        if self._ailing:
            log.info("deliveries go on")
        self._ailing = False
