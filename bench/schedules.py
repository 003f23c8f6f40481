"""A million subscriptions, measured: `python -m bench.schedules [--idle-s N] [--most N]`.

Databases of 10,000, 100,000 and 1,000,000 orders in 40 zones, every kind of rhythm among them; in three
minutes that follow each other 1,000, 10,000 and 100,000 come due, in the larger ones. Printed of each: the
time to enqueue them with their next due times, the time to claim them all for sending (and of both the CPU
time), a tick where nothing is due, the scheduler's CPU time while it idles, and the memory. The exit code is
1 if what is due does not cost about the same however many orders there are, or a tick does not.
"""

import argparse
import asyncio
import json
import multiprocessing
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, insert, update

from articles.fetching import FetchPolicy
from bot.app.application import Application, open_application
from bot.delivery.dispatcher import Dispatcher, Enqueuer
from bot.jobs.job_queue import InProcessQueue
from bot.jobs.scheduler import Scheduler
from bot.jobs.work import DueJobs
from bot.schedules.schedule import Rhythm, Schedule, to_json
from bot.storage.outbox import DeliveryState
from bot.storage.schema import chats, outbox, subscriptions
from summarizer.analysis import Analyst

SIZES = (10_000, 100_000, 1_000_000)
MINUTES = (1_000, 10_000, 100_000)  # due in the first, the second, the third
FIRST = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)  # a Monday
ZONES = (  # noqa: SIM905 (forty lines say no more)
    "UTC Europe/London Europe/Paris Europe/Berlin Europe/Madrid Europe/Rome Europe/Warsaw Europe/Athens"
    " Europe/Istanbul Europe/Moscow Europe/Kyiv Europe/Helsinki Europe/Lisbon Africa/Cairo Africa/Lagos"
    " Africa/Nairobi Africa/Johannesburg Africa/Casablanca Asia/Dubai Asia/Tehran Asia/Karachi Asia/Kolkata"
    " Asia/Kathmandu Asia/Dhaka Asia/Bangkok Asia/Singapore Asia/Shanghai Asia/Tokyo Asia/Seoul"
    " Australia/Sydney Australia/Adelaide Pacific/Auckland America/New_York America/Chicago America/Denver"
    " America/Los_Angeles America/Toronto America/Sao_Paulo America/Mexico_City America/St_Johns"
).split()
INSERTED = 10_000  # rows at once
LEASE = timedelta(hours=1)
CLAIMED = 1_000  # of those that are due in a minute
TICKS = 50
TICK_S = 2.0  # the setting's default
MOST_GROWTH = 2.5  # of the cost of one due order, and of an idle tick, from the least to the most


@dataclass
class Measured:
    """Of one database; seconds and megabytes."""

    orders: int
    enqueued_s: dict[int, float] = field(default_factory=dict)  # by how many were due
    claimed_s: dict[int, float] = field(default_factory=dict)
    enqueued_cpu_s: dict[int, float] = field(default_factory=dict)
    claimed_cpu_s: dict[int, float] = field(default_factory=dict)
    tick_cpu_s: float = 0.0
    idle_cpu_s: float = 0.0  # of a minute
    peak_mb: float = 0.0


class Instant:
    """On the clock and by the CPU time of this process."""

    def __init__(self) -> None:
        self.clock_s, self.cpu_s = time.perf_counter(), time.process_time()

    def since(self) -> tuple[float, float]:
        """Seconds that have passed, and seconds of CPU time."""
        now = Instant()
        return now.clock_s - self.clock_s, now.cpu_s - self.cpu_s


def schedules_at(moment: datetime, zone: ZoneInfo) -> tuple[Schedule, ...]:
    """One of each rhythm, all due at that moment."""
    wall = moment.astimezone(zone)
    at, day = wall.time(), wall.weekday()
    return (
        Schedule(rhythm=Rhythm.DAILY, times=(at,)),
        Schedule(rhythm=Rhythm.HOURLY, times=(at,)),
        Schedule(rhythm=Rhythm.EVERY, hours=4, times=(at,)),
        Schedule(rhythm=Rhythm.DAILY, days=(day,), times=(at,)),
        Schedule(rhythm=Rhythm.CRON, cron=f"{at.minute} {at.hour} * * {wall:%a}"),
    )


