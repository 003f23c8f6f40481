"""A PostgreSQL schema with what several processes share, made by the migration that makes it."""

import importlib
import os
from collections.abc import Iterator
from uuid import uuid4

import psycopg
import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations

from articles.database import Database, open_database

SERVER = os.environ.get("PULLQUOTE_TEST_POSTGRES", "postgresql://127.0.0.1:5432/test")


@pytest.fixture
def shared_url() -> Iterator[str]:
    """The URL of a database that is this test's own."""
    schema = f"pullquote_{uuid4().hex[:12]}"
    try:
        admin = psycopg.connect(SERVER, connect_timeout=2, autocommit=True)
    except psycopg.OperationalError as error:
        pytest.skip(f"no PostgreSQL at {SERVER}: {error}")
    admin.execute(f"CREATE SCHEMA {schema}")
    try:
        url = f"{SERVER}?options=-csearch_path%3D{schema}"
        database = open_database(url)
        migration = importlib.import_module("bot.migrations.versions.v0003_shared")
        with (
            database.transaction() as connection,
            Operations.context(MigrationContext.configure(connection)),
        ):
            migration.upgrade()
        database.close()
        yield url
    finally:
        admin.execute(f"DROP SCHEMA {schema} CASCADE")
        admin.close()


@pytest.fixture
def shared_database(shared_url: str) -> Iterator[Database]:
    database = open_database(shared_url)
    yield database
    database.close()
