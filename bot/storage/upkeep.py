"""The outbox kept in order: what a dead sender had in hand is dealt with, and what is old forgotten."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, delete, null, or_, select, update

from articles.database import Database
from bot.storage.deliveries import DeliveryState
from bot.storage.schema import chats, outbox, subscriptions
from bot.storage.told import note_told

# No pause and no lease is this long: what lies further ahead was written before the clock was set back.
FARTHEST = timedelta(hours=2)
SENT_KEPT = timedelta(days=30)
FAULTY_KEPT = timedelta(days=90)  # given up, or unknown: until then an operator may see it
PRUNED = 1_000  # at once, so that nobody waits long for the write lock
INTERRUPTED = "the process stopped while sending"


class Upkeep:
    """What is done to the outbox now and then. It reads first, and locks only where there is work to do."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def recover(
        self, now: datetime, *, resend: Collection[str], within: timedelta, alone: bool = False
    ) -> int:
        """Deals with deliveries whose sender died on the way; how many there were.

        alone: no process is sending anything now, whatever the leases say.

        Due again is what had not begun, and what had on the platforms of `resend`: those refuse a second
        copy by themselves, `within` so long of the first. All else becomes unknown, and what it was to tell
        counts as told. What a clock that was wrong has put off too far is due now.
        """
        too_far = outbox.c.try_after > now + FARTHEST
        put_off = and_(outbox.c.state == DeliveryState.DUE.value, too_far)
        sending = outbox.c.state == DeliveryState.SENDING.value
        # Each by itself is one search in the index, and together they are a scan.
        ended = (sending,) if alone else (and_(sending, outbox.c.try_after <= now), and_(sending, too_far))
        if not any(any_of(self._database, select(outbox.c.id).where(sign)) for sign in (put_off, *ended)):
            return 0
        refuses_copies = outbox.c.subscription_id.in_(
            select(subscriptions.c.id)
            .join(chats, chats.c.id == subscriptions.c.chat_id)
            .where(chats.c.platform.in_(resend))
        )
        not_begun = outbox.c.unsure_since.is_(None)
        lately = (outbox.c.unsure_since > now - within) & (outbox.c.unsure_since <= now)
        safe = not_begun | (refuses_copies & lately)
        again = {"state": DeliveryState.DUE.value, "try_after": outbox.c.due_at, "reason": INTERRUPTED}
        given_up = {"state": DeliveryState.UNKNOWN.value, "reason": INTERRUPTED}
        with self._database.transaction() as connection:
            connection.execute(update(outbox).where(put_off).values(try_after=now))
            these = outbox.c.id.in_(_locked(connection, or_(*ended)))
            recovered = connection.execute(update(outbox).where(these, safe).values(again)).rowcount
            for row in connection.execute(_OF_CHATS.where(these, sending, outbox.c.tells.is_not(null()))):
                note_told(connection, row.chat_id, row.tells["articles"], row.tells["quotes"])
            return (
                recovered + connection.execute(update(outbox).where(these, sending).values(given_up)).rowcount
            )

    def prune(self, now: datetime) -> int:
        """Forgets up to `PRUNED` deliveries that came to their end long ago; how many that were.

        None can come again: an order's due times only go forward.
        """
        kept = {
            DeliveryState.SENT: SENT_KEPT,
            DeliveryState.FAILED: FAULTY_KEPT,
            DeliveryState.UNKNOWN: FAULTY_KEPT,
        }
        forgotten = 0
        for state, span in kept.items():
            old = select(outbox.c.id).where(outbox.c.state == state.value, outbox.c.try_after < now - span)
            if any_of(self._database, old):
                some = old.limit(PRUNED).with_for_update(skip_locked=True)
                with self._database.transaction() as connection:
                    these = outbox.c.id.in_(connection.execute(some).scalars().all())
                    forgotten += connection.execute(delete(outbox).where(these)).rowcount
        return forgotten


def any_of(database: Database, chosen: Select[Any]) -> bool:
    """Whether there is one. It takes no lock."""
    with database.reading() as connection:
        return connection.execute(chosen.limit(1)).first() is not None


_OF_CHATS = select(outbox.c.id, outbox.c.tells, subscriptions.c.chat_id).join(
    subscriptions, subscriptions.c.id == outbox.c.subscription_id
)


def _locked(connection: Connection, chosen: ColumnElement[bool]) -> list[int]:
    """The ids of those deliveries, but for what others hold. Their chats first, as with `_lock_order_of`."""
    found = connection.execute(_OF_CHATS.where(chosen)).all()
    theirs = select(chats.c.id).where(chats.c.id.in_({row.chat_id for row in found})).order_by(chats.c.id)
    connection.execute(theirs.with_for_update(read=True, key_share=True))
    ids = outbox.c.id.in_([row.id for row in found])
    free = select(outbox.c.id).where(ids, chosen).with_for_update(skip_locked=True)
    return list(connection.execute(free).scalars())
