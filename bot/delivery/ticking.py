"""The tick: APScheduler calls for a round every few seconds, even where somebody sets the clock back."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta

from apscheduler.job import Job
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

log = logging.getLogger(__name__)

SET_BACK = timedelta(seconds=30)  # a smaller step only delays one tick by so much


@contextlib.asynccontextmanager
async def ticking(
    work: Callable[[], Awaitable[None]],
    *,
    every_s: float,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> AsyncIterator[AsyncIOScheduler]:
    """Calls `work` at once, then every `every_s` seconds, never twice at a time, as long as the block lasts.

    APScheduler reckons in wall-clock time: where the clock is set back by a day, its next tick is a day away.
    So the clock is watched, by one that nobody can set.
    """
    at_work = asyncio.Lock()

    async def tick() -> None:
        if not at_work.locked():
            with contextlib.suppress(asyncio.CancelledError):  # at the end; APScheduler logs it as an error
                async with at_work:
                    await work()

    scheduler = AsyncIOScheduler(timezone=UTC)
    job = scheduler.add_job(
        tick,
        IntervalTrigger(seconds=every_s, timezone=UTC),
        next_run_time=datetime.now(UTC),
        max_instances=2,  # or a warning comes of every tick that finds the work going on
        coalesce=True,
        misfire_grace_time=None,
    )
    scheduler.start()
    watching = asyncio.create_task(_watch(job, every_s, clock))
    try:
        yield scheduler
    finally:
        watching.cancel()
        scheduler.shutdown(wait=False)


async def _watch(job: Job, every_s: float, clock: Callable[[], datetime]) -> None:
    loop = asyncio.get_running_loop()
    wall, steady = clock(), loop.time()
    while True:
        await asyncio.sleep(every_s)
        now, passed = clock(), timedelta(seconds=loop.time() - steady)
        if (step := now - wall - passed) < -SET_BACK:
            log.warning("the clock was set back", extra={"seconds": round(-step.total_seconds())})
            job.modify(next_run_time=now)
        wall, steady = now, loop.time()
