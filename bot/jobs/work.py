"""What jobs do, by whichever queue they came, and what is due by the tables."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from articles.feeds.model import FeedPaused
from articles.feeds.store import FeedStore
from articles.text.urls import host_of
from bot.delivery.dispatcher import Dispatcher
from bot.feeds.manager import FeedManager, FeedWorker
from bot.jobs.job_queue import Deliver, Job, PollFeed, TakeIn, TellOwners
from bot.jobs.scheduler import Source

MOST_QUEUED = 500  # of a kind, and of a platform's deliveries, queued or running; the tables hold the rest


@dataclass(frozen=True, kw_only=True)
class Worker:
    """Does jobs of every kind. They may be cut short at any instant, and done again."""

    manager: FeedManager
    work: FeedWorker
    dispatcher: Dispatcher
    tell: Callable[[FeedPaused], Awaitable[bool]]  # tells the owners of a paused feed
    shared: bool  # other processes do jobs, too

    async def run(self, job: Job) -> None:
        """Raises DatabaseError."""
        match job:
            case PollFeed():
                await self.work.poll(job.feed)
            case TakeIn():
                await self.work.process_entry(job.entry)
            case TellOwners():
                await self.manager.tell(job.feed, self.tell)
            case Deliver():
                await self.dispatcher.deliver(job.delivery, job.platform)
        if self.shared and isinstance(job, PollFeed | TakeIn):
            await self.work.rest(f"http://{job.host}/")  # until another process may ask that host


@dataclass(frozen=True, kw_only=True)
class DueJobs:
    """What is due by the tables, as jobs."""

    feeds: FeedStore
    dispatcher: Dispatcher
    platforms: Collection[str]  # those to which digests are sent
    clock: Callable[[], datetime]

    def feed_sources(self, *, tick_s: float, feeds_every_s: float) -> tuple[Source, ...]:
        """feeds_every_s: between two polls for feeds that are due."""
        return (
            Source(kind=PollFeed, due=self._polls, every_s=feeds_every_s, at_most=MOST_QUEUED),
            Source(kind=TakeIn, due=self._entries, every_s=tick_s, at_most=MOST_QUEUED),
            Source(kind=TellOwners, due=self._pauses, every_s=feeds_every_s, at_most=MOST_QUEUED),
        )

    def digest_sources(self, *, tick_s: float) -> tuple[Source, ...]:
        """One for each platform: what waits for a platform that is down takes no other's places."""
        return tuple(
            Source(
                kind=Deliver,
                due=partial(self._deliveries, platform),
                every_s=tick_s,
                at_most=MOST_QUEUED,
                owns=partial(_goes_to, platform),
            )
            for platform in self.platforms
        )

    async def _polls(self, limit: int) -> Sequence[Job]:
        due = await asyncio.to_thread(self.feeds.due, now=self.clock(), limit=limit)
        return [PollFeed(feed=feed.id, host=host_of(feed.url)) for feed in due]

    async def _entries(self, limit: int) -> Sequence[Job]:
        due = await asyncio.to_thread(self.feeds.pending_urls, now=self.clock(), limit=limit)
        return [TakeIn(entry=entry, host=host_of(url)) for entry, url in due]

    async def _pauses(self, limit: int) -> Sequence[Job]:
        untold = await asyncio.to_thread(self.feeds.unannounced_pauses)
        return [TellOwners(feed=pause.id) for pause in untold[:limit]]

    async def _deliveries(self, platform: str, limit: int) -> Sequence[Job]:
        due = await self.dispatcher.due(platform, limit=limit)
        return [
            Deliver(
                delivery=each.id,
                platform=each.chat.platform,
                chat=f"{each.chat.chat}/{each.chat.thread or ''}",
                urgent=each.unsure,
            )
            for each in due
        ]


def _goes_to(platform: str, job: Job) -> bool:
    return isinstance(job, Deliver) and job.platform == platform
