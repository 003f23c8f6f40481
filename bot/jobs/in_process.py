"""The queue of a single process: it is lost with the process, and filled again from the tables."""

import asyncio
import logging
from collections import Counter
from collections.abc import Mapping, Sequence

from bot.jobs.model import AT_ONCE, Job, Run

log = logging.getLogger(__name__)


class InProcessQueue:
    """A `JobQueue` on one event loop. at_once: how many of a kind are done at the same time."""

    def __init__(self, at_once: Mapping[type[Job], int] = AT_ONCE) -> None:
        self._at_once = at_once
        self._waiting: dict[type[Job], dict[Job, None]] = {kind: {} for kind in at_once}  # in order
        self._running: dict[Job, asyncio.Task[None]] = {}
        self._of_kind: Counter[type[Job]] = Counter()  # of those that run
        self._places: set[str] = set()  # where something is being done
        self._changed = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()

    async def put(self, jobs: Sequence[Job]) -> None:
        """See `JobQueue`."""
        for job in jobs:
            self._waiting[type(job)].setdefault(job)
            self._idle.clear()
        self._changed.set()

    async def held(self, kind: type[Job]) -> frozenset[Job]:
        """See `JobQueue`."""
        return frozenset([*self._waiting[kind], *(job for job in self._running if type(job) is kind)])

    async def recover(self) -> int:
        """See `JobQueue`: what a dead process had in hand was lost with it."""
        return 0

    async def idle(self) -> None:
        """Returns when nothing waits and nothing is being done."""
        await self._idle.wait()

    async def work(self, run: Run, *, stop: asyncio.Event) -> None:
        """See `JobQueue`."""
        stopped = asyncio.create_task(stop.wait())
        try:
            while not stop.is_set():
                for kind in self._at_once:
                    self._start(kind, run)
                self._changed.clear()
                changed = asyncio.create_task(self._changed.wait())
                await asyncio.wait({changed, stopped}, return_when=asyncio.FIRST_COMPLETED)
                changed.cancel()
            if self._running:
                await asyncio.wait(self._running.values())
        finally:
            stopped.cancel()
            for task in self._running.values():
                task.cancel()

    def _start(self, kind: type[Job], run: Run) -> None:
        """Begins what may be begun, first come first served."""
        waiting = self._waiting[kind]
        for job in list(waiting):
            if self._of_kind[kind] >= self._at_once[kind]:
                return
            if job.place not in self._places:
                del waiting[job]
                self._places.add(job.place)
                self._of_kind[kind] += 1
                self._running[job] = asyncio.create_task(self._do(job, run))

    async def _do(self, job: Job, run: Run) -> None:
        try:
            await run(job)
        except Exception:
            log.exception("job failed", extra={"job": repr(job)})
        finally:
            del self._running[job]
            self._of_kind[type(job)] -= 1
            self._places.discard(job.place)
            if not self._running and not any(self._waiting.values()):
                self._idle.set()
            self._changed.set()
