"""When a chat's standing order is due next."""

from datetime import datetime
from zoneinfo import ZoneInfo

from bot.schedule import from_json, next_due
from bot.store import Subscription


def first_due(order: Subscription, after: datetime) -> datetime:
    """Its first time after `after`, whatever was missed."""
    return next_due(from_json(order.schedule), ZoneInfo(order.timezone), after)


def following(order: Subscription, now: datetime) -> datetime:
    """Its first time after now, so that what was missed while we were down is one digest and not many."""
    return first_due(order, max(order.next_due, now))
