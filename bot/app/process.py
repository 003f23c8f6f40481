"""One process at work: it does what its roles say, until it is told to stop."""

import asyncio
import contextlib
import logging
import signal
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping
from typing import Any

from bot.app.application import Application
from bot.app.roles import Roles, all_roles
from bot.delivery.dispatcher import Dispatcher
from bot.delivery.ticking import ticking
from bot.feeds.pause_notices import PauseNotices
from bot.jobs.in_process import InProcessQueue
from bot.jobs.model import JobQueue
from bot.jobs.scheduler import Scheduler
from bot.jobs.work import DueJobs, Worker
from bot.ports import ChatAdapter

log = logging.getLogger(__name__)

GRACE_S = 10.0  # for what is being answered or sent when we are told to stop
CLOSING_S = 2.0  # of it, to close what is open

Work = Callable[[], Coroutine[Any, Any, None]]


async def run_application(
    application: Application,
    adapters: Mapping[str, ChatAdapter],
    *,
    tick_s: float,
    feeds_every_s: float | None = None,
    roles: Roles | None = None,
    queue: JobQueue | None = None,
    in_flight: Mapping[str, int] | None = None,
    alone: bool = False,
    beside: Iterable[Work] = (),
    stopping: Callable[[], None] = lambda: None,
) -> None:
    """Works until SIGTERM, SIGINT or the end of the terminal's input; then in-flight work has 10 s to end.

    adapters: of all platforms, those that another process serves too. feeds_every_s: None: no feed is asked.
    roles: None: all of them. queue: shared with other processes; None: this process does all jobs.
    in_flight, alone: see `Dispatcher`. beside: work without end that goes on meanwhile. stopping: called when
    the grace begins. Raises what ended it or a platform, such as ChatError for a token that is refused, and
    DatabaseCorrupted.
    """
    roles = roles or all_roles(adapters)
    dispatcher = Dispatcher(
        outbox=application.outbox,
        digests=application.digests,
        conversation=application.service,
        resend={name for name, adapter in adapters.items() if adapter.capabilities.deduplicates},
        clock=application.clock,
        in_flight=in_flight,
        alone=alone,
    )
    jobs = _Jobs(application, adapters, dispatcher, queue)
    stop = asyncio.Event()
    told = asyncio.create_task(_told_to_stop())
    scheduling = _start([jobs.schedule(tick_s, feeds_every_s)] if roles.schedules else [])
    working = _start([jobs.work(stop)] if roles.works else [])
    connected = _start(_connections(application, adapters, roles))
    opening = _start(
        _carry_when_ready(dispatcher, name, adapter) for name, adapter in adapters.items() if roles.works
    )
    others = _start(work() for work in (dispatcher.broken, *beside))
    async with contextlib.AsyncExitStack() as rounds:
        if queue is None:
            ticks = ticking(dispatcher.round, every_s=tick_s, clock=application.clock)
            scheduler = await rounds.enter_async_context(ticks)
            rounds.callback(scheduler.pause)
        try:
            done, _ = await asyncio.wait(
                [*connected, *working, *scheduling, *others, told], return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            stopping()
            for task in scheduling:
                task.cancel()
            stop.set()
            ended = await _end(dispatcher, working, [*scheduling, *connected, *opening, *others, told])
    if not ended:
        log.warning("stopped with work in flight", extra={"grace_s": GRACE_S})
    for task in done:
        task.result()


class _Jobs:
    """The jobs of a process: put by it, or done by it, or both."""

    def __init__(
        self,
        application: Application,
        adapters: Mapping[str, ChatAdapter],
        dispatcher: Dispatcher,
        shared: JobQueue | None,
    ) -> None:
        self._application, self._adapters, self._dispatcher = application, adapters, dispatcher
        self._shared = shared is not None
        self._queue = shared or InProcessQueue()

    async def schedule(self, tick_s: float, feeds_every_s: float | None) -> None:
        due = DueJobs(
            feeds=self._application.feeds.store,
            dispatcher=self._dispatcher,
            platforms=tuple(self._adapters),
            clock=self._application.clock,
        )
        sources = due.digest_sources(tick_s=tick_s) if self._shared else ()
        if feeds_every_s is not None:
            sources += due.feed_sources(tick_s=tick_s, feeds_every_s=feeds_every_s)
        await Scheduler(self._queue, sources).run()

    async def work(self, stop: asyncio.Event) -> None:
        notices = PauseNotices(
            owners=self._application.feed_owners,
            adapters=self._adapters,
            conversation=self._application.service,
        )
        async with self._application.feeds.at_work() as work:
            worker = Worker(
                manager=self._application.feeds,
                work=work,
                dispatcher=self._dispatcher,
                tell=notices.tell,
                shared=self._shared,
            )
            await self._queue.work(worker.run, stop=stop)


def _connections(
    application: Application, adapters: Mapping[str, ChatAdapter], roles: Roles
) -> Iterator[Coroutine[Any, Any, None]]:
    for name, adapter in adapters.items():
        if name in roles.serving:
            yield adapter.serve(application.service)
        elif roles.works:
            yield adapter.stand_by()


def _start(work: Iterable[Coroutine[Any, Any, None]]) -> list[asyncio.Task[None]]:
    return [asyncio.create_task(each) for each in work]


async def _carry_when_ready(dispatcher: Dispatcher, platform: str, adapter: ChatAdapter) -> None:
    await adapter.ready()
    dispatcher.carry(platform, adapter)


async def _end(
    dispatcher: Dispatcher, working: Iterable[asyncio.Task[None]], others: Iterable[asyncio.Task[None]]
) -> bool:
    """Whether everything came to its end within the grace."""
    until = asyncio.get_running_loop().time() + GRACE_S
    finishing = [*working, asyncio.create_task(dispatcher.finish())]
    _, unfinished = await asyncio.wait(finishing, timeout=GRACE_S - CLOSING_S)
    for task in (*working, *others):
        task.cancel()
    left_s = until - asyncio.get_running_loop().time()
    _, unclosed = await asyncio.wait([*working, *others], timeout=left_s)
    return not unfinished and not unclosed


async def _told_to_stop() -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await stop.wait()
