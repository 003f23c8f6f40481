"""From subscriptions that are due to deliveries in the outbox, and old ones out of it."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from math import inf

from bot.schedules.schedule import following
from bot.storage.deliveries import Due
from bot.storage.outbox import Outbox

log = logging.getLogger(__name__)

BATCH = 1_000  # orders at once
PRUNE_EVERY_S = 3_600.0
UNREADABLE_PAUSE = timedelta(days=1)


class Enqueuer:
    """Fills the outbox, and prunes it. Every method blocks on the database, and raises DatabaseError."""

    def __init__(self, outbox: Outbox, *, steady: Callable[[], float]) -> None:
        """steady: seconds on a clock that nobody sets."""
        self._outbox = outbox
        self._steady = steady
        self._prune_at = -inf
        self._following: dict[tuple[str, str, datetime], datetime] = {}

    def enqueue(self, now: datetime) -> None:
        """Puts all that has become due into the outbox."""
        while self._some(now) == BATCH:
            pass

    def prune(self, now: datetime) -> None:
        """A little of what is old, now and then: it never takes long."""
        if self._steady() >= self._prune_at and self._outbox.upkeep.prune(now) == 0:
            self._prune_at = self._steady() + PRUNE_EVERY_S

    def _some(self, now: datetime) -> int:
        return self._outbox.enqueue_due(now, limit=BATCH, next_due=lambda order: self._next_due(order, now))

    def _next_due(self, order: Due, now: datetime) -> datetime:
        """Thousands of orders share a schedule, a zone and a time."""
        key = (str(order.schedule), order.timezone, order.next_due)
        known = self._following.get(key)
        if known is None or known <= now:
            known = _following(order, now)
            if len(self._following) >= BATCH:
                self._following.clear()
            self._following[key] = known
        return known


def _following(order: Due, now: datetime) -> datetime:
    try:
        return following(order, now)
    except Exception:
        # A zone that is no longer there, say: one order that cannot be read must not keep all others waiting.
        log.exception("next time of an order not known", extra={"order": order.id})
        return max(order.next_due, now) + UNREADABLE_PAUSE
