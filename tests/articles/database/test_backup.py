"""Backups of a database that is being written."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from articles.database import Database, DatabaseUnusable
from tests.databases import on_sqlite

pytestmark = on_sqlite


@contextmanager
def written_in_pairs(database: Database) -> Iterator[None]:
    """Somebody stores two rows at a time, again and again, from now on."""
    path, stop = database.engine.url.database or "", threading.Event()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE pairs (half, filler)")
        connection.executemany("INSERT INTO pairs VALUES ('filler', ?)", [("x" * 1_000,)] * 20_000)
        connection.commit()

    def write() -> None:
        with closing(sqlite3.connect(path, timeout=10)) as connection:
            while not stop.is_set():
                connection.execute("INSERT INTO pairs VALUES ('left', '')")
                connection.execute("INSERT INTO pairs VALUES ('right', '')")
                connection.commit()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        yield
    finally:
        stop.set()
        writer.join()


def test_a_backup_is_one_state_of_a_database_in_use(database: Database, tmp_path: Path) -> None:
    target = tmp_path / "backup.db"
    with written_in_pairs(database):
        size = database.back_up(target)
    assert size == target.stat().st_size > 20_000_000
    with closing(sqlite3.connect(target)) as copy:
        counts = dict(copy.execute("SELECT half, count(*) FROM pairs GROUP BY half"))
        assert copy.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert counts["filler"] == 20_000
    assert counts.get("left") == counts.get("right")
    assert sorted(p.name for p in tmp_path.iterdir() if p.name.startswith("backup")) == ["backup.db"]


def test_a_backup_overwrites_nothing(database: Database, tmp_path: Path) -> None:
    target = tmp_path / "backup.db"
    target.write_text("kept")
    with pytest.raises(DatabaseUnusable, match="exists already"):
        database.back_up(target)
    assert target.read_text() == "kept"


def test_what_a_stopped_backup_left_is_in_no_ones_way(database: Database, tmp_path: Path) -> None:
    target = tmp_path / "backup.db"
    (tmp_path / "backup.db.unfinished").write_bytes(b"half of it")
    database.back_up(target)
    assert target.read_bytes().startswith(b"SQLite format 3")


def test_where_nothing_can_be_written_the_reason_is_said(database: Database, tmp_path: Path) -> None:
    with pytest.raises(DatabaseUnusable, match="no backup was made to"):
        database.back_up(tmp_path / "nowhere" / "backup.db")
