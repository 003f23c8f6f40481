"""Breaking stories and the orders that they make due, as they are stored."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, func, or_, select, update

from articles.database import Database, insert_absent
from articles.stories import StoryId
from bot.delivery.outbox import DeliveryState
from bot.schema import breaking_stories, outbox, subscriptions
from bot.store import SUBSCRIPTIONS, OrderKind, Subscription, SubscriptionId, subscription_of

BATCH = 500  # orders made due in one transaction
_BREAKING = subscriptions.c.kind == OrderKind.BREAKING.value, subscriptions.c.paused.is_(False)


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
            insert_absent(connection, breaking_stories, [row])

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

    def make_due(self, topic: str, due: Callable[[Subscription], datetime]) -> None:
        """Makes the orders on that topic due, unless they are sooner. May be stopped, and done again."""
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
                rows = connection.execute(following.limit(BATCH)).all()
                orders = [subscription_of(row) for row in rows]
                if orders:
                    connection.execute(moved, [{"order": order.id, "at": due(order)} for order in orders])
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
