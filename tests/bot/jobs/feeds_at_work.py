"""Feeds worked on as `pullquote run` does on SQLite: a scheduler, the process's own queue, and its worker."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from articles.feeds.model import FeedPaused
from bot.feeds.manager import FeedManager
from bot.jobs.job_queue import InProcessQueue
from bot.jobs.scheduler import Scheduler
from bot.jobs.work import DueJobs, Worker


@asynccontextmanager
async def feeds_at_work(
    manager: FeedManager,
    tell: Callable[[FeedPaused], Awaitable[bool]],
    clock: Callable[[], datetime],
    *,
    every_s: float = 0.01,
) -> AsyncIterator[asyncio.Future[Any]]:
    """Gives what ends only if one of the two breaks."""
    nobody: Any = None  # nothing is delivered here
    due = DueJobs(feeds=manager.store, dispatcher=nobody, platforms=(), clock=clock)
    sources = due.feed_sources(tick_s=every_s, feeds_every_s=every_s)
    queue, stop = InProcessQueue(), asyncio.Event()
    async with manager.open_worker() as work:
        worker = Worker(manager=manager, work=work, dispatcher=nobody, tell=tell, shared=False)
        both = asyncio.gather(Scheduler(queue, sources).run(), queue.work(worker.run, stop=stop))
        try:
            yield both
        finally:
            both.cancel()
            await asyncio.wait([both])
