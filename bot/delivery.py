"""Delivery: from due to sent, once.

What is due is written to the outbox under (subscription, due time), so that no restart and no second process
can make two of one. A send whose outcome is not known is not repeated where the platform would post it twice:
at most once, by policy. Discord refuses a second copy by itself (nonce), so there it is tried again.
"""

import asyncio
import logging
from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta
from weakref import WeakValueDictionary
from zoneinfo import ZoneInfo

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

from bot.chat import (
    ChatAdapter,
    ChatGone,
    ChatMoved,
    ChatRef,
    Conversation,
    MessageId,
    SendFailed,
    SendRefused,
    SendUnknown,
    Throttled,
)
from bot.digest import Digest, Digests
from bot.outbox import Delivery, Outbox
from bot.schedule import from_json, next_due
from bot.store import ChatStore, Subscription

log = logging.getLogger(__name__)

BATCH = 200  # subscriptions taken at once
IN_FLIGHT = 200  # deliveries claimed at once: enough chats that some may always be written to
COMPOSING = 4  # at once; who asks for something needs a thread, too
REFILL_S = 1.0  # from one claim to the next while some are in flight
LEASE = timedelta(minutes=10)  # a delivery not settled by then was interrupted
MAX_ATTEMPTS = 8
FIRST_PAUSE = timedelta(seconds=15)  # doubled with each attempt: eight take half an hour


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
        """resend: the platforms that refuse a second copy by themselves."""
        self._outbox = outbox
        self._chats = chats
        self._digests = digests
        self._conversation = conversation
        self._resend = resend
        self._clock = clock
        self._adapters: dict[str, ChatAdapter] = {}
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

    async def finish(self) -> None:
        """Claims nothing more; returns when what is being sent has come to its end."""
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
        await asyncio.to_thread(self._outbox.recover, self._clock(), resend=self._resend)
        composing = asyncio.Semaphore(COMPOSING)
        on_their_way: set[asyncio.Task[None]] = set()
        async with asyncio.TaskGroup() as group:
            while True:
                for delivery in await self._next(IN_FLIGHT - len(on_their_way)):
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
        return self._outbox.enqueue_due(now, limit=BATCH, next_due=lambda order: _following(order, now))

    def _claim(self, limit: int) -> tuple[Delivery, ...]:
        return self._outbox.claim(self._clock(), limit=limit, lease=LEASE, platforms=tuple(self._adapters))

    async def _deliver(self, delivery: Delivery, composing: asyncio.Semaphore) -> None:
        turn = self._turns.setdefault(delivery.subscription.chat, asyncio.Lock())
        async with turn:  # two digests of a chat must not tell of one story
            try:
                async with composing:
                    digest = await asyncio.to_thread(
                        self._digests.compose, delivery.subscription, now=self._clock()
                    )
                if digest is None:
                    await asyncio.to_thread(self._outbox.mark_sent, delivery.id, None)
                    return
                await self._send(delivery, digest)
            except Exception:
                # One digest that cannot be made must not keep the others from their chats.
                log.exception("delivery failed", extra={"delivery": delivery.id})
                await asyncio.to_thread(self._again, delivery, "an error of ours; see the log")

    async def _send(self, delivery: Delivery, digest: Digest) -> None:
        chat = delivery.subscription.chat
        key = f"{delivery.subscription.id}@{int(delivery.due_at.timestamp())}"
        try:
            message = await self._adapters[chat.platform].send(chat, digest.reply, key=key)
        except Throttled as error:
            after = self._clock() + error.retry_after
            await asyncio.to_thread(self._outbox.retry, delivery.id, after=after, reason=str(error))
        except SendFailed as error:
            await asyncio.to_thread(self._again, delivery, str(error))
        except ChatMoved as error:
            await asyncio.to_thread(self._conversation.moved, chat, error.to)
            await asyncio.to_thread(self._outbox.retry, delivery.id, after=self._clock(), reason=str(error))
        except SendRefused as error:
            await asyncio.to_thread(self._outbox.mark_failed, delivery.id, str(error))
            log.warning("delivery refused", extra={"delivery": delivery.id, "reason": str(error)})
        except SendUnknown as error:
            await asyncio.to_thread(self._unsure, delivery, digest, str(error))
        except ChatGone as error:
            await asyncio.to_thread(self._outbox.mark_failed, delivery.id, str(error))
            await asyncio.to_thread(self._conversation.gone, chat)
        else:
            await asyncio.to_thread(self._sent, delivery, digest, message)

    def _sent(self, delivery: Delivery, digest: Digest, message: MessageId) -> None:
        self._outbox.mark_sent(delivery.id, message)
        self._chats.mark_delivered(delivery.subscription.chat, digest.articles, now=self._clock())
        self._conversation.posted(delivery.subscription.chat, digest.reply, message)

    def _unsure(self, delivery: Delivery, digest: Digest, reason: str) -> None:
        if delivery.subscription.chat.platform in self._resend:
            self._again(delivery, reason)
            return
        self._outbox.mark_unknown(delivery.id, reason)
        # Most likely it was posted; told again it would be told twice.
        self._chats.mark_delivered(delivery.subscription.chat, digest.articles, now=self._clock())
        log.warning("delivery unknown", extra={"delivery": delivery.id, "reason": reason})

    def _again(self, delivery: Delivery, reason: str) -> None:
        if delivery.attempts >= MAX_ATTEMPTS:
            self._outbox.mark_failed(delivery.id, f"given up after {delivery.attempts} tries: {reason}")
            log.error("delivery given up", extra={"delivery": delivery.id, "reason": reason})
            return
        pause = FIRST_PAUSE * 2 ** (delivery.attempts - 1)
        self._outbox.retry(delivery.id, after=self._clock() + pause, reason=reason)


def _following(order: Subscription, now: datetime) -> datetime:
    """The first time after now, so that what was missed while we were down is one digest and not many."""
    return next_due(from_json(order.schedule), ZoneInfo(order.timezone), max(order.next_due, now))
