"""Breaking stories, and the subscriptions that they make due."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, and_, bindparam, func, or_, select, update

from articles.database import Database, insert_or_ignore
from articles.stories.clustering import StoryId
from bot.storage.chats import SUBSCRIPTIONS, Subscription, SubscriptionId, SubscriptionKind, subscription_of
from bot.storage.outbox import DeliveryState
from bot.storage.schema import breaking_stories, outbox, subscriptions

BATCH = 500  # subscriptions made due in one transaction
_BREAKING = subscriptions.c.kind == SubscriptionKind.BREAKING.value, subscriptions.c.paused.is_(False)


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakingStory:
    """A story that is breaking news."""

    story: StoryId
    broke_at: datetime


class AlertStore:
    """Every method raises DatabaseError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def open(self, story: StoryId, now: datetime) -> None:
        """Records that the story broke. Idempotent."""
        row = {"story_id": story, "broke_at": now, "announced": False}
        with self._database.transaction() as connection:
            insert_or_ignore(connection, breaking_stories, [row])

    def broken(self, *, since: datetime, unannounced: bool = False) -> tuple[BreakingStory, ...]:
        """Stories that broke since then, oldest first. unannounced: only those not yet announced to all."""
        announced = breaking_stories.c.announced.in_((False,) if unannounced else (False, True))
        chosen = select(breaking_stories).where(announced, breaking_stories.c.broke_at >= since)
        with self._database.reading() as connection:
            rows = connection.execute(chosen.order_by(breaking_stories.c.broke_at)).all()
        return tuple(BreakingStory(story=StoryId(row.story_id), broke_at=row.broke_at) for row in rows)

    def mark_announced(self, story: StoryId) -> None:
        """Records that all subscriptions to the story's topics are due."""
        with self._database.transaction() as connection:
            known = update(breaking_stories).where(breaking_stories.c.story_id == story)
            connection.execute(known.values(announced=True))

    def topics(self) -> tuple[str, ...]:
        """The topics of active subscriptions to breaking news."""
        chosen = select(subscriptions.c.topic).where(*_BREAKING).distinct().order_by(subscriptions.c.topic)
        with self._database.reading() as connection:
            return tuple(connection.execute(chosen).scalars())

    def make_due(self, topic: str, due: Callable[[Subscription], datetime], *, now: datetime) -> None:
        """Makes the subscriptions to that topic due, unless they are due sooner. Idempotent.

        A subscription that has a delivery at that time becomes due after it: see `_after_deliveries`.
        """
        of_topic = SUBSCRIPTIONS.where(*_BREAKING, subscriptions.c.topic == topic)
        later = subscriptions.c.id == bindparam("subscription"), subscriptions.c.next_due > bindparam("at")
        moved = update(subscriptions).where(*later).values(next_due=bindparam("at"))
        last = 0
        while True:
            with self._database.transaction() as connection:
                following = of_topic.where(subscriptions.c.id > last).order_by(subscriptions.c.id)
                # Locked, so that no subscription becomes a delivery between the read and the write.
                locked = following.limit(BATCH).with_for_update(of=subscriptions)
                found = [subscription_of(row) for row in connection.execute(locked)]
                if found:
                    at = _after_deliveries(connection, {each.id: due(each) for each in found}, now=now)
                    connection.execute(moved, [{"subscription": each, "at": at[each]} for each in at])
                    last = found[-1].id
            if len(found) < BATCH:
                return

    def alerts_since(self, subscription: SubscriptionId, since: datetime) -> int:
        """How many alerts of the subscription were sent since then, or may have been."""
        sent = and_(outbox.c.state == DeliveryState.SENT.value, outbox.c.message.is_not(None))
        posted = or_(sent, outbox.c.state == DeliveryState.UNKNOWN.value)
        alerts = and_(outbox.c.subscription_id == subscription, outbox.c.due_at >= since, posted)
        with self._database.reading() as connection:
            return connection.execute(select(func.count()).where(alerts)).scalar_one()

    def is_overtaken(self, subscription: SubscriptionId, due_at: datetime, *, now: datetime) -> bool:
        """Whether a later delivery of the subscription is due too, which will contain everything.

        False if this one may have been posted already.
        """
        deliveries = select(outbox.c.id).where(outbox.c.subscription_id == subscription).limit(1)
        unsure = deliveries.where(outbox.c.due_at == due_at, outbox.c.unsure_since.is_not(None))
        is_open = outbox.c.state.in_((DeliveryState.DUE.value, DeliveryState.SENDING.value))
        later = deliveries.where(outbox.c.due_at > due_at, outbox.c.due_at <= now, is_open)
        with self._database.reading() as connection:
            if connection.execute(unsure).first() is not None:
                return False
            return connection.execute(later).first() is not None


def _after_deliveries(
    connection: Connection, due: Mapping[SubscriptionId, datetime], *, now: datetime
) -> dict[SubscriptionId, datetime]:
    """The same times, but later where the subscription has a delivery at that time already.

    All stories that break in quiet hours get the same time, and a subscription has one delivery for each
    time: a story that breaks after that delivery was composed would otherwise never be sent.
    """
    earliest = min(due.values())
    deliveries = select(outbox.c.subscription_id, outbox.c.due_at).where(
        outbox.c.subscription_id.in_(due), outbox.c.due_at >= earliest
    )
    taken: dict[SubscriptionId, set[datetime]] = defaultdict(set)
    for subscription, at in connection.execute(deliveries):
        taken[SubscriptionId(subscription)].add(at)
    return {
        each: max(now, max(taken[each]) + timedelta(seconds=1)) if at in taken[each] else at
        for each, at in due.items()
    }
