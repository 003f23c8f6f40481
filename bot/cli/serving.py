"""`pullquote run` and `pullquote console`: what a process of the bot does until it is told to stop."""

import asyncio
import io
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
from prometheus_client import ProcessCollector

from articles.files import read_article_file
from articles.model import Article
from bot.app.application import Application
from bot.app.process import run_application
from bot.app.roles import Roles, UnknownRole, all_roles, parse_roles
from bot.app.single_process import alone_with
from bot.cli.ending import run_loop, stopping
from bot.cli.output import REFUSED
from bot.cli.wiring import (
    PLATFORMS,
    application_of,
    is_shared,
    offer_default_feeds,
)
from bot.console import ConsoleChat
from bot.jobs.counts import QueueCounts
from bot.jobs.model import JobQueue
from bot.monitor import MonitorServer, StoredCounts
from bot.ports import ChatAdapter
from config.defaults import sample_article
from config.settings import Settings


def roles_of(text: str | None, adapters: Mapping[str, ChatAdapter]) -> Roles:
    """Raises click.ClickException."""
    if text is None:
        return all_roles(adapters)
    try:
        return parse_roles(text, platforms=adapters, possible=PLATFORMS)
    except UnknownRole as error:
        raise click.ClickException(str(error)) from error


@contextmanager
def fit_for(application: Application, roles: Roles) -> Iterator[None]:
    """Whether the database is one that several processes may work on, or this one is alone.

    Raises NotAlone, click.ClickException.
    """
    if is_shared(application):
        yield
        return
    if not roles.everything:
        raise click.ClickException(
            "on SQLite one process does everything: leave --roles out, or set database_url to postgresql://…"
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
    from bot.jobs.shared import conninfo_of, open_shared_queue

    async with open_shared_queue(conninfo_of(application.database.engine.url)) as queue:
        yield queue


async def serve(
    application: Application, adapters: Mapping[str, ChatAdapter], settings: Settings, roles: Roles
) -> None:
    """What the roles say, until told to stop."""
    if roles.works or roles.serving:
        application.load_soon()
    if roles.schedules:
        offer_default_feeds(application, settings)
    async with queue_of(application) as queue:
        await run_application(
            application,
            adapters,
            tick_s=settings.tick_s,
            feeds_every_s=settings.feeds.every_s,
            roles=roles,
            queue=queue,
            in_flight={name: adapter.capabilities.in_flight for name, adapter in adapters.items()},
            alone=queue is None,  # see `fit_for`
            beside=monitor_of(application, connected(adapters, roles), settings),
            stopping=stopping,
        )


def connected(adapters: Mapping[str, ChatAdapter], roles: Roles) -> dict[str, ChatAdapter]:
    """The adapters that this process connects."""
    return {name: adapter for name, adapter in adapters.items() if roles.works or name in roles.serving}


def monitor_of(
    application: Application, adapters: Mapping[str, ChatAdapter], settings: Settings
) -> Iterator[Callable[[], Coroutine[Any, Any, None]]]:
    """The work that serves health and metrics, if there is to be any."""
    if (port := settings.monitor.port) is None:
        return
    registry = application.meters.registry
    ProcessCollector(registry=registry)
    queue = QueueCounts(application.database)
    registry.register(
        StoredCounts(
            feeds=application.feeds.store, outbox=application.outbox, clock=application.clock, queue=queue
        )
    )

    async def database() -> None:
        await asyncio.to_thread(application.database.ping)

    parts = {"database": database} | {name: adapter.ready for name, adapter in adapters.items()}
    yield MonitorServer(registry, parts=parts, host=settings.monitor.host, port=port).serve


def serve_console(settings: Settings) -> None:
    """The terminal chat. Exits with REFUSED if the input was piped in and a line of it could not be done."""
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(errors="replace")  # what is piped in may be in any encoding
    chat = ConsoleChat(sys.stdin, sys.stdout)
    with application_of(settings) as application:
        offer_default_feeds(application, settings)
        if application.articles.count() == 0:
            application.ingest(sample())
        application.load_soon()
        adapters = {chat.capabilities.platform: chat}
        run_loop(run_application(application, adapters, tick_s=settings.tick_s, stopping=stopping))
    if chat.refused and not sys.stdin.isatty():
        raise click.exceptions.Exit(REFUSED)


def sample() -> Article:
    """The sample article, with what its file does not say."""
    about = sample_article()
    return replace(read_article_file(about.path), publisher=about.publisher, url=about.url)
