"""Delivery: from due to sent, once.

What is due is written to the outbox under (subscription, due time), so that no restart and no second process
can make two of one. A send whose outcome is not known is not repeated where the platform would post it twice:
at most once, by policy. Discord refuses a second copy by itself (nonce), for a few minutes: so long it is
tried again there.
"""

import asyncio
import logging
from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta
from weakref import WeakValueDictionary

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

from articles.database import DatabaseError
from bot.chat import (
    ChatAdapter,
    ChatError,
    ChatGone,
    ChatMoved,
    ChatRef,
    Conversation,
    MessageId,
    NotAllowed,
    SendFailed,
    SendRefused,
    SendUnknown,
    Throttled,
)
from bot.digest import Digest, Digests, NotYet
from bot.due import following
from bot.outbox import Delivery, DeliveryId, Outbox
from bot.reply import Note, Prose, Reply
from bot.store import ChatStore, Subscription

log = logging.getLogger(__name__)

BATCH = 200  # subscriptions taken at once
IN_FLIGHT = 200  # deliveries claimed at once: enough chats that some may always be written to
COMPOSING = 4  # at once; who asks for something needs a thread, too
NOT_CONNECTED_PAUSE_S = 1.0
REFILL_S = 1.0  # from one claim to the next while some are in flight
LEASE = timedelta(seconds=100)  # what has not begun by then, or was to be sent again, was interrupted
SEND_LEASE = timedelta(minutes=10)  # a send that may wait long for its chat's limits
RESEND_WITHIN = timedelta(minutes=2)  # of the first try, while a second copy is surely refused
MAX_ATTEMPTS = 8
FIRST_PAUSE = timedelta(seconds=15)  # doubled with each attempt: eight take half an hour
BARRED_PAUSE = timedelta(hours=1)  # where we may not write
BARRED_TRY_FOR = timedelta(days=1)  # then that digest is given up; its order stays
BARRED_FOR_GOOD = timedelta(days=30)  # then the order ends


class _TakenAway(Exception):
    """Our lease of a delivery ran out while it waited, and somebody else has it."""


class _Stopping(Exception):
    """We were told to stop while a delivery waited for its turn."""


