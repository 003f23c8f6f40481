"""An ingest that is killed at any instant and started again ends with the rows of one that was left alone."""

import multiprocessing
import os
import random
import signal
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Column, Connection, RowMapping, Table, select

import bot.storage.schema  # noqa: F401 (its tables join the metadata)
from articles.database import open_database
from articles.ingest import SaveAnalysis, ingest
from articles.model import Article, ArticleId, Span
from articles.schema import metadata
from articles.store import ArticleStore
from summarizer.model import Brief, Bullet, KeyQuote, Quote, QuoteKind, Speaker
from summarizer.schema import quotes
from summarizer.storage.store import AnalysisStore
from tests.articles.index_check import check_index
from tests.articles.newsroom import report, unit
from tests.samples import NOW, article

KILLS = 50
ARTICLES = 150
SPEAKERS = ("Jim Mattis", "Jens Stoltenberg", "Angela Merkel", "Gen. Mattis")
PATIENCE_S = 60


def arriving() -> Iterator[Article]:
    """News in which a third are copies, a tenth new versions, and events are told by several."""
    for number in range(ARTICLES):
        event = number // 5
        telling = event if number % 5 in (1, 3) else 1000 + number  # two of five tell it word for word
        update = number % 10 == 9
        yield article(
            f"Event {event}",
            report(
                telling,
                words=60,
                names=f"Minister Name{chr(97 + event % 26)} at Place{chr(97 + event // 26)}",
            ),
            publisher=f"Publisher {number % 4}",
            url=f"https://news.example/{number - 1 if update else number}",
            published=NOW - timedelta(hours=ARTICLES - number),
        )


def ingest_all(url: str, progress: int | None = None) -> None:
    """progress: a pipe that gets a byte for each article that is new."""
    database = open_database(url)
    store, analyses = ArticleStore(database), AnalysisStore(database)

    def analyse(written: Article) -> SaveAnalysis:
        found, brief = reading(written)

        def record(connection: Connection, article_id: ArticleId) -> None:
            analyses.save_analysis(connection, article_id, found, brief)

        return record

    for number, written in enumerate(arriving()):
        direction = [0.0] * 40
        direction[number // 5] = 1.0
        done = ingest(
            written,
            database=database,
            store=store,
            analyse=analyse,
            vector=lambda _, to=tuple(direction): unit(to),  # type: ignore[misc]
            now=NOW,
        )
        if progress is not None and done.is_new:
            os.write(progress, b".")
    database.close()


def reading(written: Article) -> tuple[tuple[Quote, ...], Brief]:
    """Three quotes, by whom the text itself decides."""
    found = tuple(
        Quote(
            content=(Span(start=start, end=start + 20),),
            kind=QuoteKind.VERBATIM,
            cue=None,
            source=None,
            speaker=Speaker(name=SPEAKERS[(len(written.text) + start) % len(SPEAKERS)], role=None),
            confidence=1.0,
        )
        for start in (0, 30, 60)
    )
    bullet = Bullet(text=written.text[:20], spans=(Span(start=0, end=20),), evidence=(0,))
    return found, Brief(
        headline=written.headline, bullets=(bullet,), key_quotes=tuple(map(KeyQuote.whole, found[:1]))
    )


def rows_in(url: str) -> dict[str, list[tuple[Any, ...]]]:
    """Each table's rows. Ids count by their order alone: a kill leaves gaps in PostgreSQL's sequences.

    So do the keys of what was said, which are made with ids: what counts is which quotes share one.
    """
    database = open_database(url)
    database.check()
    with database.transaction() as connection:
        stored = {
            table: connection.execute(select(table)).mappings().all() for table in metadata.sorted_tables
        }
        check_index(connection)
    database.close()
    ranks = {
        table.c.id: {number: rank for rank, number in enumerate(sorted(row["id"] for row in rows))}
        for table, rows in stored.items()
        if "id" in table.c
    }
    firsts: dict[int, int] = {}
    for row in sorted(stored[quotes], key=lambda row: row["id"]):
        firsts.setdefault(row["said_key"], ranks[quotes.c.id][row["id"]])
    ranks[quotes.c.said_key] = firsts
    return {
        table.name: sorted((tuple(_ranked(table, row, ranks)) for row in rows), key=repr)
        for table, rows in stored.items()
    }


def _ranked(
    table: Table, row: RowMapping, ranks: Mapping[Column[Any], Mapping[int, int]]
) -> Iterator[object]:
    for column in table.c:
        identified = next((key.column for key in column.foreign_keys), column)
        of = ranks.get(identified)
        value = row[column.name]
        yield value if of is None or value is None else of[value]


def kill_after(url: str, articles: int, delay_s: float) -> bool:
    """Starts the ingest and kills it some time after so many new articles; whether it was still running."""
    reader, writer = os.pipe()
    process = multiprocessing.get_context("fork").Process(target=ingest_all, args=(url, writer))
    process.start()
    os.close(writer)
    with os.fdopen(reader, "rb") as progress:
        progress.read(articles)
        process.join(delay_s)
        process.kill()  # which does nothing to one that has ended
    process.join(PATIENCE_S)
    assert process.exitcode in (-signal.SIGKILL, 0)
    return process.exitcode != 0


@pytest.mark.slow
def test_fifty_kills_leave_the_rows_of_an_undisturbed_run(new_database: Callable[[], str]) -> None:
    undisturbed = new_database()
    ingest_all(undisturbed)
    expected = rows_in(undisturbed)
    assert {name for name, rows in expected.items() if rows} >= {
        "articles", "stories", "article_bands", "article_names", "article_marks", "quotes", "speakers",
        "briefs",
    }  # fmt: skip

    killed = new_database()
    chance = random.Random(20170216)
    hits = 0
    for _ in range(KILLS):
        hits += kill_after(killed, chance.randrange(2 * ARTICLES // KILLS), chance.uniform(0, 0.01))
    assert hits > KILLS // 2  # of the kills, most found it at work
    ingest_all(killed)
    assert rows_in(killed) == expected
