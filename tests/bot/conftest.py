"""The whole app over a database that holds the sample article, read by the real pipeline once a run."""

import logging
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

import bot.delivery.sender
from articles.database import Database, open_database
from articles.fetching import FetchPolicy
from articles.files import read_article_file
from articles.model import Article
from bot.app.application import Application, open_application
from bot.delivery.dispatcher import Dispatcher
from bot.logs import CHATTY
from config.defaults import sample_article
from summarizer.analysis import Analyst
from tests.bot.clocks import HandClock
from tests.bot.dispatchers import Chat, make_dispatcher
from tests.databases.postgres import TestPostgres
from tests.samples import NOW

UTC_ZONE = ZoneInfo("UTC")
POLICY = FetchPolicy(contact="https://a.example", host_delay_s=0)


@pytest.fixture(autouse=True)
def _loggers_as_they_were() -> Iterator[None]:
    """A test of a command sets up the log of this process, to a stream that is closed after it."""
    root = logging.getLogger()
    handlers = root.handlers[:]
    levels = {name: logging.getLogger(name).level for name in (*CHATTY, None)}
    yield
    root.handlers[:] = handlers
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


@pytest.fixture(scope="session")
def analyst() -> Analyst:
    return Analyst()


@pytest.fixture(scope="session")
def seed() -> Article:
    """The sample article as a fresh installation stores it."""
    sample = sample_article()
    return replace(read_article_file(sample.path), publisher=sample.publisher, url=sample.url)


@pytest.fixture(scope="session")
def seeded_file(tmp_path_factory: pytest.TempPathFactory, analyst: Analyst, seed: Article) -> Path:
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

        def ingest_seed(database: Database) -> None:
            Application(database, analyst=analyst, zone=UTC_ZONE, policy=POLICY).ingest(seed)

        return postgres.state("seeded", ingest_seed)
    path = tmp_path / "app.db"
    shutil.copy(request.getfixturevalue("seeded_file"), path)
    return f"sqlite:///{path}"


@pytest.fixture
def clock() -> HandClock:
    return HandClock(NOW)


@pytest.fixture
def policy() -> FetchPolicy:
    """How the app fetches: from nowhere that is private, loopback too."""
    return POLICY


@pytest.fixture
def app(
    seeded_database: str, analyst: Analyst, policy: FetchPolicy, clock: Callable[[], datetime]
) -> Iterator[Application]:
    """An app whose clock stands at the evening of the sample article's day."""
    database = open_database(seeded_database)
    yield Application(database, analyst=analyst, zone=UTC_ZONE, policy=policy, clock=clock)
    database.close()


@pytest.fixture
def chat() -> Chat:
    return Chat()


@pytest.fixture
def soon_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rest of a digest waits for milliseconds."""
    monkeypatch.setattr(bot.delivery.sender, "REST_PAUSE", timedelta(milliseconds=1))


@pytest.fixture
def dispatcher(app: Application, chat: Chat) -> Dispatcher:
    return make_dispatcher(app, chat)
