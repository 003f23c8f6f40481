"""`pullquote db copy` of a large installation that is killed twice on the way, and compared row by row.

    python -m bench.copy [ARTICLES] [--to URL] [--source FILE]

Makes ARTICLES articles in a SQLite file (see `synthetic_news.py`), with what tells copies and stories apart,
and copies them to a database of its own on the server at --to; both are deleted at the end, but for a file
named with --source. The comparison is not the copy's own: every table is read from both sides in the order of
its key, as values, and compared.
"""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import zip_longest
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
from psycopg import sql
from sqlalchemy import Table, collate, func, insert, make_url, select, update
from sqlalchemy.types import String

from articles.database import Database, open_database
from articles.schema import article_bands, article_marks, article_names, first_key, metadata
from bench.synthetic_news import APART, NEWEST, SyntheticNews
from bot.storage.migration import upgrade
from bot.storage.schema import copied

KILL_AT = (0.3, 0.7)  # of all rows
BANDS, NAMES, SIGNATURE = 42, 12, 504
BATCH = 5_000
SERVER = "postgresql://127.0.0.1:5432/test"


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="bench.copy", description="A copy that is killed on the way.")
    parser.add_argument("articles", type=int, nargs="?", default=100_000)
    parser.add_argument("--to", default=SERVER, help="a database of a server where another can be made")
    parser.add_argument(
        "--source", type=Path, help="a SQLite file to copy, made if it is not there, and kept"
    )
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="pullquote-copy-") as folder, database_at(options.to) as target:
        path = options.source or Path(folder) / "pullquote.db"
        source = f"sqlite:///{path}"
        if not path.exists():
            timed("made", lambda: make(source, options.articles))
        rows = count_rows(source)
        print(f"{rows:,} rows, {path.stat().st_size / 1e9:.2f} GB")
        for share in KILL_AT:
            timed(f"killed at {share:.0%}", lambda: kill_at(source, target, int(share * rows)))  # noqa: B023
        print(timed("finished", lambda: copy(source, target).communicate()[0].decode().strip()))
        print(timed("once more", lambda: copy(source, target).communicate()[0].decode().strip()))
        same = timed("compared", lambda: is_same(source, target))
        print("identical" if same else "NOT identical")
        return 0 if same else 1


def timed(name: str, work: Any) -> Any:
    began = time.monotonic()
    result = work()
    print(f"{name}: {time.monotonic() - began:.0f} s", flush=True)
    return result


@contextmanager
def database_at(server: str) -> Iterator[str]:
    name = f"pullquote_copy_{os.getpid()}"
    with psycopg.connect(server, autocommit=True) as connection:
        make = "CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'"
        connection.execute(sql.SQL(make).format(sql.Identifier(name)))
        try:
            yield make_url(server).set(database=name).render_as_string(hide_password=False)
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def make(url: str, count: int) -> None:
    database, news = open_database(url), SyntheticNews(count)
    upgrade(database)
    for _ in news.write(database):
        pass
    chance = np.random.default_rng(7)
    for first in range(0, count, BATCH):
        write_marks(database, range(first, min(first + BATCH, count)), count, news, chance)
    with database.transaction() as connection:
        connection.execute(update(article_marks).values(signature=func.randomblob(SIGNATURE)))
    database.close()


def count_rows(url: str) -> int:
    with open_database(url).reading() as connection:
        return sum(
            connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in metadata.sorted_tables
        )


def write_marks(
    database: Database, numbers: range, count: int, news: SyntheticNews, chance: np.random.Generator
) -> None:
    bands = chance.integers(-(1 << 63), 1 << 63, size=(len(numbers), BANDS))
    with database.transaction() as connection:
        connection.execute(
            insert(article_bands),
            [
                {"band": int(band), "article_id": number + 1}
                for number, its in zip(numbers, bands, strict=True)
                for band in its
            ],
        )
        connection.execute(
            insert(article_names),
            [
                {
                    "name": f"{news.words[at]}",
                    "search_key": first_key(NEWEST - (count - number) * APART),
                    "article_id": number + 1,
                }
                for number in numbers
                for at in chance.choice(len(news.words), NAMES, replace=False)
            ],
        )


def copy(source: str, target: str) -> subprocess.Popen[bytes]:
    """The command as people run it."""
    return subprocess.Popen(
        [sys.executable, "-m", "bot.cli", "db", "copy", "--to", target],
        env=os.environ | {"PULLQUOTE_DATABASE_URL": source},
        stdout=subprocess.PIPE,
    )


def kill_at(source: str, target: str, rows: int) -> None:
    process, watched = copy(source, target), open_database(target)
    while rows_copied(watched) < rows:
        if process.poll() is not None:
            sys.exit("the copy ended before it could be killed")
        time.sleep(0.2)
    watched.close()
    process.send_signal(signal.SIGKILL)
    process.wait()


def rows_copied(database: Database) -> int:
    with database.reading() as connection:
        if not connection.execute(select(func.to_regclass("copied").is_not(None))).scalar():
            return 0
        return int(connection.execute(select(func.coalesce(func.sum(copied.c.rows), 0))).scalar_one())


def is_same(source: str, target: str) -> bool:
    ours, theirs = open_database(source), open_database(target)
    tables = [table for table in metadata.sorted_tables if table is not copied]
    return all(
        row == other
        for table in tables
        for row, other in zip_longest(in_order(ours, table), in_order(theirs, table))
    )


def in_order(database: Database, table: Table) -> Iterator[tuple[Any, ...]]:
    """The table's rows as values, by its key; text by its code points in both."""
    postgres = database.engine.dialect.name == "postgresql"
    keys = [
        collate(column, "C") if postgres and isinstance(column.type, String) else column
        for column in table.primary_key
    ]
    with database.reading() as connection:
        if postgres:
            connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
        read = connection.execution_options(stream_results=True, max_row_buffer=5_000)
        for row in read.execute(select(table).order_by(*keys)):
            yield tuple(row)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
