"""What response headers say about when to come back."""

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

MAX_WAIT = timedelta(days=7)
"""No publisher sends us away for longer: a slip in a header would silence a feed for good."""


def parse_retry_after(value: str | None, *, now: datetime) -> timedelta | None:
    """How long Retry-After (RFC 9110, 10.2.3) asks to wait, seconds or a date; at most MAX_WAIT.

    None where the header is absent or says nothing.
    """
    if value is None:
        return None
    value = value.strip()
    if re.fullmatch(r"[0-9]{1,12}", value):
        return min(timedelta(seconds=int(value)), MAX_WAIT)
    try:
        until = parsedate_to_datetime(value)
    except (ValueError, OverflowError, IndexError):
        return None
    if until.tzinfo is None:  # "-0000": UTC of unknown origin
        until = until.replace(tzinfo=UTC)
    return min(max(until - now, timedelta()), MAX_WAIT)


def parse_max_age(cache_control: str | None) -> timedelta | None:
    """How long the answer stays fresh by Cache-Control's max-age (RFC 9111, 5.2.2.1); at most MAX_WAIT.

    None where it does not say, and where it says that the answer is not to be kept.
    """
    if cache_control is None:
        return None
    directives = [part.strip().lower() for part in cache_control.split(",")]
    if "no-store" in directives or "no-cache" in directives:
        return None
    for directive in directives:
        if found := re.fullmatch(r'max-age="?([0-9]{1,12})"?', directive):
            return min(timedelta(seconds=int(found[1])), MAX_WAIT)
    return None
