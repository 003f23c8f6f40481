"""How long answers take with many articles: whole commands in process, beside the bare index query.

    python -m bench.answers [ARTICLES] [--database FILE-OR-URL] [--rounds N]

The articles are made up (see `synthetic_news.py`) in a database of its own, which is deleted at the end;
with --database it is kept, and used again where it is there. Limits: p50 under 20 ms, p99 under 100 ms.
"""

import argparse
import math
import random
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from itertools import count, islice
from pathlib import Path
from zoneinfo import ZoneInfo

from articles.database import Database, open_database
from articles.search.article_search import full_text_index
from articles.search.fts5 import expression_of
from articles.search.full_text import Expression, match_expression, parse_query
from articles.search.vectors import VectorIndex
from articles.store import ArticleStore
from bench.synthetic_news import ACRONYMS, NEWEST, THEMES, SyntheticNews
from bot.commands.requests import BriefRequest, Filters, QuotesRequest, SearchRequest
from bot.replies.quotations import Quotations
from bot.replies.stories import Stories
from bot.storage.migration import upgrade
from summarizer.analysis import Analyst
from summarizer.storage.store import AnalysisStore, QuoteStore

P50_MS, P99_MS = 20.0, 100.0
UTC_ZONE = ZoneInfo("UTC")
NO_FILTERS = Filters()
COMMON, MEDIUM, RARE = range(70, 90), range(2_000, 2_020), range(40_000, 40_020)  # ranks in the vocabulary
BARE = "SELECT rowid FROM articles_fts WHERE articles_fts MATCH ? ORDER BY rowid DESC LIMIT 20"

Request = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of question, asked in several words."""

    name: str
    asks: Sequence[Request]
    bare: Sequence[Request] = ()  # what the index alone takes for the same


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="bench.answers", description="How long answers take.")
    parser.add_argument("articles", type=int, nargs="?", default=1_000_000)
    parser.add_argument("--database", help="keep the made-up articles in this file, or PostgreSQL database")
    parser.add_argument("--rounds", type=int, default=10, help="how often every question is asked")
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="pullquote-bench-") as folder:
        where = options.database or str(Path(folder) / "answers.db")
        with opened(where if "://" in where else f"sqlite:///{where}") as database:
            news = SyntheticNews(options.articles)
            fill(database, news)
            return 0 if measure(kinds(Questions(database, news), news), options.rounds) else 1


@contextmanager
def opened(url: str) -> Iterator[Database]:
    database = open_database(url)
    try:
        upgrade(database)
        yield database
    finally:
        database.close()


def fill(database: Database, news: SyntheticNews) -> None:
    stored = ArticleStore(database).count()
    if stored not in (0, news.count):
        sys.exit(f"{database.name} holds {stored} articles, not {news.count}: name another --database")
    if not stored:
        began = time.perf_counter()
        for done in news.write(database):
            if sys.stderr.isatty():
                rate = done / (time.perf_counter() - began)
                print(f"\r{done:,} articles made, {rate:.0f} a second", end="", file=sys.stderr, flush=True)
        print(f"\rmade in {time.perf_counter() - began:.0f} s")
    print(f"{news.count:,} articles, {len(news.speakers):,} speakers, {size_of(database) / 1e9:.1f} GB")


def size_of(database: Database) -> int:
    with database.reading() as connection:
        if connection.dialect.name == "sqlite":
            return Path(database.name).stat().st_size
        return int(connection.exec_driver_sql("SELECT pg_database_size(current_database())").scalar_one())


class Questions:
    """Questions to the stores and to the bot's commands, put together and not yet asked."""

    def __init__(self, database: Database, news: SyntheticNews) -> None:
        self._database, self._news = database, news
        index, analyst = VectorIndex(database), Analyst()
        began = time.perf_counter()
        index.load(analyst.load())
        print(f"the model and the index of meanings loaded in {time.perf_counter() - began:.1f} s")
        self.store, self.quotes = ArticleStore(database, index), QuoteStore(database)
        analyses = AnalysisStore(database)
        self._stories = Stories(articles=self.store, analyses=analyses, meaning_of=analyst.embed_query)
        self._quotations = Quotations(quotes=self.quotes, analyses=analyses)

    def words(self, ranks: range) -> list[str]:
        return [str(self._news.words[rank]) for rank in ranks]

    def bare(self, topics: Iterable[str], filters: Filters = NO_FILTERS) -> list[Request]:
        """What the index takes for the topics' newest twenty articles, and nothing else."""
        return [
            partial(
                self._newest,
                match_expression(parse_query(topic), publisher=filters.publisher, language=filters.language),
            )
            for topic in topics
        ]

    def briefs(
        self, topics: Iterable[str], filters: Filters = NO_FILTERS, *, offset: int = 0
    ) -> list[Request]:
        asks = [BriefRequest(topic=topic, filters=filters) for topic in topics]
        return [partial(self._stories.brief, ask, now=NEWEST, zone=UTC_ZONE, offset=offset) for ask in asks]

    def never_asked(self, beginnings: Iterable[str]) -> list[Request]:
        """Briefs on words that nobody has asked for, so that the model has to read them first."""
        number = count()

        def ask(beginning: str) -> object:
            topic = BriefRequest(topic=f"{beginning} {next(number)}", filters=NO_FILTERS)
            return self._stories.brief(topic, now=NEWEST, zone=UTC_ZONE)

        return [partial(ask, beginning) for beginning in beginnings]

    def headlines(self, topics: Iterable[str]) -> list[Request]:
        asks = [SearchRequest(words=topic, filters=NO_FILTERS) for topic in topics]
        return [partial(self._stories.search, ask, now=NEWEST, zone=UTC_ZONE) for ask in asks]

    def said(
        self, names: Iterable[str], *, about: Sequence[str | None] = (None,), page: int = 1
    ) -> list[Request]:
        asks = [QuotesRequest(speaker=n, about=topic, page=page) for n in names for topic in about]
        return [partial(self._quotations.by_speaker, ask, now=NEWEST, zone=UTC_ZONE) for ask in asks]

    def stored(self) -> list[Request]:
        return [partial(self._stories.stored, UTC_ZONE)]

    def _newest(self, expression: Expression | None) -> object:
        if expression is None:
            raise ValueError("nothing is asked for")
        with self._database.reading() as connection:
            if connection.dialect.name == "sqlite":
                return connection.exec_driver_sql(BARE, (expression_of(expression),)).fetchall()
            return list(islice(full_text_index(connection).hits(connection, expression, None), 20))


