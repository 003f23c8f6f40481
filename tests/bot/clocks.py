"""A clock for tests that goes by hand."""

from datetime import datetime


class HandClock:
    """A clock that stands until it is set."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now
