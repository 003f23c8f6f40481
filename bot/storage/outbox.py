"""The outbox as it is stored: what is due, being sent, sent, or not to be had, each delivery once."""

from collections.abc import Callable, Collection, Iterable
from datetime import datetime, timedelta

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Update,
    and_,
    bindparam,
    func,
    literal,
    null,
    select,
    update,
)

from articles.database import Database, insert_or_ignore_statement
from articles.model import ArticleId
from bot.chat import ChatRef, MessageId
from bot.storage.chats import SUBSCRIPTIONS, subscription_of
from bot.storage.deliveries import Delivery, DeliveryId, DeliveryState, Due
from bot.storage.schema import chats, outbox, subscriptions
from bot.storage.told import note_told
from bot.storage.upkeep import Upkeep, any_of


class Outbox:
    """Deliveries, keyed by (subscription, due time): enqueued twice is delivered once.

    Whatever is asked at every tick reads first, and takes the write lock only where there is something to do.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self.upkeep = Upkeep(database)

    def enqueue_due(self, now: datetime, *, limit: int, next_due: Callable[[Due], datetime]) -> int:
        """Takes up to `limit` subscriptions whose time has come, oldest first; how many it took.

        Each gets a delivery and its next due time in the same transaction, so that no stop in between can
        lose or double one. next_due: pure and quick, later than the subscription's present one; where it is
        not later than now, the next call takes that too.
        """
        columns = subscriptions.c.id, subscriptions.c.schedule, subscriptions.c.timezone
        come = (
            select(*columns, subscriptions.c.next_due)
            .where(subscriptions.c.paused.is_(False), subscriptions.c.next_due <= now)
            .order_by(subscriptions.c.next_due)
            .limit(limit)
        )
        if not any_of(self._database, come):
            return 0
        come = come.with_for_update(of=subscriptions, skip_locked=True)
        moved = update(subscriptions).where(subscriptions.c.id == bindparam("order"))
        with self._database.transaction() as connection:
            taken = [Due(**row._asdict()) for row in connection.execute(come)]
            following = [(order, next_due(order)) for order in taken]
            for order, at in following:
                if at <= order.next_due:
                    raise ValueError(f"subscription {order.id} would be due again at {at}")
            if taken:
                connection.execute(
                    insert_or_ignore_statement(connection, outbox), [_as_due(order) for order in taken]
                )
                connection.execute(
                    moved.values(next_due=bindparam("at")),
                    [{"order": order.id, "at": at} for order, at in following],
                )
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

        Before all others go those that may stand in their chat: a copy is refused for a short time only. Say
        within `lease` what became of each, or renew it, or it counts as interrupted (see `recover`). only:
        this one.
        """
        ready = _ready(now, platforms)
        if only is not None:
            ready = ready.where(outbox.c.id == only)
        # Without statistics SQLite takes the other index, and reads all that is due to find none.
        of_unsure = ready.with_hint(outbox, "INDEXED BY ix_outbox_unsure_due", "sqlite")
        unsure = of_unsure.where(outbox.c.unsure_since.is_not(None)).limit(limit)
        by_age = ready.order_by(outbox.c.try_after).limit(limit)
        taken = {
            "state": DeliveryState.SENDING.value,
            "attempts": outbox.c.attempts + 1,
            "try_after": now + lease,
        }
        if not any_of(self._database, by_age):
            return ()
        with self._database.transaction() as connection:
            free = [each.with_for_update(of=outbox, skip_locked=True) for each in (unsure, by_age)]
            first = [delivery for each in free for delivery in connection.execute(each).scalars()]
            chosen = list(dict.fromkeys(first))[:limit]
            claimed = connection.execute(
                update(outbox).where(outbox.c.id.in_(chosen)).values(taken).returning(outbox)
            ).all()
            wanted = SUBSCRIPTIONS.where(subscriptions.c.id.in_({row.subscription_id for row in claimed}))
            orders = {row.id: subscription_of(row) for row in connection.execute(wanted)}
        deliveries = [
            Delivery(
                id=DeliveryId(row.id),
                subscription=orders[row.subscription_id],
                due_at=row.due_at,
                attempts=row.attempts,
                failures=row.failures,
                unsure_since=row.unsure_since,
            )
            for row in claimed
        ]
        return tuple(sorted(deliveries, key=lambda delivery: (delivery.due_at, delivery.id)))

    def renew(self, deliveries: Iterable[Delivery], now: datetime, *, lease: timedelta) -> None:
        """Whoever claimed these is alive and still at them."""
        self._update_claimed(deliveries, update(outbox).values(try_after=now + lease))

    def release(self, deliveries: Iterable[Delivery], now: datetime) -> None:
        """Those of them that have not begun are due again, as if they had not been claimed."""
        waiting = update(outbox).where(outbox.c.unsure_since.is_(None))
        self._update_claimed(deliveries, waiting.values(state=DeliveryState.DUE.value, try_after=now))

    def begin(
        self,
        delivery: Delivery,
        now: datetime,
        *,
        lease: timedelta,
        told: Collection[ArticleId] = (),
        quotes: Collection[int] = (),
    ) -> bool:
        """From now on it may stand in the chat. False: its lease ran out, and it is not to be sent.

        told, quotes: what the chat has by it, unless it turns out not to be there.
        """
        began = {
            "unsure_since": func.coalesce(outbox.c.unsure_since, now),
            "try_after": now + lease,
            "tells": {"articles": list(told), "quotes": list(quotes)},
        }
        with self._database.transaction() as connection:
            return connection.execute(update(outbox).where(_is_ours(delivery)).values(began)).rowcount == 1

    def mark_sent(
        self,
        delivery: Delivery,
        message: MessageId | None,
        *,
        told: Collection[ArticleId] = (),
        quotes: Collection[int] = (),
    ) -> bool:
        """Whether it was there to be marked: its chat may have been forgotten meanwhile.

        message: the platform's id; None where there was nothing to say. told, quotes: what the chat has by
        it, quotes by their keys (see `bot/digests/followed.py`).
        """
        order = delivery.subscription
        barred = (subscriptions.c.id == order.id) & subscriptions.c.barred_since.is_not(None)
        with self._database.transaction() as connection:
            _lock_order_of(connection, delivery)
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
        """It went out and no answer came. told, quotes: what the chat counts as having had by it."""
        with self._database.transaction() as connection:
            _lock_order_of(connection, delivery)
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
        """Due again from `after` on, which is not to be further ahead than `FARTHEST`.

        unsure_since: None if nothing was sent, this time or before. failed: by its own fault.
        """
        failures = outbox.c.failures + (1 if failed else 0)
        fields = {"try_after": after, "reason": reason, "unsure_since": unsure_since, "failures": failures}
        self._mark(delivery, DeliveryState.DUE, **fields)

    def bar(self, delivery: Delivery, now: datetime, *, after: datetime | None, reason: str) -> datetime:
        """Nothing was sent, as we may not write there: due again from `after` on; None: given up.

        Returns since when we may not write there for its order; `now` itself if this is the first time.
        """
        if after is None:
            marking = _marking(delivery, DeliveryState.FAILED, reason=reason)
        else:
            marking = _marking(delivery, DeliveryState.DUE, try_after=after, reason=reason, unsure_since=None)
        order = subscriptions.c.id == delivery.subscription.id
        since = func.coalesce(subscriptions.c.barred_since, now)
        with self._database.transaction() as connection:
            _lock_order_of(connection, delivery)
            connection.execute(marking)
            connection.execute(update(subscriptions).where(order).values(barred_since=since))
            return connection.execute(select(subscriptions.c.barred_since).where(order)).scalar() or now

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


