"""A copy of the database file while it is in use: one state of it, whole."""

import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from articles.database import Database, DatabaseUnusable

_PAGES = 1_024  # a step; the source is locked against nobody


def back_up(database: Database, path: Path) -> int:
    """Copies the database to a new file; its size in bytes. Readers and writers go on meanwhile.

    By SQLite's own backup (sqlite.org, "Using the SQLite Online Backup API"); the copy is checked, and has
    its name only once it is whole. Raises DatabaseUnusable where there is a file already, or none can be
    made.
    """
    if database.engine.dialect.name != "sqlite":
        raise DatabaseUnusable("this database has a tool of its own for backups: use pg_dump -Fc")
    if path.exists():
        raise DatabaseUnusable(f"there is a file already, name another: {path}")
    unfinished = path.with_name(f"{path.name}.unfinished")
    try:
        _copy(Path(database.engine.url.database or ""), unfinished)
        unfinished.replace(path)
        return path.stat().st_size
    except (OSError, sqlite3.Error) as error:
        raise DatabaseUnusable(f"no backup was made to {path}: {error}") from error
    finally:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)


def _copy(source: Path, target: Path) -> None:
    target.unlink(missing_ok=True)  # of a backup that was stopped
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
