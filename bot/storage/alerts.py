"""Breaking stories and the orders that they make due, as they are stored."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, func, or_, select, update

from articles.database import Database, insert_or_ignore
from articles.stories.clustering import StoryId
from bot.storage.chats import SUBSCRIPTIONS, Subscription, SubscriptionId, SubscriptionKind, subscription_of
from bot.storage.outbox import DeliveryState
from bot.storage.schema import breaking_stories, outbox, subscriptions

BATCH = 500  # orders made due in one transaction
_BREAKING = subscriptions.c.kind == SubscriptionKind.BREAKING.value, subscriptions.c.paused.is_(False)


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakingStory:
    """A story that broke."""

    story: StoryId
    broke_at: datetime


class AlertStore:
    """What broke, and whom it concerns."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def open(self, story: StoryId, now: datetime) -> None:
        """It broke; nothing where that was known."""
        row = {"story_id": story, "broke_at": now, "announced": False}
        with self._database.transaction() as connection:
            insert_or_ignore(connection, breaking_stories, [row])

    def broken(self, *, since: datetime, unannounced: bool = False) -> tuple[BreakingStory, ...]:
        """What broke since then, first things first; unannounced: whose orders may not all be due yet."""
        announced = (False,) if unannounced else (False, True)
        chosen = (
            select(breaking_stories)
            .where(breaking_stories.c.announced.in_(announced), breaking_stories.c.broke_at >= since)
            .order_by(breaking_stories.c.broke_at)
        )
        with self._database.reading() as connection:
            rows = connection.execute(chosen).all()
        return tuple(BreakingStory(story=StoryId(row.story_id), broke_at=row.broke_at) for row in rows)

    def mark_announced(self, story: StoryId) -> None:
        """All orders that it concerns have become due."""
        with self._database.transaction() as connection:
            known = update(breaking_stories).where(breaking_stories.c.story_id == story)
            connection.execute(known.values(announced=True))

    def topics(self) -> tuple[str, ...]:
        """The topics on which somebody wants to hear when a story breaks."""
        chosen = select(subscriptions.c.topic).where(*_BREAKING).distinct().order_by(subscriptions.c.topic)
        with self._database.reading() as connection:
            return tuple(connection.execute(chosen).scalars())

    def make_due(self, topic: str, due: Callable[[Subscription], datetime], *, now: datetime) -> None:
        """Makes the orders on that topic due, unless they are sooner. May be stopped, and done again.

        An order that has had a delivery of that time becomes due after it: see `_after_what_went`.
        """
        of_topic = SUBSCRIPTIONS.where(*_BREAKING, subscriptions.c.topic == topic)
        moved = (
            update(subscriptions)
            .where(subscriptions.c.id == bindparam("order"), subscriptions.c.next_due > bindparam("at"))
            .values(next_due=bindparam("at"))
        )
        last = 0
        while True:
            with self._database.transaction() as connection:
                following = of_topic.where(subscriptions.c.id > last).order_by(subscriptions.c.id)
                # Locked, so that none becomes a delivery between what is read here and what is written.
                locked = following.limit(BATCH).with_for_update(of=subscriptions)
                orders = [subscription_of(row) for row in connection.execute(locked)]
                if orders:
                    at = _after_what_went(connection, {order.id: due(order) for order in orders}, now=now)
                    connection.execute(moved, [{"order": order, "at": at[order]} for order in at])
                    last = orders[-1].id
            if len(orders) < BATCH:
                return

    def alerts_since(self, order: SubscriptionId, since: datetime) -> int:
        """How many alerts the order's chat has had since then, or may have had."""
        told = (
            (outbox.c.state == DeliveryState.SENT.value) & outbox.c.message.is_not(None),
            outbox.c.state == DeliveryState.UNKNOWN.value,
        )
        counted = select(func.count()).where(
            outbox.c.subscription_id == order, outbox.c.due_at >= since, or_(*told)
        )
        with self._database.reading() as connection:
            return connection.execute(counted).scalar_one()

    def is_overtaken(self, order: SubscriptionId, due_at: datetime, *, now: datetime) -> bool:
        """Whether a later delivery of the order waits, too, which tells it all; not if this one may stand in
        its chat already."""
        own = outbox.alias("own")
        later = outbox.c.subscription_id == order, outbox.c.due_at > due_at, outbox.c.due_at <= now
        unsure = own.c.subscription_id == order, own.c.due_at == due_at, own.c.unsure_since.is_not(None)
        open_states = (DeliveryState.DUE.value, DeliveryState.SENDING.value)
        waiting = select(outbox.c.id).where(*later, outbox.c.state.in_(open_states))
        with self._database.reading() as connection:
            if connection.execute(select(own.c.id).where(*unsure)).first() is not None:
                return False
            return connection.execute(waiting.limit(1)).first() is not None


def _after_what_went(
    connection: Connection, due: Mapping[SubscriptionId, datetime], *, now: datetime
) -> dict[SubscriptionId, datetime]:
    """The same times, but later where the order has a delivery of that time already.

    Quiet hours give what broke in them one time. What was announced after the delivery of that time was
    composed would else never be told, as an order has one delivery of a time.
    """
    earliest = min(due.values())
    went = select(outbox.c.subscription_id, outbox.c.due_at).where(
        outbox.c.subscription_id.in_(due), outbox.c.due_at >= earliest
    )
    taken: dict[SubscriptionId, set[datetime]] = defaultdict(set)
    for order, at in connection.execute(went):
        taken[SubscriptionId(order)].add(at)
    return {
        order: max(now, max(taken[order]) + timedelta(seconds=1)) if at in taken[order] else at
        for order, at in due.items()
    }
