"""Records the outcomes of deliveries, so that none is lost and none repeated."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from articles.database import DatabaseCorrupted, DatabaseError
from bot.chat import (
    ChatError,
    ChatGone,
    ChatMoved,
    ChatRef,
    MessageId,
    NotAllowed,
    SendFailed,
    SendRefused,
    SendUnknown,
    Throttled,
)
from bot.digests import Digest
from bot.ports import Conversation
from bot.reply import Note, Prose, Reply
from bot.storage.chats import Subscription
from bot.storage.outbox import Delivery, Outbox

log = logging.getLogger(__name__)

T = TypeVar("T")

RESEND_WITHIN = timedelta(minutes=2)  # of the first attempt, while the platform surely de-duplicates
MAX_FAILURES = 8  # of its own; then a digest is given up
GIVE_UP_AFTER = timedelta(days=1)  # since it was due, and since anything could be sent
FIRST_PAUSE = timedelta(seconds=15)  # doubled with each failure: eight take half an hour
LONGEST_PAUSE = timedelta(hours=1)  # however long a pause the platform asks for
NOT_ALLOWED_PAUSE = timedelta(hours=1)  # where we may not write
NOT_ALLOWED_TRY_FOR = timedelta(days=1)  # then that digest is given up; its subscription stays
NOT_ALLOWED_FOR_GOOD = timedelta(days=30)  # then the subscription ends
RECORD_AGAIN_S = 1.0
GO_ON_AFTER_S = 1.0  # without a failure: on a full disk some writes still succeed


def is_too_late(delivery: Delivery, now: datetime) -> bool:
    """Whether an earlier attempt may have posted it, and the platform no longer surely refuses a copy."""
    if delivery.unsure_since is None:
        return False
    # A clock that was set back says nothing about how long ago that was.
    return not timedelta(0) <= now - delivery.unsure_since <= RESEND_WITHIN


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What a subscriber is to be told."""

    subscription: Subscription
    reply: Reply
    key: str


class DatabaseFailures:
    """Logs once that the database fails, and keeps what must be written until it works again."""

    def __init__(self) -> None:
        self._failing: set[object] = set()  # what could not be done, and has not been done since
        self._going_on: asyncio.TimerHandle | None = None  # will log that the failure is over
        self._corrupted: DatabaseCorrupted | None = None
        self._is_corrupted = asyncio.Event()

    def failed(self, what: object, error: DatabaseError) -> None:
        """`what` could not be done. Logged once, until all that failed has been `over` for a while."""
        if isinstance(error, DatabaseCorrupted) and self._corrupted is None:
            self._corrupted = error
            self._is_corrupted.set()
        if self._going_on is not None:
            self._going_on.cancel()
            self._going_on = None
        elif not self._failing:
            log.error("deliveries wait for the database", extra={"reason": str(error)})
        self._failing.add(what)

    def over(self, what: object) -> None:
        """`what` can be done again."""
        if what in self._failing:
            self._failing.remove(what)
            if not self._failing:
                self._going_on = asyncio.get_running_loop().call_later(GO_ON_AFTER_S, self._go_on)

    def _go_on(self) -> None:
        self._going_on = None
        log.info("deliveries go on")

    async def record(self, write: Callable[[], T]) -> T:
        """Writes an outcome, which nobody could find out again, however long the database fails.

        Raises DatabaseCorrupted: that is not over by itself.
        """
        while True:
            try:
                written = await asyncio.to_thread(write)
            except DatabaseCorrupted:
                raise
            except DatabaseError as error:
                self.failed(write, error)
                await asyncio.sleep(RECORD_AGAIN_S)
            else:
                self.over(write)
                return written

    async def corrupted(self) -> None:
        """Waits until the database is found to be corrupted, and raises DatabaseCorrupted."""
        await self._is_corrupted.wait()
        if self._corrupted is not None:
            raise self._corrupted


