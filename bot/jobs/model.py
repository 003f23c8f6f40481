"""The kinds of jobs, and the queue that carries them from who finds them due to who does them.

The tables stay the truth. A job names a row that is due and holds nothing else: done twice it finds the
second time that nothing is due, and lost on the way it is put again, as its row still is. So every queue will
do that carries most of what it is given.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from articles.feeds.model import EntryId, FeedId
from bot.storage.deliveries import DeliveryId


@dataclass(frozen=True, slots=True, kw_only=True)
class PollFeed:
    """Ask a feed, and note what is new in it."""

    feed: FeedId
    host: str

    @property
    def place(self) -> str:
        return f"host {self.host}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeIn:
    """Fetch an entry's page, analyse it and store it.

    One job and not three: between them a page or an analysis would have to be stored, only to be read once.
    """

    entry: EntryId
    host: str

    @property
    def place(self) -> str:
        return f"host {self.host}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TellOwners:
    """Tell those who asked for a feed that it is asked no more."""

    feed: FeedId

    @property
    def place(self) -> str:
        return f"feed {self.feed}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deliver:
    """Compose a digest, and send it."""

    delivery: DeliveryId
    platform: str
    chat: str  # and thread

    @property
    def place(self) -> str:
        return f"chat {self.platform} {self.chat}"


Job = PollFeed | TakeIn | TellOwners | Deliver
"""Two jobs of one `place` are never done at the same time."""

KINDS: tuple[type[Job], ...] = (PollFeed, TakeIn, TellOwners, Deliver)

AT_ONCE: dict[type[Job], int] = {
    PollFeed: 32,
    TakeIn: 32,  # most of them wait for a page: they are analysed one at a time
    TellOwners: 4,
    Deliver: 200,  # enough chats that some may always be written to
}
"""How many of a kind one process does at the same time."""

Run = Callable[[Job], Awaitable[None]]
"""Does a job. What it raises is logged, and costs that job alone."""


class QueueUnavailable(Exception):
    """Nothing can be put or taken now; worth another try."""


class JobQueue(Protocol):
    """Carries jobs, within a process or between several."""

    async def put(self, jobs: Sequence[Job]) -> None:
        """Queues each of them that does not wait already. Raises QueueUnavailable."""

    async def held(self, kind: type[Job]) -> frozenset[Job]:
        """The jobs of a kind that wait or are being done. Raises QueueUnavailable."""

    async def recover(self) -> int:
        """Forgets the jobs that dead processes had in hand, so that they are put again; how many there were.

        Raises QueueUnavailable.
        """

    async def work(self, run: Run, *, stop: asyncio.Event) -> None:
        """Does jobs until `stop` is set; then begins no more, and returns when those under way have ended.

        Cancelled, it ends them at once.
        """
