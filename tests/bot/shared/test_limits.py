"""Limits that several processes keep together, each with connections of its own to one PostgreSQL."""

import asyncio
import contextlib
import multiprocessing
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from articles.database import Database, DatabaseUnavailable, open_database
from bot.chat import ChatRef, Throttled
from bot.limits.rate_limiter import Limit, RateLimiter
from bot.limits.shared_limits import LEASE_S, RateWindows, SharedLimits, SharedRateLimiter, Ticket
from bot.reply import Prose, Reply
from bot.telegram import TelegramChat
from tests.servers.telegram import TOKEN, Flood, TelegramServer

SHORT = Limit(5, 0.4)
LONG = Limit(5, 1_000.0)  # however slow the machine is


@pytest.fixture
def windows(shared_database: Database) -> RateWindows:
    return RateWindows(shared_database)


@contextlib.contextmanager
def limiters(url: str, count: int, limit: Limit = SHORT) -> Iterator[list[SharedRateLimiter]]:
    """As so many processes would have them."""
    databases = [open_database(url) for _ in range(count)]
    yield [
        SharedLimits(RateWindows(database), platform="telegram", token=TOKEN).of_all(
            RateLimiter(overall=limit), limit
        )
        for database in databases
    ]
    for database in databases:
        database.close()


def pass_time(database: Database, seconds: float) -> None:
    """As far as the windows can tell."""
    with database.transaction() as connection:
        connection.execute(
            text(
                "UPDATE rate_windows SET paused_until = paused_until - make_interval(secs => :s),"
                " ends = ARRAY(SELECT e - make_interval(secs => :s) FROM unnest(ends) AS e)"
            ),
            {"s": seconds},
        )


def taken(windows: RateWindows, *limits: Limit, keep: int = 0) -> Ticket:
    """One that the limits must allow."""
    ticket = windows.take("place", limits, keep=keep)
    assert isinstance(ticket, Ticket)
    return ticket


def wait_of(windows: RateWindows, *limits: Limit, keep: int = 0) -> float:
    """How long they must not."""
    wait_s = windows.take("place", limits, keep=keep)
    assert isinstance(wait_s, float)
    return wait_s


def test_a_window_that_is_full_says_when_it_opens(windows: RateWindows, shared_database: Database) -> None:
    for _ in range(LONG.count):
        windows.answered(taken(windows, LONG))
    assert 0 < wait_of(windows, LONG) <= LONG.seconds
    pass_time(shared_database, LONG.seconds)
    taken(windows, LONG)


def test_what_is_not_answered_yet_counts_and_what_was_not_made_does_not(
    windows: RateWindows, shared_database: Database
) -> None:
    one = Limit(1, 10.0)
    ticket = taken(windows, one)
    pass_time(shared_database, one.seconds + 1)
    assert wait_of(windows, one) > one.seconds
    windows.give_back(replace(ticket, until=ticket.until - timedelta(seconds=one.seconds + 1)))
    taken(windows, one)


def test_what_was_never_answered_counts_until_its_lease_ends(
    windows: RateWindows, shared_database: Database
) -> None:
    one = Limit(1, 10.0)
    taken(windows, one)
    pass_time(shared_database, LEASE_S)
    wait_of(windows, one)
    pass_time(shared_database, one.seconds + 1)
    taken(windows, one)


def test_every_limit_of_a_place_counts(windows: RateWindows, shared_database: Database) -> None:
    limits = [Limit(1, 10.0), Limit(2, 1_000.0)]
    for _ in range(2):
        windows.answered(taken(windows, *limits))
        pass_time(shared_database, 10.0)
    assert 900 < wait_of(windows, *limits) <= 1_000


def test_what_is_kept_is_left_to_who_waits(windows: RateWindows) -> None:
    for _ in range(LONG.count - 1):
        taken(windows, LONG, keep=1)
    wait_of(windows, LONG, keep=1)
    taken(windows, LONG)
    wait_of(windows, LONG)


def test_a_pause_is_one_for_all_and_no_shorter_for_a_second_one(
    windows: RateWindows, shared_database: Database
) -> None:
    windows.pause("place", 1_000.0)
    windows.pause("place", 5.0)
    assert 900 < wait_of(windows, LONG) <= 1_000
    pass_time(shared_database, 1_000.0)
    taken(windows, LONG)


