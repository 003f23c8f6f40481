"""Search keys: the number of an article by which newest first is the order of an index (see `schema.py`)."""

from datetime import UTC, datetime

KEYS_A_SECOND = 20  # bits: a million articles may carry the same second, as where only the day is known


def first_key(at: datetime) -> int:
    """The lowest search key of an article that counts as published at that second."""
    return int(at.timestamp()) << KEYS_A_SECOND


def placed(search_key: int) -> datetime:
    """When an article of that key counts as published, to the second."""
    return datetime.fromtimestamp(search_key >> KEYS_A_SECOND, UTC)
