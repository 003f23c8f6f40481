"""The tick goes on, whatever the wall clock does; and it never overlaps itself."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import apscheduler.schedulers.base
import pytest

from bot.jobs.job_queue import InProcessQueue, Job, TakeIn
from bot.jobs.scheduler import Scheduler, Source


def now() -> datetime:
    return datetime.now(UTC)


class Clock:
    """The wall clock, as somebody has set it."""

    def __init__(self) -> None:
        self.set_by = timedelta(0)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.set_by


@asynccontextmanager
async def ticking(
    work: Callable[[], Awaitable[None]], *, every_s: float, clock: Callable[[], datetime] = now
) -> AsyncIterator[None]:
    """A scheduler whose only source does the work at each poll."""

    async def due(_: int) -> Sequence[Job]:
        await work()
        return ()

    source = Source(kind=TakeIn, due=due, every_s=every_s, at_most=1)
    running = asyncio.create_task(Scheduler(InProcessQueue(), [source], clock=clock).run())
    try:
        yield
    finally:
        running.cancel()
        await asyncio.wait([running])


async def test_a_clock_that_is_set_back_by_a_day_does_not_stop_the_tick(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    clock, ticks = Clock(), 0
    more = asyncio.Event()

    class Datetime(datetime):
        @classmethod
        def now(cls, tz=None):  # type: ignore[no-untyped-def]
            return clock.now().astimezone(tz)

    monkeypatch.setattr(apscheduler.schedulers.base, "datetime", Datetime)
    monkeypatch.setattr("apscheduler.schedulers.asyncio.datetime", Datetime, raising=False)

    async def work() -> None:
        nonlocal ticks
        ticks += 1
        more.set()

    async with ticking(work, every_s=0.1, clock=clock.now):
        await more.wait()
        clock.set_by = -timedelta(days=1)
        await asyncio.sleep(0.3)
        seen = ticks
        async with asyncio.timeout(60):
            while ticks < seen + 3:  # noqa: ASYNC110 (it is the ticks that are waited for)
                await asyncio.sleep(0.05)
    assert "the clock was set back" in caplog.text


async def test_work_that_goes_on_is_not_begun_twice_and_nothing_is_logged_of_that(
    caplog: pytest.LogCaptureFixture,
) -> None:
    at_once = begun = 0
    done = asyncio.Event()

    async def work() -> None:
        nonlocal at_once, begun
        at_once, begun = at_once + 1, begun + 1
        assert at_once == 1
        await asyncio.sleep(0.25)
        at_once -= 1
        if begun == 3:
            done.set()

    async with ticking(work, every_s=0.05), asyncio.timeout(60):
        await done.wait()
    assert caplog.records == []
