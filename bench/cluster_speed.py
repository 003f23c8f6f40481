"""`make bench-cluster`: what the queue costs a job, and articles a second with 1, 2 and 4 workers.

On a PostgreSQL of the bench's own and the cores that there are, which all of it shares: database, publishers,
scheduler and workers. A worker's start is left out; fetching, analysing and storing are not.
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
from pathlib import Path

import psycopg

from articles.feeds.model import EntryId
from bench.cluster.installation import environment, follow, house_at
from bench.cluster.nodes import Node, running
from bench.cluster.postgres import private_postgres
from bench.feeds_server import publishers
from bot.jobs.model import Job, TakeIn
from bot.jobs.shared import AT_ONCE, open_shared_queue

JOBS, PUT_AT_ONCE = 4_000, 500
LONE_JOBS = 40
ENTRIES = 5  # of a feed: one host is asked once a second
WARM_UP = 0.1  # of the articles, until every worker has its model
GIVE_UP_AFTER_S = 600.0


async def queue_costs(url: str) -> None:
    """Jobs that do nothing, through the queue and one worker."""
    done, began_at = 0, dict[Job, float]()

    async def run(job: Job) -> None:
        nonlocal done
        done += 1
        began_at[job] = time.perf_counter()

    jobs = [TakeIn(entry=EntryId(n), host=f"{n}.example") for n in range(JOBS)]
    async with open_shared_queue(url) as queue:
        put_s, put_cpu_s = time.perf_counter(), time.process_time()
        for at in range(0, JOBS, PUT_AT_ONCE):
            await queue.put(jobs[at : at + PUT_AT_ONCE])
        put_s, put_cpu_s = time.perf_counter() - put_s, time.process_time() - put_cpu_s
        stop = asyncio.Event()
        work_s, work_cpu_s = time.perf_counter(), time.process_time()
        working = asyncio.create_task(queue.work(run, stop=stop))
        while done < JOBS:  # noqa: ASYNC110 (what is measured is not to be slowed by an event a job)
            await asyncio.sleep(0.01)
        work_s, work_cpu_s = time.perf_counter() - work_s, time.process_time() - work_cpu_s
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
    print(f"  put    {1000 * put_s / JOBS:.2f} ms a job ({1000 * put_cpu_s / JOBS:.2f} ms of CPU here)")
    print(f"  done   {1000 * work_s / JOBS:.2f} ms a job ({1000 * work_cpu_s / JOBS:.2f} ms of CPU here)")
    print(f"  so {JOBS / (put_s + work_s):,.0f} jobs a second, put and done")
    print(f"  a lone job begins {1000 * statistics.median(delays):.0f} ms after it is put (median)")


def articles_a_second(url: str, articles: int, workers: int, folder: Path) -> None:
    """A fresh database, one scheduler, so many workers; until all is taken in."""
    with publishers(entries=ENTRIES, address="0.0.0.0") as port:
        with house_at(url) as house:
            follow(house, hosts=articles // ENTRIES, port=port)
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
            took_s, counted = measured(url, articles)
            for node in nodes:
                node.ask_to_stop()
            for node in nodes:
                node.wait()
    print(f"{workers} workers: {counted / took_s:5.1f} articles a second ({counted} in {took_s:.0f} s)")


def measured(url: str, articles: int) -> tuple[float, int]:
    """Seconds, and how many were stored in them: from the first tenth to the last one."""
    began, first = time.perf_counter(), (0.0, 0)
    with psycopg.connect(url, autocommit=True) as connection:
        while time.perf_counter() - began < GIVE_UP_AFTER_S:
            row = connection.execute("SELECT count(*) FROM feed_entries WHERE state = 'stored'").fetchone()
            stored = row[0] if row else 0
            if not first[1] and stored >= WARM_UP * articles:
                first = (time.perf_counter(), stored)
            if stored == articles:
                return time.perf_counter() - first[0], stored - first[1]
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
                with house_at(url):
                    pass
                asyncio.run(queue_costs(url))
            else:
                articles_a_second(url, options.articles, workers, folder)
    shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