class Outcomes:
    """Every method may block on the database, raises DatabaseError, and may be called again after one."""

    def __init__(self, *, outbox: Outbox, conversation: Conversation, clock: Callable[[], datetime]) -> None:
        self._outbox = outbox
        self._conversation = conversation
        self._clock = clock
        self._not_allowed: dict[ChatRef, tuple[NotAllowed, datetime]] = {}  # where, and when we were told

    def sent(self, delivery: Delivery, digest: Digest, message: MessageId) -> bool:
        """It was posted. Returns False if its chat was forgotten meanwhile."""
        return self._outbox.mark_sent(delivery, message, told=digest.articles, quotes=digest.quotes)

    def nothing_new(self, delivery: Delivery) -> None:
        """There was nothing to say."""
        self._outbox.mark_sent(delivery, None)

    def not_sent(
        self,
        delivery: Delivery,
        digest: Digest,
        error: ChatError,
        *,
        began: datetime,
        deduplicates: bool,
        its_own: bool = True,
        down_for: timedelta = timedelta(0),
    ) -> Notice | None:
        """The attempt did not plainly succeed; returns what the subscriber is to be told.

        began: when the attempt did. deduplicates: see `Capabilities`. its_own, down_for: see `failed`.
        """
        chat, reason = delivery.subscription.chat, str(error)
        match error:
            case Throttled():
                self.put_off(delivery, error.retry_after, reason)
            case SendFailed():
                self.failed(delivery, reason, its_own=its_own, down_for=down_for)
            case SendUnknown():
                self._unsure(delivery, digest, reason, delivery.unsure_since or began, deduplicates)
            case SendRefused() | NotAllowed() if delivery.unsure_since is not None:
                self.unknown(delivery, digest, f"an earlier attempt may have been posted; then: {reason}")
            case SendRefused():
                self._outbox.mark_failed(delivery, reason)
                log.warning("delivery refused", extra={"delivery": delivery.id, "reason": reason})
            case NotAllowed():
                self._not_allowed[chat] = (error, began)
                return self.not_allowed(delivery, error)
            case ChatMoved():
                self._conversation.moved(chat, error.to)
                self.put_off(delivery, timedelta(0), reason)
            case ChatGone():
                self._outbox.mark_failed(delivery, reason)
                self._conversation.gone(chat)
            case _:
                raise error
        return None

    def unknown(self, delivery: Delivery, digest: Digest, reason: str) -> None:
        """It may have been posted or not. It counts as told: most likely it was posted."""
        self._outbox.mark_unknown(delivery, reason, told=digest.articles, quotes=digest.quotes)
        log.warning("delivery unknown", extra={"delivery": delivery.id, "reason": reason})

    def failed(
        self, delivery: Delivery, reason: str, *, its_own: bool, down_for: timedelta = timedelta(0)
    ) -> None:
        """Nothing was sent this time. Tries again later, unless there were enough attempts.

        its_own: the fault may be the message's. down_for: how long the platform has answered nothing.
        """
        failures = delivery.failures + its_own
        if failures >= MAX_FAILURES:
            self._give_up(delivery, f"given up after {failures} tries: {reason}")
        elif min(down_for, self._clock() - delivery.due_at) > GIVE_UP_AFTER:
            self._give_up(delivery, f"given up after a day: {reason}")
        else:
            pause = FIRST_PAUSE * float(2 ** max(0, failures - 1))
            self.put_off(delivery, pause, reason, failed=its_own)

    def put_off(self, delivery: Delivery, pause: timedelta, reason: str, *, failed: bool = False) -> None:
        """Nothing was sent this time; an earlier attempt may have been posted."""
        after, unsure_since = self._clock() + min(pause, LONGEST_PAUSE), delivery.unsure_since
        self._outbox.retry(delivery, after=after, reason=reason, unsure_since=unsure_since, failed=failed)

    def known_not_allowed(self, chat: ChatRef) -> NotAllowed | None:
        """Why we may not write there, if the platform said so lately: to try again with each digest that
        waits there would count against us."""
        error, when = self._not_allowed.get(chat, (None, self._clock()))
        if error is not None and self._clock() - when >= NOT_ALLOWED_PAUSE / 2:
            del self._not_allowed[chat]
            return None
        return error

    def not_allowed(self, delivery: Delivery, error: NotAllowed) -> Notice | None:
        """The digest waits for the right to write; the subscriber is told of that once."""
        subscription, now = delivery.subscription, self._clock()
        after = now + NOT_ALLOWED_PAUSE if now - delivery.due_at < NOT_ALLOWED_TRY_FOR else None
        since = self._outbox.mark_not_allowed(delivery, now, after=after, reason=str(error))
        log.warning("delivery not allowed", extra={"delivery": delivery.id, "reason": str(error)})
        if since == now:
            reply = _not_allowed_reply(subscription, error.where)
            return Notice(subscription=subscription, reply=reply, key=f"barred:{subscription.id}@{now}")
        if now - since > NOT_ALLOWED_FOR_GOOD:
            self._conversation.gone(subscription.chat)
        return None

    def _unsure(
        self, delivery: Delivery, digest: Digest, reason: str, since: datetime, deduplicates: bool
    ) -> None:
        after = self._clock() + FIRST_PAUSE * float(2**delivery.failures)
        if deduplicates and after - since <= RESEND_WITHIN:
            self._outbox.retry(delivery, after=after, reason=reason, unsure_since=since, failed=True)
        else:
            self.unknown(delivery, digest, reason)

    def _give_up(self, delivery: Delivery, reason: str) -> None:
        if delivery.unsure_since is None:
            self._outbox.mark_failed(delivery, reason)
        else:  # so that no operator has it sent again
            self._outbox.mark_unknown(delivery, reason, told=())
        log.error("delivery given up", extra={"delivery": delivery.id, "reason": reason})


def _not_allowed_reply(subscription: Subscription, where: str | None) -> Reply:
    place = f"in {where}" if where else "in the chat where you ordered it"
    text = f"The digest on “{subscription.topic}” is ready, but I may not write {place}."
    hint = "Give me the right to see that place and to write there: I try again every hour for a day."
    return Reply(blocks=(Prose(text=text), Note(text=hint)))
