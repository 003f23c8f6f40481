"""The kinds of jobs, and the queue that carries them from the scheduler to the workers.

The tables stay the truth. A job names a row that is due and holds nothing else. Done twice, it finds that
nothing is due any more. Lost, it is put again, as its row is still due. So any queue will do that carries
most of what it is given: `InProcessQueue` on SQLite, procrastinate on PostgreSQL.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

from sqlalchemy import text

from articles.database import Database
from articles.feeds.model import EntryId, FeedId
from bot.storage.outbox import DeliveryId

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class PollFeed:
    """Poll a feed, and note what is new in it."""

    feed: FeedId
    host: str

    @property
    def lock(self) -> str:
        return f"host {self.host}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeIn:
    """Fetch an entry's page, analyse it and store it.

    One job and not three: between them a page or an analysis would have to be stored, only to be read once.
    """

    entry: EntryId
    host: str

    @property
    def lock(self) -> str:
        return f"host {self.host}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TellOwners:
    """Tell those who added a feed that it is polled no more."""

    feed: FeedId

    @property
    def lock(self) -> str:
        return f"feed {self.feed}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deliver:
    """Compose a digest, and send it."""

    delivery: DeliveryId
    platform: str
    chat: str  # and thread
    urgent: bool = field(default=False, compare=False)  # to be done before all others that wait

    @property
    def lock(self) -> str:
        return f"chat {self.platform} {self.chat}"


Job = PollFeed | TakeIn | TellOwners | Deliver
"""Two jobs with the same `lock` are never done at the same time."""

KINDS: tuple[type[Job], ...] = (PollFeed, TakeIn, TellOwners, Deliver)

Run = Callable[[Job], Awaitable[None]]
"""Does a job. What it raises is logged, and ends that job alone."""


class QueueUnavailable(Exception):
    """Nothing can be put or taken now; worth another try."""


class JobQueue(Protocol):
    """Carries jobs, within a process or between several."""

    async def put(self, jobs: Sequence[Job]) -> None:
        """Queues each of them that does not wait already. Raises QueueUnavailable."""

    async def held(self, kind: type[Job]) -> frozenset[Job]:
        """The jobs of a kind that wait or are being done. Raises QueueUnavailable."""

    async def recover(self) -> int:
        """Deletes the jobs that dead processes were doing, so that they are put again; how many there were.

        Raises QueueUnavailable.
        """

    async def work(self, run: Run, *, stop: asyncio.Event) -> None:
        """Does jobs until `stop` is set; then starts no more, and returns when the running ones have ended.

        Cancelled, it ends them at once.
        """


AT_ONCE: dict[type[Job], int] = {
    PollFeed: 32,
    TakeIn: 32,  # most of them wait for a page: they are analysed one at a time
    TellOwners: 4,
    Deliver: 200,  # most of them wait for their chat's rate limit: enough that some may always be sent
}
"""How many of a kind, and of deliveries for each platform, one process does at the same time."""


class InProcessQueue:
    """A `JobQueue` on one event loop. It is lost with the process, and filled again from the tables."""

    def __init__(self, at_once: Mapping[type[Job], int] = AT_ONCE) -> None:
        """at_once: see `AT_ONCE`."""
        self._at_once = at_once
        self._waiting: defaultdict[str, dict[Job, None]] = defaultdict(dict)  # by group, in order
        self._running: defaultdict[str, dict[Job, asyncio.Task[None]]] = defaultdict(dict)
        self._locks: set[str] = set()  # where a job is running
        self._changed = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()

    async def put(self, jobs: Sequence[Job]) -> None:
        """See `JobQueue`."""
        for job in jobs:
            group = _group(job)
            if isinstance(job, Deliver) and job.urgent:
                self._waiting[group] = {job: None} | self._waiting[group]
            else:
                self._waiting[group].setdefault(job)
            self._idle.clear()
        self._changed.set()

    async def held(self, kind: type[Job]) -> frozenset[Job]:
        """See `JobQueue`."""
        waiting = (job for group in self._waiting.values() for job in group)
        running = (job for group in self._running.values() for job in group)
        return frozenset(job for job in (*waiting, *running) if type(job) is kind)

    async def recover(self) -> int:
        """See `JobQueue`: the jobs of a dead process were lost with it."""
        return 0

    async def idle(self) -> None:
        """Returns when no job waits or runs."""
        await self._idle.wait()

    async def work(self, run: Run, *, stop: asyncio.Event) -> None:
        """See `JobQueue`."""
        stopped = asyncio.create_task(stop.wait())
        try:
            while not stop.is_set():
                self._start_jobs(run)
                self._changed.clear()
                changed = asyncio.create_task(self._changed.wait())
                await asyncio.wait({changed, stopped}, return_when=asyncio.FIRST_COMPLETED)
                changed.cancel()
            if tasks := self._tasks():
                await asyncio.wait(tasks)
        finally:
            stopped.cancel()
            for task in self._tasks():
                task.cancel()

    def _tasks(self) -> list[asyncio.Task[None]]:
        return [task for running in self._running.values() for task in running.values()]

    def _start_jobs(self, run: Run) -> None:
        """Starts all that may run now, first come first served."""
        for group, waiting in self._waiting.items():
            running = self._running[group]
            for job in list(waiting):
                if len(running) >= self._at_once[type(job)]:
                    break
                if job.lock not in self._locks:
                    del waiting[job]
                    self._locks.add(job.lock)
                    running[job] = asyncio.create_task(self._do(job, run))

    async def _do(self, job: Job, run: Run) -> None:
        try:
            await run(job)
        except Exception:
            log.exception("job failed", extra={"job": repr(job)})
        finally:
            del self._running[_group(job)][job]
            self._locks.discard(job.lock)
            if not any(self._running.values()) and not any(self._waiting.values()):
                self._idle.set()
            self._changed.set()


def _group(job: Job) -> str:
    """Jobs of one group wait for each other: a platform that is slow or down holds up no other."""
    return f"deliver to {job.platform}" if isinstance(job, Deliver) else type(job).__name__


# At most some hundreds of rows: what is done is deleted, and schedulers put no more than that.
_COUNTS = text("""
SELECT job.queue_name AS kind, job.status = 'doing' AS is_running, count(*) AS jobs,
  extract(epoch FROM now() - min(event.at)) AS oldest_s
FROM procrastinate_jobs AS job
JOIN procrastinate_events AS event ON event.job_id = job.id AND event.type = 'deferred'
WHERE job.status IN ('todo', 'doing')
GROUP BY 1, 2
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class KindCounts:
    """The jobs of a kind."""

    waiting: int = 0
    running: int = 0
    oldest_waiting: timedelta = timedelta()  # zero if none waits


class QueueCounts:
    """Counts the queue that several processes share. On SQLite there is none, and all counts are zero."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def by_kind(self) -> dict[str, KindCounts]:
        """Of every kind. Raises DatabaseError."""
        if self._database.engine.dialect.name != "postgresql":
            return {kind.__name__: KindCounts() for kind in KINDS}
        with self._database.reading() as connection:
            rows = {(row.kind, row.is_running): row for row in connection.execute(_COUNTS)}
        found = {}
        for kind in (kind.__name__ for kind in KINDS):
            waiting, running = rows.get((kind, False)), rows.get((kind, True))
            found[kind] = KindCounts(
                waiting=waiting.jobs if waiting else 0,
                running=running.jobs if running else 0,
                oldest_waiting=timedelta(seconds=float(waiting.oldest_s)) if waiting else timedelta(),
            )
        return found
