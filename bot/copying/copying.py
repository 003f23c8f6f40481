"""Copies a whole SQLite database into an empty PostgreSQL database, and compares the two at the end.

The source is read in one snapshot. Rows are written in batches; each batch is one transaction that also
records how far the copy is, so that a killed copy can continue after its last batch. Foreign keys, triggers
and the word index are off during the copy. They come back at the end, after every table was read back and
compared. Until then the bot refuses to start on the database.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
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
    progress: Callable[[int], AbstractContextManager[Step]],
) -> Copied:
    """Copies the source, whose schema is up to date, to the database at the URL, or continues such a copy.

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
            return _Copying(source=source, target=target, clock=clock, progress=progress).run()
    finally:
        target.close()


def refuse_unfinished(database: Database) -> None:
    """Raises DatabaseUnusable if a copy into the database was started and not finished."""
    with database.reading() as connection:
        if connection.execute(select(exists().where(copied.c.finished_at.is_(None)))).scalar():
            raise DatabaseUnusable(
                "the copy into this database is not finished, run `pullquote db copy` again: " + database.name
            )


@contextmanager
def _alone(target: Database) -> Iterator[None]:
    """Locks the target against other copies, even one whose client was killed but not its server."""
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
class _Copying:
    source: Database
    target: Database
    clock: Callable[[], datetime]
    progress: Callable[[int], AbstractContextManager[Step]]

    def run(self) -> Copied:
        with self.target.transaction() as connection:
            states = connection.execute(select(copied)).all()
            if states and all(state.finished_at for state in states):
                before = min(state.finished_at for state in states)
                return Copied(rows=sum(state.rows for state in states), resumed_at=0, before=before)
            if not states:
                self._begin(connection)
        rows_copied = {state.table_name: state.rows for state in states}
        last_keys = {state.table_name: state.last_key for state in states}  # None: no row yet
        resumed_at = sum(rows_copied.values())
        with self.source.reading() as source:
            total = 0
            for table in TABLES:
                count = source.execute(select(func.count()).select_from(table)).scalar_one()
                # Deleted rows are found before hours of copying; `_compare` finds other changes.
                if rows_copied.get(table.name, 0) > count:
                    raise self._changed(table)
                total += count
            with self.progress(total - resumed_at) as step:
                for table in TABLES:
                    for batch in batches(source, table, last_keys.get(table.name)):
                        self._store(table, batch)
                        step(len(batch))
            rows = self._compare(source)
        self._finish()
        return Copied(rows=rows, resumed_at=resumed_at)

    def _begin(self, connection: Connection) -> None:
        filled = (t.name for t in TABLES if connection.execute(select(exists(select(t)))).scalar())
        if held := next(filled, None):
            raise DatabaseUnusable(
                f"a copy needs an empty database, and this one has {held}: {self.target.name}"
            )
        disable_timeouts(connection)
        for table in TABLES:
            for constraint in table.foreign_key_constraints:
                connection.execute(DropConstraint(constraint))
            connection.execute(text(f"ALTER TABLE {table.name} DISABLE TRIGGER USER"))
        connection.execute(text(f"DROP INDEX {INDEX}"))
        connection.execute(insert(copied), [{"table_name": table.name, "rows": 0} for table in TABLES])

    def _store(self, table: Table, batch: list[Raw]) -> None:
        columns = [column.name for column in table.columns]
        with self.target.transaction() as connection:
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
            with self.target.transaction() as connection:
                disable_timeouts(connection)
                copy = digest_of_target(_driver(connection), table)
            if copy != digest_of_source(source, table):
                raise self._changed(table)
            rows += copy.rows
        return rows

    def _finish(self) -> None:
        with self.target.transaction() as connection:
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
            connection.execute(update(copied).values(finished_at=self.clock()))

    def _changed(self, table: Table) -> DatabaseUnusable:
        return DatabaseUnusable(
            f"{table.name} differs between source and target: the source changed since the copy started."
            f" Stop the bot, create {self.target.name} again, and copy again"
        )


def _driver(connection: Connection) -> PsycopgConnection[Any]:
    return cast("PsycopgConnection[Any]", connection.connection.driver_connection)
