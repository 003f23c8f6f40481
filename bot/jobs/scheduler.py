"""Looks for what is due by the tables, and puts it into the queue: once a job, whoever else looks too."""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from articles.database import DatabaseError, DatabaseUnavailable
from articles.feeds.concurrency import for_each
from bot.jobs.model import Job, JobQueue, QueueUnavailable

log = logging.getLogger(__name__)

MOST_OF_A_PLACE = 16  # in the queue: a host with thousands of pages keeps no other waiting
RECOVER_S = 5.0
RETRY_S = 2.0
REFILL_S = 0.25  # to the next look where there was more than the queue should hold


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where the jobs of one kind come from, or those of the kind that it owns."""

    kind: type[Job]
    due: Callable[[int], Sequence[Job]]  # so many at most, longest overdue first; it may block
    every_s: float  # between two looks
    at_most: int  # in the queue and in work, of all processes
    owns: Callable[[Job], bool] = lambda job: True  # noqa: ARG005 (all of the kind)


class Scheduler:
    """Several may look at the same tables and fill the same queue: what is put twice is done once."""

    def __init__(self, queue: JobQueue, sources: Iterable[Source]) -> None:
        self._queue, self._sources = queue, tuple(sources)

    async def run(self) -> None:
        """Looks again and again, until cancelled. Raises DatabaseUnusable."""
        looks: list[Callable[[], Awaitable[float]]] = [partial(self._look, s) for s in self._sources]
        looks.append(self._recover)
        await for_each(looks, self._again, at_once=len(looks))

    async def look(self, source: Source) -> bool:
        """Puts what is due and not in the queue; whether there may be more.

        Raises DatabaseError, QueueUnavailable.
        """
        held = {job for job in await self._queue.held(source.kind) if source.owns(job)}
        room = source.at_most - len(held)
        if room <= source.at_most // 4:
            return True
        # What is in the queue is still due by the tables, and most likely what has waited longest.
        limit = 2 * source.at_most
        due = await asyncio.to_thread(source.due, limit)
        new = [job for job in spread(due, held) if job not in held][:room]
        if new:
            await self._queue.put(new)
        return bool(new) and len(due) > len(held)

    async def _look(self, source: Source) -> float:
        more = await self.look(source)
        return min(REFILL_S, source.every_s) if more else source.every_s

    async def _recover(self) -> float:
        if lost := await self._queue.recover():
            log.warning("jobs taken from dead processes", extra={"jobs": lost})
        return RECOVER_S

    async def _again(self, work: Callable[[], Awaitable[float]]) -> None:
        """Without end; work: gives the seconds to its next time."""
        while True:
            pause_s = RETRY_S
            try:
                pause_s = await work()
            except (DatabaseUnavailable, QueueUnavailable) as error:
                log.warning("nothing scheduled", extra={"reason": str(error)})
            except DatabaseError:
                raise
            except Exception:
                log.exception("a look for jobs broke")
            await asyncio.sleep(pause_s)


def spread(due: Sequence[Job], held: Iterable[Job] = ()) -> Iterator[Job]:
    """The same jobs without those of places that have many in the queue already, and places in turns."""
    there = Counter(job.place for job in held)
    taken: Counter[str] = Counter()
    turns: list[tuple[int, int]] = []
    known = frozenset(held)
    for order, job in enumerate(due):
        if job in known or there[job.place] + taken[job.place] >= MOST_OF_A_PLACE:
            continue
        turns.append((taken[job.place], order))
        taken[job.place] += 1
    return (due[order] for _, order in sorted(turns))
