"""One delivery handed over: composed, sent, and what became of it recorded."""

import asyncio
import logging
from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from weakref import WeakValueDictionary

from articles.database import DatabaseError
from bot.chat import ChatError, ChatGone, ChatMoved, ChatRef, MessageId, SendFailed, SendUnknown, Throttled
from bot.delivery.database_failures import DatabaseFailures
from bot.delivery.outcomes import GIVE_UP_AFTER, LONGEST_PAUSE, MAX_FAILURES, Notice, Outcomes, is_too_late
from bot.delivery.passage import Passage, PlatformDown, Route, Stopping, TakenAway
from bot.digests.digest import Digest, Digests, NotYet
from bot.ports import Conversation
from bot.storage.deliveries import Delivery
from bot.storage.outbox import Outbox

log = logging.getLogger(__name__)

COMPOSING = 4  # at once; who asks for something needs a thread, too
PLATFORM_DOWN_PAUSE = timedelta(seconds=15)
REST_PAUSE = timedelta(seconds=5)  # before the rest of a digest is tried again; doubled each time
REST_LONGEST_PAUSE = timedelta(minutes=1)


class Sender:
    """What is done with a delivery that was claimed. Two of one chat are handed over one after the other."""

    def __init__(
        self,
        *,
        outbox: Outbox,
        digests: Digests,
        conversation: Conversation,
        resend: Collection[str],
        clock: Callable[[], datetime],
        steady: Callable[[], float],
        routes: Mapping[str, Route],
        trouble: DatabaseFailures,
    ) -> None:
        """resend, clock, steady: see `Dispatcher`. routes: by platform."""
        self._digests = digests
        self._conversation = conversation
        self._clock = clock
        self._steady = steady
        self._routes = routes
        self._trouble = trouble
        self._outcomes = Outcomes(outbox=outbox, conversation=conversation, resend=resend, clock=clock)
        self._composing = asyncio.Semaphore(COMPOSING)
        self._turns: WeakValueDictionary[ChatRef, asyncio.Lock] = WeakValueDictionary()

    async def deliver(self, passage: Passage, route: Route) -> None:
        """Composes and sends one, and settles what became of it. If that cannot be, its lease runs out."""
        delivery = passage.delivery
        turn = self._turns.setdefault(delivery.subscription.chat, asyncio.Lock())
        async with turn:  # two digests of a chat must not tell of one story
            try:
                digest = await self._composed(delivery)
                if digest is not None:
                    await self._send(passage, digest, route)
            except DatabaseError as error:  # as with all else, its lease runs out
                self._trouble.found(error)
            except Exception:
                # Whether it was posted is not known: `recover` decides when its lease has run out.
                log.exception("delivery failed", extra={"delivery": delivery.id})
            finally:
                passage.leave()

    async def _composed(self, delivery: Delivery) -> Digest | None:
        """The digest to send; None where there is none, and that is settled."""
        record, outcomes = self._trouble.record, self._outcomes
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
            # One digest that cannot be made must not keep the others from their chats.
            log.exception("digest not made", extra={"delivery": delivery.id})
            reason = "an error of ours; see the log"
            await record(lambda: outcomes.failed(delivery, reason, its_own=True))
            return None
        if digest is None:
            await record(lambda: outcomes.nothing_new(delivery))
        return digest

    async def _send(self, passage: Passage, digest: Digest, route: Route) -> None:
        delivery, outcomes, record = passage.delivery, self._outcomes, self._trouble.record
        chat, began = delivery.subscription.chat, self._clock()
        if is_too_late(delivery, began):
            await record(lambda: outcomes.unknown(delivery, digest, "not learned in time"))
            return
        if delivery.unsure_since is None and (barred := outcomes.barred_now(chat)) is not None:
            await self._tell(await record(lambda: outcomes.barred(delivery, barred)))
            return
        passage.digest = digest
        try:
            message = await self._post(passage, digest, route)
        except Stopping:
            await record(
                lambda: outcomes.put_off(delivery, timedelta(0), "not begun when we were told to stop")
            )
        except PlatformDown:
            await record(
                lambda: outcomes.put_off(delivery, PLATFORM_DOWN_PAUSE, "the platform does not answer")
            )
        except TakenAway:
            log.info("delivery left to another", extra={"delivery": delivery.id})
        except ChatError as error:
            await self._not_sent(passage, digest, error, began, route)
        else:
            route.breaker.answered()
            is_there = await record(lambda: outcomes.sent(delivery, digest, message))
            passage.leave()
            if is_there:
                await record(lambda: self._conversation.posted(chat, digest.reply, message))

    async def _post(self, passage: Passage, digest: Digest, route: Route) -> MessageId:
        """Posts the digest. Once its first messages stand in the chat it is not put off, as whoever took it
        up next would post them again: the rest is tried here for as long as a whole one would be.

        Raises ChatError, Withdrawn.
        """
        delivery, give_up_at = passage.delivery, self._clock() + GIVE_UP_AFTER
        chat = delivery.subscription.chat
        key = f"{delivery.subscription.id}@{int(delivery.due_at.timestamp())}"
        failures, pause = 0, REST_PAUSE
        while True:
            try:
                return await route.adapter.send(chat, digest.reply, key=key, hooks=passage)
            except (SendFailed, Throttled) as error:
                if not passage.already_posted:
                    raise
                passage.leave()
                its_own = self._note(route, chat.platform, error)
                failures += its_own and isinstance(error, SendFailed)
                if failures == MAX_FAILURES or self._clock() >= give_up_at:
                    raise
                asked_for = error.retry_after if isinstance(error, Throttled) else pause
                if await route.closes_within(min(asked_for, LONGEST_PAUSE)):
                    raise
                pause = min(2 * pause, REST_LONGEST_PAUSE)

    async def _not_sent(
        self, passage: Passage, digest: Digest, error: ChatError, began: datetime, route: Route
    ) -> None:
        delivery, outcomes = passage.delivery, self._outcomes
        chat = delivery.subscription.chat
        its_own = self._note(route, chat.platform, error)
        down_for = timedelta(seconds=route.breaker.lasted_s(self._steady()))
        in_part = passage.already_posted > 0 and not isinstance(error, ChatGone)

        def write() -> Notice | None:
            if in_part:
                # Whatever platform it is: to begin anew would tell what stands in the chat once more.
                outcomes.unknown(delivery, digest, f"only its beginning was posted: {error}")
                return None
            return outcomes.not_sent(delivery, digest, error, began=began, its_own=its_own, down_for=down_for)

        if in_part and isinstance(error, ChatMoved):
            moved_to = error.to
            await self._trouble.record(lambda: self._conversation.moved(chat, moved_to))
        notice = await self._trouble.record(write)
        passage.leave()
        await self._tell(notice)

    def _note(self, route: Route, platform: str, error: ChatError) -> bool:
        """What an unsuccessful send says about its platform; whether the message may be at fault."""
        if not isinstance(error, SendFailed | SendUnknown):
            route.breaker.answered()
            return True
        was_down = route.breaker.down
        its_own = route.breaker.lost(self._steady(), unknown=isinstance(error, SendUnknown))
        if route.breaker.down and not was_down:
            log.warning("platform down", extra={"platform": platform, "reason": str(error)})
        return its_own

    async def _tell(self, notice: Notice | None) -> None:
        if notice is None:
            return
        order = notice.order
        adapter = self._routes[order.chat.platform].adapter
        try:
            await adapter.send(await adapter.direct(order.created_by), notice.reply, key=notice.key)
        except ChatError as error:
            log.info("subscriber not told", extra={"order": order.id, "reason": str(error)})
