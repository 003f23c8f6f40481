"""The database that all rooms share: opening it, its transactions and locks, and inserts.

SQLite or PostgreSQL, by the URL; only `sqlite.py` and `postgres.py` know the difference.
"""

import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import IntEnum
from pathlib import Path
from typing import Any, Protocol

import psycopg
from sqlalchemy import URL, Connection, CursorResult, Engine, Table, func, make_url, select, text
from sqlalchemy.dialects.postgresql import Insert as PostgresInsert
from sqlalchemy.dialects.sqlite import Insert as SQLiteInsert
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from articles.database.postgres import Postgres
from articles.database.sqlite import SQLite
from articles.errors import DatabaseCorrupted, DatabaseError, DatabaseUnavailable, DatabaseUnusable

__all__ = [
    "AdvisoryLock",
    "Database",
    "DatabaseCorrupted",
    "DatabaseError",
    "DatabaseUnavailable",
    "DatabaseUnusable",
    "acquire_lock",
    "disable_timeouts",
    "insert_or_ignore",
    "insert_or_ignore_statement",
    "new_id",
    "open_database",
    "password_in",
]

EXAMPLES = "sqlite:///pullquote.db or postgresql://user@host/pullquote"
# A second "@" after the password's: the password contains one, and its end would be taken for the host.
_BROKEN_PASSWORD = re.compile(r"[^:/]+://[^:/]*:[^@]*@(?:[^?]*|[^=]*)@")


class Backend(Protocol):
    """What differs between kinds of databases."""

    name: str  # for people: a path, or host, port and database; never a password
    writing: dict[str, Any]  # the execution options of a transaction
    reading: dict[str, Any]

    def engine(self) -> Engine:
        """A connection pool. Raises DatabaseUnusable if the URL cannot be used."""

    def prepare(self, engine: Engine) -> None:
        """Connects for the first time."""

    def check(self, connection: Connection) -> None:
        """Raises DatabaseUnusable if the database is corrupted."""

    def version(self, connection: Connection) -> str:
        """The database software and its version."""

    def back_up(self, path: Path) -> int:
        """As `Database.back_up`."""

    def translate(self, error: BaseException | None) -> DatabaseError | None:
        """The driver's error as ours; None if it is not about the database as a whole."""


class Database:
    """A pool of connections to one database. Safe to share between threads."""

    def __init__(self, engine: Engine, backend: Backend) -> None:
        self.engine, self._backend = engine, backend
        self.name = backend.name  # for people: no password in it
        self._writer = engine.execution_options(**backend.writing)
        self._reader = engine.execution_options(**backend.reading)

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A connection that may write. All of the block is stored or, if it raises, nothing.

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
        """Raises DatabaseError if the database does not answer."""
        with self.reading() as connection:
            connection.exec_driver_sql("SELECT 1")

    def check(self) -> None:
        """Reads every page of a SQLite file; minutes for a large one. Raises DatabaseUnusable."""
        with self.reading() as connection:
            self._backend.check(connection)

    def version(self) -> str:
        """The database software and its version: "SQLite 3.40.1". Raises DatabaseError."""
        with self.reading() as connection:
            return self._backend.version(connection)

    def back_up(self, path: Path) -> int:
        """Copies a SQLite database to a new file while others read and write; returns its size in bytes.

        The copy is one state of the database, is checked, and gets its name only when it is complete.
        Raises DatabaseUnusable if the file exists already or can't be written, or on PostgreSQL.
        """
        return self._backend.back_up(path)

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
        except PoolTimeout as error:
            raise DatabaseUnavailable(f"all connections to the database are in use: {self.name}") from error
        except (DBAPIError, sqlite3.Error, psycopg.Error) as error:  # drivers raise their own between rows
            ours = self._backend.translate(error.orig if isinstance(error, DBAPIError) else error)
            if ours is None:
                raise
            raise ours from error


def open_database(url: str) -> Database:
    """The database at a SQLAlchemy URL. A SQLite file and its folder are created if they do not exist.

    `bot.storage.migration.upgrade` creates the tables. Raises DatabaseUnusable with what is wrong, and
    DatabaseUnavailable if a server does not answer.
    """
    backend = _backend(_parsed(url))
    try:
        database = Database(backend.engine(), backend)
        try:
            database.prepare()
        except Exception:
            database.close()
            raise
    except (ArgumentError, ValueError) as error:  # SQLAlchemy or the driver cannot read a part of the URL
        raise DatabaseUnusable(f"a host, port or option in the database URL is not valid: {error}") from error
    return database


def password_in(url: str) -> str | None:
    """The password in a database URL, to keep it out of logs; None if there is none or it is no URL."""
    try:
        parsed = _parsed(url)
    except DatabaseUnusable:
        return None  # an invalid URL is never logged
    in_query = parsed.query.get("password")
    return parsed.password or (in_query if isinstance(in_query, str) else None)


def _parsed(url: str) -> URL:
    """Raises DatabaseUnusable, which quotes nothing: any part of a wrong URL may be of its password."""
    if _BROKEN_PASSWORD.match(url):
        raise DatabaseUnusable("the database URL has an @ in its host: in a password, write @ as %40")
    try:
        return make_url(url)
    except (ArgumentError, ValueError):  # ValueError: a port that is no number, quoted
        raise DatabaseUnusable(f"the database URL is not valid: give for example {EXAMPLES}") from None


def _backend(url: URL) -> Backend:
    match url.get_backend_name():
        case "sqlite":
            return SQLite(url)
        case "postgresql" | "postgres":
            return Postgres(url)
    raise DatabaseUnusable(f"this database is not supported, use {EXAMPLES}: {url.drivername}")


# --- for writers

_LOCK_CLASS = 0x50554C4C  # the first half of our advisory locks' keys; other programs have other numbers


class AdvisoryLock(IntEnum):
    """Work that only one transaction at a time may do, because it reads everything before it writes."""

    MIGRATION = 1
    ARTICLES = 2  # storing and deleting them: versions, copies, stories and speakers depend on all others
    FEEDS = 3  # changing the list of feeds
    COPY = 4


def acquire_lock(connection: Connection, lock: AdvisoryLock) -> None:
    """Waits for the lock and holds it until the transaction ends.

    What is read after this is still true when it is written. On SQLite every transaction has all locks.
    """
    if _is_postgres(connection):
        connection.execute(select(func.pg_advisory_xact_lock(_LOCK_CLASS, int(lock))))


def disable_timeouts(connection: Connection) -> None:
    """Lets this transaction's statements run, and wait for locks, without a time limit."""
    if _is_postgres(connection):
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        connection.execute(text("SET LOCAL lock_timeout = 0"))


def insert_or_ignore(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> int:
    """Inserts the rows that break no unique key; returns how many."""
    if not rows:
        return 0
    # One insert of many values would be compiled again for every number of rows.
    statement = insert_or_ignore_statement(connection, table)
    return connection.execute(statement, list(rows), execution_options={"preserve_rowcount": True}).rowcount


def insert_or_ignore_statement(connection: Connection, table: Table) -> PostgresInsert | SQLiteInsert:
    """The statement of `insert_or_ignore`, for any number of rows."""
    insert = PostgresInsert if _is_postgres(connection) else SQLiteInsert
    return insert(table).on_conflict_do_nothing()


def new_id(inserted: CursorResult[Any]) -> int:
    """The id that the database gave to the one row inserted."""
    key = inserted.inserted_primary_key
    if key is None:
        raise ValueError("not an insert of one row")
    return int(key[0])


def _is_postgres(connection: Connection) -> bool:
    return connection.dialect.name == "postgresql"
