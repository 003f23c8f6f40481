"""The outbox as it is stored: what is due, being sent, sent, or not to be had, each delivery once."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NewType

from sqlalchemy import Connection, ScalarSelect, Select, Update, bindparam, func, null, select, update

from articles.database import Database, insert_absent
from bot.chat import ChatRef, MessageId
from bot.schema import chats, outbox, subscriptions
from bot.store import SUBSCRIPTIONS, Subscription, subscription_of

DeliveryId = NewType("DeliveryId", int)


# Built once: it is asked at every tick.
_COME = (
    SUBSCRIPTIONS.where(subscriptions.c.paused.is_(False), subscriptions.c.next_due <= bindparam("now"))
    .order_by(subscriptions.c.next_due)
    .limit(bindparam("limit"))
    .with_for_update(of=subscriptions, skip_locked=True)
)
_MOVE = (
    update(subscriptions)
    .where(subscriptions.c.id == bindparam("order"))
    .values(next_due=bindparam("following"))
)


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
    unsure_since: datetime | None  # since when it may stand in the chat; None: it does not


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
        with self._database.transaction() as connection:
            come = connection.execute(_COME, {"now": now, "limit": limit})
            taken = [subscription_of(row) for row in come]
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
            moved = [{"order": order.id, "following": _following(order, next_due)} for order in taken]
            if moved:
                connection.execute(_MOVE, moved)
        return len(taken)

    def due(
        self, now: datetime, *, limit: int, platforms: Collection[str]
    ) -> tuple[tuple[DeliveryId, ChatRef], ...]:
        """Up to `limit` deliveries that may be claimed now, longest waiting first, and where they go."""
        ready = _ready(now, platforms).add_columns(chats.c.platform, chats.c.chat, chats.c.thread)
        with self._database.reading() as connection:
            return tuple(
                (
                    DeliveryId(row.id),
                    ChatRef(platform=row.platform, chat=row.chat, thread=row.thread or None),
                )
                for row in connection.execute(ready.order_by(outbox.c.try_after).limit(limit))
            )

    def claim(
        self,
        now: datetime,
        *,
        limit: int,
        lease: timedelta,
        platforms: Collection[str],
        only: DeliveryId | None = None,
    ) -> tuple[Delivery, ...]:
        """Up to `limit` deliveries to send now, longest waiting first; no other process gets them.

        Say within `lease` what became of each, or it counts as interrupted (see `recover`). only: this one.
        """
        ready = _ready(now, platforms).order_by(outbox.c.try_after).limit(limit)
        if only is not None:
            ready = ready.where(outbox.c.id == only)
        taken = {
            "state": DeliveryState.SENDING.value,
            "attempts": outbox.c.attempts + 1,
            "try_after": now + lease,
        }
        with self._database.transaction() as connection:
            free = connection.execute(ready.with_for_update(of=outbox, skip_locked=True)).scalars().all()
            claimed = connection.execute(
                update(outbox).where(outbox.c.id.in_(free)).values(taken).returning(outbox)
            ).all()
            wanted = SUBSCRIPTIONS.where(subscriptions.c.id.in_({row.subscription_id for row in claimed}))
            orders = {row.id: subscription_of(row) for row in connection.execute(wanted)}
        deliveries = [
            Delivery(
                id=DeliveryId(row.id),
                subscription=orders[row.subscription_id],
                due_at=row.due_at,
                attempts=row.attempts,
                unsure_since=row.unsure_since,
            )
            for row in claimed
        ]
        return tuple(sorted(deliveries, key=lambda delivery: (delivery.due_at, delivery.id)))

    def begin(self, delivery: Delivery, now: datetime, *, lease: timedelta) -> bool:
        """From now on it may stand in the chat. False: its lease ran out, and it is not to be sent."""
        ours = (
            (outbox.c.id == delivery.id)
            & (outbox.c.state == DeliveryState.SENDING.value)
            & (outbox.c.attempts == delivery.attempts)
        )
        began = {"unsure_since": func.coalesce(outbox.c.unsure_since, now), "try_after": now + lease}
        with self._database.transaction() as connection:
            return connection.execute(update(outbox).where(ours).values(began)).rowcount == 1

    def mark_sent(self, delivery: DeliveryId, message: MessageId | None) -> None:
        """message: the platform's id; None where there was nothing to say."""
        barred = (subscriptions.c.id == _order_of(delivery)) & subscriptions.c.barred_since.is_not(None)
        with self._database.transaction() as connection:
            _lock_order_of(connection, delivery)
            connection.execute(_marking(delivery, DeliveryState.SENT, message=message))
            if message is not None:
                connection.execute(update(subscriptions).where(barred).values(barred_since=null()))

    def mark_failed(self, delivery: DeliveryId, reason: str) -> None:
        """Given up."""
        self._mark(delivery, DeliveryState.FAILED, reason=reason)

    def mark_unknown(self, delivery: DeliveryId, reason: str) -> None:
        """It went out and no answer came."""
        self._mark(delivery, DeliveryState.UNKNOWN, reason=reason)

    def retry(
        self, delivery: DeliveryId, *, after: datetime, reason: str, unsure_since: datetime | None = None
    ) -> None:
        """Due again from `after` on. unsure_since: None if nothing was sent, this time or before."""
        self._mark(delivery, DeliveryState.DUE, try_after=after, reason=reason, unsure_since=unsure_since)

    def bar(self, delivery: DeliveryId, now: datetime, *, after: datetime | None, reason: str) -> datetime:
        """Nothing was sent, as we may not write there: due again from `after` on; None: given up.

        Returns since when we may not write there for its order; `now` itself if this is the first time.
        """
        if after is None:
            marking = _marking(delivery, DeliveryState.FAILED, reason=reason)
        else:
            marking = _marking(delivery, DeliveryState.DUE, try_after=after, reason=reason, unsure_since=None)
        order = subscriptions.c.id == _order_of(delivery)
        since = func.coalesce(subscriptions.c.barred_since, now)
        with self._database.transaction() as connection:
            _lock_order_of(connection, delivery)
            connection.execute(marking)
            connection.execute(update(subscriptions).where(order).values(barred_since=since))
            return connection.execute(select(subscriptions.c.barred_since).where(order)).scalar() or now

    def recover(self, now: datetime, *, resend: Collection[str], within: timedelta) -> int:
        """Deals with deliveries whose sender died on the way; how many there were.

        Due again is what had not begun, and what had on the platforms of `resend`: those refuse a second
        copy by themselves, `within` so long of the first. All else becomes unknown.
        """
        dead = (outbox.c.state == DeliveryState.SENDING.value) & (outbox.c.try_after <= now)
        refuses_copies = outbox.c.subscription_id.in_(
            select(subscriptions.c.id)
            .join(chats, chats.c.id == subscriptions.c.chat_id)
            .where(chats.c.platform.in_(resend))
        )
        not_begun = outbox.c.unsure_since.is_(None)
        safe = not_begun | (refuses_copies & (outbox.c.unsure_since > now - within))
        reason = "the process stopped while sending"
        free = select(outbox.c.id).where(dead).with_for_update(skip_locked=True)  # others recover, too
        with self._database.transaction() as connection:
            these = outbox.c.id.in_(connection.execute(free).scalars().all())
            again = connection.execute(
                update(outbox).where(these, safe).values(state=DeliveryState.DUE.value, reason=reason)
            ).rowcount
            given_up = connection.execute(
                update(outbox)
                .where(these, outbox.c.state == DeliveryState.SENDING.value)
                .values(state=DeliveryState.UNKNOWN.value, reason=reason)
            ).rowcount
        return again + given_up

    def states(self) -> dict[DeliveryState, int]:
        """How many deliveries are in each state."""
        with self._database.reading() as connection:
            rows = connection.execute(
                select(outbox.c.state, func.count().label("deliveries")).group_by(outbox.c.state)
            )
            return {DeliveryState(row.state): row.deliveries for row in rows}

    def oldest_due(self) -> datetime | None:
        """When what has waited longest became due; None if nothing waits."""
        waiting = outbox.c.state.in_([DeliveryState.DUE.value, DeliveryState.SENDING.value])
        with self._database.reading() as connection:
            return connection.execute(select(func.min(outbox.c.due_at)).where(waiting)).scalar()

    def _mark(self, delivery: DeliveryId, state: DeliveryState, **fields: object) -> None:
        with self._database.transaction() as connection:
            connection.execute(_marking(delivery, state, **fields))


