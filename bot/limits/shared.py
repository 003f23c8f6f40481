"""A bot's limits where several processes write for it: the shared window first, then the process's own."""

import asyncio
import contextlib
import logging
import random
from collections.abc import AsyncIterator, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from hashlib import blake2b
from typing import Any
from weakref import WeakValueDictionary

from articles.database import DatabaseError
from bot.chat import Throttled
from bot.limits.rate_limiter import Limit, Turns
from bot.limits.rate_windows import RateWindows, Ticket

log = logging.getLogger(__name__)

KEPT_PART = 0.1  # of a limit: for people who wait, whatever digests are on their way
_LONGEST_WAIT_S = 0.2  # for another look: who has a lease may give it back early
_WITHOUT_DATABASE = timedelta(seconds=5)
_FORGET_EVERY = 100_000  # tickets
_THREADS = 4  # of its own: what a person waits for must not stand behind articles that are being read


class SharedLimits:
    """The limits of one bot, by its token: all processes that write with that token count together."""

    def __init__(self, windows: RateWindows, *, platform: str, token: str) -> None:
        self._windows = windows
        # The token itself must not stand in a table.
        self._bot = f"{platform} {blake2b(token.encode(), digest_size=8, person=b'limits').hexdigest()}"
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="limits")

    def of_all(self, local: Turns, limit: Limit) -> "SharedRateLimiter":
        """The limit of all places together."""
        keep = int(limit.count * KEPT_PART)
        return SharedRateLimiter(
            local, self._windows, self._threads, key=lambda _: self._bot, limits=lambda _: (limit,), keep=keep
        )

    def of_each(self, local: Turns, limits: Callable[[str], tuple[Limit, ...]]) -> "SharedRateLimiter":
        """The limits of each place."""
        return SharedRateLimiter(
            local, self._windows, self._threads, key=lambda place: f"{self._bot} {place}", limits=limits
        )


class SharedRateLimiter:
    """`Turns` that count what other processes do, too.

    Without the database people are answered by the process's own count, and digests wait.
    """

    def __init__(
        self,
        local: Turns,
        windows: RateWindows,
        threads: ThreadPoolExecutor,
        *,
        key: Callable[[str], str],
        limits: Callable[[str], tuple[Limit, ...]],
        keep: int = 0,
    ) -> None:
        """key: a place's window. keep: what work that is not urgent leaves free of each limit."""
        self._local, self._windows, self._threads = local, windows, threads
        self._key, self._limits, self._keep = key, limits, keep
        self._lines: WeakValueDictionary[tuple[str, bool], asyncio.Lock] = WeakValueDictionary()
        self._saying: set[asyncio.Task[None]] = set()
        self._tickets = 0

    @contextlib.asynccontextmanager
    async def turn(self, place: str, *, urgent: bool) -> AsyncIterator[None]:
        """See `Turns`. Raises Throttled where it is not urgent and the database does not answer."""
        ticket = await self._ticket(place, urgent=urgent)
        made = False
        try:
            async with self._local.turn(place, urgent=urgent):
                made = True
                yield
        finally:
            if ticket is not None:
                say = self._windows.answered if made else self._windows.give_back
                await asyncio.shield(self._say(say, ticket))

    def pause(self, place: str, seconds: float) -> None:
        """See `Turns`: a pause for all processes."""
        self._local.pause(place, seconds)
        if self._limits(place):
            self._later(self._say(self._windows.pause, self._key(place), seconds))

    async def _ticket(self, place: str, *, urgent: bool) -> Ticket | None:
        """None: there is no limit, or the database cannot be asked."""
        if not (limits := self._limits(place)):
            return None
        key, keep = self._key(place), 0 if urgent else self._keep
        line = self._lines.setdefault((key, urgent), asyncio.Lock())
        async with line:  # one of a process asks for all that wait
            while True:
                try:
                    taken = await self._in_thread(self._windows.take, key, limits, keep=keep)
                except DatabaseError as error:
                    if urgent:
                        return None
                    raise Throttled(_WITHOUT_DATABASE) from error
                if isinstance(taken, Ticket):
                    self._forget_now_and_then()
                    return taken
                # Not all processes at the same instant.
                await asyncio.sleep(min(taken, _LONGEST_WAIT_S) + random.uniform(0.001, 0.005))  # noqa: S311

    def _forget_now_and_then(self) -> None:
        self._tickets += 1
        if self._tickets % _FORGET_EVERY == 0:
            self._later(self._say(self._windows.forget_idle))

    def _later(self, saying: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(saying)
        self._saying.add(task)
        task.add_done_callback(self._saying.discard)

    async def _say(self, method: Callable[..., None], *args: object) -> None:
        try:
            await self._in_thread(method, *args)
        except DatabaseError as error:  # a lease ends by itself
            log.info("shared limits not told", extra={"reason": str(error)})

    async def _in_thread(self, method: Callable[..., Any], *args: object, **more: object) -> Any:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, lambda: method(*args, **more))
