"""When a page says that it was published: dates as publishers write them for machines."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, time
from email.utils import parsedate_to_datetime

_DAY = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)|(\d{4})(\d{2})(\d{2})(?!\d)")
_ZONE = re.compile(r"(?:Z|UTC|GMT|[+-]\d{2}:?\d{2}|[+-]\d{2})$", re.IGNORECASE)
_FRACTION = re.compile(r"[.,](\d{1,6})\d*(?=\D|$)")
_YEARS = range(1990, 2100)  # the web's; others are placeholders, and nothing can be added to the last


def first_instant(candidates: Iterable[str | None]) -> datetime | None:
    """The first of the candidates that gives an instant, else the first day, as midnight UTC, else None.

    A clock time without a zone is not an instant, and counts for its day alone.
    """
    day: datetime | None = None
    for candidate in candidates:
        if not candidate:
            continue
        instant = _instant(candidate.strip())
        if instant is not None:
            return instant
        day = day or _day(candidate.strip())
    return day


def _instant(written: str) -> datetime | None:
    if not _ZONE.search(written):
        return None
    for parse in (_from_iso, parsedate_to_datetime):
        try:
            found = parse(written)
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
        if found.tzinfo is not None and found.year in _YEARS:
            return _whole(found)
    return None


def _from_iso(written: str) -> datetime:
    written = re.sub(r"\s*(?:UTC|GMT)$", "Z", written, flags=re.IGNORECASE)
    # "2018-05-01 08:00:00 -0500": no blank before the offset in ISO 8601
    written = re.sub(r"\s+(?=[+-]\d{2}:?\d{2}$)", "", written)
    written = re.sub(r"(?<=\d)\s*([+-]\d{2})$", r"\g<1>:00", written) if "T" in written else written
    if _DAY.fullmatch(written) or ("-" not in written[:6] and not written[:8].isdigit()):
        raise ValueError("not ISO 8601 with a clock time")
    return datetime.fromisoformat(_FRACTION.sub(lambda digits: "." + digits[1].ljust(6, "0"), written))


def _whole(instant: datetime) -> datetime | None:
    """In UTC, where a date close to the calendar's ends may not be representable."""
    try:
        return instant.astimezone(UTC)
    except OverflowError:
        return None


def _day(written: str) -> datetime | None:
    found = _DAY.match(written)
    if not found:
        return None
    year, month, day = (int(part) for part in found.groups() if part)
    try:
        midnight = datetime.combine(datetime(year, month, day, tzinfo=UTC), time.min, tzinfo=UTC)
    except ValueError:
        return None
    return midnight if year in _YEARS else None
