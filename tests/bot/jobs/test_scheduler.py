"""What is put into the queue, and how much of it."""

from collections import Counter
from collections.abc import Sequence

import pytest

from articles.feeds.model import EntryId
from bot.jobs.job_queue import InProcessQueue, Job, TakeIn
from bot.jobs.scheduler import MOST_OF_A_LOCK, Scheduler, Source, spread


def page(number: int, host: str) -> TakeIn:
    return TakeIn(entry=EntryId(number), host=host)


def source(due: Sequence[Job], *, at_most: int = 100) -> Source:
    async def up_to(limit: int) -> Sequence[Job]:
        return due[:limit]

    return Source(kind=TakeIn, due=up_to, every_s=1.0, at_most=at_most)


async def test_what_is_due_is_put_once_whoever_looks_and_however_often() -> None:
    queue = InProcessQueue()
    due = [page(number, f"{number}.example") for number in range(5)]
    for _ in range(2):
        for scheduler in (Scheduler(queue, ()), Scheduler(queue, ())):
            await scheduler.poll(source(due))
    assert await queue.held(TakeIn) == set(due)


async def test_what_was_lost_on_the_way_is_put_again() -> None:
    due = [page(1, "a.example")]
    await Scheduler(InProcessQueue(), ()).poll(source(due))
    after_a_restart = InProcessQueue()
    await Scheduler(after_a_restart, ()).poll(source(due))
    assert await after_a_restart.held(TakeIn) == set(due)


async def test_the_queue_holds_so_many_and_the_tables_the_rest() -> None:
    queue = InProcessQueue()
    due = [page(number, f"{number}.example") for number in range(300)]
    more = await Scheduler(queue, ()).poll(source(due))
    assert (len(await queue.held(TakeIn)), more) == (100, True)
    await Scheduler(queue, ()).poll(source(due))
    assert len(await queue.held(TakeIn)) == 100


async def test_nothing_more_is_looked_for_where_all_is_in_the_queue() -> None:
    queue, due = InProcessQueue(), [page(1, "a.example")]
    assert await Scheduler(queue, ()).poll(source(due))
    assert not await Scheduler(queue, ()).poll(source(due))


def test_a_host_with_thousands_of_pages_keeps_no_other_waiting() -> None:
    due = [page(number, "large.example") for number in range(1_000)]
    due += [page(1_000 + number, "small.example") for number in range(3)]
    put = list(spread(due))
    assert [job.lock for job in put[:6]] == ["host large.example", "host small.example"] * 3
    assert Counter(job.lock for job in put)["host large.example"] == MOST_OF_A_LOCK
    assert not [job for job in spread(due, put) if job.lock == "host large.example"]


@pytest.mark.parametrize("held", [0, 80])
async def test_a_queue_that_is_nearly_full_is_left_alone(held: int) -> None:
    queue = InProcessQueue()
    await queue.put([page(number, f"{number}.example") for number in range(held)])
    asked = False

    async def due(_: int) -> Sequence[Job]:
        nonlocal asked
        asked = True
        return ()

    await Scheduler(queue, ()).poll(Source(kind=TakeIn, due=due, every_s=1.0, at_most=100))
    assert asked is (held == 0)
