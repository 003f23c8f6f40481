"""What every test may use: a real database in a temporary folder, migrated as in production, its stores."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from articles.database import Database, open_database
from articles.store import ArticleStore
from bot.migration import upgrade
from bot.outbox import Outbox
from bot.store import ChatStore
from summarizer.store import AnalysisStore, QuoteStore

# The same examples every time, so that a change is judged by what it changed. `make fuzz` looks for new ones.
settings.register_profile("repeatable", derandomize=True)
settings.register_profile("searching", derandomize=False, print_blob=True)
settings.load_profile("repeatable")


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database with all tables, to copy: migrating takes longer than most tests."""
    path = tmp_path_factory.mktemp("migrated") / "pullquote.db"
    database = open_database(f"sqlite:///{path}")
    upgrade(database)
    database.close()
    return path


@pytest.fixture
def database(migrated_file: Path, tmp_path: Path) -> Iterator[Database]:
    path = tmp_path / "pullquote.db"
    shutil.copy(migrated_file, path)
    database = open_database(f"sqlite:///{path}")
    yield database
    database.close()


@pytest.fixture
def article_store(database: Database) -> ArticleStore:
    return ArticleStore(database)


@pytest.fixture
def analysis_store(database: Database) -> AnalysisStore:
    return AnalysisStore(database)


@pytest.fixture
def quote_store(database: Database) -> QuoteStore:
    return QuoteStore(database)


@pytest.fixture
def chat_store(database: Database) -> ChatStore:
    return ChatStore(database)


@pytest.fixture
def outbox(database: Database) -> Outbox:
    return Outbox(database)
