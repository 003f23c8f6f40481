"""What every test may use: a real database, migrated as in production, its stores.

Whatever asks for a database runs on SQLite and on PostgreSQL. Where there is no PostgreSQL to be had, that
half is left out, and the last lines of the run say so.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from tests.databases.server import HERE, NoServer, Server, drop_left_over, find_server

# A test of a pure function must start in a second: what only some tests need is imported in its fixture.
if TYPE_CHECKING:
    from articles.database import Database
    from articles.store import ArticleStore
    from bot.storage.chats import ChatStore
    from bot.storage.outbox import Outbox
    from summarizer.storage.store import AnalysisStore, QuoteStore
    from tests.databases.postgres import TestPostgres

# The same examples every time, so that a change is judged by what it changed. `make fuzz` looks for new ones.
settings.register_profile("repeatable", derandomize=True)
settings.register_profile("searching", derandomize=False, print_blob=True)
settings.load_profile("repeatable")

SERVER = "PULLQUOTE_TEST_POSTGRES"  # the URL of a server to use: for the workers, or from outside
NO_SERVER = "PULLQUOTE_TEST_NO_POSTGRES"  # why there is none
_server = pytest.StashKey[Server]()
_server_url = pytest.StashKey[str | None]()


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "postgresql: runs on PostgreSQL")
    config.addinivalue_line("markers", "slow: takes seconds or many processes; `make quick` leaves it out")
    # Here, as tests of settings empty the environment later.
    config.stash[_server_url] = None if NO_SERVER in os.environ else os.environ.get(SERVER)
    if config.getoption("numprocesses", default=None) and not hasattr(config, "workerinput"):
        _find_server(config)  # one for all workers, which inherit the environment


def _find_server(config: pytest.Config) -> None:
    os.environ.pop(NO_SERVER, None)
    config.stash[_server_url] = None
    try:
        server = find_server(os.environ.pop(SERVER, HERE))
        drop_left_over(server.url, "pullquote_test_")
    except NoServer as error:
        os.environ[NO_SERVER] = str(error)
        return
    os.environ[SERVER] = config.stash[_server_url] = server.url
    config.stash[_server] = server


def pytest_unconfigure(config: pytest.Config) -> None:
    if (server := config.stash.get(_server, None)) is not None:
        server.stop()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    on_postgres = [item for item in items if _runs_on_postgres(item)]
    is_worker = hasattr(config, "workerinput")
    if on_postgres and not is_worker and _server not in config.stash and not config.option.collectonly:
        _find_server(config)
    if on_postgres and config.stash[_server_url] is None:
        config.hook.pytest_deselected(items=on_postgres)
        left_out = set(on_postgres)
        items[:] = [item for item in items if item not in left_out]


def _runs_on_postgres(item: pytest.Item) -> bool:
    return bool(item.get_closest_marker("postgresql")) or "test_postgres" in getattr(item, "fixturenames", ())


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if reason := os.environ.get(NO_SERVER):
        terminalreporter.write_line(f"NOT RUN: the tests on PostgreSQL, {reason}", yellow=True)


POSTGRESQL = pytest.param("postgresql", marks=pytest.mark.postgresql)


@pytest.fixture(params=["sqlite", POSTGRESQL])
def kind(request: pytest.FixtureRequest) -> str:
    """Which database the test runs on. Tests of one kind override it: `parametrize("kind", ["sqlite"])`."""
    return str(request.param)


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database with all tables, to copy: migrating takes longer than most tests."""
    from articles.database import open_database
    from bot.storage.migration import upgrade

    path = tmp_path_factory.mktemp("migrated") / "pullquote.db"
    database = open_database(f"sqlite:///{path}")
    upgrade(database)
    database.close()
    return path


@pytest.fixture(scope="session")
def test_postgres(pytestconfig: pytest.Config, worker_id: str) -> Iterator[TestPostgres]:
    """The PostgreSQL database of this process."""
    from tests.databases.postgres import TestPostgres

    server_url = pytestconfig.stash[_server_url]
    assert server_url is not None  # else whatever asks for it is left out
    made = TestPostgres(server_url, worker_id)
    yield made
    made.drop()


@pytest.fixture
def new_database(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    """Gives the URL of an empty database. On PostgreSQL there is one at a time: the one before is cut off."""
    if kind == "postgresql":
        postgres: TestPostgres = request.getfixturevalue("test_postgres")
        return postgres.state
    migrated: Path = request.getfixturevalue("migrated_file")

    def copied() -> str:
        path = tmp_path / f"pullquote-{len(list(tmp_path.glob('pullquote-*.db')))}.db"
        shutil.copy(migrated, path)
        return f"sqlite:///{path}"

    return copied


@pytest.fixture
def bare_database(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database without any table."""
    if kind == "postgresql":
        postgres: TestPostgres = request.getfixturevalue("test_postgres")
        return postgres.bare()
    return f"sqlite:///{tmp_path / 'bare.db'}"


@pytest.fixture
def database(new_database: Callable[[], str]) -> Iterator[Database]:
    from articles.database import open_database

    database = open_database(new_database())
    yield database
    database.close()


@pytest.fixture
def article_store(database: Database) -> ArticleStore:
    from articles.store import ArticleStore

    return ArticleStore(database)


@pytest.fixture
def analysis_store(database: Database) -> AnalysisStore:
    from summarizer.storage.store import AnalysisStore

    return AnalysisStore(database)


@pytest.fixture
def quote_store(database: Database) -> QuoteStore:
    from summarizer.storage.store import QuoteStore

    return QuoteStore(database)


@pytest.fixture
def chat_store(database: Database) -> ChatStore:
    from bot.storage.chats import ChatStore

    return ChatStore(database)


@pytest.fixture
def outbox(database: Database) -> Outbox:
    from bot.storage.outbox import Outbox

    return Outbox(database)
