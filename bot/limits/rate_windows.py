"""Sliding windows that several processes share, in PostgreSQL: what each has sent counts for all.

A window is counted as `bot.limits.rate_limiter` counts it, from the answer, and by one clock, the
database's. What a process had asked for that dies before the answer counts until its lease ends.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text

from articles.database import Database
from bot.limits.rate_limiter import Limit

LEASE_S = 60.0  # longer than any request waits for its answer

# The row is locked from the first look at it, so that of two that ask at once the second sees the first. An
# end in the future is a lease: asked for, and not answered. The random part tells two leases apart.
_TAKE = text("""
INSERT INTO rate_windows AS w (key, ends)
VALUES (:key, ARRAY[clock_timestamp() + make_interval(secs => :lease_s + random())])
ON CONFLICT (key) DO UPDATE
SET ends = array_append(
  ARRAY(SELECT e FROM unnest(w.ends) AS e WHERE e > clock_timestamp() - make_interval(secs => :longest_s)),
  clock_timestamp() + make_interval(secs => :lease_s + random())
)
WHERE w.paused_until <= clock_timestamp() AND NOT EXISTS (
  SELECT FROM unnest(CAST(:counts AS int[]), CAST(:seconds AS float8[])) AS l (count, seconds)
  WHERE l.count <= (
    SELECT count(*) FROM unnest(w.ends) AS e WHERE e > clock_timestamp() - make_interval(secs => l.seconds)
  )
)
RETURNING ends[cardinality(ends)]
""")
# When the oldest of the last `count` ends leaves its window, for each limit; the latest of them.
_OPENS_IN = text("""
SELECT extract(epoch FROM greatest(
  w.paused_until,
  (SELECT max(
    (SELECT e FROM unnest(w.ends) AS e ORDER BY e DESC OFFSET l.count - 1 LIMIT 1)
    + make_interval(secs => l.seconds)
  ) FROM unnest(CAST(:counts AS int[]), CAST(:seconds AS float8[])) AS l (count, seconds))
) - clock_timestamp())
FROM rate_windows AS w WHERE key = :key
""")
_ANSWERED = text("""
UPDATE rate_windows SET ends = array_append(array_remove(ends, :ticket), clock_timestamp()) WHERE key = :key
""")
_GIVE_BACK = text("UPDATE rate_windows SET ends = array_remove(ends, :ticket) WHERE key = :key")
_PAUSE = text("""
INSERT INTO rate_windows AS w (key, ends, paused_until)
VALUES (:key, '{}', clock_timestamp() + make_interval(secs => :pause_s))
ON CONFLICT (key) DO UPDATE SET paused_until = greatest(w.paused_until, excluded.paused_until)
""")
_FORGET = text("""
DELETE FROM rate_windows WHERE paused_until < now() AND NOT EXISTS (
  SELECT FROM unnest(ends) AS e WHERE e > now() - interval '1 hour'
)
""")


@dataclass(frozen=True, slots=True)
class Ticket:
    """One request that may be made."""

    key: str
    until: datetime  # what it counts until if nobody says what became of it


class RateWindows:
    """Every method is one transaction, and raises DatabaseError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def take(self, key: str, limits: Sequence[Limit], *, keep: int = 0) -> Ticket | float:
        """One more request, if the limits allow it, or in how many seconds it is worth asking again.

        keep: so many of each limit's count are left to others; of a count of one, none.
        """
        counts = [max(1, limit.count - keep) for limit in limits]
        asked = {"key": key, "counts": counts, "seconds": [limit.seconds for limit in limits]}
        longest_s = max(limit.seconds for limit in limits)
        with self._database.transaction() as connection:
            taken = connection.execute(_TAKE, {**asked, "lease_s": LEASE_S, "longest_s": longest_s}).scalar()
            if taken is not None:
                return Ticket(key, taken)
            opens_in = connection.execute(_OPENS_IN, asked).scalar()
        return max(0.0, float(opens_in or 0.0))

    def answered(self, ticket: Ticket) -> None:
        """The request was made, and its window begins now."""
        with self._database.transaction() as connection:
            connection.execute(_ANSWERED, {"key": ticket.key, "ticket": ticket.until})

    def give_back(self, ticket: Ticket) -> None:
        """The request was not made."""
        with self._database.transaction() as connection:
            connection.execute(_GIVE_BACK, {"key": ticket.key, "ticket": ticket.until})

    def pause(self, key: str, seconds: float) -> None:
        """No request for so long."""
        with self._database.transaction() as connection:
            connection.execute(_PAUSE, {"key": key, "pause_s": seconds})

    def forget_idle(self) -> None:
        """Drops the windows in which nothing has happened for an hour."""
        with self._database.transaction() as connection:
            connection.execute(_FORGET)
