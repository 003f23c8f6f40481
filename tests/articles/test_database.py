"""Opening a database, and what its transactions promise."""

import re
import sqlite3
import threading
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

import articles.database.sqlite
from articles.database import (
    AdvisoryLock,
    Database,
    DatabaseError,
    DatabaseUnavailable,
    DatabaseUnusable,
    acquire_lock,
    insert_or_ignore,
    open_database,
    password_in,
)
from bot.storage.chats import ensure_chat
from bot.storage.schema import chats
from tests.databases import on_postgresql, on_sqlite
from tests.samples import CHAT, NOW


def test_a_new_database_gets_its_folder(tmp_path: Path) -> None:
    path = tmp_path / "var" / "lib" / "pullquote.db"
    open_database(f"sqlite:///{path}").close()
    assert path.exists()


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("pullquote.db", "not valid"),
        ("mysql://localhost/x", "not supported"),
        ("postgresql://localhost", "names no database"),
        ("postgresql://me:secret@127.0.0.1:1/x", "does not answer: 127.0.0.1:1/x .Connection refused"),
        ("postgresql://secret:p/x", "not valid"),
        ("postgresql://me:p@host:secret/x", "not valid"),
        (
            "postgresql://me:secret@127.0.0.1/x?foo=bar",
            'has an invalid option: invalid connection option "foo"',
        ),
        ("postgresql://me:secret@127.0.0.1/x?connect_timeout=soon", "bad value for connect_timeout: 'soon'"),
        ("postgresql://me:secret@127.0.0.1/x?port=ten", "a host, port or option in the database URL"),
        (f"postgresql://me:secret@{'a' * 70}/x", "a host, port or option in the database URL"),
        ("sqlite:////tmp/pullquote-of-no-test.db?timeout=soon", "a host, port or option in the database URL"),
        ("sqlite://", "names no file"),
        ("sqlite:///:memory:", "names no file"),
        ("sqlite:////dev/null/x/pullquote.db", "cannot make the database's folder"),
        ("sqlite:////", "cannot be opened"),
    ],
)
def test_a_url_that_cannot_work_is_refused_in_one_line(url: str, says: str) -> None:
    with pytest.raises(DatabaseError, match=says) as refused:
        open_database(url)
    assert "\n" not in str(refused.value)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:hun@ter2@127.0.0.1:1/db",
        "postgresql://u:hun@ter2/7@127.0.0.1:1/db",
        "postgresql://u:hun@x:ter2@127.0.0.1:1/db",
        "postgresql://u:hun@ter2?7@127.0.0.1:1/db?sslmode=disable",
    ],
)
def test_a_password_that_breaks_the_url_is_refused_and_no_part_of_it_said(url: str) -> None:
    with pytest.raises(DatabaseUnusable, match="in a password, write @ as %40") as refused:
        open_database(url)
    assert not any(part in str(refused.value) for part in ("hun", "ter2"))
    assert password_in(url) is None


@pytest.mark.parametrize(
    ("url", "password"),
    [
        ("postgresql://u:hun%40ter2@127.0.0.1:1/db", "hun@ter2"),
        ("postgresql://u@corp:hunter2@127.0.0.1:1/a%40b", "hunter2"),
        ("postgresql://u:p@127.0.0.1:1/db?application_name=a@b", "p"),
    ],
)
def test_an_at_sign_elsewhere_breaks_nothing(url: str, password: str) -> None:
    assert password_in(url) == password
    with pytest.raises(DatabaseUnavailable, match="does not answer"):
        open_database(url)


def test_a_file_that_is_no_database_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_text("Dear editor, " * 100)
    with pytest.raises(DatabaseUnusable, match="some other file"):
        open_database(f"sqlite:///{path}")
    assert path.read_text().startswith("Dear editor")


@on_sqlite
def test_a_corrupted_database_says_so(database: Database) -> None:
    path = Path(str(database.engine.url.database))
    database.close()
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + b"\xa5" * (len(whole) - 4096))
    with pytest.raises(DatabaseUnusable, match="corrupted"):
        open_database(f"sqlite:///{path}").check()


def test_a_sound_database_passes_its_check(database: Database) -> None:
    database.check()


def test_a_database_says_what_runs_it(database: Database, kind: str) -> None:
    known = {"sqlite": r"SQLite 3\.\d+", "postgresql": r"PostgreSQL \d+\.\d+, .*pgvector.*"}
    assert re.match(known[kind], database.version())


@on_sqlite
def test_a_read_only_database_can_be_read_and_says_why_it_cannot_be_written(database: Database) -> None:
    path = database.engine.url.database
    read_only = open_database(f"sqlite:///file:{path}?mode=ro&uri=true")
    with read_only.reading() as connection:
        assert connection.execute(select(func.count()).select_from(chats)).scalar_one() == 0

    def write() -> None:
        with read_only.transaction() as connection:
            ensure_chat(connection, CHAT, NOW)

    with pytest.raises(DatabaseUnusable, match="read-only"):
        write()
    read_only.close()


def test_a_transaction_that_fails_leaves_nothing(database: Database) -> None:
    def fail_half_way() -> None:
        with database.transaction() as connection:
            ensure_chat(connection, CHAT, NOW)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_half_way()
    with database.reading() as connection:
        assert connection.execute(select(func.count()).select_from(chats)).scalar_one() == 0


