"""A PostgreSQL database of the test's own; where there is no server, these tests are left out."""

from collections.abc import Iterator

import pytest

from articles.database import Database, open_database
from tests.databases.postgres import TestPostgres


@pytest.fixture(params=[pytest.param("postgresql", marks=pytest.mark.postgresql)])
def kind(request: pytest.FixtureRequest) -> str:
    """What several processes share, only PostgreSQL can hold."""
    return str(request.param)


@pytest.fixture
def shared_url(kind: str, test_postgres: TestPostgres) -> str:
    """The URL of an empty database, migrated as in production."""
    return test_postgres.state()


@pytest.fixture
def shared_database(shared_url: str) -> Iterator[Database]:
    database = open_database(shared_url)
    yield database
    database.close()
