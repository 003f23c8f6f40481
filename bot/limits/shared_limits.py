"""Limits that several processes of one bot share, by sliding windows in PostgreSQL.

A window is counted from the answer, as in `bot.limits.rate_limiter`, and by one clock, the database's. If a
process dies before the answer, its request counts until the lease ends. A request waits for the shared window
first, then for the process's own limiter.
"""

import asyncio
import contextlib
import logging
import random
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any
from weakref import WeakValueDictionary

from sqlalchemy import text

from articles.database import Database, DatabaseError
from bot.chat import Throttled
from bot.limits.rate_limiter import Limit, Limiter

log = logging.getLogger(__name__)

LEASE_S = 60.0  # longer than any request waits for its answer
KEPT_PART = 0.1  # of a limit: for people who wait, however many digests are being sent
_LONGEST_WAIT_S = 0.2  # before asking again: a process may give its lease back early
_WITHOUT_DATABASE = timedelta(seconds=5)
_FORGET_EVERY = 100_000  # tickets
_THREADS = 4  # of its own: what a person waits for must not queue behind the analysis of articles

# The row is locked from the first read, so that of two concurrent requests the second sees the first. An end
# in the future is a lease: of a request without an answer yet. The random part tells two leases apart.
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
        """A ticket for one more request if the limits allow it, else the seconds after which to ask again.

        keep: how much of each limit's count is left to others; of a count of one, none.
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


class SharedLimits:
    """The limits of one bot, by its token: all processes that write with that token count together."""

    def __init__(self, windows: RateWindows, *, platform: str, token: str) -> None:
        self._windows = windows
        # A table must not hold the token itself.
        self._bot = f"{platform} {blake2b(token.encode(), digest_size=8, person=b'limits').hexdigest()}"
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="limits")

    def of_all(self, local: Limiter, limit: Limit) -> "SharedRateLimiter":
        """The limit of all keys together."""
        keep = int(limit.count * KEPT_PART)
        return SharedRateLimiter(
            local, self._windows, self._threads, key=lambda _: self._bot, limits=lambda _: (limit,), keep=keep
        )

    def of_each(self, local: Limiter, limits: Callable[[str], tuple[Limit, ...]]) -> "SharedRateLimiter":
        """The limits of each key."""
        return SharedRateLimiter(
            local, self._windows, self._threads, key=lambda key: f"{self._bot} {key}", limits=limits
        )


class SharedRateLimiter:
    """A `Limiter` that counts the requests of other processes, too.

    Without the database, answers to people go by the process's own limiter, and digests wait.
    """

    def __init__(
        self,
        local: Limiter,
        windows: RateWindows,
        threads: ThreadPoolExecutor,
        *,
        key: Callable[[str], str],
        limits: Callable[[str], tuple[Limit, ...]],
        keep: int = 0,
    ) -> None:
        """key: the window's name. keep: how much of each limit requests that are not urgent leave free."""
        self._local, self._windows, self._threads = local, windows, threads
        self._window_key, self._limits, self._keep = key, limits, keep
        self._queues: WeakValueDictionary[tuple[str, bool], asyncio.Lock] = WeakValueDictionary()
        self._telling: set[asyncio.Task[None]] = set()
        self._tickets = 0

    @contextlib.asynccontextmanager
    async def turn(self, key: str, *, urgent: bool) -> AsyncIterator[None]:
        """See `Limiter`. Raises Throttled where it is not urgent and the database does not answer."""
        ticket = await self._ticket(key, urgent=urgent)
        made = False
        try:
            async with self._local.turn(key, urgent=urgent):
                made = True
                yield
        finally:
            if ticket is not None:
                outcome = self._windows.answered if made else self._windows.give_back
                await asyncio.shield(self._tell(outcome, ticket))

    def pause(self, key: str, seconds: float) -> None:
        """See `Limiter`: a pause for all processes."""
        self._local.pause(key, seconds)
        if self._limits(key):
            self._later(self._tell(self._windows.pause, self._window_key(key), seconds))

    async def _ticket(self, key: str, *, urgent: bool) -> Ticket | None:
        """None: there is no limit, or the database cannot be asked."""
        if not (limits := self._limits(key)):
            return None
        key, keep = self._window_key(key), 0 if urgent else self._keep
        queue = self._queues.setdefault((key, urgent), asyncio.Lock())
        async with queue:  # of all that wait in a process, one asks at a time
            while True:
                try:
                    taken = await self._in_thread(self._windows.take, key, limits, keep=keep)
                except DatabaseError as error:
                    if urgent:
                        return None
                    raise Throttled(_WITHOUT_DATABASE) from error
                if isinstance(taken, Ticket):
                    self._forget_now_and_then()
                    return taken
                # So that not all processes ask at the same instant.
                await asyncio.sleep(min(taken, _LONGEST_WAIT_S) + random.uniform(0.001, 0.005))  # noqa: S311

    def _forget_now_and_then(self) -> None:
        self._tickets += 1
        if self._tickets % _FORGET_EVERY == 0:
            self._later(self._tell(self._windows.forget_idle))

    def _later(self, telling: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(telling)
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)

    async def _tell(self, method: Callable[..., None], *args: object) -> None:
        try:
            await self._in_thread(method, *args)
        except DatabaseError as error:  # a lease ends by itself
            log.info("shared limits not updated", extra={"reason": str(error)})

    async def _in_thread(self, method: Callable[..., Any], *args: object, **more: object) -> Any:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, lambda: method(*args, **more))
