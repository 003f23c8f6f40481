"""The queue between processes, on PostgreSQL as it is."""

import asyncio
import contextlib
import multiprocessing
import os
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from articles.database import Database, DatabaseUnavailable
from articles.feeds.model import EntryId
from bot.jobs import procrastinate_queue as shared
from bot.jobs.job_queue import Deliver, Job, KindCounts, QueueCounts, QueueUnavailable, Run, TakeIn
from bot.jobs.procrastinate_queue import AT_ONCE, SharedQueue, conninfo_of, open_shared_queue
from bot.jobs.scheduler import Scheduler, Source
from bot.storage.outbox import DeliveryId


@pytest.fixture
def conninfo(shared_url: str) -> str:
    return conninfo_of(make_url(shared_url))


def page(number: int, host: str | None = None) -> TakeIn:
    return TakeIn(entry=EntryId(number), host=host or f"{number}.example")


@asynccontextmanager
async def working(queue: SharedQueue, run: Run) -> AsyncIterator[None]:
    stop = asyncio.Event()
    task = asyncio.create_task(queue.work(run, stop=stop))
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait_for(task, timeout=60)


async def empty(queue: SharedQueue) -> None:
    async with asyncio.timeout(60):
        while await queue.held(TakeIn):  # noqa: ASYNC110 (the table tells no event)
            await asyncio.sleep(0.05)


@pytest.mark.slow
async def test_several_processes_do_each_job_once(conninfo: str) -> None:
    done = Counter[Job]()

    async def run(job: Job) -> None:
        done[job] += 1

    jobs = [page(number) for number in range(60)]
    async with open_shared_queue(conninfo) as first, open_shared_queue(conninfo) as second:
        await first.put(jobs)
        assert await second.held(TakeIn) == set(jobs)
        async with working(first, run), working(second, run):
            await empty(first)
    assert done == Counter(jobs)


async def test_what_several_schedulers_put_at_once_waits_once(conninfo: str) -> None:
    jobs = [page(number) for number in range(30)]

    async def due(limit: int) -> list[TakeIn]:
        return jobs[:limit]

    source = Source(kind=TakeIn, due=due, every_s=1.0, at_most=100)
    async with open_shared_queue(conninfo) as first, open_shared_queue(conninfo) as second:
        await asyncio.gather(*(Scheduler(queue, ()).poll(source) for queue in (first, second) * 3))
        await second.put(jobs[:3])
    with psycopg.connect(conninfo) as connection:
        assert connection.execute("SELECT count(*) FROM procrastinate_jobs").fetchone() == (30,)


@pytest.mark.slow
async def test_an_urgent_delivery_goes_before_those_that_wait_and_is_the_same_job(conninfo: str) -> None:
    done = list[int]()

    async def run(job: Job) -> None:
        assert isinstance(job, Deliver)
        done.append(job.delivery)

    def deliver(number: int, *, urgent: bool = False) -> Deliver:
        delivery = DeliveryId(number)
        return Deliver(delivery=delivery, platform="discord", chat=str(number), urgent=urgent)

    async with open_shared_queue(conninfo, AT_ONCE | {"Deliver": 1}) as queue:
        await queue.put([deliver(1), deliver(2), deliver(3, urgent=True)])
        await queue.put([deliver(3)])
        assert await queue.held(Deliver) == {deliver(1), deliver(2), deliver(3)}
        async with working(queue, run), asyncio.timeout(60):
            while await queue.held(Deliver):  # noqa: ASYNC110 (the table tells no event)
                await asyncio.sleep(0.05)
    assert done == [3, 1, 2]


async def test_one_place_has_one_job_at_a_time_in_all_processes(conninfo: str) -> None:
    busy, most = 0, 0

    async def run(_: Job) -> None:
        nonlocal busy, most
        busy += 1
        most = max(most, busy)
        await asyncio.sleep(0.01)
        busy -= 1

    async with open_shared_queue(conninfo) as first, open_shared_queue(conninfo) as second:
        await first.put([page(number, "one.example") for number in range(5)])
        async with working(first, run), working(second, run):
            await empty(first)
    assert most == 1


