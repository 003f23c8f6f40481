"""Copies a whole SQLite database into an empty PostgreSQL database, and compares the two at the end.

The source is read in one snapshot. Rows are written in batches; each batch is one transaction that also
records how far the copy is, so that a killed copy can go on after its last batch. Foreign keys, triggers and
the word index are off during the copy. They come back at the end, after every table was read back and
compared. Until then the bot refuses to start on the database.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from psycopg import Connection as PsycopgConnection
from sqlalchemy import Connection, Table, exists, func, insert, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import AddConstraint, DropConstraint

import summarizer.schema  # noqa: F401 (its tables join the metadata)
from articles.database import Database, DatabaseUnavailable, DatabaseUnusable, disable_timeouts, open_database
from articles.schema import articles, metadata
from articles.search.tsvector import INDEX, MAKE_INDEX, words_of
from bot.copying.rows import Raw, batches, digest_of_source, digest_of_target, key_of, write
from bot.progress import Step
from bot.storage.migration import upgrade
from bot.storage.schema import copied

_LOCK = 0x50554C4C, 4  # as `AdvisoryLock.COPY`, but held for the whole copy, not for one transaction

TABLES = tuple(table for table in metadata.sorted_tables if table is not copied)
"""The tables to copy, each after those that it refers to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """Result of a copy."""

    rows: int  # in all tables
    resumed_at: int  # how many of these an earlier run copied
    before: datetime | None = None  # when an earlier run finished it; None: this one did


def copy_to(
    url: str,
    source: Database,
    *,
    clock: Callable[[], datetime],
    progress: Callable[[int], AbstractContextManager[Step]] = lambda _: nullcontext(_no_step),
) -> Copied:
    """Copies the source, whose schema is up to date, to the database at the URL, or goes on with such a copy.

    progress: given the number of rows to copy, returns a function to call after each batch. Raises
    DatabaseUnusable if the target is not PostgreSQL or holds other data, or if the source changed since an
    earlier run.
    """
    if source.engine.dialect.name != "sqlite":
        raise DatabaseUnusable(
            "only SQLite databases can be copied: for PostgreSQL use pg_dump and pg_restore"
        )
    if not url.startswith("postgres"):
        raise DatabaseUnusable("the target must be PostgreSQL, for example postgresql://user@host/pullquote")
    target = open_database(url)
    try:
        upgrade(target)
        with _alone(target):
            return _Copying(source, target, clock, progress).run()
    finally:
        target.close()


def refuse_unfinished(database: Database) -> None:
    """Raises DatabaseUnusable if a copy into the database was started and not finished."""
    with database.reading() as connection:
        if connection.execute(select(exists().where(copied.c.finished_at.is_(None)))).scalar():
            raise DatabaseUnusable(
                "the copy into this database is not finished, run `pullquote db copy` again: " + database.name
            )


def _no_step(steps: int = 1) -> None: ...


@contextmanager
def _alone(target: Database) -> Iterator[None]:
    """Locks the target against other copies, even one whose client was killed while its server works on."""
    with target.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("SET idle_in_transaction_session_timeout = 0"))
        if not connection.execute(select(func.pg_try_advisory_lock(*_LOCK))).scalar():
            raise DatabaseUnavailable(f"another copy into this database is running: {target.name}")
        try:
            yield
        finally:
            # If the connection is lost, the server has released the lock.
            with suppress(DBAPIError):
                connection.execute(select(func.pg_advisory_unlock(*_LOCK)))


@dataclass(frozen=True, slots=True, kw_only=True)
class _TableState:
    """How far one table is copied. The target database keeps it in the table `copied`."""

    rows: int
    last_key: Sequence[Any] | None  # primary key of the last row; None: no row yet