def test_windows_in_which_nothing_happens_are_forgotten(
    windows: RateWindows, shared_database: Database
) -> None:
    ticket = windows.take("busy", [SHORT])
    assert isinstance(ticket, Ticket)
    with shared_database.transaction() as connection:
        connection.exec_driver_sql("INSERT INTO rate_windows VALUES ('idle', ARRAY[now() - interval '2 h'])")
    windows.forget_idle()
    with shared_database.reading() as connection:
        assert connection.exec_driver_sql("SELECT key FROM rate_windows").scalars().all() == ["busy"]


@pytest.mark.slow
async def test_all_together_never_pass_the_limit_in_any_window(shared_url: str) -> None:
    times: list[float] = []

    async def send(limiter: SharedRateLimiter) -> None:
        async with limiter.turn("", urgent=True):
            times.append(time.monotonic())
            await asyncio.sleep(0.01)

    with limiters(shared_url, 4) as shared:
        await asyncio.gather(*(send(limiter) for limiter in shared for _ in range(6)))
    times.sort()
    assert len(times) == 24
    windows = zip(times, times[SHORT.count :], strict=False)  # a message, and the one that is one too many
    assert all(later - earlier >= SHORT.seconds for earlier, later in windows)


async def test_who_waits_goes_before_digests_of_other_processes(shared_url: str) -> None:
    order: list[str] = []

    async def send(limiter: SharedRateLimiter, name: str, *, urgent: bool) -> None:
        async with limiter.turn("", urgent=urgent):
            order.append(name)

    limit = Limit(10, 1_000.0)
    with limiters(shared_url, 2, limit) as (worker, answering):
        digests = [asyncio.create_task(send(worker, "digest", urgent=False)) for _ in range(20)]
        while len(order) < 9:  # noqa: ASYNC110 (each send would need an event)
            await asyncio.sleep(0.01)
        await send(answering, "answer", urgent=True)
        for digest in digests:
            digest.cancel()
        await asyncio.wait(digests)
    assert order == ["digest"] * 9 + ["answer"]  # the tenth of the window: digests had left it


class _Away(RateWindows):
    """A database that does not answer."""

    def take(self, key: str, limits: Sequence[Limit], *, keep: int = 0) -> Ticket | float:
        raise DatabaseUnavailable("the database does not answer")


async def test_without_the_database_people_are_answered_and_digests_wait(shared_database: Database) -> None:
    limiter = SharedLimits(_Away(shared_database), platform="telegram", token=TOKEN).of_all(
        RateLimiter(), SHORT
    )
    answered = False
    async with limiter.turn("", urgent=True):
        answered = True
    with pytest.raises(Throttled):
        async with limiter.turn("", urgent=False):
            raise AssertionError
    assert answered


def _deliver(url: str, base_url: str, chats: range) -> None:
    """What a worker does of a digest, in a process of its own."""

    async def deliver() -> None:
        database = open_database(url)
        limits = SharedLimits(RateWindows(database), platform="telegram", token=TOKEN)
        chat = TelegramChat(token=TOKEN, base_url=base_url, shared_limits=limits)
        standing = asyncio.create_task(chat.stand_by())
        await chat.ready()
        reply = Reply(blocks=(Prose(text="One new story."),))
        await asyncio.gather(
            *(chat.send(ChatRef(platform="telegram", chat=str(c)), reply, key=f"{c}@8") for c in chats)
        )
        standing.cancel()
        await asyncio.wait([standing])
        database.close()

    asyncio.run(deliver())


@pytest.mark.slow
async def test_three_processes_with_one_token_never_hear_that_they_write_too_fast(
    shared_url: str,
) -> None:
    flood = Flood()
    async with TelegramServer(flood=flood) as server:
        for chat in range(1, 91):
            server.person(chat)
        spawn = multiprocessing.get_context("spawn")
        processes = [
            spawn.Process(target=_deliver, args=(shared_url, server.base_url, range(1 + n, 91, 3)))
            for n in range(3)
        ]
        for process in processes:
            process.start()
        await asyncio.gather(*(asyncio.to_thread(process.join) for process in processes))
    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert sorted(posted.chat for posted in server.posted) == list(range(1, 91))
    assert flood.refused == 0
