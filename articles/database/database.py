"""Opening a database, and its two kinds of connections."""

import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import IntEnum
from typing import Any, Protocol

import psycopg
from sqlalchemy import URL, Connection, CursorResult, Engine, Table, func, make_url, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.exc import TimeoutError as NoneFree

from articles.database.postgres import Postgres
from articles.database.sqlite import SQLite
from articles.errors import DatabaseError, DatabaseUnavailable, DatabaseUnusable

EXAMPLES = "sqlite:///pullquote.db or postgresql://user@host/pullquote"
# A second "@" behind the password's: the password goes on there, in what else would be taken for the host.
_BROKEN_PASSWORD = re.compile(r"[^:/]+://[^:/]*:[^@]*@(?:[^?]*|[^=]*)@")


class Backend(Protocol):
    """What one kind of database does in its own way."""

    name: str  # for people: a path, or host, port and database; never a password
    writing: dict[str, Any]  # the execution options of a transaction
    reading: dict[str, Any]

    def engine(self) -> Engine:
        """A pool. Raises DatabaseUnusable where the URL cannot be one."""

    def prepare(self, engine: Engine) -> None:
        """Connects for the first time."""

    def check(self, connection: Connection) -> None:
        """Raises DatabaseUnusable where it is corrupted."""

    def version(self, connection: Connection) -> str:
        """What runs it, in words."""

    def known(self, error: BaseException | None) -> DatabaseError | None:
        """The driver's error in our words; None if it is not about the database as a whole."""


class Database:
    """A pool of connections to one database. Safe to share between threads."""

    def __init__(self, engine: Engine, backend: Backend) -> None:
        self.engine, self._backend = engine, backend
        self._writer = engine.execution_options(**backend.writing)
        self._reader = engine.execution_options(**backend.reading)

    @property
    def name(self) -> str:
        """What to call it where people read: no password in it."""
        return self._backend.name

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A connection that may write: all of the block is stored, or, if it raises, nothing.

        On SQLite the write lock is taken at the start, so that what is read here is still true when it is
        written. On PostgreSQL others write meanwhile: lock the rows that you read (`with_for_update`), or
        `acquire_lock`. Keep slow work outside. Raises DatabaseUnavailable, DatabaseUnusable.
        """
        with self._translated(), self._writer.begin() as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that sees one state of the database throughout. Never waits for a writer."""
        with self._translated(), self._reader.connect() as connection:
            yield connection

    def ping(self) -> None:
        """Asks it for nothing. Raises DatabaseError where it does not answer."""
        with self.reading() as connection:
            connection.exec_driver_sql("SELECT 1")

    def check(self) -> None:
        """Reads every page of a SQLite file; minutes for a large one. Raises DatabaseUnusable."""
        with self.reading() as connection:
            self._backend.check(connection)

    def version(self) -> str:
        """What runs the database, in words: "SQLite 3.40.1". Raises DatabaseError."""
        with self.reading() as connection:
            return self._backend.version(connection)

    def close(self) -> None:
        self.engine.dispose()

    def prepare(self) -> None:
        """Connects for the first time. Raises DatabaseError."""
        with self._translated():
            self._backend.prepare(self.engine)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except NoneFree as error:
            raise DatabaseUnavailable(f"all connections to the database are in use: {self.name}") from error
        except (DBAPIError, sqlite3.Error, psycopg.Error) as error:  # drivers raise their own between rows
            known = self._backend.known(error.orig if isinstance(error, DBAPIError) else error)
            if known is None:
                raise
            raise known from error


def open_database(url: str) -> Database:
    """The database at a SQLAlchemy URL; a SQLite file and its folder are made if absent.

    Its tables are `bot.storage.migration.upgrade`'s work. Raises DatabaseUnusable with what is wrong, and
    DatabaseUnavailable where a server does not answer.
    """
    backend = _backend(_parsed(url))
    with _refusing():
        database = Database(backend.engine(), backend)
    try:
        with _refusing():
            database.prepare()
    except DatabaseError:
        database.close()
        raise
    return database


@contextmanager
def _refusing() -> Iterator[None]:
    """Raises DatabaseUnusable where SQLAlchemy or a driver cannot read a part of the URL."""
    try:
        yield
    except (ArgumentError, ValueError) as error:
        raise DatabaseUnusable(f"a host, port or option in the database URL cannot be: {error}") from error


def password_in(url: str) -> str | None:
    """The password in a database URL, to keep it out of logs; None if there is none or it is no URL."""
    try:
        parsed = _parsed(url)
    except DatabaseUnusable:
        return None  # nobody gets to log it
    in_query = parsed.query.get("password")
    return parsed.password or (in_query if isinstance(in_query, str) else None)


def _parsed(url: str) -> URL:
    """Raises DatabaseUnusable, which quotes nothing: any part of a wrong URL may be of its password."""
    if _BROKEN_PASSWORD.match(url):
        raise DatabaseUnusable("the database URL has an @ in its host: in a password, write @ as %40")
    try:
        return make_url(url)
    except (ArgumentError, ValueError):  # ValueError: a port that is no number, quoted
        raise DatabaseUnusable(f"the database URL is not one: give for example {EXAMPLES}") from None


def _backend(url: URL) -> Backend:
    match url.get_backend_name():
        case "sqlite":
            return SQLite(url)
        case "postgresql" | "postgres":
            return Postgres(url)
    raise DatabaseUnusable(f"this database is not supported, use {EXAMPLES}: {url.drivername}")


# What writers need of every database: rows that may be there already, new ids, and turns.

_OURS = 0x50554C4C  # the first half of our advisory locks' keys; other programs may have theirs in there


class AdvisoryLock(IntEnum):
    """What only one transaction at a time may do, as it reads all that is there before it writes."""

    MIGRATION = 1
    ARTICLES = (
        2  # storing and deleting them: versions, copies, stories and speakers are found by all there is
    )
    FEEDS = 3  # changing the list of feeds
    COPY = 4


def acquire_lock(connection: Connection, turn: AdvisoryLock) -> None:
    """Waits until no other transaction has the turn, and keeps it to the end of this one.

    What is read from now on is still true when it is written. On SQLite every transaction has all turns.
    """
    if _is_postgres(connection):
        connection.execute(select(func.pg_advisory_xact_lock(_OURS, int(turn))))


def disable_timeouts(connection: Connection) -> None:
    """No statement of this transaction, and no wait in it, is cut short for the time that it takes."""
    if _is_postgres(connection):
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        connection.execute(text("SET LOCAL lock_timeout = 0"))


def insert_or_ignore(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> int:
    """Inserts those rows that break no unique key; how many that were."""
    if not rows:
        return 0
    # Written out as one insert of many values, it would be compiled anew for every number of rows.
    statement = insert_or_ignore_statement(connection, table)
    return connection.execute(statement, list(rows), execution_options={"preserve_rowcount": True}).rowcount


def insert_or_ignore_statement(connection: Connection, table: Table) -> postgresql.Insert | sqlite.Insert:
    """The statement that inserts those rows that break no unique key, for any number of rows."""
    if _is_postgres(connection):
        return postgresql.insert(table).on_conflict_do_nothing()
    return sqlite.insert(table).on_conflict_do_nothing()


def new_id(inserted: CursorResult[Any]) -> int:
    """The id that the database gave to the one row inserted."""
    key = inserted.inserted_primary_key
    if key is None:
        raise ValueError("not an insert of one row")
    return int(key[0])


def _is_postgres(connection: Connection) -> bool:
    return connection.dialect.name == "postgresql"
