"""One process of the bot: it does the work of its roles until it gets a signal to stop."""

import asyncio
import contextlib
import fcntl
import logging
import signal
from collections.abc import Callable, Collection, Coroutine, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from bot.app.application import Application
from bot.delivery.dispatcher import Dispatcher
from bot.feeds.pause_notices import PauseNotices
from bot.jobs.job_queue import InProcessQueue, JobQueue
from bot.jobs.scheduler import Scheduler
from bot.jobs.work import DueJobs, Worker
from bot.ports import ChatAdapter

log = logging.getLogger(__name__)

GRACE_S = 10.0  # for answers and sends in flight after a signal to stop
CLOSING_S = 2.0  # the last part of it, to close connections
SCHEDULER, WORKER = "scheduler", "worker"

Work = Callable[[], Coroutine[Any, Any, None]]


class UnknownRole(Exception):
    """A role that does not exist, or has no token. The text is one sentence for a person."""


class NotAlone(Exception):
    """Another process uses that SQLite file, or may. The text is one sentence for a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Roles:
    """serving: the platforms whose commands are answered here. A worker delivers to all platforms."""

    serving: frozenset[str]
    schedules: bool
    works: bool


def all_roles(platforms: Collection[str]) -> Roles:
    return Roles(serving=frozenset(platforms), schedules=True, works=True)


def parse_roles(text: str, *, platforms: Collection[str], possible: Collection[str]) -> Roles:
    """The roles in a text such as `telegram,scheduler`. platforms: those with a token; possible: all.

    Raises UnknownRole if a name is no role, or is a platform without a token.
    """
    names = [name.strip() for name in text.split(",") if name.strip()]
    known = (*possible, SCHEDULER, WORKER)
    if not names:
        raise UnknownRole(f"no role is named; there are: {', '.join(known)}")
    for name in names:
        if name not in known:
            raise UnknownRole(f"there is no role “{name}”; there are: {', '.join(known)}")
        if name in possible and name not in platforms:
            raise UnknownRole(f"the role {name} needs its token: set PULLQUOTE_{name.upper()}__TOKEN")
    return Roles(
        serving=frozenset(names) - {SCHEDULER, WORKER},
        schedules=SCHEDULER in names,
        works=WORKER in names,
    )


@contextlib.contextmanager
def alone_with(database: Path) -> Iterator[None]:
    """Locks a SQLite file for one bot, until the end of the block or of the process. Raises NotAlone.

    Two bots would each count the platforms' rate limits separately, and exceed them. Other commands of
    `pullquote` need no lock: SQLite's own are enough.
    """
    lock = database.with_name(f"{database.name}.running")
    with _opened(lock) as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise NotAlone(
                f"another `pullquote run` uses {database}: SQLite allows only one;"
                " several can share a PostgreSQL database (database_url)"
            ) from error
        yield


def _opened(lock: Path) -> IO[str]:
    try:
        return lock.open("w")
    except OSError as error:  # for example one that was made when root ran the bot
        raise NotAlone(
            f"cannot write {lock} ({error.strerror}): make it and its folder writable for the user that runs"
            " Pullquote, or stop Pullquote and remove that file"
        ) from error


async def run_application(
    application: Application,
    adapters: Mapping[str, ChatAdapter],
    *,
    tick_s: float,
    feeds_every_s: float | None = None,
    roles: Roles | None = None,
    queue: JobQueue | None = None,
    alone: bool = False,
    beside: Iterable[Work] = (),
    stopping: Callable[[], None] = lambda: None,
) -> None:
    """Works until SIGTERM, SIGINT or the end of the terminal's input; then in-flight work has 10 s to end.

    adapters: of all platforms, also of those that another process serves. feeds_every_s: None: no feed is
    polled. roles: None: all. queue: shared with other processes; None: this process does all jobs. alone: see
    `Dispatcher`. beside: other endless work to run. stopping: called when the grace period begins.
    Raises the error that ended it, such as ChatError for a refused token, or DatabaseCorrupted.
    """
    roles = roles or all_roles(adapters)
    dispatcher = Dispatcher(
        outbox=application.outbox,
        digests=application.digests,
        conversation=application.service,
        platforms=[adapter.capabilities for adapter in adapters.values()],
        clock=application.clock,
        alone=alone,
    )
    due = DueJobs(
        feeds=application.feeds.store,
        dispatcher=dispatcher,
        platforms=tuple(adapters),
        clock=application.clock,
    )
    sources = due.digest_sources(tick_s=tick_s)
    if feeds_every_s is not None:
        sources += due.feed_sources(tick_s=tick_s, feeds_every_s=feeds_every_s)
    jobs = queue or InProcessQueue()
    stop = asyncio.Event()
    signalled = asyncio.create_task(_stop_signal())
    scheduling = _start([Scheduler(jobs, sources).run()] if roles.schedules else [])
    working: list[asyncio.Task[None]] = []
    if roles.works:
        shared = queue is not None
        working = _start([_work(application, adapters, dispatcher, jobs, shared=shared, stop=stop)])
    connected = _start(_connections(application, adapters, roles))
    opening = _start(_connect(dispatcher, adapter) for adapter in adapters.values() if roles.works)
    others = _start(work() for work in (dispatcher.corrupted, *beside))
    try:
        done, _ = await asyncio.wait(
            [*connected, *working, *scheduling, *others, signalled], return_when=asyncio.FIRST_COMPLETED
        )
    finally:
        stopping()
        for task in scheduling:
            task.cancel()
        stop.set()
        ended = await _end(dispatcher, working, [*scheduling, *connected, *opening, *others, signalled])
    if not ended:
        log.warning("stopped with work in flight", extra={"grace_s": GRACE_S})
    for task in done:
        task.result()


async def _work(
    application: Application,
    adapters: Mapping[str, ChatAdapter],
    dispatcher: Dispatcher,
    queue: JobQueue,
    *,
    shared: bool,
    stop: asyncio.Event,
) -> None:
    notices = PauseNotices(
        owners=application.feed_owners, adapters=adapters, conversation=application.service
    )
    async with application.feeds.open_worker() as work:
        worker = Worker(
            manager=application.feeds, work=work, dispatcher=dispatcher, tell=notices.tell, shared=shared
        )
        await queue.work(worker.run, stop=stop)


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


async def _connect(dispatcher: Dispatcher, adapter: ChatAdapter) -> None:
    await adapter.ready()
    dispatcher.connected(adapter)


async def _end(
    dispatcher: Dispatcher, working: Iterable[asyncio.Task[None]], others: Iterable[asyncio.Task[None]]
) -> bool:
    """Whether all work ended within the grace period."""
    until = asyncio.get_running_loop().time() + GRACE_S
    finishing = [*working, asyncio.create_task(dispatcher.finish())]
    _, unfinished = await asyncio.wait(finishing, timeout=GRACE_S - CLOSING_S)
    for task in (*working, *others):
        task.cancel()
    left_s = until - asyncio.get_running_loop().time()
    _, unclosed = await asyncio.wait([*working, *others], timeout=left_s)
    return not unfinished and not unclosed


async def _stop_signal() -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await stop.wait()
