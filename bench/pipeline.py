"""From the bytes of a page to the stored article: python -m bench.pipeline [--articles N]

Prints articles of 800 words a second with two at a time in work, the time of each stage, peak memory, and how
long after its start a new process has printed its first brief. Seconds of wall clock and, for a machine that
does other things too, of CPU.
"""

import argparse
import html
import random
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from sqlalchemy import Connection

from articles.database import Database, open_database
from articles.ingest import SaveAnalysis, ingest
from articles.model import Article, ArticleId
from articles.page import parse_page
from articles.store import ArticleStore
from articles.stories.clustering import opening
from bot.storage.migration import upgrade
from summarizer.embedding import MiniLM
from summarizer.extractive import Extractive
from summarizer.quotes import find_quotes
from summarizer.storage.store import AnalysisStore

SAMPLE = Path("config/sample/voa-mattis-russia-2017.txt")
WORDS = 800
WARM_UP = 5  # articles: models load, patterns compile
AT_ONCE = 2  # articles in work, each with one core: two threads for one sentence model wait for each other
LOCK = threading.Lock()


@dataclass
class Stages:
    """Seconds spent in each stage, over all threads: wall clock and CPU."""

    wall: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    cpu: dict[str, float] = field(default_factory=lambda: defaultdict(float))


class Stopwatch:
    """Tells the stages of one article apart; what is timed inside a stage does not count for that stage."""

    def __init__(self, stages: Stages) -> None:
        self._stages = stages
        self._inner_wall = self._inner_cpu = 0.0

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        inner_wall, inner_cpu = self._inner_wall, self._inner_cpu
        wall, cpu = time.perf_counter(), time.thread_time()
        yield
        wall, cpu = time.perf_counter() - wall, time.thread_time() - cpu
        with LOCK:
            self._stages.wall[stage] += wall - (self._inner_wall - inner_wall)
            self._stages.cpu[stage] += cpu - (self._inner_cpu - inner_cpu)
        self._inner_wall, self._inner_cpu = inner_wall + wall, inner_cpu + cpu


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="bench.pipeline", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--articles", type=int, default=200)
    count: int = parser.parse_args(argv).articles
    if not SAMPLE.is_file():
        parser.exit(2, f"no such file: {SAMPLE}; run this from the project's folder\n")
    pages = list(made_pages(SAMPLE.read_text(encoding="utf-8"), count + WARM_UP))
    run(pages[:WARM_UP], pages[WARM_UP:])
    first_brief()
    return 0


def run(warm_up: Sequence[bytes], pages: Sequence[bytes]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        database = open_database(f"sqlite:///{folder}/bench.db")
        upgrade(database)
        encoder = MiniLM(threads=1)
        pipeline = Pipeline(
            database, ArticleStore(database), AnalysisStore(database), Extractive(encoder.encode), encoder
        )
        for page in warm_up:
            pipeline.take(page)
        pipeline.stages = Stages()
        with ThreadPoolExecutor(AT_ONCE) as workers:
            began, began_cpu = time.perf_counter(), time.process_time()
            words = sum(workers.map(pipeline.take, pages))
            wall, cpu = time.perf_counter() - began, time.process_time() - began_cpu
        database.close()
    count = len(pages)
    print(f"{count} articles of {words / count:.0f} words, stored with quotes, brief and vector")
    print(f"{count / wall:.1f} articles a second; {1000 * cpu / count:.1f} ms of CPU each")
    for stage, seconds in pipeline.stages.wall.items():
        spent = pipeline.stages.cpu[stage]
        print(f"  {stage:8} {1000 * seconds / count:7.1f} ms  (CPU {1000 * spent / count:6.1f} ms)")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


@dataclass
class Pipeline:
    """What the app does with a page, with a clock around each part."""

    database: Database
    articles: ArticleStore
    analyses: AnalysisStore
    extractive: Extractive
    encoder: MiniLM
    stages: Stages = field(default_factory=Stages)

    def take(self, page: bytes) -> int:
        """Parses, analyses and stores the page. Returns its words."""
        watch = Stopwatch(self.stages)
        with watch.timed("parse"):
            article = parse_page(page, url=None)
        with watch.timed("store"):
            ingest(
                article,
                database=self.database,
                store=self.articles,
                analyse=partial(self._analyse, watch),
                now=datetime.now(UTC),
            )
        return len(article.text.split())

    def _analyse(self, watch: Stopwatch, article: Article) -> SaveAnalysis:
        with watch.timed("quotes"):
            quotes = find_quotes(article.text, [paragraph.span for paragraph in article.paragraphs()])
        with watch.timed("vector"):
            self.encoder.encode([opening(article)])
        with watch.timed("brief"):
            brief = self.extractive.brief(article, quotes)

        def record(connection: Connection, article_id: ArticleId) -> None:
            self.analyses.save_analysis(connection, article_id, quotes, brief)

        return record


def made_pages(sample: str, count: int) -> Iterator[bytes]:
    """Pages of 800 words in the sample's paragraphs, each with its own order, numbers and headline."""
    paragraphs = [part for part in sample.split("\n\n") if len(part.split()) > 12]
    for number in range(count):
        chance = random.Random(number)
        body: list[str] = []
        while sum(len(part.split()) for part in body) < WORDS:
            part = chance.choice(paragraphs)
            body.append(f"{part.rstrip()} It was case {chance.randrange(10**6)} of {number + 1}.")
        headline = f"Ministers discuss case {number} in Brussels"
        inside = "".join(f"<p>{html.escape(part)}</p>" for part in body)
        yield (
            f"<!doctype html><html lang='en'><head><title>{headline}</title></head><body>"
            f"<nav><a href='/'>Home</a><a href='/world'>World</a></nav>"
            f"<article><h1>{headline}</h1>{inside}</article></body></html>"
        ).encode()


def first_brief() -> None:
    began = time.perf_counter()
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    subprocess.run(
        [sys.executable, "-m", "bot.cli", "brief", str(SAMPLE)], check=True, stdout=subprocess.DEVNULL
    )
    wall = time.perf_counter() - began
    cpu = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
    print(f"first brief of a new process, from its start to its end: {wall:.1f} s (CPU {cpu:.1f} s)")


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
