"""`pullquote run` and `pullquote console`: starts the application and ends the process."""

import asyncio
import io
import logging
import os
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager, nullcontext, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click
from prometheus_client import ProcessCollector

from articles.files import read_article_file
from bot.app.application import Application
from bot.app.process import GRACE_S, Roles, alone_with, run_application
from bot.cli.output import REFUSED
from bot.cli.wiring import application_of, is_shared, offer_default_feeds
from bot.console import ConsoleChat
from bot.jobs.job_queue import JobQueue, QueueCounts
from bot.monitor import DatabaseMetrics, MonitorServer
from bot.ports import ChatAdapter
from config.defaults import sample_article
from config.settings import Settings

log = logging.getLogger(__name__)


@contextmanager
def database_lock(application: Application, roles: Roles) -> Iterator[None]:
    """Checks that the roles fit the database: on SQLite one process has all roles and locks the file.

    Raises NotAlone, click.ClickException.
    """
    if is_shared(application):
        yield
        return
    if not (roles.schedules and roles.works):
        raise click.ClickException(
            "on SQLite one process has all roles: leave --roles out, or set database_url to postgresql://…"
        )
    file = application.database.engine.url.database or ""
    with nullcontext() if file.startswith("file:") else alone_with(Path(file)):
        yield


@asynccontextmanager
async def queue_of(application: Application) -> AsyncIterator[JobQueue | None]:
    """The queue that several processes share; None on SQLite. Raises QueueUnavailable."""
    if not is_shared(application):
        yield None
        return
    from bot.jobs.procrastinate_queue import conninfo_of, open_shared_queue

    async with open_shared_queue(conninfo_of(application.database.engine.url)) as queue:
        yield queue


async def serve(
    application: Application, adapters: Mapping[str, ChatAdapter], settings: Settings, roles: Roles
) -> None:
    """Runs the application with these roles until a signal to stop."""
    if roles.works or roles.serving:
        application.load_in_background()
    if roles.schedules:
        offer_default_feeds(application, settings)
    connected = {name: each for name, each in adapters.items() if roles.works or name in roles.serving}
    async with queue_of(application) as queue:
        await run_application(
            application,
            adapters,
            tick_s=settings.tick_s,
            feeds_every_s=settings.feeds.every_s,
            roles=roles,
            queue=queue,
            alone=queue is None,  # see `database_lock`
            beside=monitor_of(application, connected, settings),
            stopping=start_grace,
        )


def monitor_of(
    application: Application, adapters: Mapping[str, ChatAdapter], settings: Settings
) -> Iterator[Callable[[], Coroutine[Any, Any, None]]]:
    """The task that serves health and metrics; none if no port is set."""
    if (port := settings.monitor.port) is None:
        return
    registry = application.meters.registry
    ProcessCollector(registry=registry)
    queue = QueueCounts(application.database)
    registry.register(
        DatabaseMetrics(
            feeds=application.feeds.store, outbox=application.outbox, clock=application.clock, queue=queue
        )
    )

    async def database() -> None:
        await asyncio.to_thread(application.database.ping)

    parts = {"database": database} | {name: adapter.ready for name, adapter in adapters.items()}
    yield MonitorServer(registry, parts=parts, host=settings.monitor.host, port=port).serve


def serve_console(settings: Settings) -> None:
    """The terminal chat. Exits with REFUSED if the input was piped in and a line of it failed."""
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(errors="replace")  # piped input may have any encoding
    chat = ConsoleChat(sys.stdin, sys.stdout)
    with application_of(settings) as application:
        offer_default_feeds(application, settings)
        if application.articles.count() == 0:
            sample = sample_article()
            article = read_article_file(sample.path)
            application.ingest(replace(article, publisher=sample.publisher, url=sample.url))
        application.load_in_background()
        adapters = {chat.capabilities.platform: chat}
        run_loop(run_application(application, adapters, tick_s=settings.tick_s, stopping=start_grace))
    if chat.refused and not sys.stdin.isatty():
        raise click.exceptions.Exit(REFUSED)


# The end of a process that serves. Threads cannot be stopped from outside, and both asyncio and the
# interpreter wait for each of them, for example for a slow statement or the analysis of a long article. After
# the grace period we do not wait: all that could be recorded is recorded, and databases survive a killed
# client.

TASKS_S = 0.5  # for tasks that were cancelled after the grace period
THREADS_S = 1.0  # for threads that end soon
_AT_LEAST_S = 0.5  # for threads, if closing took longer than planned


class _NotWaitedFor(ThreadPoolExecutor):
    """asyncio's thread pool, without the wait for its threads when the loop is closed."""

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: ARG002 (asyncio's)
        super().shutdown(wait=False, cancel_futures=cancel_futures)


@dataclass
class _Process:
    serves: bool = False
    leaves_at: float | None = None  # `time.monotonic`


_process = _Process()


def start_grace() -> None:
    """Starts the grace period."""
    _process.leaves_at = time.monotonic() + GRACE_S + THREADS_S


def run_loop(main: Coroutine[Any, Any, None]) -> None:
    """Like `asyncio.run`, without its wait for threads. The process must end with `end_process`."""
    runner = asyncio.Runner()
    loop, threads = runner.get_loop(), _NotWaitedFor(thread_name_prefix="work")
    loop.set_default_executor(threads)
    _process.serves = True
    try:
        runner.run(main)
    finally:
        # Closing a loop waits for its tasks, so a loop with a task that does not end stays open.
        if loop.run_until_complete(_all_ended(TASKS_S)):
            runner.close()


async def _all_ended(within_s: float) -> bool:
    """Cancels all other tasks; whether they ended in time."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    if not others:
        return True
    _, unfinished = await asyncio.wait(others, timeout=within_s)
    return not unfinished


def end_process(code: int) -> None:
    """Ends the process if it served and a thread runs past the grace period; else returns."""
    if not _process.serves:
        return
    deadline = max(_process.leaves_at or 0.0, time.monotonic() + _AT_LEAST_S)
    for thread in _others():
        thread.join(max(0.0, deadline - time.monotonic()))
    left = sorted(thread.name for thread in _others())
    if not left:
        return
    log.warning("threads still running at exit", extra={"threads": left})
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):  # the stream is closed
            stream.flush()
    os._exit(code)


def _others() -> list[threading.Thread]:
    """The threads that the interpreter waits for."""
    return [
        each for each in threading.enumerate() if not each.daemon and each is not threading.current_thread()
    ]
