"""Composes and sends one delivery, and records its outcome."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from weakref import WeakValueDictionary

from articles.database import DatabaseError
from bot.chat import (
    ChatError,
    ChatGone,
    ChatMoved,
    ChatRef,
    MessageId,
    SendFailed,
    SendHooks,
    SendUnknown,
    Throttled,
)
from bot.delivery.outcomes import (
    GIVE_UP_AFTER,
    LONGEST_PAUSE,
    MAX_FAILURES,
    DatabaseFailures,
    Notice,
    Outcomes,
    is_too_late,
)
from bot.delivery.platforms import Platform
from bot.digests import Digest, Digests, NotYet
from bot.ports import Conversation
from bot.storage.outbox import Delivery, Outbox

log = logging.getLogger(__name__)

COMPOSING = 4  # at once: commands need threads, too
PLATFORM_DOWN_PAUSE = timedelta(seconds=15)
REST_PAUSE = timedelta(seconds=5)  # before the rest of a digest is tried again; doubled each time
REST_LONGEST_PAUSE = timedelta(minutes=1)


class NotStarted(Exception):
    """A send that had not started must not start now."""


class Stopping(NotStarted):
    """The process is stopping."""


class PlatformDown(NotStarted):
    """The platform has stopped answering."""


class LeaseLost(NotStarted):
    """The lease ran out while the delivery waited; another process may have it."""


class Attempt(SendHooks):
    """One attempt to send a delivery. It holds one of its platform's slots from right before the send until
    the outcome is recorded, so that a crash leaves no more than that many with an unknown outcome."""

    def __init__(
        self,
        delivery: Delivery,
        platform: Platform,
        mark: Callable[[Delivery, Digest | None], Awaitable[bool]],
    ) -> None:
        """mark: marks the send as started; returns False if the lease was lost."""
        self.delivery = delivery
        self.platform = platform
        self.digest: Digest | None = None  # to be sent
        self.started = False  # or about to be: it must not be cancelled
        self.already_posted = 0
        self._mark = mark
        self._has_slot = False

    async def wait_for_slot(self) -> None:
        """See `SendHooks`. Raises NotStarted."""
        if not self._has_slot:
            await self.platform.slots.acquire()
            self._has_slot = True
        self._check()

    async def mark_started(self) -> None:
        """See `SendHooks`. Raises NotStarted."""
        if self.started:
            return
        self._check()
        self.started = True
        if not await self._mark(self.delivery, self.digest):
            raise LeaseLost

    def message_posted(self) -> None:
        """See `SendHooks`. Until the next message is allowed by its chat's limits, another may be sent."""
        self.already_posted += 1
        self.release_slot()

    def release_slot(self) -> None:
        """Lets the next send start: the outcome of this one is recorded."""
        if self._has_slot:
            self._has_slot = False
            self.platform.slots.release()

    def _check(self) -> None:
        if self.started:
            return  # a digest that was posted in part must be finished
        if self.platform.is_closed:
            raise Stopping
        if self.platform.breaker.down:
            raise PlatformDown