@pytest.mark.slow
async def test_a_job_that_found_the_database_away_is_tried_again_and_another_error_is_not(
    conninfo: str,
) -> None:
    tries = Counter[Job]()

    async def run(job: Job) -> None:
        tries[job] += 1
        if job == page(1) and tries[job] == 1:
            raise DatabaseUnavailable("for a moment")
        if job == page(2):
            raise ValueError

    async with open_shared_queue(conninfo) as queue:
        await queue.put([page(1), page(2)])
        async with working(queue, run):
            await empty(queue)
    assert tries == Counter({page(1): 2, page(2): 1})


def _take_and_hang(conninfo: str, marks: Path) -> None:
    async def run(_: Job) -> None:
        (marks / "taken").touch()
        await asyncio.Event().wait()

    async def work() -> None:
        async with open_shared_queue(conninfo) as queue:
            await queue.work(run, stop=asyncio.Event())

    asyncio.run(work())


@pytest.mark.slow
async def test_what_a_killed_process_had_in_hand_is_done_by_another(
    conninfo: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared, "STALLED_AFTER_S", 1.0)
    monkeypatch.setattr(shared, "HEARTBEAT_S", 0.2)
    done = list[Job]()

    async def run(job: Job) -> None:
        done.append(job)

    dying = multiprocessing.get_context("spawn").Process(target=_take_and_hang, args=(conninfo, tmp_path))

    async def due(_: int) -> list[TakeIn]:
        return [] if done else [page(1)]

    source = Source(kind=TakeIn, due=due, every_s=0.1, at_most=100)
    async with open_shared_queue(conninfo) as queue:
        await queue.put([page(1)])
        dying.start()
        await happens((tmp_path / "taken").exists)
        assert dying.pid is not None
        os.kill(dying.pid, signal.SIGKILL)
        dying.join()
        async with working(queue, run):
            await asyncio.sleep(0.3)
            assert not done  # it may yet live
            async with asyncio.timeout(60):
                while not await queue.recover():  # noqa: ASYNC110 (the table tells no event)
                    await asyncio.sleep(0.1)
            await Scheduler(queue, ()).poll(source)
            await empty(queue)
    assert done == [page(1)]


async def test_a_worker_goes_on_after_its_connections_were_cut(conninfo: str) -> None:
    done = list[Job]()

    async def run(job: Job) -> None:
        done.append(job)

    async with open_shared_queue(conninfo) as queue, working(queue, run):
        await queue.put([page(1)])
        await empty(queue)
        with psycopg.connect(conninfo, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name = 'pullquote queue' AND pid <> pg_backend_pid()"
            )
        async with asyncio.timeout(60):
            while page(2) not in done:
                with contextlib.suppress(QueueUnavailable):
                    await queue.put([page(2)])
                await asyncio.sleep(0.1)


async def test_what_waits_and_what_is_being_done_is_counted(conninfo: str, shared_database: Database) -> None:
    begun = asyncio.Event()

    async def run(_: Job) -> None:
        begun.set()
        await asyncio.sleep(0.2)

    counts = QueueCounts(shared_database)
    assert counts.by_kind()["TakeIn"] == KindCounts()
    async with open_shared_queue(conninfo) as queue:
        await queue.put([page(number, "one.example") for number in range(3)])
        await asyncio.sleep(0.05)
        async with working(queue, run):
            await begun.wait()
            found = counts.by_kind()["TakeIn"]
    assert (found.waiting, found.running) == (2, 1)
    assert found.oldest_waiting >= timedelta(seconds=0.05)


async def test_a_queue_that_is_not_there_is_refused_in_words() -> None:
    with pytest.raises(QueueUnavailable, match="does not answer"):
        async with open_shared_queue("postgresql://127.0.0.1:1/none", connect_within_s=1.0):
            pass


async def happens(condition: Callable[[], bool]) -> None:
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < 60
        await asyncio.sleep(0.02)
