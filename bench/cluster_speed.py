"""`make bench-cluster`: what the queue costs a job, and articles a second with 1, 2 and 4 workers.

On a PostgreSQL of the bench's own and the cores that there are, which all of it shares: database, publishers,
scheduler and workers; CPU times say what it costs on a busy machine too. A worker's start is left out;
fetching, analysing and storing are not.
"""

import argparse
import asyncio
import os
import shutil
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psycopg

from articles.feeds.model import EntryId
from bench.cluster.installation import application_at, environment, follow
from bench.cluster.nodes import Node, running
from bench.cluster.postgres import PrivatePostgres, private_postgres
from bench.feeds_server import publishers
from bot.jobs.job_queue import Job, TakeIn
from bot.jobs.procrastinate_queue import AT_ONCE, open_shared_queue
from bot.jobs.work import MOST_QUEUED

JOBS = 4_000
LONE_JOBS = 40
ENTRIES = 5  # of a feed: one host is asked once a second
WARM_UP, ENOUGH = (
    0.1,
    0.9,
)  # of the articles: when every worker has its model, and but for pages that are late
GIVE_UP_AFTER_S = 600.0
PARTS = ("workers", "the scheduler", "the database")


async def queue_costs(postgres: PrivatePostgres, url: str) -> None:
    """Jobs that do nothing, through the queue and one worker."""
    done, began_at = 0, dict[Job, float]()

    async def run(job: Job) -> None:
        nonlocal done
        done += 1
        began_at[job] = time.perf_counter()

    jobs = [TakeIn(entry=EntryId(n), host=f"{n}.example") for n in range(JOBS)]
    async with open_shared_queue(url) as queue:
        stop = asyncio.Event()
        working = asyncio.create_task(queue.work(run, stop=stop))
        put_s, began_s, cpu_s, server_s = 0.0, time.perf_counter(), time.process_time(), postgres.cpu_s()
        for at in range(0, JOBS, MOST_QUEUED):
            putting_s = time.perf_counter()
            await queue.put(jobs[at : at + MOST_QUEUED])
            put_s += time.perf_counter() - putting_s
            while done < at + MOST_QUEUED:  # noqa: ASYNC110 (an event a job would be measured too)
                await asyncio.sleep(0.01)
        took_s, cpu_s = time.perf_counter() - began_s, time.process_time() - cpu_s
        server_s = postgres.cpu_s() - server_s
        delays = []
        for number in range(LONE_JOBS):
            job = TakeIn(entry=EntryId(JOBS + number), host="lone.example")
            put_at = time.perf_counter()
            await queue.put([job])
            while job not in began_at:  # noqa: ASYNC110 (as above)
                await asyncio.sleep(0.001)
            delays.append(began_at[job] - put_at)
            await asyncio.sleep(0.05)
        stop.set()
        await working
    print(f"queue, {JOBS:,} jobs that do nothing, one worker of {AT_ONCE['TakeIn']} at once:")
    print(f"  {1000 * took_s / JOBS:.2f} ms a job, {1000 * put_s / JOBS:.2f} ms of it to put it")
    print(f"  CPU a job: {1000 * cpu_s / JOBS:.2f} ms here, {1000 * server_s / JOBS:.2f} ms of the database")
    print(f"  so {JOBS / took_s:,.0f} jobs a second")
    print(f"  a lone job begins {1000 * statistics.median(delays):.0f} ms after it is put (median)")


def articles_a_second(postgres: PrivatePostgres, url: str, articles: int, workers: int, folder: Path) -> None:
    """A fresh database, one scheduler, so many workers; until all is taken in."""
    with publishers(entries=ENTRIES, address="0.0.0.0") as port:
        with application_at(url) as app:
            follow(app, hosts=articles // ENTRIES, port=port)
        settings = environment(url, publishers_port=port)
        nodes = [
            Node(
                name=f"worker {n + 1}",
                roles="worker",
                environment=settings,
                log=folder / f"{workers}-{n + 1}.log",
            )
            for n in range(workers)
        ]
        nodes.append(
            Node(name="scheduler", roles="scheduler", environment=settings, log=folder / f"{workers}.log")
        )
        with running(nodes):
            began = cost(postgres, nodes, url, articles, WARM_UP)
            ended = cost(postgres, nodes, url, articles, ENOUGH)
            for node in nodes:
                node.ask_to_stop()
            for node in nodes:
                node.wait()
    count, took_s = ended.stored - began.stored, ended.at - began.at
    cpu_ms = [1000 * (after - before) / count for before, after in zip(began.cpu_s, ended.cpu_s, strict=True)]
    spent = ", ".join(f"{ms:.0f} ms in {what}" for ms, what in zip(cpu_ms, PARTS, strict=True))
    print(f"{workers} workers: {count / took_s:5.1f} articles a second ({count} in {took_s:.0f} s)")
    print(f"  CPU of an article: {spent}", flush=True)


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What was done by then, and with how much."""

    at: float
    stored: int
    cpu_s: tuple[float, float, float]  # of each of PARTS


def cost(postgres: PrivatePostgres, nodes: Sequence[Node], url: str, articles: int, part: float) -> Cost:
    """When that part of the articles is stored."""
    began = time.perf_counter()
    with psycopg.connect(url, autocommit=True) as connection:
        while time.perf_counter() - began < GIVE_UP_AFTER_S:
            row = connection.execute("SELECT count(*) FROM feed_entries WHERE state = 'stored'").fetchone()
            stored = row[0] if row else 0
            if stored >= part * articles:
                *workers, scheduler = (node.cpu_s() for node in nodes)
                spent = (sum(workers), scheduler, postgres.cpu_s())
                return Cost(at=time.perf_counter(), stored=stored, cpu_s=spent)
            time.sleep(0.2)
    raise SystemExit(f"only {stored} of {articles} articles after {GIVE_UP_AFTER_S:g} s")


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--articles", type=int, default=400)
    parser.add_argument("--workers", type=int, nargs="*", default=[1, 2, 4])
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that nothing is left running
    folder = Path(tempfile.mkdtemp(prefix="pullquote-cluster-"))
    print(f"{os.cpu_count()} cores")
    with private_postgres() as postgres:
        for workers in [0, *options.workers]:
            database = f"bench_{workers}"
            with psycopg.connect(postgres.url, autocommit=True) as connection:
                connection.execute(f"CREATE DATABASE {database}".encode())
            url = postgres.url.replace("/postgres", f"/{database}")
            if workers == 0:
                with application_at(url):
                    pass
                asyncio.run(queue_costs(postgres, url))
            else:
                articles_a_second(postgres, url, options.articles, workers, folder)
    shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