class Sender:
    """Sends deliveries that were claimed. Two of one chat are sent one after the other."""

    def __init__(
        self,
        *,
        outbox: Outbox,
        digests: Digests,
        conversation: Conversation,
        failures: DatabaseFailures,
        clock: Callable[[], datetime],
        steady: Callable[[], float],
    ) -> None:
        """clock, steady: see `Dispatcher`."""
        self._digests = digests
        self._conversation = conversation
        self._failures = failures
        self._clock = clock
        self._steady = steady
        self._outcomes = Outcomes(outbox=outbox, conversation=conversation, clock=clock)
        self._composing = asyncio.Semaphore(COMPOSING)
        self._turns: WeakValueDictionary[ChatRef, asyncio.Lock] = WeakValueDictionary()

    async def deliver(self, attempt: Attempt) -> None:
        """Composes, sends and records the outcome. Where that fails, the lease runs out."""
        delivery = attempt.delivery
        turn = self._turns.setdefault(delivery.subscription.chat, asyncio.Lock())
        async with turn:  # two digests of a chat must not tell of one story
            try:
                digest = await self._compose(delivery)
                if digest is not None:
                    await self._send(attempt, digest)
                self._failures.over("send")
            except DatabaseError as error:
                self._failures.failed("send", error)
            except Exception:
                # Whether it was posted is unknown: `recover` decides when the lease has run out.
                log.exception("delivery failed", extra={"delivery": delivery.id})
            finally:
                attempt.release_slot()

    async def _compose(self, delivery: Delivery) -> Digest | None:
        """The digest to send; None where there is none, and that is recorded."""
        record, outcomes = self._failures.record, self._outcomes
        try:
            async with self._composing:
                digest = await asyncio.to_thread(
                    self._digests.compose, delivery.subscription, now=self._clock(), due_at=delivery.due_at
                )
        except NotYet as early:
            pause = early.until - self._clock()
            await record(lambda: outcomes.put_off(delivery, pause, "quiet hours"))
            return None
        except DatabaseError:
            raise
        except Exception:
            # One digest that cannot be composed must not hold up the others.
            log.exception("digest not composed", extra={"delivery": delivery.id})
            reason = "an internal error; see the log"
            await record(lambda: outcomes.failed(delivery, reason, its_own=True))
            return None
        if digest is None:
            await record(lambda: outcomes.nothing_new(delivery))
        return digest

    async def _send(self, attempt: Attempt, digest: Digest) -> None:
        delivery, outcomes, record = attempt.delivery, self._outcomes, self._failures.record
        chat, began = delivery.subscription.chat, self._clock()
        if is_too_late(delivery, began):
            await record(lambda: outcomes.unknown(delivery, digest, "the outcome was not known in time"))
            return
        known = outcomes.known_not_allowed(chat) if delivery.unsure_since is None else None
        if known is not None:
            await self._notify(await record(lambda: outcomes.not_allowed(delivery, known)), attempt.platform)
            return
        attempt.digest = digest
        try:
            message = await self._post(attempt, digest)
        except Stopping:
            await record(
                lambda: outcomes.put_off(delivery, timedelta(0), "not started before the process stopped")
            )
        except PlatformDown:
            await record(lambda: outcomes.put_off(delivery, PLATFORM_DOWN_PAUSE, "platform down"))
        except LeaseLost:
            log.info("lease lost", extra={"delivery": delivery.id})
        except ChatError as error:
            await self._not_sent(attempt, digest, error, began)
        else:
            attempt.platform.breaker.answered()
            is_there = await record(lambda: outcomes.sent(delivery, digest, message))
            attempt.release_slot()
            if is_there:
                await record(lambda: self._conversation.posted(chat, digest.reply, message))

    async def _post(self, attempt: Attempt, digest: Digest) -> MessageId:
        """Posts the digest. Once its first messages are posted, the rest is tried here for as long as a whole
        digest would be: put off, it would be posted again from its beginning.

        Raises ChatError, NotStarted.
        """
        delivery, platform, give_up_at = attempt.delivery, attempt.platform, self._clock() + GIVE_UP_AFTER
        key = f"{delivery.subscription.id}@{int(delivery.due_at.timestamp())}"
        failures, pause = 0, REST_PAUSE
        while True:
            try:
                return await platform.adapter.send(
                    delivery.subscription.chat, digest.reply, key=key, hooks=attempt
                )
            except (SendFailed, Throttled) as error:
                if not attempt.already_posted:
                    raise
                attempt.release_slot()
                its_own = self._note(platform, error)
                failures += its_own and isinstance(error, SendFailed)
                if failures == MAX_FAILURES or self._clock() >= give_up_at:
                    raise
                asked_for = error.retry_after if isinstance(error, Throttled) else pause
                if await platform.closes_within(min(asked_for, LONGEST_PAUSE)):
                    raise
                pause = min(2 * pause, REST_LONGEST_PAUSE)

    async def _not_sent(self, attempt: Attempt, digest: Digest, error: ChatError, began: datetime) -> None:
        delivery, platform, outcomes = attempt.delivery, attempt.platform, self._outcomes
        chat = delivery.subscription.chat
        its_own = self._note(platform, error)
        down_for = timedelta(seconds=platform.breaker.failing_for_s(self._steady()))
        in_part = attempt.already_posted > 0 and not isinstance(error, ChatGone)

        def write() -> Notice | None:
            if in_part:
                # On any platform: a second attempt would post the beginning once more.
                outcomes.unknown(delivery, digest, f"only its beginning was posted: {error}")
                return None
            return outcomes.not_sent(
                delivery,
                digest,
                error,
                began=began,
                deduplicates=platform.capabilities.deduplicates,
                its_own=its_own,
                down_for=down_for,
            )

        if in_part and isinstance(error, ChatMoved):
            moved_to = error.to
            await self._failures.record(lambda: self._conversation.moved(chat, moved_to))
        notice = await self._failures.record(write)
        attempt.release_slot()
        await self._notify(notice, platform)

    def _note(self, platform: Platform, error: ChatError) -> bool:
        """Tells the circuit breaker; returns whether the message may be at fault."""
        breaker = platform.breaker
        if not isinstance(error, SendFailed | SendUnknown):
            breaker.answered()
            return True
        was_down = breaker.down
        its_own = breaker.failed(self._steady(), unknown=isinstance(error, SendUnknown))
        if breaker.down and not was_down:
            name = platform.capabilities.platform
            log.warning("platform down", extra={"platform": name, "reason": str(error)})
        return its_own

    async def _notify(self, notice: Notice | None, platform: Platform) -> None:
        if notice is None:
            return
        subscription, adapter = notice.subscription, platform.adapter
        try:
            direct = await adapter.direct(subscription.created_by)
            await adapter.send(direct, notice.reply, key=notice.key)
        except ChatError as error:
            facts = {"subscription": subscription.id, "reason": str(error)}
            log.info("subscriber not notified", extra=facts)