def _ready(now: datetime, platforms: Collection[str]) -> Select[Any]:
    return (
        select(outbox.c.id)
        .join(subscriptions, subscriptions.c.id == outbox.c.subscription_id)
        .join(chats, chats.c.id == subscriptions.c.chat_id)
        .where(outbox.c.state == DeliveryState.DUE.value, outbox.c.try_after <= now)
        .where(subscriptions.c.paused.is_(False))
        .where(chats.c.platform.in_(platforms))
    )


def _following(order: Subscription, next_due: Callable[[Subscription], datetime]) -> datetime:
    following = next_due(order)
    if following <= order.next_due:
        raise ValueError(f"subscription {order.id} would be due again at {following}")
    return following


def _marking(delivery: DeliveryId, state: DeliveryState, **fields: object) -> Update:
    # Only while it is being sent: the lease may have run out and `recover` decided already. A message
    # that was sent is recorded whatever was decided.
    open_states = [DeliveryState.SENDING.value]
    if state is DeliveryState.SENT:
        open_states += [DeliveryState.DUE.value, DeliveryState.UNKNOWN.value]
    marked = update(outbox).where(outbox.c.id == delivery, outbox.c.state.in_(open_states))
    return marked.values(state=state.value, **fields)


def _lock_order_of(connection: Connection, delivery: DeliveryId) -> None:
    """The order before its delivery, as whoever ends an order locks them: in two orders, two can block."""
    order = select(subscriptions.c.id).where(subscriptions.c.id == _order_of(delivery))
    connection.execute(order.with_for_update(key_share=True))


def _order_of(delivery: DeliveryId) -> ScalarSelect[int]:
    return select(outbox.c.subscription_id).where(outbox.c.id == delivery).scalar_subquery()
