"""The migrations make the tables that the code has, once, whoever starts first."""

import multiprocessing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

import bot.schema  # noqa: F401 (its tables join the metadata)
import summarizer.schema  # noqa: F401
from articles.database import Database, open_database
from articles.schema import metadata
from bot.migration import DatabaseNewer, upgrade


def schema_of(database: Database) -> list[str]:
    with database.reading() as connection:
        rows = connection.exec_driver_sql("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name")
        return [row[0] for row in rows]


def migrate(path: str) -> None:
    database = open_database(f"sqlite:///{path}")
    upgrade(database)
    database.close()


def test_the_migrated_tables_are_those_of_the_code(database: Database) -> None:
    with database.reading() as connection:
        context = MigrationContext.configure(
            connection,
            opts={"include_name": lambda name, kind, _: not (name or "").startswith("articles_fts")},
        )
        assert compare_metadata(context, metadata) == []


def test_migrating_twice_changes_nothing(database: Database) -> None:
    before = schema_of(database)
    upgrade(database)
    assert schema_of(database) == before


def test_two_processes_that_start_at_once_both_get_the_tables(tmp_path: Path) -> None:
    path = str(tmp_path / "pullquote.db")
    spawned = multiprocessing.get_context("fork")
    processes = [spawned.Process(target=migrate, args=(path,)) for _ in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * 4
    database = open_database(f"sqlite:///{path}")
    assert any("articles_fts" in statement for statement in schema_of(database))
    database.close()


def test_a_database_of_a_newer_version_is_left_alone(database: Database) -> None:
    with database.transaction() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    before = schema_of(database)
    with pytest.raises(DatabaseNewer, match="upgrade Pullquote"):
        upgrade(database)
    assert schema_of(database) == before


def test_a_migration_that_fails_leaves_the_database_as_it_was(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'other.db'}")
    with database.transaction() as connection:
        connection.exec_driver_sql("CREATE TABLE outbox (somebody TEXT)")  # the last table to be made
    before = schema_of(database)
    with pytest.raises(Exception, match="outbox"):
        upgrade(database)
    assert schema_of(database) == before
    database.close()