def test_foreign_keys_hold(database: Database) -> None:
    with pytest.raises(IntegrityError), database.transaction() as connection:
        connection.exec_driver_sql("INSERT INTO delivered (chat_id, article_id) VALUES (1, 1)")


def test_a_reader_sees_one_state_throughout_and_waits_for_no_writer(database: Database) -> None:
    count = select(func.count()).select_from(chats)
    with database.reading() as reader:
        assert reader.execute(count).scalar_one() == 0
        with database.transaction() as writer:
            ensure_chat(writer, CHAT, NOW)
        assert reader.execute(count).scalar_one() == 0
    with database.reading() as reader:
        assert reader.execute(count).scalar_one() == 1


def test_threads_that_read_then_write_take_turns(database: Database) -> None:
    with database.transaction() as connection:
        connection.execute(text("CREATE TABLE counter (n INTEGER NOT NULL)"))
        connection.execute(text("INSERT INTO counter VALUES (0)"))

    def count_up() -> None:
        for _ in range(20):
            with database.transaction() as connection:
                acquire_lock(connection, AdvisoryLock.COPY)
                n = connection.execute(text("SELECT n FROM counter")).scalar_one()
                connection.execute(text("UPDATE counter SET n = :n"), {"n": n + 1})

    threads = [threading.Thread(target=count_up) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.reading() as connection:
        assert connection.exec_driver_sql("SELECT n FROM counter").scalar_one() == 160


@on_sqlite
def test_a_lock_that_stays_is_worth_another_try(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(articles.database.sqlite, "BUSY_TIMEOUT_S", 0.05)
    path = str(database.engine.url.database)
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    impatient = open_database(f"sqlite:///{path}")
    with pytest.raises(DatabaseUnavailable, match="locked"), impatient.transaction():
        pass
    holder.execute("ROLLBACK")
    with impatient.transaction() as connection:
        ensure_chat(connection, CHAT, NOW)
    impatient.close()
    holder.close()


@on_sqlite
def test_a_full_disk_is_said_and_loses_nothing(database: Database) -> None:
    with database.transaction() as connection:
        ensure_chat(connection, CHAT, NOW)

    def write_more_than_fits() -> None:
        with database.transaction() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
            connection.exec_driver_sql("UPDATE chats SET timezone = ?", ("x" * 1_000_000,))

    with pytest.raises(DatabaseUnavailable, match="disk is full"):
        write_more_than_fits()
    with database.reading() as connection:
        assert connection.execute(select(func.count()).select_from(chats)).scalar_one() == 1


def test_a_row_that_breaks_a_key_is_left_out_and_the_others_are_stored(database: Database) -> None:
    rows = [
        {"platform": "console", "chat": name, "thread": "", "created_at": NOW} for name in ("a", "b", "a")
    ]
    with database.transaction() as connection:
        assert insert_or_ignore(connection, chats, rows) == 2
        assert insert_or_ignore(connection, chats, rows) == 0
        assert insert_or_ignore(connection, chats, []) == 0


@on_postgresql
def test_a_connection_that_the_server_cuts_is_worth_another_try(database: Database) -> None:
    with database.reading() as connection:
        own = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
    url = database.engine.url.set(drivername="postgresql")

    def write() -> None:
        with database.transaction() as connection:
            ensure_chat(connection, CHAT, NOW)
            other = psycopg.connect(url.render_as_string(hide_password=False))
            mine = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
            other.execute("SELECT pg_terminate_backend(%s)", (mine,))
            other.close()
            ensure_chat(connection, replace(CHAT, chat="2"), NOW)

    with pytest.raises(DatabaseUnavailable, match=r"shutting down|closed|does not answer"):
        write()
    database.ping()  # a broken connection in the pool is replaced
    with database.reading() as connection:
        assert connection.execute(select(func.count()).select_from(chats)).scalar_one() == 0
        assert connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one() != own


@on_postgresql
def test_who_waits_too_long_for_a_turn_may_try_again(database: Database) -> None:
    def impatient() -> None:
        with database.transaction() as second:
            second.execute(text("SET LOCAL lock_timeout = '50ms'"))
            acquire_lock(second, AdvisoryLock.FEEDS)

    with database.transaction() as first:
        acquire_lock(first, AdvisoryLock.FEEDS)
        with pytest.raises(DatabaseUnavailable, match="busy"):
            impatient()


@on_postgresql
@pytest.mark.parametrize(
    ("statement", "kind_of_error", "says"),
    [
        ("SET LOCAL statement_timeout = 20; SELECT pg_sleep(1)", DatabaseUnavailable, "too long"),
        ("SET TRANSACTION READ ONLY; DELETE FROM chats", DatabaseUnusable, "read-only"),
        ("SET LOCAL ROLE pg_monitor; DELETE FROM chats", DatabaseUnusable, "owner"),
    ],
)
def test_what_the_server_refuses_is_one_line(
    database: Database, statement: str, kind_of_error: type[Exception], says: str
) -> None:
    def ask() -> None:
        with database.transaction() as connection:
            for each in statement.split(";"):
                connection.execute(text(each))

    with pytest.raises(kind_of_error, match=says) as refused:
        ask()
    assert "\n" not in str(refused.value)


@on_postgresql
def test_what_readers_do_writes_nothing(database: Database) -> None:
    with pytest.raises(DatabaseUnusable, match="read-only"), database.reading() as connection:
        connection.execute(text("DELETE FROM chats"))