def orders_of(count: int) -> Iterator[tuple[str, str, datetime]]:
    """Schedule, zone and next due time of each: those of the three minutes, then of the day that follows."""
    zones = [ZoneInfo(name) for name in ZONES]
    due = [n for n in MINUTES if n <= count // 10]
    moments = [FIRST + timedelta(minutes=minute) for minute, n in enumerate(due) for _ in range(n)]
    kinds: dict[tuple[datetime, str], list[str]] = {}
    for number in range(count):
        zone = zones[number % len(zones)]
        moment = moments[number] if number < len(moments) else FIRST + timedelta(minutes=10 + number % 1_400)
        key = (moment, zone.key)
        if key not in kinds:
            kinds[key] = [json.dumps(to_json(schedule)) for schedule in schedules_at(moment, zone)]
        yield kinds[key][number // len(zones) % len(kinds[key])], zone.key, moment


def fill(path: Path, count: int) -> None:
    """Makes the database, each order in a chat of its own."""
    with application_at(path) as app, app.database.transaction() as connection:
        number, orders = 0, orders_of(count)
        while batch := list(islice(orders, INSERTED)):
            insert_orders(connection, number, batch)
            number += len(batch)


def insert_orders(connection: Connection, first: int, batch: list[tuple[str, str, datetime]]) -> None:
    of_all: dict[str, object] = {"created_at": FIRST, "created_by": "1", "topic": "news", "kind": "topic"}
    of_all |= {"filters": [], "paused": False, "always": False}
    connection.execute(
        insert(chats),
        [
            {
                "id": first + n + 1,
                "platform": "telegram",
                "chat": str(first + n),
                "thread": "",
                "created_at": FIRST,
            }
            for n in range(len(batch))
        ],
    )
    connection.execute(
        insert(subscriptions),
        [
            of_all
            | {
                "chat_id": first + n + 1,
                "schedule": json.loads(schedule),
                "timezone": zone,
                "next_due": moment,
            }
            for n, (schedule, zone, moment) in enumerate(batch)
        ],
    )


def application_at(path: Path) -> AbstractContextManager[Application]:
    """The app over that file."""
    policy = FetchPolicy(contact="https://bench.example")
    return open_application(f"sqlite:///{path}", analyst=Analyst(), zone=ZoneInfo("UTC"), policy=policy)


def measure(path: Path, count: int, idle_s: float) -> Measured:
    """In a process of its own, so that its memory is its own."""
    with application_at(path) as app:
        return asyncio.run(_measure(app, Measured(count), idle_s))


async def _measure(app: Application, measured: Measured, idle_s: float) -> Measured:
    now = FIRST - timedelta(minutes=1)
    dispatcher = Dispatcher(
        outbox=app.outbox,
        digests=app.digests,
        conversation=app.service,
        platforms=(),
        clock=lambda: now,
    )
    enqueuer = Enqueuer(app.outbox, steady=time.monotonic)
    await dispatcher.due("telegram", limit=1)
    for minute, due in enumerate(n for n in MINUTES if n <= measured.orders // 10):
        now = FIRST + timedelta(minutes=minute, seconds=1)
        began = Instant()
        enqueuer.enqueue(now)
        measured.enqueued_s[due], measured.enqueued_cpu_s[due] = began.since()
        began = Instant()
        waiting = app.outbox.due(now, limit=CLAIMED, platforms=("telegram",))
        claimed = [app.outbox.claim(each.id, now, lease=LEASE) for each in waiting]
        measured.claimed_s[due], measured.claimed_cpu_s[due] = began.since()
        assert None not in claimed
        assert len(claimed) == CLAIMED
        with app.database.transaction() as connection:
            connection.execute(update(outbox).values(state=DeliveryState.SENT.value))
    ticks = []
    for _ in range(TICKS):
        began = Instant()
        await dispatcher.due("telegram", limit=1)
        ticks.append(began.since()[1])
    measured.tick_cpu_s = statistics.median(ticks)
    jobs = DueJobs(feeds=app.feeds.store, dispatcher=dispatcher, platforms=("telegram",), clock=lambda: now)
    scheduler = Scheduler(InProcessQueue(), jobs.digest_sources(tick_s=TICK_S))
    ticking = asyncio.create_task(scheduler.run())
    began_cpu = time.process_time()
    await asyncio.sleep(idle_s)
    measured.idle_cpu_s = (time.process_time() - began_cpu) * 60 / idle_s
    ticking.cancel()
    await asyncio.wait([ticking])
    measured.peak_mb = memory_mb()
    return measured


def memory_mb() -> float:
    """The most that this process has held so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def report(results: list[Measured]) -> bool:
    """Prints the figures; whether growth is as it should be."""
    print(
        "    orders      due   enqueued   (CPU)   an order    claimed   (CPU)"
        "  idle tick   idle minute  memory"
    )
    for m in results:
        for due, enqueued_s in m.enqueued_s.items():
            print(
                f"{m.orders:>10,}{due:>9,}{enqueued_s:>9.2f} s{m.enqueued_cpu_s[due]:>6.2f} s"
                f"{m.enqueued_cpu_s[due] / due * 1e6:>8.0f} us"
                f"{m.claimed_s[due]:>9.2f} s{m.claimed_cpu_s[due]:>6.2f} s{m.tick_cpu_s * 1e3:>8.2f} ms"
                f"{m.idle_cpu_s:>8.2f} s CPU{m.peak_mb:>5.0f} MB"
            )
    one = [
        m.enqueued_cpu_s[due] / due + m.claimed_cpu_s[due] / CLAIMED
        for m in results
        for due in m.enqueued_cpu_s
        if due > MINUTES[0] or m is results[0]
    ]
    growth, flat = max(one) / min(one), results[-1].tick_cpu_s / results[0].tick_cpu_s
    print(f"CPU time of one due order, most to least    {growth:.2f} (at most {MOST_GROWTH:g})")
    print(f"of an idle tick, most orders to fewest      {flat:.2f} (at most {MOST_GROWTH:g})")
    return growth <= MOST_GROWTH and flat <= MOST_GROWTH


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--idle-s", type=float, default=20.0)
    parser.add_argument("--most", type=int, default=SIZES[-1])
    options = parser.parse_args()
    results = []
    for count in (size for size in SIZES if size <= options.most):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "bench.db"
            fill(path, count)
            with multiprocessing.get_context("spawn").Pool(1) as pool:
                results.append(pool.apply(measure, (path, count, options.idle_s)))
    return 0 if report(results) else 1


if __name__ == "__main__":
    sys.exit(main())