def _as_due(order: Due) -> dict[str, object]:
    return {
        "subscription_id": order.id,
        "due_at": order.next_due,
        "state": DeliveryState.DUE.value,
        "attempts": 0,
        "failures": 0,
        "try_after": order.next_due,
    }


def _ready(now: datetime, platforms: Collection[str]) -> Select[tuple[int]]:
    """The ids of what may be claimed."""
    return (
        select(outbox.c.id)
        .join(subscriptions, subscriptions.c.id == outbox.c.subscription_id)
        .join(chats, chats.c.id == subscriptions.c.chat_id)
        # Written out, as a partial index is not used for what may be any state.
        .where(outbox.c.state == literal(DeliveryState.DUE.value, literal_execute=True))
        .where(outbox.c.try_after <= now)
        .where(subscriptions.c.paused.is_(False))
        .where(chats.c.platform.in_(platforms))
    )


def _marking(delivery: Delivery, state: DeliveryState, **fields: object) -> Update:
    return update(outbox).where(_open_to(delivery, state)).values(state=state.value, **fields)


def _open_to(delivery: Delivery, state: DeliveryState) -> ColumnElement[bool]:
    # Only while it is being sent: the lease may have run out and `recover` decided already. A message
    # that was sent is recorded whatever was decided.
    if state is DeliveryState.SENT:
        undecided = (DeliveryState.SENDING, DeliveryState.DUE, DeliveryState.UNKNOWN)
        return and_(outbox.c.id == delivery.id, outbox.c.state.in_([each.value for each in undecided]))
    return _is_ours(delivery)


def _note(
    connection: Connection, delivery: Delivery, told: Collection[ArticleId], quotes: Collection[int]
) -> None:
    """In the chat where its order is now: it may have moved since it was claimed."""
    if told or quotes:
        its_chat = select(subscriptions.c.chat_id).where(subscriptions.c.id == delivery.subscription.id)
        note_told(connection, connection.execute(its_chat).scalar_one(), told, quotes)


def _lock_order_of(connection: Connection, delivery: Delivery) -> None:
    """Chat, order, delivery: whoever forgets a chat or ends an order locks them so, and no two block."""
    order = subscriptions.c.id == delivery.subscription.id
    its_chat = select(subscriptions.c.chat_id).where(order).scalar_subquery()
    connection.execute(select(chats.c.id).where(chats.c.id == its_chat).with_for_update(key_share=True))
    connection.execute(select(subscriptions.c.id).where(order).with_for_update(key_share=True))


def _is_ours(delivery: Delivery) -> ColumnElement[bool]:
    """It is being sent, and nobody has claimed it since."""
    return and_(
        outbox.c.id == delivery.id,
        outbox.c.state == DeliveryState.SENDING.value,
        outbox.c.attempts == delivery.attempts,
    )
