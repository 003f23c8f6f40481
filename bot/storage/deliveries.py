"""Deliveries: one digest for one chat at one time, and what can become of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NewType

from bot.storage.chats import Subscription, SubscriptionId

DeliveryId = NewType("DeliveryId", int)


class DeliveryState(StrEnum):
    DUE = "due"
    SENDING = "sending"  # a process has it; after `try_after` that process counts as dead
    SENT = "sent"
    FAILED = "failed"  # given up, see `reason`
    UNKNOWN = "unknown"  # the platform may or may not have posted it; never retried blindly


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A subscription that is due, as far as its next time depends on it."""

    id: SubscriptionId
    schedule: Mapping[str, Any]  # as `bot/schedules/schedule.py` writes it
    timezone: str  # IANA
    next_due: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One digest for one chat."""

    id: DeliveryId
    subscription: Subscription
    due_at: datetime
    attempts: int  # how often it was claimed, this time included: who claimed it later has a higher one
    failures: int  # how often it was tried and failed by its own fault
    unsure_since: datetime | None  # since when it may stand in the chat; None: it does not