def kinds(questions: Questions, news: SyntheticNews) -> Iterator[Kind]:
    """All that is asked."""
    yield from about_topics(questions, news)
    yield from about_speakers(questions, news)
    yield Kind("/status", questions.stored())


def about_topics(questions: Questions, news: SyntheticNews) -> Iterator[Kind]:
    briefs, bare = questions.briefs, questions.bare
    common, medium, rare = map(questions.words, (COMMON, MEDIUM, RARE))
    pairs = [f"{a} {b}" for a, b in zip(common, medium, strict=True)]
    phrases = [f'"{a} {b}"' for a, b in zip(reversed(common), common, strict=True)]
    for name, topics in (("common", common), ("medium", medium), ("rare", rare), ("two words", pairs)):
        searches = [partial(questions.store.find, topic, limit=10) for topic in topics]
        yield Kind(f"ArticleStore.find, {name}", searches, bare(topics))
        yield Kind(f"/brief, {name}", briefs(topics), bare(topics))
    yield Kind("/brief, a phrase of common words", briefs(phrases), bare(phrases))
    yield Kind("/search, common", questions.headlines(common), bare(common))
    yield Kind("/more, the 50th of a common topic", briefs(common, offset=50), bare(common))
    one, rarest = Filters(publisher=news.publishers[3]), Filters(publisher=news.publishers[-1])
    french, week = Filters(language="fr"), Filters(since=timedelta(days=7))
    for name, filters in (("a publisher", one), ("a rare publisher", rarest), ("a language", french)):
        yield Kind(f"/brief, common, {name}", briefs(common, filters), bare(common, filters))
        yield Kind(f"/brief, no topic, {name}", briefs([""], filters))
    acronyms = questions.words(ACRONYMS)[:20]
    yield Kind("/brief, an acronym", briefs(acronyms), bare(acronyms))
    near = [f"{word} {other}" for word, other in zip(questions.words(THEMES)[:20], rare, strict=True)]
    yield Kind("/brief, by meaning alone", briefs(near))
    yield Kind("/brief, words never asked for before", questions.never_asked(near))
    yield Kind("/brief, common, of a week", briefs(common, week))
    yield Kind("/brief, medium, of a week", briefs(medium, week))
    yield Kind("/brief, no topic", briefs([""]))
    yield Kind("/brief, no such word", briefs([f"zz{word}zz" for word in rare]))
    yield Kind("/brief, misspelled", briefs([f"{word[:-1]}x" for word in medium]))
    typed = [partial(questions.store.topics_like, word[:3], limit=25) for word in medium]
    yield Kind("topics as they are typed", typed)


