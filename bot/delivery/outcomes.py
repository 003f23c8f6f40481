"""What became of deliveries, written down so that none is lost and none repeated.

Everything here may be called again after a DatabaseError: it comes to the same.
"""

import logging
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

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
from bot.digests.digest import Digest
from bot.ports import Conversation
from bot.reply import Note, Prose, Reply
from bot.storage.chats import Subscription
from bot.storage.deliveries import Delivery
from bot.storage.outbox import Outbox

log = logging.getLogger(__name__)

RESEND_WITHIN = timedelta(minutes=2)  # of the first try, while a second copy is surely refused
MAX_FAILURES = 8  # of its own; then a digest is given up
GIVE_UP_AFTER = timedelta(days=1)  # since it was due, and since anything could be sent
FIRST_PAUSE = timedelta(seconds=15)  # doubled with each failure: eight take half an hour
LONGEST_PAUSE = timedelta(hours=1)  # whatever a platform asks for: then it is asked again
BARRED_PAUSE = timedelta(hours=1)  # where we may not write
BARRED_TRY_FOR = timedelta(days=1)  # then that digest is given up; its order stays
BARRED_FOR_GOOD = timedelta(days=30)  # then the order ends


def is_too_late(delivery: Delivery, now: datetime) -> bool:
    """Whether it may stand in the chat, and a copy would no longer surely be refused."""
    if delivery.unsure_since is None:
        return False
    # A clock that was set back says nothing about how long ago that was.
    return not timedelta(0) <= now - delivery.unsure_since <= RESEND_WITHIN


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What whoever gave an order is to be told."""

    order: Subscription
    reply: Reply
    key: str


class Outcomes:
    """Records how deliveries end. Every method may block on the database, and raises DatabaseError."""

    def __init__(
        self,
        *,
        outbox: Outbox,
        conversation: Conversation,
        resend: Collection[str],
        clock: Callable[[], datetime],
    ) -> None:
        """resend: the platforms that refuse a second copy by themselves, for a while."""
        self._outbox = outbox
        self._conversation = conversation
        self._resend = resend
        self._clock = clock
        self._closed: dict[ChatRef, tuple[NotAllowed, datetime]] = {}  # where we could not write, and when

    def sent(self, delivery: Delivery, digest: Digest, message: MessageId) -> bool:
        """It stands in the chat. False: and that chat has been forgotten meanwhile."""
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
        its_own: bool = True,
        down_for: timedelta = timedelta(0),
    ) -> Notice | None:
        """It did not plainly succeed. began: when that try did. its_own, down_for: see `failed`."""
        chat, reason = delivery.subscription.chat, str(error)
        match error:
            case Throttled():
                self.put_off(delivery, error.retry_after, reason)
            case SendFailed():
                self.failed(delivery, reason, its_own=its_own, down_for=down_for)
            case SendUnknown():
                self._unsure(delivery, digest, reason, delivery.unsure_since or began)
            case SendRefused() | NotAllowed() if delivery.unsure_since is not None:
                self.unknown(delivery, digest, f"an earlier try may have been posted; then: {reason}")
            case SendRefused():
                self._outbox.mark_failed(delivery, reason)
                log.warning("delivery refused", extra={"delivery": delivery.id, "reason": reason})
            case NotAllowed():
                self._closed[chat] = (error, began)
                return self.barred(delivery, error)
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
        """Nobody knows whether it stands in the chat."""
        # Most likely it does; told again it would be told twice.
        self._outbox.mark_unknown(delivery, reason, told=digest.articles, quotes=digest.quotes)
        log.warning("delivery unknown", extra={"delivery": delivery.id, "reason": reason})

    def failed(
        self, delivery: Delivery, reason: str, *, its_own: bool, down_for: timedelta = timedelta(0)
    ) -> None:
        """Nothing was sent this time, and another try is worth it, unless there were enough.

        its_own: the fault may be the message's. down_for: how long its platform has answered to nothing.
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
        """Nothing was sent this time; an earlier try may have been."""
        after, unsure_since = self._clock() + min(pause, LONGEST_PAUSE), delivery.unsure_since
        self._outbox.retry(delivery, after=after, reason=reason, unsure_since=unsure_since, failed=failed)

    def barred_now(self, chat: ChatRef) -> NotAllowed | None:
        """Why we may not write there, if we have just been told so: asking for each digest that waits there
        would count against us."""
        error, when = self._closed.get(chat, (None, self._clock()))
        if error is not None and self._clock() - when >= BARRED_PAUSE / 2:
            del self._closed[chat]
            return None
        return error

    def barred(self, delivery: Delivery, error: NotAllowed) -> Notice | None:
        """The digest waits for the right to write; whoever ordered it is to hear of that once."""
        order, now = delivery.subscription, self._clock()
        after = now + BARRED_PAUSE if now - delivery.due_at < BARRED_TRY_FOR else None
        since = self._outbox.bar(delivery, now, after=after, reason=str(error))
        log.warning("delivery not allowed", extra={"delivery": delivery.id, "reason": str(error)})
        if since == now:
            reply = _barred_words(order, error.where)
            return Notice(order=order, reply=reply, key=f"barred:{order.id}@{now}")
        if now - since > BARRED_FOR_GOOD:
            self._conversation.gone(order.chat)
        return None

    def _unsure(self, delivery: Delivery, digest: Digest, reason: str, since: datetime) -> None:
        after = self._clock() + FIRST_PAUSE * float(2**delivery.failures)
        if delivery.subscription.chat.platform in self._resend and after - since <= RESEND_WITHIN:
            self._outbox.retry(delivery, after=after, reason=reason, unsure_since=since, failed=True)
        else:
            self.unknown(delivery, digest, reason)

    def _give_up(self, delivery: Delivery, reason: str) -> None:
        if delivery.unsure_since is None:
            self._outbox.mark_failed(delivery, reason)
        else:  # so that nobody has it sent again
            self._outbox.mark_unknown(delivery, reason, told=())
        log.error("delivery given up", extra={"delivery": delivery.id, "reason": reason})


def _barred_words(order: Subscription, where: str | None) -> Reply:
    place = f"in {where}" if where else "in the chat where you ordered it"
    text = f"The digest on “{order.topic}” is ready, but I may not write {place}."
    hint = "Give me the right to see that place and to write there: I try again every hour for a day."
    return Reply(blocks=(Prose(text=text), Note(text=hint)))
