"""The outbox: deliveries as they are stored, each keyed by (subscription, due time).

Whatever is asked at every tick reads first, and takes the write lock only where there is something to do.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NewType

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Update,
    and_,
    bindparam,
    delete,
    exists,
    func,
    literal,
    null,
    or_,
    select,
    update,
)

from articles.database import Database, insert_or_ignore_statement
from articles.model import ArticleId
from bot.chat import ChatRef, MessageId
from bot.storage.chats import SUBSCRIPTIONS, Subscription, SubscriptionId, note_told, subscription_of
from bot.storage.schema import chats, outbox, subscriptions

DeliveryId = NewType("DeliveryId", int)

# No pause and no lease is this long: what lies further ahead was written before the clock was set back.
FARTHEST = timedelta(hours=2)
SENT_KEPT = timedelta(days=30)
FAULTY_KEPT = timedelta(days=90)  # failed or unknown: until then an operator may see it
PRUNED = 1_000  # at once, so that nobody waits long for the write lock
INTERRUPTED = "the process stopped while sending"


class DeliveryState(StrEnum):
    DUE = "due"
    SENDING = "sending"  # a process has claimed it; the lease ends at `try_after`
    SENT = "sent"
    FAILED = "failed"  # given up, see `reason`
    UNKNOWN = "unknown"  # the platform may or may not have posted it; never retried blindly


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A subscription whose time has come, as far as its next time depends on it."""

    id: SubscriptionId
    schedule: Mapping[str, Any]  # as `bot/schedules/schedule.py` writes it
    timezone: str  # IANA
    next_due: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DueDelivery:
    """A delivery that may be claimed now."""

    id: DeliveryId
    chat: ChatRef
    unsure: bool  # an earlier attempt may have been posted: the platform de-duplicates for a short time only


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One digest for one chat at one time."""

    id: DeliveryId
    subscription: Subscription
    due_at: datetime
    attempts: int  # how often it was claimed, this time included: a later claim has a higher number
    failures: int  # how often an attempt failed through its own fault
    unsure_since: datetime | None  # when the first send with an unknown outcome started; None: there is none


class Outbox:
    """Every method blocks on the database, and raises DatabaseError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def enqueue_due(self, now: datetime, *, limit: int, next_due: Callable[[Due], datetime]) -> int:
        """Makes a delivery of up to `limit` subscriptions whose time has come, oldest first; how many.

        Each gets its next due time in the same transaction, so that no crash can lose or double a delivery.
        next_due: pure and quick, later than the subscription's present one; where it is not later than now,
        the next call takes that too.
        """
        columns = subscriptions.c.id, subscriptions.c.schedule, subscriptions.c.timezone
        come = (
            select(*columns, subscriptions.c.next_due)
            .where(subscriptions.c.paused.is_(False), subscriptions.c.next_due <= now)
            .order_by(subscriptions.c.next_due)
            .limit(limit)
        )
        if not self._any(come):
            return 0
        come = come.with_for_update(of=subscriptions, skip_locked=True)
        moved = update(subscriptions).where(subscriptions.c.id == bindparam("subscription"))
        with self._database.transaction() as connection:
            rows = [Due(**row._asdict()) for row in connection.execute(come)]
            taken = sorted(rows, key=lambda due: (due.next_due, due.id))  # so that equals have a fixed order
            following = [(due, next_due(due)) for due in taken]
            for due, at in following:
                if at <= due.next_due:
                    raise ValueError(f"subscription {due.id} would be due again at {at}")
            if taken:
                connection.execute(
                    insert_or_ignore_statement(connection, outbox), [_row_of(due) for due in taken]
                )
                connection.execute(
                    moved.values(next_due=bindparam("at")),
                    [{"subscription": due.id, "at": at} for due, at in following],
                )
        return len(taken)

    def due(self, now: datetime, *, limit: int, platforms: Collection[str]) -> tuple[DueDelivery, ...]:
        """Up to `limit` deliveries to claim now: first the unsure, then those that wait longest."""
        ready = (
            select(outbox.c.id, outbox.c.unsure_since, chats.c.platform, chats.c.chat, chats.c.thread)
            .join(subscriptions, subscriptions.c.id == outbox.c.subscription_id)
            .join(chats, chats.c.id == subscriptions.c.chat_id)
            # Written out, as a partial index is not used for what may be any state.
            .where(outbox.c.state == literal(DeliveryState.DUE.value, literal_execute=True))
            .where(outbox.c.try_after <= now)
            .where(subscriptions.c.paused.is_(False))
            .where(chats.c.platform.in_(platforms))
        )
        # Without statistics SQLite takes the other index, and reads all that is due to find none.
        of_unsure = ready.with_hint(outbox, "INDEXED BY ix_outbox_unsure_due", "sqlite")
        unsure = of_unsure.where(outbox.c.unsure_since.is_not(None)).limit(limit)
        by_age = ready.order_by(outbox.c.try_after).limit(limit)
        with self._database.reading() as connection:
            rows = [row for chosen in (unsure, by_age) for row in connection.execute(chosen)]
        found = {
            row.id: DueDelivery(
                id=DeliveryId(row.id),
                chat=ChatRef(platform=row.platform, chat=row.chat, thread=row.thread or None),
                unsure=row.unsure_since is not None,
            )
            for row in rows
        }
        return tuple(found.values())[:limit]

    def claim(self, delivery: DeliveryId, now: datetime, *, lease: timedelta) -> Delivery | None:
        """The delivery, to be sent by the caller and nobody else; None if it is not due any more.

        Record its outcome within `lease`, or renew the lease. Else it counts as interrupted (see `recover`).
        """
        active = exists().where(
            subscriptions.c.id == outbox.c.subscription_id, subscriptions.c.paused.is_(False)
        )
        claiming = update(outbox).where(
            outbox.c.id == delivery,
            outbox.c.state == DeliveryState.DUE.value,
            outbox.c.try_after <= now,
            active,
        )
        claimed = claiming.values(
            state=DeliveryState.SENDING.value, attempts=outbox.c.attempts + 1, try_after=now + lease
        )
        with self._database.transaction() as connection:
            row = connection.execute(claimed.returning(outbox)).one_or_none()
            if row is None:
                return None
            its_own = SUBSCRIPTIONS.where(subscriptions.c.id == row.subscription_id)
            subscription = subscription_of(connection.execute(its_own).one())
        return Delivery(
            id=delivery,
            subscription=subscription,
            due_at=row.due_at,
            attempts=row.attempts,
            failures=row.failures,
            unsure_since=row.unsure_since,
        )

    def renew(self, deliveries: Iterable[Delivery], now: datetime, *, lease: timedelta) -> None:
        """Extends the leases of deliveries that are still being sent."""
        self._update_claimed(deliveries, update(outbox).values(try_after=now + lease))

    def release(self, deliveries: Iterable[Delivery], now: datetime) -> None:
        """Makes those that have not started due again, as if they had not been claimed."""
        waiting = update(outbox).where(outbox.c.unsure_since.is_(None))
        self._update_claimed(deliveries, waiting.values(state=DeliveryState.DUE.value, try_after=now))

    def mark_started(
        self,
        delivery: Delivery,
        now: datetime,
        *,
        lease: timedelta,
        told: Collection[ArticleId] = (),
        quotes: Collection[int] = (),
    ) -> bool:
        """Marks the send as started. Returns False if the lease was lost: then it must not be sent.

        told, quotes: what the digest contains. It counts as told if the outcome stays unknown.
        """
        started = {
            "unsure_since": func.coalesce(outbox.c.unsure_since, now),
            "try_after": now + lease,
            "tells": {"articles": list(told), "quotes": list(quotes)},
        }
        with self._database.transaction() as connection:
            marked = connection.execute(update(outbox).where(_is_ours(delivery)).values(started))
            return marked.rowcount == 1

    def mark_sent(
        self,
        delivery: Delivery,
        message: MessageId | None,
        *,
        told: Collection[ArticleId] = (),
        quotes: Collection[int] = (),
    ) -> bool:
        """Returns False if the delivery is gone, because its chat was forgotten during the send.

        message: the platform's id; None where there was nothing to say. told, quotes: what the chat has been
        told by it, quotes by their keys (see `bot/digests.py`).
        """
        subscription = delivery.subscription
        barred = (subscriptions.c.id == subscription.id) & subscriptions.c.barred_since.is_not(None)
        with self._database.transaction() as connection:
            _lock_subscription_of(connection, delivery)
            marked = connection.execute(_marking(delivery, DeliveryState.SENT, message=message)).rowcount == 1
            if marked:
                _note(connection, delivery, told, quotes)
            if message is not None:
                connection.execute(update(subscriptions).where(barred).values(barred_since=null()))
        return marked

    def mark_failed(self, delivery: Delivery, reason: str) -> None:
        """Given up."""
        self._mark(delivery, DeliveryState.FAILED, reason=reason)

    def mark_unknown(
        self,
        delivery: Delivery,
        reason: str,
        *,
        told: Collection[ArticleId],
        quotes: Collection[int] = (),
    ) -> None:
        """It was sent and no answer came. told, quotes: what the chat counts as having been told by it."""
        with self._database.transaction() as connection:
            _lock_subscription_of(connection, delivery)
            if connection.execute(_marking(delivery, DeliveryState.UNKNOWN, reason=reason)).rowcount == 1:
                _note(connection, delivery, told, quotes)

    def retry(
        self,
        delivery: Delivery,
        *,
        after: datetime,
        reason: str,
        unsure_since: datetime | None = None,
        failed: bool = False,
    ) -> None:
        """Makes it due again at `after`, which must not be further ahead than `FARTHEST`.

        unsure_since: None if nothing was sent, this time or before. failed: through its own fault.
        """
        failures = outbox.c.failures + (1 if failed else 0)
        fields = {"try_after": after, "reason": reason, "unsure_since": unsure_since, "failures": failures}
        self._mark(delivery, DeliveryState.DUE, **fields)

    def mark_not_allowed(
        self, delivery: Delivery, now: datetime, *, after: datetime | None, reason: str
    ) -> datetime:
        """Nothing was sent, as we may not write there. Due again at `after`; None: given up.

        Returns since when we may not write there for its subscription; `now` itself the first time.
        """
        if after is None:
            marking = _marking(delivery, DeliveryState.FAILED, reason=reason)
        else:
            marking = _marking(delivery, DeliveryState.DUE, try_after=after, reason=reason, unsure_since=None)
        its_own = subscriptions.c.id == delivery.subscription.id
        since = func.coalesce(subscriptions.c.barred_since, now)
        with self._database.transaction() as connection:
            _lock_subscription_of(connection, delivery)
            connection.execute(marking)
            connection.execute(update(subscriptions).where(its_own).values(barred_since=since))
            return connection.execute(select(subscriptions.c.barred_since).where(its_own)).scalar() or now

    def recover(
        self, now: datetime, *, deduplicating: Collection[str], within: timedelta, alone: bool = False
    ) -> int:
        """Settles deliveries whose sender died; how many there were.

        Makes deliveries due again if they had not started, or if the platform de-duplicates (`deduplicating`)
        and the first attempt was less than `within` ago. All others become unknown, and what they contain
        counts as told. Also corrects what a wrong clock has put off too far.

        alone: no process is sending anything now, whatever the leases say.
        """
        too_far = outbox.c.try_after > now + FARTHEST
        put_off = and_(outbox.c.state == DeliveryState.DUE.value, too_far)
        sending = outbox.c.state == DeliveryState.SENDING.value
        # Each by itself is one search in the index, and together they are a scan.
        ended = (sending,) if alone else (and_(sending, outbox.c.try_after <= now), and_(sending, too_far))
        if not any(self._any(select(outbox.c.id).where(sign)) for sign in (put_off, *ended)):
            return 0
        deduplicated = outbox.c.subscription_id.in_(
            select(subscriptions.c.id)
            .join(chats, chats.c.id == subscriptions.c.chat_id)
            .where(chats.c.platform.in_(deduplicating))
        )
        not_started = outbox.c.unsure_since.is_(None)
        lately = (outbox.c.unsure_since > now - within) & (outbox.c.unsure_since <= now)
        safe = not_started | (deduplicated & lately)
        again = {"state": DeliveryState.DUE.value, "try_after": outbox.c.due_at, "reason": INTERRUPTED}
        unknown = {"state": DeliveryState.UNKNOWN.value, "reason": INTERRUPTED}
        with self._database.transaction() as connection:
            connection.execute(update(outbox).where(put_off).values(try_after=now))
            these = outbox.c.id.in_(_locked(connection, or_(*ended)))
            recovered = connection.execute(update(outbox).where(these, safe).values(again)).rowcount
            for row in connection.execute(_OF_CHATS.where(these, sending, outbox.c.tells.is_not(null()))):
                note_told(connection, row.chat_id, row.tells["articles"], row.tells["quotes"])
            left = connection.execute(update(outbox).where(these, sending).values(unknown)).rowcount
        return recovered + left

    def prune(self, now: datetime) -> int:
        """Deletes up to `PRUNED` deliveries that ended long ago; how many.

        None can come again: a subscription's due times only go forward.
        """
        kept = {
            DeliveryState.SENT: SENT_KEPT,
            DeliveryState.FAILED: FAULTY_KEPT,
            DeliveryState.UNKNOWN: FAULTY_KEPT,
        }
        forgotten = 0
        for state, span in kept.items():
            old = select(outbox.c.id).where(outbox.c.state == state.value, outbox.c.try_after < now - span)
            if self._any(old):
                some = old.limit(PRUNED).with_for_update(skip_locked=True)
                with self._database.transaction() as connection:
                    these = outbox.c.id.in_(connection.execute(some).scalars().all())
                    forgotten += connection.execute(delete(outbox).where(these)).rowcount
        return forgotten

    def states(self) -> dict[DeliveryState, int]:
        """How many deliveries are in each state."""
        with self._database.reading() as connection:
            rows = connection.execute(
                select(outbox.c.state, func.count().label("deliveries")).group_by(outbox.c.state)
            )
            return {DeliveryState(row.state): row.deliveries for row in rows}

    def oldest_due(self) -> datetime | None:
        """When the delivery that has waited longest became due; None if none waits."""
        waiting = outbox.c.state.in_([DeliveryState.DUE.value, DeliveryState.SENDING.value])
        with self._database.reading() as connection:
            return connection.execute(select(func.min(outbox.c.due_at)).where(waiting)).scalar()

    def _any(self, chosen: Select[Any]) -> bool:
        """Whether there is one. It takes no lock."""
        with self._database.reading() as connection:
            return connection.execute(chosen.limit(1)).first() is not None

    def _update_claimed(self, deliveries: Iterable[Delivery], change: Update) -> None:
        ordered = sorted(deliveries, key=lambda delivery: delivery.id)  # or two could block each other
        rows = [{"delivery": delivery.id, "claim": delivery.attempts} for delivery in ordered]
        ours = change.where(
            outbox.c.id == bindparam("delivery"),
            outbox.c.state == DeliveryState.SENDING.value,
            outbox.c.attempts == bindparam("claim"),
        )
        if rows:
            with self._database.transaction() as connection:
                connection.execute(ours, rows)

    def _mark(self, delivery: Delivery, state: DeliveryState, **fields: object) -> None:
        with self._database.transaction() as connection:
            connection.execute(_marking(delivery, state, **fields))


