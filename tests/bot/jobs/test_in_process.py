"""The queue of a single process."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from articles.feeds.model import EntryId, FeedId
from bot.jobs.job_queue import Deliver, InProcessQueue, Job, PollFeed, Run, TakeIn
from bot.storage.outbox import DeliveryId


def page(number: int, host: str = "a.example") -> TakeIn:
    return TakeIn(entry=EntryId(number), host=host)


@asynccontextmanager
async def working(queue: InProcessQueue, run: Run) -> AsyncIterator[asyncio.Event]:
    stop = asyncio.Event()
    task = asyncio.create_task(queue.work(run, stop=stop))
    try:
        yield stop
    finally:
        stop.set()
        await asyncio.wait_for(task, timeout=60)


async def test_a_job_that_waits_is_not_queued_again() -> None:
    queue, done = InProcessQueue(), list[Job]()

    async def run(job: Job) -> None:
        done.append(job)

    await queue.put([page(1), page(2, "b.example")])
    await queue.put([page(1)])
    assert await queue.held(TakeIn) == {page(1), page(2, "b.example")}
    async with working(queue, run):
        await queue.idle()
    assert done == [page(1), page(2, "b.example")]
    assert await queue.held(TakeIn) == frozenset()


async def test_an_urgent_delivery_goes_before_those_that_wait() -> None:
    queue, done = InProcessQueue({Deliver: 1}), list[int]()

    async def run(job: Job) -> None:
        assert isinstance(job, Deliver)
        done.append(job.delivery)

    for number, urgent in ((1, False), (2, False), (3, True)):
        job = Deliver(delivery=DeliveryId(number), platform="discord", chat=str(number), urgent=urgent)
        await queue.put([job])
    async with working(queue, run):
        await queue.idle()
    assert done == [3, 1, 2]


async def test_one_place_has_one_job_at_a_time_of_whatever_kind_and_others_go_on() -> None:
    queue = InProcessQueue()
    busy, most, hosts = set[str](), 0, set[str]()

    async def run(job: Job) -> None:
        nonlocal most
        assert job.lock not in busy
        busy.add(job.lock)
        hosts.add(job.lock)
        most = max(most, len(busy))
        await asyncio.sleep(0.002)
        busy.discard(job.lock)

    await queue.put([page(number, f"{number % 3}.example") for number in range(12)])
    await queue.put([PollFeed(feed=FeedId(number), host=f"{number}.example") for number in range(3)])
    async with working(queue, run):
        await queue.idle()
    assert (most, len(hosts)) == (3, 3)


async def test_no_more_of_a_kind_are_done_at_once_than_may_be() -> None:
    queue, running, most = InProcessQueue({TakeIn: 2}), 0, 0

    async def run(_: Job) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.002)
        running -= 1

    await queue.put([page(number, f"{number}.example") for number in range(6)])
    async with working(queue, run):
        await queue.idle()
    assert most == 2


async def test_a_job_that_fails_costs_itself_alone() -> None:
    queue, done = InProcessQueue(), list[Job]()

    async def run(job: Job) -> None:
        if job == page(1):
            raise ConnectionError
        done.append(job)

    await queue.put([page(1), page(2)])
    async with working(queue, run):
        await queue.idle()
    assert done == [page(2)]


async def test_told_to_stop_it_ends_what_it_has_begun_and_begins_no_more() -> None:
    queue, done, begun = InProcessQueue({TakeIn: 1}), list[Job](), asyncio.Event()

    async def run(job: Job) -> None:
        begun.set()
        await asyncio.sleep(0.01)
        done.append(job)

    await queue.put([page(1), page(2)])
    async with working(queue, run) as stop:
        await begun.wait()
        stop.set()
    assert done == [page(1)]
    assert await queue.held(TakeIn) == {page(2)}
