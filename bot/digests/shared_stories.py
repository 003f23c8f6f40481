"""A cache of stories for many digests: what thousands of chats subscribe to is found and composed once."""

import threading
from collections.abc import Callable, Hashable
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar
from zoneinfo import ZoneInfo

from articles.model import Article
from bot.reply import Block

T = TypeVar("T")

KEPT = timedelta(seconds=30)  # how long a digest may miss a new article
MOST = 2_000  # results kept at a time: some 50 MB


class StorySource(Protocol):
    """What digests are made of."""

    def on(
        self, topic: str, *, limit: int, since: datetime | None = None, offset: int = 0
    ) -> tuple[Article, ...]:
        """The stories on a topic, best first."""

    def told(self, article: Article, zone: ZoneInfo) -> tuple[Block, ...]:
        """The article's brief, as its story stands now."""


class SharedStories:
    """A `StorySource` that keeps another one's results for `KEPT`.

    It knows nothing of what a chat was told. Safe to share between threads: a thread that wants what another
    one is just finding waits for it.
    """

    def __init__(self, stories: StorySource, *, clock: Callable[[], datetime]) -> None:
        self._stories = stories
        self._clock = clock
        self._kept: dict[Hashable, _Kept] = {}
        self._lock = threading.Lock()

    def on(
        self, topic: str, *, limit: int, since: datetime | None = None, offset: int = 0
    ) -> tuple[Article, ...]:
        """See `StorySource`. since: to the minute."""
        minute = since and since.replace(second=0, microsecond=0)
        return self._once(
            ("on", topic, limit, minute, offset),
            lambda: self._stories.on(topic, limit=limit, since=since, offset=offset),
        )

    def told(self, article: Article, zone: ZoneInfo) -> tuple[Block, ...]:
        """See `StorySource`."""
        return self._once(("told", article.id, zone.key), lambda: self._stories.told(article, zone))

    def _once(self, key: Hashable, find: Callable[[], T]) -> T:
        now = self._clock()
        with self._lock:
            kept = self._kept.get(key)
            if kept is None or not kept.at <= now < kept.at + KEPT:
                if len(self._kept) >= MOST:
                    self._kept.clear()
                kept = self._kept[key] = _Kept(now)
        return kept.value(find)


class _Kept:
    """A result, which the first thread that asks finds."""

    def __init__(self, at: datetime) -> None:
        self.at = at
        self._lock = threading.Lock()
        self._found: list[Any] = []

    def value(self, find: Callable[[], T]) -> T:
        """Raises what `find` raises; then the next thread tries."""
        with self._lock:
            if not self._found:
                self._found.append(find())
            found: T = self._found[0]
            return found