def _row_of(due: Due) -> dict[str, object]:
    """A new delivery."""
    return {
        "subscription_id": due.id,
        "due_at": due.next_due,
        "state": DeliveryState.DUE.value,
        "attempts": 0,
        "failures": 0,
        "try_after": due.next_due,
    }


def _marking(delivery: Delivery, state: DeliveryState, **fields: object) -> Update:
    """Only while it is being sent: the lease may have run out, and `recover` have decided already.

    A message that was sent is recorded whatever was decided.
    """
    if state is DeliveryState.SENT:
        undecided = (DeliveryState.SENDING, DeliveryState.DUE, DeliveryState.UNKNOWN)
        open_to = and_(outbox.c.id == delivery.id, outbox.c.state.in_([each.value for each in undecided]))
    else:
        open_to = _is_ours(delivery)
    return update(outbox).where(open_to).values(state=state.value, **fields)


def _is_ours(delivery: Delivery) -> ColumnElement[bool]:
    """It is being sent, and nobody has claimed it since."""
    return and_(
        outbox.c.id == delivery.id,
        outbox.c.state == DeliveryState.SENDING.value,
        outbox.c.attempts == delivery.attempts,
    )


def _note(
    connection: Connection, delivery: Delivery, told: Collection[ArticleId], quotes: Collection[int]
) -> None:
    """In the chat where its subscription is now: it may have moved since it was claimed."""
    if told or quotes:
        its_chat = select(subscriptions.c.chat_id).where(subscriptions.c.id == delivery.subscription.id)
        note_told(connection, connection.execute(its_chat).scalar_one(), told, quotes)


