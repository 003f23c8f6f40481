"""When a chat's standing order is due next."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from bot.schedules.schedule import from_json, next_due


class Timed(Protocol):
    """What of an order its times depend on."""

    @property
    def schedule(self) -> Mapping[str, Any]: ...
    @property
    def timezone(self) -> str: ...
    @property
    def next_due(self) -> datetime: ...


def first_due(order: Timed, after: datetime) -> datetime:
    """Its first time after `after`, whatever was missed."""
    return next_due(from_json(order.schedule), ZoneInfo(order.timezone), after)


def following(order: Timed, now: datetime) -> datetime:
    """Its first time after now, so that what was missed while we were down is one digest and not many."""
    return first_due(order, max(order.next_due, now))
