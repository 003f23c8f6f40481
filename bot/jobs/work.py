"""Jobs done: the same functions by whichever queue a job came, and the tables that say what is due."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from articles.feeds.model import FeedPaused
from articles.feeds.store import FeedStore
from articles.text.urls import host_of
from bot.delivery.dispatcher import Dispatcher
from bot.feeds.manager import FeedManager, FeedWork
from bot.jobs.model import Deliver, Job, PollFeed, TakeIn, TellOwners
from bot.jobs.scheduler import Source

MOST_QUEUED = 500  # of a kind, and of a platform's deliveries, queued or in work; the tables hold the rest


class Worker:
    """Does jobs of every kind. They may be cut short at any instant, and done again."""

    def __init__(
        self,
        *,
        manager: FeedManager,
        work: FeedWork,
        dispatcher: Dispatcher,
        tell: Callable[[FeedPaused], Awaitable[bool]],
        shared: bool,
    ) -> None:
        """tell: lets the owners of a paused feed know. shared: other processes do jobs, too."""
        self._manager, self._work, self._dispatcher, self._tell, self._shared = (
            manager,
            work,
            dispatcher,
            tell,
            shared,
        )

    async def run(self, job: Job) -> None:
        """Raises DatabaseError."""
        match job:
            case PollFeed():
                await self._work.poll(job.feed)
            case TakeIn():
                await self._work.take_in(job.entry)
            case TellOwners():
                await self._manager.tell(job.feed, self._tell)
            case Deliver():
                await self._dispatcher.deliver(job.delivery, job.platform)
        if self._shared and isinstance(job, PollFeed | TakeIn):
            await self._work.rest(f"http://{job.host}/")  # the host is ours until somebody else may ask it


@dataclass(frozen=True, kw_only=True)
class DueJobs:
    """What is due by the tables, as jobs."""

    feeds: FeedStore
    dispatcher: Dispatcher
    platforms: Collection[str]  # that are written to
    clock: Callable[[], datetime]

    def feed_sources(self, *, tick_s: float, feeds_every_s: float) -> tuple[Source, ...]:
        """feeds_every_s: between two looks for feeds to ask."""
        return (
            Source(kind=PollFeed, due=self._polls, every_s=feeds_every_s, at_most=MOST_QUEUED),
            Source(kind=TakeIn, due=self._entries, every_s=tick_s, at_most=MOST_QUEUED),
            Source(kind=TellOwners, due=self._pauses, every_s=feeds_every_s, at_most=MOST_QUEUED),
        )

    def digest_sources(self, *, tick_s: float) -> tuple[Source, ...]:
        """Where several processes deliver. One alone claims from the outbox, which is its queue; between
        several, this one keeps a chat from being written to by two of them.

        Each platform has its own: what waits for one that is down takes no other's places.
        """
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

    def _polls(self, limit: int) -> Sequence[Job]:
        due = self.feeds.due(now=self.clock(), limit=limit)
        return [PollFeed(feed=feed.id, host=host_of(feed.url)) for feed in due]

    def _entries(self, limit: int) -> Sequence[Job]:
        due = self.feeds.pending_urls(now=self.clock(), limit=limit)
        return [TakeIn(entry=entry, host=host_of(url)) for entry, url in due]

    def _pauses(self, limit: int) -> Sequence[Job]:
        return [TellOwners(feed=pause.id) for pause in self.feeds.unannounced_pauses()[:limit]]

    def _deliveries(self, platform: str, limit: int) -> Sequence[Job]:
        due = self.dispatcher.due([platform], limit=limit)
        return [
            Deliver(delivery=delivery, platform=chat.platform, chat=f"{chat.chat}/{chat.thread or ''}")
            for delivery, chat in due
        ]


def _goes_to(platform: str, job: Job) -> bool:
    return isinstance(job, Deliver) and job.platform == platform
