"""A SQLite installation copied into an empty PostgreSQL database: all of it, or it says what is missing.

The source is read in one snapshot. Rows go over in batches, each in one transaction with the note of how far
the copy has come, so that a copy that is killed goes on behind its last batch. What checks and follows
single rows (foreign keys, triggers, the index of words) is off meanwhile and comes back at the end, once
every table has been read back from both sides and compared. Until then no bot starts on the database.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from psycopg import Connection as PsycopgConnection
from sqlalchemy import Connection, Table, func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import AddConstraint, DropConstraint

from articles.database import Database, DatabaseUnavailable, DatabaseUnusable, disable_timeouts, open_database
from articles.schema import articles
from articles.search.tsvector import INDEX, MAKE_INDEX, words_of
from bot.copying import state
from bot.copying.rows import Raw, batches, digest_of_source, digest_of_target, key_of, write
from bot.progress import Step
from bot.storage.migration import upgrade

_LOCK = 0x50554C4C, 4  # with `AdvisoryLock.COPY`: for as long as the whole copy takes, not one transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """What came of it."""

    rows: int  # in all tables
    resumed_at: int  # of those, how many an earlier run had copied
    before: datetime | None = None  # when an earlier run finished it; None: this one did


def copy_to(
    url: str,
    source: Database,
    *,
    clock: Callable[[], datetime],
    progress: Callable[[int], AbstractContextManager[Step]] = lambda _: nullcontext(_no_step),
) -> Copied:
    """Copies all of the source, which is up to date, to the database at the URL, and finishes what was begun.

    progress: from how many rows there are to copy to what hears how many have just been. Raises
    DatabaseUnusable where the target is no PostgreSQL database, or holds anything else; where the source has
    been written to since an earlier run, so that the two are not the same.
    """
    if source.engine.dialect.name != "sqlite":
        raise DatabaseUnusable("only a SQLite database is copied: for PostgreSQL use pg_dump and pg_restore")
    if not url.startswith("postgres"):
        raise DatabaseUnusable(
            "a copy goes to PostgreSQL, to a database such as postgresql://user@host/pullquote"
        )
    target = open_database(url)
    try:
        upgrade(target)
        with _alone(target):
            return _Copying(source, target, clock, progress).run()
    finally:
        target.close()


def _no_step(steps: int = 1) -> None: ...


@contextmanager
def _alone(target: Database) -> Iterator[None]:
    """Keeps any other copy out of the target, also one whose client was killed and whose server works on."""
    with target.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("SET idle_in_transaction_session_timeout = 0"))
        if not connection.execute(select(func.pg_try_advisory_lock(*_LOCK))).scalar():
            raise DatabaseUnavailable(f"another copy into this database is running: {target.name}")
        try:
            yield
        finally:
            # A server that is gone has unlocked it, and why the copy ended has been said already.
            with suppress(DBAPIError):
                connection.execute(select(func.pg_advisory_unlock(*_LOCK)))


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
            known = state.states(connection)
            before = state.finished_at(connection) if known else None
            if before is not None:
                return Copied(rows=sum(each.rows for each in known.values()), resumed_at=0, before=before)
            if not known:
                self._begin(connection)
        resumed_at = sum(each.rows for each in known.values())
        with self._source.reading() as source:
            self._refuse_changed(source, known)
            with self._progress(sum(_count(source, table) for table in state.TABLES) - resumed_at) as step:
                for table in state.TABLES:
                    last_key = known[table.name].last_key if table.name in known else None
                    for batch in batches(source, table, last_key):
                        self._store(table, batch)
                        step(len(batch))
            rows = self._compare(source)
        self._finish()
        return Copied(rows=rows, resumed_at=resumed_at)

    def _begin(self, connection: Connection) -> None:
        if held := state.holds_anything(connection):
            raise DatabaseUnusable(
                f"a copy needs an empty database, and this one has {held}: {self._target.name}"
            )
        disable_timeouts(connection)
        for table in state.TABLES:
            for constraint in table.foreign_key_constraints:
                connection.execute(DropConstraint(constraint))
            connection.execute(text(f"ALTER TABLE {table.name} DISABLE TRIGGER USER"))
        connection.execute(text(f"DROP INDEX {INDEX}"))
        state.begin(connection)

    def _refuse_changed(self, source: Connection, known: Mapping[str, state.TableState]) -> None:
        """A first look, before hours of copying: it finds what was deleted. `_compare` finds the rest."""
        for table in state.TABLES:
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
            state.note(connection, table, len(batch), key_of(table, batch[-1]))

    def _compare(self, source: Connection) -> int:
        """How many rows both have. Raises DatabaseUnusable where a table is not the same in both."""
        rows = 0
        for table in state.TABLES:
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
            for table in state.TABLES:
                for constraint in table.foreign_key_constraints:
                    connection.execute(AddConstraint(constraint))
                connection.execute(text(f"ALTER TABLE {table.name} ENABLE TRIGGER USER"))
                if "id" in table.columns:
                    last = select(func.max(table.c.id)).scalar_subquery()
                    sequence = func.pg_get_serial_sequence(table.name, "id")
                    connection.execute(select(func.setval(sequence, func.coalesce(last, 0) + 1, False)))
            connection.execute(text("ANALYZE"))
            state.finish(connection, self._clock())

    def _changed(self, table: Table) -> DatabaseUnusable:
        return DatabaseUnusable(
            f"{table.name} is not the same in both: the source has been written to since the copy began."
            f" Stop the bot, make {self._target.name} anew, and copy again"
        )


def _count(source: Connection, table: Table) -> int:
    return source.execute(select(func.count()).select_from(table)).scalar_one()


def _driver(connection: Connection) -> PsycopgConnection[Any]:
    return cast("PsycopgConnection[Any]", connection.connection.driver_connection)