class Courier:
    """Carries what is due to its chats. One `round` at a time; several processes may each have a courier."""

    def __init__(
        self,
        *,
        outbox: Outbox,
        chats: ChatStore,
        digests: Digests,
        conversation: Conversation,
        resend: Collection[str],
        clock: Callable[[], datetime],
    ) -> None:
        """resend: the platforms that refuse a second copy by themselves, for a while."""
        self._outbox = outbox
        self._chats = chats
        self._digests = digests
        self._conversation = conversation
        self._resend = resend
        self._clock = clock
        self._adapters: dict[str, ChatAdapter] = {}
        self._closed: dict[ChatRef, tuple[NotAllowed, datetime]] = {}  # where we could not write, and when
        self._composing = asyncio.Semaphore(COMPOSING)
        self._stopping = False
        self._at_work = asyncio.Lock()
        self._turns: WeakValueDictionary[ChatRef, asyncio.Lock] = WeakValueDictionary()

    def carry(self, platform: str, adapter: ChatAdapter) -> None:
        """From now on deliveries to that platform are claimed, and sent through the adapter."""
        self._adapters[platform] = adapter

    def schedule(self, *, every_s: float) -> AsyncIOScheduler:
        """A started scheduler: a round at once, then one every `every_s` seconds, never two at a time."""
        scheduler = AsyncIOScheduler(timezone=UTC)
        scheduler.add_job(
            self.round,
            IntervalTrigger(seconds=every_s, timezone=UTC),
            next_run_time=datetime.now(UTC),
            max_instances=1,
            coalesce=True,
            misfire_grace_time=None,
        )
        scheduler.start()
        return scheduler

    def due(self, platforms: Collection[str], *, limit: int) -> tuple[tuple[DeliveryId, ChatRef], ...]:
        """What is due on those platforms, longest waiting first, after all that has become due is enqueued
        and what was interrupted is dealt with. Several processes may do so at once."""
        now = self._clock()
        self._outbox.recover(now, resend=self._resend, within=RESEND_WITHIN)
        while self._enqueue(now) == BATCH:
            pass
        return self._outbox.due(now, limit=limit, platforms=platforms)

    async def deliver(self, delivery: DeliveryId, platform: str) -> None:
        """Composes and sends one delivery, if it is due still, and settles what became of it.

        Raises DatabaseError: then it is due again by and by.
        """
        if not await self._can_carry(platform):
            return
        claimed = await asyncio.to_thread(self._claim, 1, delivery)
        for one in claimed:
            await self._deliver(one, self._composing)

    async def _can_carry(self, platform: str) -> bool:
        if platform not in self._adapters:
            # Not at once: as it stays due it is put again, and so on.
            await asyncio.sleep(NOT_CONNECTED_PAUSE_S)
        return platform in self._adapters and not self._stopping

    async def finish(self) -> None:
        """Begins nothing more; returns when what is being sent has come to its end."""
        self._stopping = True
        async with self._at_work:
            pass

    async def round(self) -> None:
        """Enqueues what has become due and sends what the outbox holds."""
        async with self._at_work:
            await self._round()

    async def _round(self) -> None:
        """Keeps `IN_FLIGHT` deliveries on their way until there are no more.

        They wait in the adapters for their chats' limits, and one that waits long keeps no other from going.
        """
        now = self._clock()
        await asyncio.to_thread(self._outbox.recover, now, resend=self._resend, within=RESEND_WITHIN)
        composing = asyncio.Semaphore(COMPOSING)
        on_their_way: set[asyncio.Task[None]] = set()
        async with asyncio.TaskGroup() as group:
            while True:
                try:
                    claimed = await self._next(IN_FLIGHT - len(on_their_way))
                except DatabaseError as error:
                    # Raised here, it would cancel what is being sent. The next round tries again.
                    log.warning("nothing claimed", extra={"reason": str(error)})
                    claimed = ()
                for delivery in claimed:
                    on_their_way.add(group.create_task(self._deliver(delivery, composing)))
                if not on_their_way:
                    return
                _, on_their_way = await asyncio.wait(on_their_way, timeout=REFILL_S)

    async def _next(self, limit: int) -> tuple[Delivery, ...]:
        if self._stopping:
            return ()
        while await asyncio.to_thread(self._enqueue, self._clock()) == BATCH:
            pass
        if not self._adapters or not limit:
            return ()
        return await asyncio.to_thread(self._claim, limit)

    def _enqueue(self, now: datetime) -> int:
        return self._outbox.enqueue_due(now, limit=BATCH, next_due=lambda order: following(order, now))

    def _claim(self, limit: int, only: DeliveryId | None = None) -> tuple[Delivery, ...]:
        return self._outbox.claim(
            self._clock(), limit=limit, lease=LEASE, platforms=tuple(self._adapters), only=only
        )

    async def _deliver(self, delivery: Delivery, composing: asyncio.Semaphore) -> None:
        turn = self._turns.setdefault(delivery.subscription.chat, asyncio.Lock())
        async with turn:  # two digests of a chat must not tell of one story
            try:
                digest = await self._composed(delivery, composing)
                if digest is None:
                    return
                await self._send(delivery, digest)
            except Exception:
                # Whether it was posted is not known: `recover` decides when its lease has run out.
                log.exception("delivery failed", extra={"delivery": delivery.id})

    async def _composed(self, delivery: Delivery, composing: asyncio.Semaphore) -> Digest | None:
        """The digest to send; None where there is none, and that is settled."""
        try:
            async with composing:
                digest = await asyncio.to_thread(
                    self._digests.compose, delivery.subscription, now=self._clock(), due_at=delivery.due_at
                )
        except NotYet as early:
            await asyncio.to_thread(self._pause, delivery, early.until - self._clock(), "quiet hours")
            return None
        except Exception:
            # One digest that cannot be made must not keep the others from their chats.
            log.exception("digest not made", extra={"delivery": delivery.id})
            await asyncio.to_thread(self._again, delivery, "an error of ours; see the log")
            return None
        if digest is None:
            await asyncio.to_thread(self._outbox.mark_sent, delivery.id, None)
        return digest

    async def _send(self, delivery: Delivery, digest: Digest) -> None:
        chat, began = delivery.subscription.chat, self._clock()
        if delivery.unsure_since is not None and began - delivery.unsure_since > RESEND_WITHIN:
            await asyncio.to_thread(self._unknown, delivery, digest, "not learned in time")
            return
        if (barred := self._barred_now(chat)) is not None:
            await self._barred(delivery, barred)
            return
        key = f"{delivery.subscription.id}@{int(delivery.due_at.timestamp())}"
        try:
            message = await self._adapters[chat.platform].send(
                chat, digest.reply, key=key, begin=lambda: self._begin(delivery)
            )
        except _Stopping:
            await asyncio.to_thread(self._pause, delivery, timedelta(0), "not begun when we stopped")
        except _TakenAway:
            log.info("delivery left to another", extra={"delivery": delivery.id})
        except ChatError as error:
            await self._not_sent(delivery, digest, error, began)
        else:
            await asyncio.to_thread(self._sent, delivery, digest, message)

    async def _begin(self, delivery: Delivery) -> None:
        """Marks that it may stand in the chat from now on: a process that dies before has sent nothing."""
        if self._stopping:
            raise _Stopping
        lease = LEASE if delivery.subscription.chat.platform in self._resend else SEND_LEASE
        if not await asyncio.to_thread(self._outbox.begin, delivery, self._clock(), lease=lease):
            raise _TakenAway

    async def _not_sent(self, delivery: Delivery, digest: Digest, error: ChatError, began: datetime) -> None:
        """Settles a send that did not plainly succeed."""
        chat, reason = delivery.subscription.chat, str(error)
        match error:
            case Throttled():
                await asyncio.to_thread(self._pause, delivery, error.retry_after, reason)
            case SendFailed():
                await asyncio.to_thread(self._again, delivery, reason)
            case SendUnknown():
                since = delivery.unsure_since or began
                await asyncio.to_thread(self._unsure, delivery, digest, reason, since)
            case SendRefused():
                await asyncio.to_thread(self._outbox.mark_failed, delivery.id, reason)
                log.warning("delivery refused", extra={"delivery": delivery.id, "reason": reason})
            case NotAllowed():
                self._closed[chat] = (error, began)
                await self._barred(delivery, error)
            case ChatMoved():
                await asyncio.to_thread(self._conversation.moved, chat, error.to)
                await asyncio.to_thread(self._pause, delivery, timedelta(0), reason)
            case ChatGone():
                await asyncio.to_thread(self._outbox.mark_failed, delivery.id, reason)
                await asyncio.to_thread(self._conversation.gone, chat)
            case _:
                raise error

    def _sent(self, delivery: Delivery, digest: Digest, message: MessageId) -> None:
        # In this order: stopped in between, the chat is not told the same again.
        self._note_told(delivery, digest)
        self._outbox.mark_sent(delivery.id, message)
        self._conversation.posted(delivery.subscription.chat, digest.reply, message)

    def _note_told(self, delivery: Delivery, digest: Digest) -> None:
        chat, now = delivery.subscription.chat, self._clock()
        self._chats.mark_delivered(chat, digest.articles, quotes=digest.quotes, now=now)

    def _unsure(self, delivery: Delivery, digest: Digest, reason: str, since: datetime) -> None:
        after = self._clock() + _pause_after(delivery)
        if delivery.subscription.chat.platform in self._resend and after - since <= RESEND_WITHIN:
            self._outbox.retry(delivery.id, after=after, reason=reason, unsure_since=since)
        else:
            self._unknown(delivery, digest, reason)

    def _unknown(self, delivery: Delivery, digest: Digest, reason: str) -> None:
        # Most likely it was posted; told again it would be told twice.
        self._note_told(delivery, digest)
        self._outbox.mark_unknown(delivery.id, reason)
        log.warning("delivery unknown", extra={"delivery": delivery.id, "reason": reason})

    def _again(self, delivery: Delivery, reason: str) -> None:
        if delivery.attempts >= MAX_ATTEMPTS:
            self._outbox.mark_failed(delivery.id, f"given up after {delivery.attempts} tries: {reason}")
            log.error("delivery given up", extra={"delivery": delivery.id, "reason": reason})
            return
        self._pause(delivery, _pause_after(delivery), reason)

    def _pause(self, delivery: Delivery, pause: timedelta, reason: str) -> None:
        """Nothing was sent this time; an earlier try may have been."""
        after, unsure_since = self._clock() + pause, delivery.unsure_since
        self._outbox.retry(delivery.id, after=after, reason=reason, unsure_since=unsure_since)

    def _barred_now(self, chat: ChatRef) -> NotAllowed | None:
        """Why we may not write there, if we have just been told so: asking for each digest that waits there
        would count against us."""
        error, when = self._closed.get(chat, (None, self._clock()))
        if error is not None and self._clock() - when >= BARRED_PAUSE / 2:
            del self._closed[chat]
            return None
        return error

    async def _barred(self, delivery: Delivery, error: NotAllowed) -> None:
        """The digest waits for the right to write; whoever ordered it hears of that once."""
        order, now = delivery.subscription, self._clock()
        after = now + BARRED_PAUSE if now - delivery.due_at < BARRED_TRY_FOR else None
        since = await asyncio.to_thread(self._outbox.bar, delivery.id, now, after=after, reason=str(error))
        log.warning("delivery not allowed", extra={"delivery": delivery.id, "reason": str(error)})
        if since == now:
            await self._tell(order, _barred_words(order, error.where), key=f"barred:{order.id}@{now}")
        elif now - since > BARRED_FOR_GOOD:
            await asyncio.to_thread(self._conversation.gone, order.chat)

    async def _tell(self, order: Subscription, reply: Reply, *, key: str) -> None:
        adapter = self._adapters[order.chat.platform]
        try:
            await adapter.send(await adapter.direct(order.created_by), reply, key=key)
        except ChatError as error:
            log.info("subscriber not told", extra={"order": order.id, "reason": str(error)})


def _pause_after(delivery: Delivery) -> timedelta:
    return FIRST_PAUSE * float(2 ** (delivery.attempts - 1))


def _barred_words(order: Subscription, where: str | None) -> Reply:
    place = f"in {where}" if where else "in the chat where you ordered it"
    text = f"The digest on “{order.topic}” is ready, but I may not write {place}."
    hint = "Give me the right to see that place and to write there: I try again every hour for a day."
    return Reply(blocks=(Prose(text=text), Note(text=hint)))
