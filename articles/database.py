"""The database that all rooms share: opening it, reading it, and writing it in whole transactions."""

import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, CursorResult, Engine, Table, create_engine, event, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.exc import ArgumentError, DBAPIError

BUSY_TIMEOUT_S = 10.0


class DatabaseError(Exception):
    """Base of what can be wrong with the database as a whole. Its text is one plain sentence."""


class DatabaseUnusable(DatabaseError):
    """It can't be opened, read or written; an operator has to act."""


class DatabaseUnavailable(DatabaseError):
    """Not now (locked by another process, disk full); nothing was written, worth another try."""


class Database:
    """A pool of connections to one database. Safe to share between threads."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._writer = engine.execution_options(begin="BEGIN IMMEDIATE")

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A connection that may write: all of the block is stored, or, if it raises, nothing.

        On SQLite the write lock is taken at the start, so that what is read here is still true when it is
        written. Keep slow work outside. Raises DatabaseUnavailable, DatabaseUnusable.
        """
        with _translated(self.engine.url), self._writer.begin() as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that sees one state of the database throughout. Never waits for a writer."""
        with _translated(self.engine.url), self.engine.connect() as connection:
            yield connection

    def ping(self) -> None:
        """Asks it for nothing. Raises DatabaseError where it does not answer."""
        with self.reading() as connection:
            connection.exec_driver_sql("SELECT 1")

    def check(self) -> None:
        """Reads every page; minutes for a large file. Raises DatabaseUnusable where it is corrupted."""
        with self.reading() as connection:
            if connection.dialect.name != "sqlite":
                return
            found = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one()
        if found != "ok":
            raise DatabaseUnusable(f"the database is corrupted, restore a backup: {_name(self.engine.url)}")

    def close(self) -> None:
        self.engine.dispose()


def open_database(url: str) -> Database:
    """The database at a SQLAlchemy URL (`sqlite:////var/lib/pullquote.db`), file and folder made if absent.

    Its tables are `bot.migration.upgrade`'s work. Raises DatabaseUnusable with what is wrong.
    """
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise DatabaseUnusable(
            "the database URL is not one: give for example sqlite:///pullquote.db"
        ) from error
    if parsed.get_backend_name() != "sqlite":
        raise DatabaseUnusable(f"this database is not supported, use sqlite:///FILE: {parsed.drivername}")
    if parsed.database in (None, "", ":memory:"):
        raise DatabaseUnusable("the database URL names no file: give for example sqlite:///pullquote.db")
    _make_folder(parsed)
    engine = create_engine(parsed, connect_args={"timeout": BUSY_TIMEOUT_S}, pool_size=8, max_overflow=24)
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    database = Database(engine)
    try:
        with _translated(parsed):
            _switch_to_wal(engine)
    except DatabaseError:
        database.close()
        raise
    return database


def password_in(url: str) -> str | None:
    """The password in a database URL, to keep it out of logs; None if there is none or it is no URL."""
    try:
        return make_url(url).password
    except ArgumentError:
        return None


def insert_absent(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> int:
    """Inserts those rows that break no unique key; how many that were."""
    if not rows:
        return 0
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = insert(table).values(list(rows)).on_conflict_do_nothing()
    return connection.execute(statement).rowcount


def new_id(inserted: CursorResult[Any]) -> int:
    """The id that the database gave to the one row inserted."""
    key = inserted.inserted_primary_key
    if key is None:
        raise ValueError("not an insert of one row")
    return int(key[0])


def _make_folder(url: URL) -> None:
    path = url.database or ""
    if path.startswith("file:"):
        return  # SQLite's own URI: whoever writes that knows where it points
    try:
        Path(path).absolute().parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DatabaseUnusable(f"cannot make the database's folder: {Path(path).parent}") from error


def _prepare(connection: sqlite3.Connection, _record: object) -> None:
    # SQLAlchemy's documented way to whole transactions on SQLite: the driver emits no BEGIN, `_begin` does.
    connection.isolation_level = None
    connection.execute("PRAGMA foreign_keys = ON")
    # With NORMAL, a power cut may lose the last commits, a digest's mark among them: it would be sent again.
    connection.execute("PRAGMA synchronous = FULL")


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get("begin", "BEGIN"))


def _switch_to_wal(engine: Engine) -> None:
    """Readers and the one writer then don't wait for each other. It is a property of the file."""
    deadline = time.monotonic() + BUSY_TIMEOUT_S
    with closing(engine.raw_connection()) as raw:
        # SQLite does not wait here, as it does elsewhere, when two processes make the switch at once.
        while not _is_wal(raw.cursor(), last_try=time.monotonic() > deadline):
            time.sleep(0.05)


def _is_wal(cursor: DBAPICursor, *, last_try: bool) -> bool:
    try:
        cursor.execute("PRAGMA journal_mode = WAL")
    except sqlite3.OperationalError as error:
        if last_try or error.sqlite_errorname != "SQLITE_BUSY":
            raise
        return False
    return True


@contextmanager
def _translated(url: URL) -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        raise _known(error.orig, url) or error from error
    except sqlite3.Error as error:
        raise _known(error, url) or error from error


# By SQLite's primary result codes (sqlite.org, "Result and Error Codes").
_UNAVAILABLE = {"BUSY": "is locked by another process", "FULL": "cannot grow, the disk is full"}
_UNUSABLE = {
    "CANTOPEN": "cannot be opened (is the path a folder, or not ours to write?)",
    "NOTADB": "is some other file, not a database",
    "CORRUPT": "is corrupted, restore a backup",
    "READONLY": "is read-only, make file and folder writable",
    "IOERR": "cannot be read or written, the disk reports an error",
}


def _known(error: BaseException | None, url: URL) -> DatabaseError | None:
    """The error in our words; None if it is not about the database as a whole."""
    code = getattr(error, "sqlite_errorname", "").removeprefix("SQLITE_").split("_")[0]
    if code in _UNAVAILABLE:
        return DatabaseUnavailable(f"the database {_UNAVAILABLE[code]}: {_name(url)}")
    if code in _UNUSABLE:
        return DatabaseUnusable(f"the database {_UNUSABLE[code]}: {_name(url)}")
    return None


def _name(url: URL) -> str:
    return url.database or url.render_as_string(hide_password=True)