class _Copying:
    def __init__(
        self,
        source: Database,
        target: Database,
        clock: Callable[[], datetime],
        progress: Callable[[int], AbstractContextManager[Step]],
    ) -> None:
        self._source, self._target, self._clock, self._progress = source, target, clock, progress

    def run(self) -> Copied:
        with self._target.transaction() as connection:
            known = _states(connection)
            before = _finished_at(connection) if known else None
            if before is not None:
                return Copied(rows=sum(each.rows for each in known.values()), resumed_at=0, before=before)
            if not known:
                self._begin(connection)
        resumed_at = sum(each.rows for each in known.values())
        with self._source.reading() as source:
            self._refuse_changed(source, known)
            with self._progress(sum(_count(source, table) for table in TABLES) - resumed_at) as step:
                for table in TABLES:
                    last_key = known[table.name].last_key if table.name in known else None
                    for batch in batches(source, table, last_key):
                        self._store(table, batch)
                        step(len(batch))
            rows = self._compare(source)
        self._finish()
        return Copied(rows=rows, resumed_at=resumed_at)

    def _begin(self, connection: Connection) -> None:
        if held := _non_empty_table(connection):
            raise DatabaseUnusable(
                f"a copy needs an empty database, and this one has {held}: {self._target.name}"
            )
        disable_timeouts(connection)
        for table in TABLES:
            for constraint in table.foreign_key_constraints:
                connection.execute(DropConstraint(constraint))
            connection.execute(text(f"ALTER TABLE {table.name} DISABLE TRIGGER USER"))
        connection.execute(text(f"DROP INDEX {INDEX}"))
        connection.execute(insert(copied), [{"table_name": table.name, "rows": 0} for table in TABLES])

    def _refuse_changed(self, source: Connection, known: Mapping[str, _TableState]) -> None:
        """Checks for deleted rows before hours of copying. `_compare` finds other changes."""
        for table in TABLES:
            there = known[table.name].rows if table.name in known else 0
            if there > _count(source, table):
                raise self._changed(table)

    def _store(self, table: Table, batch: list[Raw]) -> None:
        columns = [column.name for column in table.columns]
        with self._target.transaction() as connection:
            disable_timeouts(connection)
            driver = _driver(connection)
            write(driver, table.name, columns, batch)
            if table is articles:
                rows = (dict(zip(columns, row, strict=True)) for row in batch)
                words = ((row["search_key"], words_of(row)) for row in rows if row["superseded_by"] is None)
                write(driver, "article_words", ("search_key", "words"), words)
            values = {"rows": copied.c.rows + len(batch), "last_key": key_of(table, batch[-1])}
            connection.execute(update(copied).where(copied.c.table_name == table.name).values(values))

    def _compare(self, source: Connection) -> int:
        """The number of rows in both. Raises DatabaseUnusable if a table differs."""
        rows = 0
        for table in TABLES:
            with self._target.transaction() as connection:
                disable_timeouts(connection)
                copy = digest_of_target(_driver(connection), table)
            if copy != digest_of_source(source, table):
                raise self._changed(table)
            rows += copy.rows
        return rows

    def _finish(self) -> None:
        with self._target.transaction() as connection:
            disable_timeouts(connection)
            connection.execute(text("SET LOCAL maintenance_work_mem = '256MB'"))
            connection.execute(text(MAKE_INDEX))
            for table in TABLES:
                for constraint in table.foreign_key_constraints:
                    connection.execute(AddConstraint(constraint))
                connection.execute(text(f"ALTER TABLE {table.name} ENABLE TRIGGER USER"))
                if "id" in table.columns:
                    last = select(func.max(table.c.id)).scalar_subquery()
                    sequence = func.pg_get_serial_sequence(table.name, "id")
                    connection.execute(select(func.setval(sequence, func.coalesce(last, 0) + 1, False)))
            connection.execute(text("ANALYZE"))
            connection.execute(update(copied).values(finished_at=self._clock()))

    def _changed(self, table: Table) -> DatabaseUnusable:
        return DatabaseUnusable(
            f"{table.name} differs between source and target: the source changed since the copy started."
            f" Stop the bot, create {self._target.name} again, and copy again"
        )


def _states(connection: Connection) -> Mapping[str, _TableState]:
    """By table; empty if no copy was started."""
    return {
        row.table_name: _TableState(rows=row.rows, last_key=row.last_key)
        for row in connection.execute(select(copied))
    }


def _finished_at(connection: Connection) -> datetime | None:
    """When the copy was finished; None if it is not finished, or there was none."""
    finished = select(func.min(copied.c.finished_at)).having(func.count() == func.count(copied.c.finished_at))
    return connection.execute(finished).scalar()


def _non_empty_table(connection: Connection) -> str | None:
    """The name of a table that has rows; None: all are empty."""
    for table in TABLES:
        if connection.execute(select(1).select_from(table).limit(1)).first() is not None:
            return table.name
    return None


def _count(source: Connection, table: Table) -> int:
    return source.execute(select(func.count()).select_from(table)).scalar_one()


def _driver(connection: Connection) -> PsycopgConnection[Any]:
    return cast("PsycopgConnection[Any]", connection.connection.driver_connection)
