"""The queue between processes: procrastinate, on PostgreSQL.

Its `queueing_lock` keeps a job from being queued twice, its `lock` keeps two jobs of one lock from running
at once. Its workers send heartbeats. The jobs of a dead worker are deleted (`recover`), and a scheduler puts
them again.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, fields
from typing import Any

from procrastinate import App, PsycopgConnector, RetryStrategy
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException
from procrastinate.jobs import Job as QueuedJob
from psycopg.conninfo import conninfo_to_dict
from psycopg_pool import AsyncConnectionPool, PoolTimeout
from sqlalchemy import URL

from articles.database import DatabaseUnavailable
from bot.jobs.job_queue import KINDS, Deliver, Job, QueueUnavailable, Run

log = logging.getLogger(__name__)

AT_ONCE: dict[str, int] = {"PollFeed": 16, "TakeIn": 16, "TellOwners": 2, "Deliver": 100}
"""How many of a kind one process does at once: not so many that other processes have nothing to do."""

HEARTBEAT_S = 3.0
STALLED_AFTER_S = 15.0  # without a heartbeat
LONGEST_JOB_S = 15 * 60.0  # a longer one has ended, and the database was gone at that moment
POLL_S = 0.5  # for jobs whose lock became free: procrastinate notifies of new jobs only
GRACE_S = 8.0  # for running jobs when the process stops; then they are put again
_PAUSE_S = 1.0  # before a worker starts again after the database was gone
# So that nothing waits for a connection whose other end is gone. libpq's names; seconds, milliseconds.
_CONNECTING = {
    "application_name": "pullquote queue",
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
}

_NAMES: Mapping[str, type[Job]] = {kind.__name__: kind for kind in KINDS}

# procrastinate's own tables, in the pinned version. Even a living worker can have a job in 'doing' that has
# ended: if the database was gone at that moment.
_RECOVER = """
DELETE FROM procrastinate_jobs AS job
WHERE job.status = 'doing' AND (
  job.worker_id IS NULL
  OR job.worker_id IN (
    SELECT id FROM procrastinate_workers WHERE last_heartbeat < now() - make_interval(secs => %(stalled_s)s)
  )
  OR NOT EXISTS (
    SELECT FROM procrastinate_events AS event
    WHERE event.job_id = job.id AND event.at > now() - make_interval(secs => %(longest_s)s)
  )
)
RETURNING job.id
"""
_HELD = """
SELECT args FROM procrastinate_jobs WHERE queue_name = %(queue)s AND status IN ('todo', 'doing')
"""


class SharedQueue:
    """A `JobQueue` in a PostgreSQL database whose tables `bot.storage.migration` has made."""

    def __init__(self, app: App, at_once: Mapping[str, int]) -> None:
        """app: open, its tasks not yet known. See `open_shared_queue`."""
        self._app, self._at_once = app, at_once
        self._run: Run | None = None
        # Only for jobs that found the database away. The tables count and retry all other failures.
        retry = RetryStrategy(
            max_attempts=5, wait=1, exponential_wait=2, retry_exceptions={DatabaseUnavailable}
        )
        for name in _NAMES:
            app.task(name=name, queue=name, retry=retry)(self._task(name))

    async def put(self, jobs: Sequence[Job]) -> None:
        """See `JobQueue`."""
        queued = [_queued(job) for job in jobs]
        try:
            await self._put(queued)
        except AlreadyEnqueued:  # another scheduler was quicker with some of them
            for one in queued:
                try:
                    await self._put([one])
                except AlreadyEnqueued:
                    continue

    async def held(self, kind: type[Job]) -> frozenset[Job]:
        """See `JobQueue`."""
        rows = await self._ask(_HELD, queue=kind.__name__)
        return frozenset(kind(**row["args"]) for row in rows)

    async def recover(self) -> int:
        """See `JobQueue`."""
        found = await self._ask(_RECOVER, stalled_s=STALLED_AFTER_S, longest_s=LONGEST_JOB_S)
        return len(found)

    async def work(self, run: Run, *, stop: asyncio.Event) -> None:
        """See `JobQueue`. Waits for a database that is gone for a while."""
        self._run = run
        async with asyncio.TaskGroup() as group:
            for name in _NAMES:
                group.create_task(self._work_on(name, stop))

    async def _work_on(self, name: str, stop: asyncio.Event) -> None:
        stopped = asyncio.create_task(stop.wait())
        try:
            while not stop.is_set():
                result = await self._until_it_ends(asyncio.create_task(self._worker(name)), stopped)
                if not stop.is_set():
                    log.warning("worker failed", extra={"queue": name, "reason": _reason(result)})
                    await asyncio.wait({stopped}, timeout=_PAUSE_S)
        finally:
            stopped.cancel()

    @staticmethod
    async def _until_it_ends(worker: asyncio.Task[None], stopped: asyncio.Task[bool]) -> BaseException | None:
        """The error that ended it."""
        try:
            await asyncio.wait({worker, stopped}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            worker.cancel()  # it starts no more jobs, and ends after its running ones
        return (await asyncio.gather(worker, return_exceptions=True))[0]

    async def _worker(self, name: str) -> None:
        await self._app.run_worker_async(
            queues=[name],
            concurrency=self._at_once[name],
            fetch_job_polling_interval=POLL_S,
            abort_job_polling_interval=60.0,
            shutdown_graceful_timeout=GRACE_S,
            delete_jobs="always",
            install_signal_handlers=False,
            update_heartbeat_interval=HEARTBEAT_S,
            stalled_worker_timeout=STALLED_AFTER_S,
        )

    def _task(self, name: str) -> Any:
        async def do(**args: Any) -> None:
            if self._run is None:
                raise RuntimeError("this process does no jobs")
            await self._run(_NAMES[name](**args))

        return do

    async def _put(self, jobs: list[QueuedJob]) -> None:
        try:
            await self._app.job_manager.batch_defer_jobs_async(jobs)
        except AlreadyEnqueued:
            raise
        except ConnectorException as error:
            raise _unavailable(error) from error

    async def _ask(self, query: Any, **arguments: object) -> list[dict[str, Any]]:
        try:
            return await self._app.connector.execute_query_all_async(query, **arguments)
        except ConnectorException as error:
            raise _unavailable(error) from error


@asynccontextmanager
async def open_shared_queue(
    conninfo: str, at_once: Mapping[str, int] = AT_ONCE, *, connect_within_s: float = 10.0
) -> AsyncIterator[SharedQueue]:
    """conninfo: libpq's, a `postgresql://` URL for example. Raises QueueUnavailable."""
    # It logs each job's start and end; we log what matters ourselves.
    logging.getLogger("procrastinate").setLevel(logging.WARNING)
    # Jobs that a crash of the server loses are put again, so none has to wait for the disk.
    options = f"{conninfo_to_dict(conninfo).get('options') or ''} -c synchronous_commit=off".strip()
    pool = AsyncConnectionPool(
        conninfo,
        kwargs={**_CONNECTING, "options": options},
        min_size=1,
        max_size=8,
        timeout=10.0,
        check=AsyncConnectionPool.check_connection,
        open=False,
    )
    app = App(connector=PsycopgConnector())
    try:
        await pool.open(wait=True, timeout=connect_within_s)
        await app.open_async(pool)
        yield SharedQueue(app, at_once)
    except PoolTimeout as error:
        raise _unavailable(error) from error
    finally:
        await pool.close()


def conninfo_of(url: URL) -> str:
    """A database URL of SQLAlchemy's as libpq has it."""
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


def _queued(job: Job) -> QueuedJob:
    name = type(job).__name__
    key = " ".join(str(getattr(job, field.name)) for field in fields(job) if field.compare)
    return QueuedJob(
        queue=name,
        task_name=name,
        task_kwargs=asdict(job),
        lock=job.lock,
        queueing_lock=f"{name} {key}",
        priority=int(isinstance(job, Deliver) and job.urgent),
    )


def _unavailable(error: Exception) -> QueueUnavailable:
    return QueueUnavailable(f"the queue's database does not answer: {_reason(error)}")


def _reason(error: BaseException | None) -> str:
    """One line. The cause says more than procrastinate's own message."""
    return " ".join(str((error and error.__cause__) or error or "its worker ended").split())