def _lock_subscription_of(connection: Connection, delivery: Delivery) -> None:
    """Locks chat, subscription, delivery in the same order as who forgets a chat, so that no two deadlock."""
    its_own = subscriptions.c.id == delivery.subscription.id
    its_chat = select(subscriptions.c.chat_id).where(its_own).scalar_subquery()
    connection.execute(select(chats.c.id).where(chats.c.id == its_chat).with_for_update(key_share=True))
    connection.execute(select(subscriptions.c.id).where(its_own).with_for_update(key_share=True))


_OF_CHATS = select(outbox.c.id, outbox.c.tells, subscriptions.c.chat_id).join(
    subscriptions, subscriptions.c.id == outbox.c.subscription_id
)


def _locked(connection: Connection, chosen: ColumnElement[bool]) -> list[int]:
    """The ids of those deliveries, without what others have locked. Locks their chats first, see above."""
    found = connection.execute(_OF_CHATS.where(chosen)).all()
    theirs = select(chats.c.id).where(chats.c.id.in_({row.chat_id for row in found})).order_by(chats.c.id)
    connection.execute(theirs.with_for_update(read=True, key_share=True))
    ids = outbox.c.id.in_([row.id for row in found])
    free = select(outbox.c.id).where(ids, chosen).with_for_update(skip_locked=True)
    return list(connection.execute(free).scalars())
