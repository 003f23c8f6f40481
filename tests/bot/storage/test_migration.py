"""The migrations make the tables that the code has, once, whoever starts first."""

import multiprocessing
import re

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text

import bot.storage.schema  # noqa: F401 (its tables join the metadata)
import summarizer.schema  # noqa: F401
from articles.database import Database, open_database
from articles.schema import metadata
from bot.storage.migration import DatabaseNewer, upgrade

NOT_OURS = ("articles_fts", "article_words", "procrastinate_", "rate_windows")

# Every column, index, trigger and function, as the database writes them.
SCHEMAS = {
    "sqlite": "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name",
    "postgresql": """
        SELECT concat_ws(' ', table_name, column_name, data_type, collation_name, is_nullable)
        FROM information_schema.columns WHERE table_schema = current_schema()
        UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = current_schema()
        UNION ALL SELECT concat(event_object_table, event_manipulation, action_statement)
        FROM information_schema.triggers WHERE trigger_schema = current_schema()
        UNION ALL SELECT routine_definition FROM information_schema.routines
        WHERE routine_schema = current_schema() ORDER BY 1
    """,
}


def schema_of(database: Database) -> list[str]:
    with database.reading() as connection:
        return [row[0] for row in connection.execute(text(SCHEMAS[connection.dialect.name]))]


def migrate(url: str) -> None:
    database = open_database(url)
    upgrade(database)
    database.close()


@pytest.mark.slow
def test_the_migrated_tables_are_those_of_the_code(database: Database) -> None:
    with database.reading() as connection:
        context = MigrationContext.configure(
            connection,
            opts={"include_name": lambda name, *_: not (name or "").startswith(NOT_OURS)},
        )
        assert compare_metadata(context, metadata) == []


def test_migrating_twice_changes_nothing(database: Database) -> None:
    before = schema_of(database)
    upgrade(database)
    assert schema_of(database) == before


@pytest.mark.slow
def test_two_processes_that_start_at_once_both_get_the_tables(bare_database: str) -> None:
    spawned = multiprocessing.get_context("fork")
    processes = [spawned.Process(target=migrate, args=(bare_database,)) for _ in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * 4
    database = open_database(bare_database)
    assert any(re.search("articles_fts|article_words", statement) for statement in schema_of(database))
    database.close()


def test_a_database_of_a_newer_version_is_left_alone(database: Database) -> None:
    with database.transaction() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    before = schema_of(database)
    with pytest.raises(DatabaseNewer, match="upgrade Pullquote"):
        upgrade(database)
    assert schema_of(database) == before


@pytest.mark.slow
def test_a_migration_that_fails_leaves_the_database_as_it_was(bare_database: str) -> None:
    database = open_database(bare_database)
    with database.transaction() as connection:
        connection.exec_driver_sql("CREATE TABLE outbox (somebody TEXT)")  # the last table to be made
    before = schema_of(database)
    with pytest.raises(Exception, match="outbox"):
        upgrade(database)
    assert schema_of(database) == before
    database.close()
