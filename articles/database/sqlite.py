"""SQLite: one file, one writer at a time, readers that never wait; and backups of the file."""

import os
import sqlite3
import time
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPICursor

from articles.errors import DatabaseCorrupted, DatabaseError, DatabaseUnavailable, DatabaseUnusable

BUSY_TIMEOUT_S = 10.0


class SQLite:
    """A `Backend`. A transaction takes the write lock when it begins, not at its first write."""

    writing: dict[str, Any] = {"begin": "BEGIN IMMEDIATE"}  # noqa: RUF012 (a constant)
    reading: dict[str, Any] = {}  # noqa: RUF012

    def __init__(self, url: URL) -> None:
        self._url = url
        self.name = url.database or ""

    def engine(self) -> Engine:
        """Creates the file and its folder if they do not exist."""
        if self._url.database in (None, "", ":memory:"):
            raise DatabaseUnusable("the database URL names no file: give for example sqlite:///pullquote.db")
        if not self.name.startswith("file:"):  # SQLite's own URI: whoever writes one knows where it points
            folder = Path(self.name).parent
            try:
                folder.absolute().mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise DatabaseUnusable(f"cannot make the database's folder: {folder}") from error
        engine = create_engine(
            self._url, connect_args={"timeout": BUSY_TIMEOUT_S}, pool_size=8, max_overflow=24
        )
        event.listen(engine, "connect", _prepare)
        event.listen(engine, "begin", _begin)
        return engine

    def prepare(self, engine: Engine) -> None:
        """Switches the file to WAL mode, in which readers and the writer do not wait for each other."""
        deadline = time.monotonic() + BUSY_TIMEOUT_S
        with closing(engine.raw_connection()) as raw:
            # Here SQLite does not wait by itself if two processes switch at the same time.
            while not _is_wal(raw.cursor(), last_try=time.monotonic() > deadline):
                time.sleep(0.05)

    def check(self, connection: Connection) -> None:
        """Reads every page."""
        found = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one()
        if found != "ok":
            raise DatabaseCorrupted(f"the database {_CORRUPT}: {self.name}")

    def version(self, connection: Connection) -> str:  # noqa: ARG002 (the port's signature)
        return f"SQLite {sqlite3.sqlite_version}"

    def back_up(self, path: Path) -> int:
        """By SQLite's own backup (sqlite.org, "Using the SQLite Online Backup API")."""
        if path.exists():
            raise DatabaseUnusable(f"the file exists already, name another: {path}")
        unfinished = path.with_name(f"{path.name}.unfinished")
        try:
            _copy(Path(self.name), unfinished)
            unfinished.replace(path)
            return path.stat().st_size
        except (OSError, sqlite3.Error) as error:
            raise DatabaseUnusable(f"no backup was made to {path}: {error}") from error
        finally:
            with suppress(OSError):
                unfinished.unlink(missing_ok=True)

    def translate(self, error: BaseException | None) -> DatabaseError | None:
        """By SQLite's primary result code."""
        code = getattr(error, "sqlite_errorname", "").removeprefix("SQLITE_").split("_")[0]
        if code not in _ERRORS:
            return None
        kind, words = _ERRORS[code]
        return kind(f"the database {words}: {self.name}")


_RESTORE = (
    "stop Pullquote, move the file away together with those of its name that end in -wal and -shm, and put a"
    " backup in its place that `pullquote db backup` made (without one, `sqlite3 FILE .recover` saves what"
    " can still be read)"
)
_CORRUPT = f"is corrupted, restore a backup: {_RESTORE}"
_NOT_A_DATABASE = f"is some other file, not a database, or its start is overwritten: {_RESTORE}"
# sqlite.org, "Result and Error Codes".
_ERRORS: dict[str, tuple[type[DatabaseError], str]] = {
    "BUSY": (DatabaseUnavailable, "is locked by another process"),
    "FULL": (DatabaseUnavailable, "cannot grow, the disk is full"),
    "NOTADB": (DatabaseCorrupted, _NOT_A_DATABASE),
    "CORRUPT": (DatabaseCorrupted, _CORRUPT),
    "CANTOPEN": (DatabaseUnusable, "cannot be opened (is the path a folder, or not ours to write?)"),
    "READONLY": (DatabaseUnusable, "is read-only, make file and folder writable"),
    "IOERR": (DatabaseUnusable, "cannot be read or written, the disk reports an error"),
}


def _prepare(connection: sqlite3.Connection, _record: object) -> None:
    # SQLAlchemy's documented way to real transactions on SQLite: the driver emits no BEGIN, `_begin` does.
    connection.isolation_level = None
    connection.execute("PRAGMA foreign_keys = ON")
    # With NORMAL, a power cut may lose the last commits. A digest that was sent would then be sent again.
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


_PAGES = 1_024  # per step of a backup


def _copy(source: Path, target: Path) -> None:
    target.unlink(missing_ok=True)  # left by a backup that was interrupted
    # A backup in steps starts again whenever somebody writes; inside a read transaction it keeps its state.
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
        old.execute("BEGIN")
        old.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        old.backup(new, pages=_PAGES)
        (found,) = new.execute("PRAGMA quick_check(1)").fetchone()
        if found != "ok":
            raise DatabaseUnusable(f"the database is corrupted, restore an older backup: {found}")
    with target.open("rb") as written:
        os.fsync(written.fileno())