def about_speakers(questions: Questions, news: SyntheticNews) -> Iterator[Kind]:
    said = questions.said
    common, medium, rare = (questions.words(ranks)[:5] for ranks in (COMMON, MEDIUM, RARE))
    top, upper = news.speakers[:5], news.speakers[len(news.speakers) // 1000 :][:20]
    some = random.Random(1).sample(news.speakers[len(news.speakers) // 100 :], 20)
    for name, people in (("the most quoted", top), ("often quoted", upper), ("others", some)):
        names = [each.name for each in people]
        yield Kind(f"/quotes, {name}", said(names))
        yield Kind(f"/quotes, {name}, about a common topic", said(names, about=common))
        yield Kind(f"/quotes, {name}, about a medium topic", said(names, about=medium))
        yield Kind(f"/quotes, {name}, about a rare topic", said(names, about=rare))
    everybody = (*top, *upper, *some)
    yield Kind("/quotes, the most quoted, 20th page", said([each.name for each in top], page=20))
    yield Kind("/quotes, a surname", said([each.last for each in everybody]))
    yield Kind("/quotes, a typo", said([f"{e.first} {e.last[:2]}x{e.last[3:]}" for e in everybody]))
    yield Kind("/quotes, nobody", said([f"zq{each.last}q" for each in some]))
    typed = [partial(questions.quotes.speakers_like, each.last[:3], limit=25) for each in everybody]
    yield Kind("names as they are typed", typed)


def measure(asked: Iterator[Kind], rounds: int) -> bool:
    """Prints a line for each kind; whether all kept to the limits."""
    columns = ("asked", "p50 ms", "p99 ms", "max ms", "cpu p50", "cpu p99", "bare ms", "ratio")
    print(" " * 48 + " ".join(f"{name:>7}" for name in columns))
    kept = True
    for kind in asked:
        clock, processor = timed(kind.asks, rounds)
        is_slow = percentile(clock, 50) >= P50_MS or percentile(clock, 99) >= P99_MS
        kept = kept and not is_slow
        taken = (
            *(percentile(clock, p) for p in (50, 99, 100)),
            *(percentile(processor, p) for p in (50, 99)),
        )
        if kind.bare:
            alone = percentile(timed(kind.bare, rounds)[0], 50)
            taken += (alone, percentile(clock, 50) / alone)
        figures = " ".join(f"{figure:7.2f}" for figure in taken)
        print(f"{kind.name:48}{len(clock):7} {figures}{'  SLOW' if is_slow else ''}", flush=True)
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")
    print("cpu: time on the processor, whatever else the machine does; bare and ratio: by the clock")
    return kept


def timed(asks: Sequence[Request], rounds: int) -> tuple[list[float], list[float]]:
    """Milliseconds by the clock and on the processor, each sorted.

    Every question is asked once before, so that files are in the system's cache.
    """
    for ask in asks:
        ask()
    clock, processor = [], []
    for _ in range(rounds):
        for ask in asks:
            began, began_work = time.perf_counter(), time.process_time()
            ask()
            processor.append((time.process_time() - began_work) * 1000)
            clock.append((time.perf_counter() - began) * 1000)
    return sorted(clock), sorted(processor)


def percentile(ordered: Sequence[float], percent: float) -> float:
    """By the nearest rank: a figure that was measured."""
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
