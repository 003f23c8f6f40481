"""Dead letters: deliveries that failed or are unknown, for an operator to list, retry or drop."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, delete, select, update

from articles.database import Database
from bot.chat import ChatRef
from bot.storage.outbox import DeliveryId, DeliveryState
from bot.storage.schema import chats, outbox, subscriptions

FAULTY = (DeliveryState.FAILED, DeliveryState.UNKNOWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """One digest that may not have arrived."""

    id: DeliveryId
    state: DeliveryState
    chat: ChatRef
    topic: str
    due_at: datetime
    failures: int
    reason: str | None


class DeadLetterStore:
    """Every method is one transaction, and raises DatabaseError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def listed(self, *, limit: int) -> tuple[DeadLetter, ...]:
        """The newest `limit` of them, newest first."""
        newest = (
            _chosen().where(outbox.c.state.in_(FAULTY)).order_by(outbox.c.due_at.desc(), outbox.c.id.desc())
        )
        with self._database.reading() as connection:
            rows = connection.execute(newest.limit(limit)).all()
        return tuple(
            DeadLetter(
                id=DeliveryId(row.id),
                state=DeliveryState(row.state),
                chat=ChatRef(platform=row.platform, chat=row.chat, thread=row.thread or None),
                topic=row.topic,
                due_at=row.due_at,
                failures=row.failures,
                reason=row.reason,
            )
            for row in rows
        )

    def retry(self, ids: Collection[DeliveryId] | None, *, now: datetime) -> int:
        """Makes failed deliveries due again, with no failures counted; how many. ids: None means all.

        A delivery with an unknown outcome stays: it may have been posted, and its stories count as told.
        """
        again = {"state": DeliveryState.DUE.value, "try_after": now, "failures": 0, "unsure_since": None}
        failed = outbox.c.state == DeliveryState.FAILED.value
        chosen = failed if ids is None else failed & outbox.c.id.in_(ids)
        with self._database.transaction() as connection:
            return connection.execute(update(outbox).where(chosen).values(again)).rowcount

    def drop(self, ids: Collection[DeliveryId]) -> int:
        """Deletes them; how many."""
        chosen = outbox.c.id.in_(ids) & outbox.c.state.in_(FAULTY)
        with self._database.transaction() as connection:
            return connection.execute(delete(outbox).where(chosen)).rowcount


def _chosen() -> Select[tuple[object, ...]]:
    columns = (outbox, subscriptions.c.topic, chats.c.platform, chats.c.chat, chats.c.thread)
    return (
        select(*columns)
        .join(subscriptions, subscriptions.c.id == outbox.c.subscription_id)
        .join(chats, chats.c.id == subscriptions.c.chat_id)
    )
