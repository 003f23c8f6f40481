"""SQLite: one file, one writer at a time, readers that never wait."""

import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPICursor

from articles.errors import (
    DatabaseCorrupted,
    DatabaseError,
    DatabaseUnavailable,
    DatabaseUnusable,
)

BUSY_TIMEOUT_S = 10.0


class SQLite:
    """A `Backend`. The write lock is taken where a transaction begins, not at its first write."""

    writing: dict[str, Any] = {"begin": "BEGIN IMMEDIATE"}  # noqa: RUF012 (a constant)
    reading: dict[str, Any] = {}  # noqa: RUF012

    def __init__(self, url: URL) -> None:
        self._url = url
        self.name = url.database or ""

    def engine(self) -> Engine:
        """Makes file and folder where there are none."""
        if self._url.database in (None, "", ":memory:"):
            raise DatabaseUnusable("the database URL names no file: give for example sqlite:///pullquote.db")
        _make_folder(self.name)
        engine = create_engine(
            self._url, connect_args={"timeout": BUSY_TIMEOUT_S}, pool_size=8, max_overflow=24
        )
        event.listen(engine, "connect", _prepare)
        event.listen(engine, "begin", _begin)
        return engine

    def prepare(self, engine: Engine) -> None:
        """Readers and the one writer then don't wait for each other. It is a property of the file."""
        deadline = time.monotonic() + BUSY_TIMEOUT_S
        with closing(engine.raw_connection()) as raw:
            # SQLite does not wait here, as it does elsewhere, when two processes make the switch at once.
            while not _is_wal(raw.cursor(), last_try=time.monotonic() > deadline):
                time.sleep(0.05)

    def check(self, connection: Connection) -> None:
        """Reads every page."""
        found = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one()
        if found != "ok":
            raise DatabaseCorrupted(f"the database {_CORRUPTED['CORRUPT']}: {self.name}")

    def version(self, connection: Connection) -> str:  # noqa: ARG002 (the port's signature)
        return f"SQLite {sqlite3.sqlite_version}"

    def known(self, error: BaseException | None) -> DatabaseError | None:
        """By SQLite's primary result code."""
        code = getattr(error, "sqlite_errorname", "").removeprefix("SQLITE_").split("_")[0]
        if code in _UNAVAILABLE:
            return DatabaseUnavailable(f"the database {_UNAVAILABLE[code]}: {self.name}")
        if code in _CORRUPTED:
            return DatabaseCorrupted(f"the database {_CORRUPTED[code]}: {self.name}")
        if code in _UNUSABLE:
            return DatabaseUnusable(f"the database {_UNUSABLE[code]}: {self.name}")
        return None


# sqlite.org, "Result and Error Codes".
_UNAVAILABLE = {"BUSY": "is locked by another process", "FULL": "cannot grow, the disk is full"}
_RESTORE = (
    "stop Pullquote, move the file away together with those of its name that end in -wal and -shm, and put a"
    " backup in its place that `pullquote db backup` made (without one, `sqlite3 FILE .recover` saves what"
    " can still be read)"
)
_CORRUPTED = {
    "NOTADB": f"is some other file, not a database, or its head is overwritten: {_RESTORE}",
    "CORRUPT": f"is corrupted, restore a backup: {_RESTORE}",
}
_UNUSABLE = {
    "CANTOPEN": "cannot be opened (is the path a folder, or not ours to write?)",
    "READONLY": "is read-only, make file and folder writable",
    "IOERR": "cannot be read or written, the disk reports an error",
}


def _make_folder(path: str) -> None:
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


def _is_wal(cursor: DBAPICursor, *, last_try: bool) -> bool:
    try:
        cursor.execute("PRAGMA journal_mode = WAL")
    except sqlite3.OperationalError as error:
        if last_try or error.sqlite_errorname != "SQLITE_BUSY":
            raise
        return False
    return True
