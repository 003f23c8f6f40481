"""The whole app over a database that holds the sample article, read by the real pipeline once a run."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.bot.clocks import HandClock

# A test of a pure function must start in a second: what only some tests need is imported in its fixture.
if TYPE_CHECKING:
    from articles.database import Database
    from articles.fetching import FetchPolicy
    from articles.model import Article
    from bot.app.application import Application
    from bot.delivery.dispatcher import Dispatcher
    from summarizer.analysis import Analyst
    from tests.bot.dispatchers import Chat
    from tests.databases.postgres import TestPostgres


@pytest.fixture(autouse=True)
def _loggers_as_they_were() -> Iterator[None]:
    """A test of a command sets up the log of this process, to a stream that is closed after it."""
    root = logging.getLogger()
    handlers = root.handlers[:]
    level, levels = root.level, {each: each.level for each in _loggers()}
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    for each in _loggers():
        each.setLevel(levels.get(each, logging.NOTSET))


def _loggers() -> list[logging.Logger]:
    known = logging.getLogger().manager.loggerDict.values()
    return [each for each in known if isinstance(each, logging.Logger)]


@pytest.fixture(scope="session")
def analyst() -> Analyst:
    from summarizer.analysis import Analyst

    return Analyst()


@pytest.fixture(scope="session")
def seed() -> Article:
    """The sample article as a fresh installation stores it."""
    from articles.files import read_article_file
    from config.defaults import sample_article

    sample = sample_article()
    return replace(read_article_file(sample.path), publisher=sample.publisher, url=sample.url)


@pytest.fixture(scope="session")
def seeded_file(tmp_path_factory: pytest.TempPathFactory, analyst: Analyst, seed: Article) -> Path:
    from bot.app.application import open_application
    from tests.bot.installation import POLICY, UTC_ZONE

    path = tmp_path_factory.mktemp("seeded") / "pullquote.db"
    with open_application(f"sqlite:///{path}", analyst=analyst, zone=UTC_ZONE, policy=POLICY) as app:
        app.ingest(seed)
    return path


@pytest.fixture
def seeded_database(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path, analyst: Analyst, seed: Article
) -> str:
    """The URL of a database that holds the sample article."""
    if kind == "postgresql":
        postgres: TestPostgres = request.getfixturevalue("test_postgres")
        from bot.app.application import Application
        from tests.bot.installation import POLICY, UTC_ZONE

        def ingest_seed(database: Database) -> None:
            Application(database, analyst=analyst, zone=UTC_ZONE, policy=POLICY).ingest(seed)

        return postgres.state("seeded", ingest_seed)
    path = tmp_path / "app.db"
    shutil.copy(request.getfixturevalue("seeded_file"), path)
    return f"sqlite:///{path}"


@pytest.fixture
def clock() -> HandClock:
    from tests.samples import NOW

    return HandClock(NOW)


@pytest.fixture
def policy() -> FetchPolicy:
    """How the app fetches: from nowhere that is private, loopback too."""
    from tests.bot.installation import POLICY

    return POLICY


@pytest.fixture
def app(
    seeded_database: str, analyst: Analyst, policy: FetchPolicy, clock: Callable[[], datetime]
) -> Iterator[Application]:
    """An app whose clock stands at the evening of the sample article's day."""
    from articles.database import open_database
    from bot.app.application import Application
    from tests.bot.installation import UTC_ZONE

    database = open_database(seeded_database)
    yield Application(database, analyst=analyst, zone=UTC_ZONE, policy=policy, clock=clock)
    database.close()


@pytest.fixture
def chat() -> Chat:
    from tests.bot.dispatchers import Chat

    return Chat()


@pytest.fixture
def soon_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rest of a digest waits for milliseconds."""
    import bot.delivery.sender

    monkeypatch.setattr(bot.delivery.sender, "REST_PAUSE", timedelta(milliseconds=1))


@pytest.fixture
def dispatcher(app: Application, chat: Chat, monkeypatch: pytest.MonkeyPatch) -> Dispatcher:
    import bot.delivery.dispatcher
    from tests.bot.dispatchers import make_dispatcher

    monkeypatch.setattr(bot.delivery.dispatcher, "NOT_CONNECTED_PAUSE_S", 0.001)
    return make_dispatcher(app, chat)
