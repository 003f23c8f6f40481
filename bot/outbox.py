"""The outbox as it is stored: what is due, being sent, sent, or not to be had, each delivery once."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType

from sqlalchemy import func, select, update

from articles.database import Database, insert_absent
from bot.chat import MessageId
from bot.schema import chats, outbox, subscriptions
from bot.store import SUBSCRIPTIONS, Subscription, subscription_of

DeliveryId = NewType("DeliveryId", int)


class DeliveryState(StrEnum):
    DUE = "due"
    SENDING = "sending"  # a process has it; after `try_after` that process counts as dead
    SENT = "sent"
    FAILED = "failed"  # given up, see `reason`
    UNKNOWN = "unknown"  # the platform may or may not have posted it; never retried blindly


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One digest for one chat."""

    id: DeliveryId
    subscription: Subscription
    due_at: datetime
    attempts: int  # this one included


class Outbox:
    """Deliveries, keyed by (subscription, due time): enqueued twice is delivered once."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def enqueue_due(self, now: datetime, *, limit: int, next_due: Callable[[Subscription], datetime]) -> int:
        """Takes up to `limit` subscriptions whose time has come, oldest first; how many it took.

        Each gets a delivery and its next due time in the same transaction, so that no stop in between can
        lose or double one. next_due: pure and quick, later than the subscription's present one; where it is
        not later than now, the next call takes that too.
        """
        come = (
            SUBSCRIPTIONS.where(subscriptions.c.paused.is_(False), subscriptions.c.next_due <= now)
            .order_by(subscriptions.c.next_due)
            .limit(limit)
        )
        with self._database.transaction() as connection:
            taken = [subscription_of(row) for row in connection.execute(come)]
            rows = [
                {
                    "subscription_id": subscription.id,
                    "due_at": subscription.next_due,
                    "state": DeliveryState.DUE.value,
                    "attempts": 0,
                    "try_after": subscription.next_due,
                }
                for subscription in taken
            ]
            insert_absent(connection, outbox, rows)
            for subscription in taken:
                following = next_due(subscription)
                if following <= subscription.next_due:
                    raise ValueError(f"subscription {subscription.id} would be due again at {following}")
                moved = update(subscriptions).where(subscriptions.c.id == subscription.id)
                connection.execute(moved.values(next_due=following))
        return len(taken)

    def claim(
        self, now: datetime, *, limit: int, lease: timedelta, platforms: Collection[str]
    ) -> tuple[Delivery, ...]:
        """Up to `limit` deliveries to send now, longest waiting first; no other process gets them.

        Say within `lease` what became of each, or it counts as interrupted (see `recover`).
        """
        ready = (
            select(outbox.c.id)
            .join(subscriptions, subscriptions.c.id == outbox.c.subscription_id)
            .join(chats, chats.c.id == subscriptions.c.chat_id)
            .where(outbox.c.state == DeliveryState.DUE.value, outbox.c.try_after <= now)
            .where(chats.c.platform.in_(platforms))
            .order_by(outbox.c.try_after)
            .limit(limit)
        )
        taken = {
            "state": DeliveryState.SENDING.value,
            "attempts": outbox.c.attempts + 1,
            "try_after": now + lease,
        }
        with self._database.transaction() as connection:
            claimed = connection.execute(
                update(outbox).where(outbox.c.id.in_(ready)).values(taken).returning(outbox)
            ).all()
            wanted = SUBSCRIPTIONS.where(subscriptions.c.id.in_({row.subscription_id for row in claimed}))
            orders = {row.id: subscription_of(row) for row in connection.execute(wanted)}
        deliveries = [
            Delivery(
                id=DeliveryId(row.id),
                subscription=orders[row.subscription_id],
                due_at=row.due_at,
                attempts=row.attempts,
            )
            for row in claimed
        ]
        return tuple(sorted(deliveries, key=lambda delivery: (delivery.due_at, delivery.id)))

    def mark_sent(self, delivery: DeliveryId, message: MessageId | None) -> None:
        """message: the platform's id; None where there was nothing to say."""
        self._mark(delivery, DeliveryState.SENT, message=message)

    def mark_failed(self, delivery: DeliveryId, reason: str) -> None:
        """Given up."""
        self._mark(delivery, DeliveryState.FAILED, reason=reason)

    def mark_unknown(self, delivery: DeliveryId, reason: str) -> None:
        """It went out and no answer came."""
        self._mark(delivery, DeliveryState.UNKNOWN, reason=reason)

    def retry(self, delivery: DeliveryId, *, after: datetime, reason: str) -> None:
        """Nothing was sent: due again from `after` on."""
        self._mark(delivery, DeliveryState.DUE, try_after=after, reason=reason)

    def recover(self, now: datetime, *, resend: Collection[str]) -> int:
        """Deals with deliveries whose sender died on the way; how many there were.

        On the platforms of `resend`, which refuse a second copy by themselves, they are due again; on the
        others they become unknown.
        """
        dead = (outbox.c.state == DeliveryState.SENDING.value) & (outbox.c.try_after <= now)
        safe = outbox.c.subscription_id.in_(
            select(subscriptions.c.id)
            .join(chats, chats.c.id == subscriptions.c.chat_id)
            .where(chats.c.platform.in_(resend))
        )
        reason = "the process stopped while sending"
        with self._database.transaction() as connection:
            again = connection.execute(
                update(outbox).where(dead, safe).values(state=DeliveryState.DUE.value, reason=reason)
            ).rowcount
            given_up = connection.execute(
                update(outbox).where(dead).values(state=DeliveryState.UNKNOWN.value, reason=reason)
            ).rowcount
        return again + given_up

    def states(self) -> dict[DeliveryState, int]:
        """How many deliveries are in each state."""
        with self._database.reading() as connection:
            rows = connection.execute(
                select(outbox.c.state, func.count().label("deliveries")).group_by(outbox.c.state)
            )
            return {DeliveryState(row.state): row.deliveries for row in rows}

    def _mark(self, delivery: DeliveryId, state: DeliveryState, **fields: object) -> None:
        # Only while it is being sent: the lease may have run out and `recover` decided already. A message
        # that was sent is recorded whatever was decided.
        open_states = [DeliveryState.SENDING.value]
        if state is DeliveryState.SENT:
            open_states += [DeliveryState.DUE.value, DeliveryState.UNKNOWN.value]
        with self._database.transaction() as connection:
            connection.execute(
                update(outbox)
                .where(outbox.c.id == delivery, outbox.c.state.in_(open_states))
                .values(state=state.value, **fields)
            )
