"""APScheduler's ticks: at each, what is due by the tables becomes jobs in the queue.

Several processes may have a scheduler: what is put twice is done once. The ticks go on where somebody sets
the clock back.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

from articles.database import DatabaseError, DatabaseUnavailable
from bot.jobs.job_queue import Job, JobQueue, QueueUnavailable

log = logging.getLogger(__name__)

MOST_OF_A_LOCK = 16  # in the queue: a host with thousands of pages keeps no other waiting
RECOVER_S = 5.0
RETRY_S = 2.0
REFILL_S = 0.25  # to the next poll where there was more than the queue should hold
SET_BACK = timedelta(seconds=30)  # a smaller step of the clock only delays one tick by as much


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where the jobs of one kind come from, or those of the kind that it owns."""

    kind: type[Job]
    due: Callable[[int], Awaitable[Sequence[Job]]]  # at most so many, longest overdue first
    every_s: float  # between two polls
    at_most: int  # in the queue and running, of all processes
    owns: Callable[[Job], bool] = lambda job: True  # noqa: ARG005 (all of the kind)


class Scheduler:
    """Polls each source at its interval, and at once again where there is more than the queue should hold."""

    def __init__(
        self,
        queue: JobQueue,
        sources: Iterable[Source],
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """clock: the wall clock, by which APScheduler ticks."""
        self._queue, self._sources, self._clock = queue, tuple(sources), clock
        self._failed: asyncio.Future[None] | None = None

    async def run(self) -> None:
        """Until cancelled. Raises DatabaseUnusable."""
        self._failed = asyncio.get_running_loop().create_future()
        ticks = AsyncIOScheduler(timezone=UTC)
        for number, source in enumerate(self._sources):
            self._add(ticks, f"poll {number}", partial(self._poll, source), source.every_s)
        self._add(ticks, "recover", self._recover, RECOVER_S)
        ticks.start()
        watching = asyncio.create_task(self._watch_clock(ticks))
        try:
            await self._failed
        finally:
            watching.cancel()
            ticks.shutdown(wait=False)

    async def poll(self, source: Source) -> bool:
        """Puts what is due and not in the queue; whether there may be more.

        Raises DatabaseError, QueueUnavailable.
        """
        held = {job for job in await self._queue.held(source.kind) if source.owns(job)}
        room = source.at_most - len(held)
        if room <= source.at_most // 4:
            return True
        # What is in the queue is still due by the tables, and most likely what has waited longest.
        due = await source.due(2 * source.at_most)
        new = [job for job in spread(due, held) if job not in held][:room]
        if new:
            await self._queue.put(new)
        return bool(new) and len(due) > len(held)

    def _add(
        self, ticks: AsyncIOScheduler, name: str, work: Callable[[], Awaitable[float]], every_s: float
    ) -> None:
        """work: returns the seconds to its next time."""
        ticks.add_job(
            partial(self._tick, ticks, name, work),
            IntervalTrigger(seconds=every_s, timezone=UTC),
            id=name,
            next_run_time=self._clock(),
            max_instances=1,
            coalesce=True,
            misfire_grace_time=None,
        )

    async def _tick(self, ticks: AsyncIOScheduler, name: str, work: Callable[[], Awaitable[float]]) -> None:
        job = ticks.get_job(name)
        job.pause()  # else APScheduler warns of each tick that finds this one still running
        pause_s = RETRY_S
        try:
            pause_s = await work()
        except asyncio.CancelledError:  # at the end; APScheduler would log it as an error
            return
        except (DatabaseUnavailable, QueueUnavailable) as error:
            log.warning("job poll failed", extra={"reason": str(error)})
        except DatabaseError as error:
            if self._failed is not None and not self._failed.done():
                self._failed.set_exception(error)
        except Exception:
            log.exception("job poll failed")
        job.modify(next_run_time=self._clock() + timedelta(seconds=pause_s))

    async def _poll(self, source: Source) -> float:
        return min(REFILL_S, source.every_s) if await self.poll(source) else source.every_s

    async def _recover(self) -> float:
        if lost := await self._queue.recover():
            log.warning("jobs of dead processes removed", extra={"jobs": lost})
        return RECOVER_S

    async def _watch_clock(self, ticks: AsyncIOScheduler) -> None:
        """APScheduler goes by the wall clock: after it is set back by a day, the next tick would be a day
        away. So the wall clock is compared with one that nobody can set."""
        loop = asyncio.get_running_loop()
        wall, steady = self._clock(), loop.time()
        while True:
            await asyncio.sleep(min((source.every_s for source in self._sources), default=RECOVER_S))
            now, passed = self._clock(), timedelta(seconds=loop.time() - steady)
            if (step := now - wall - passed) < -SET_BACK:
                log.warning("the clock was set back", extra={"seconds": round(-step.total_seconds())})
                for job in ticks.get_jobs():
                    if job.next_run_time is not None:  # else it is running
                        job.modify(next_run_time=now)
            wall, steady = now, loop.time()


def spread(due: Sequence[Job], held: Iterable[Job] = ()) -> Iterator[Job]:
    """The same jobs, without those whose lock has many in the queue already; locks take turns."""
    there = Counter(job.lock for job in held)
    taken: Counter[str] = Counter()
    turns: list[tuple[int, int]] = []
    known = frozenset(held)
    for order, job in enumerate(due):
        if job in known or there[job.lock] + taken[job.lock] >= MOST_OF_A_LOCK:
            continue
        turns.append((taken[job.lock], order))
        taken[job.lock] += 1
    return (due[order] for _, order in sorted(turns))
