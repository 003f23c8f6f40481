"""Disk full, database locked or overwritten: nothing is lost or doubled, and the log says so once.

The faults are real: a file that may not grow, a small file system that is full, another program's lock, bytes
overwritten. Where a chat was already written to, that is recorded once the database answers again.
"""

import asyncio
import os
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import event

import bot.delivery.outcomes
from articles.database import DatabaseCorrupted, open_database
from bot.app.application import Application
from bot.chat import ChatRef
from bot.cli import main
from bot.delivery.dispatcher import LEASE, Dispatcher
from bot.storage.outbox import DeliveryState
from summarizer.analysis import Analyst
from tests.bot.clocks import HandClock
from tests.bot.dispatchers import DAY, Chat, deliver_due, enqueue, make_dispatcher
from tests.bot.installation import POLICY, UTC_ZONE
from tests.bot.talk import ask
from tests.samples import NOW

CHATS = [
    ChatRef(platform="telegram", chat=str(number)) for number in range(200)
]  # what they have had fills several pages


@pytest.fixture(autouse=True)
def soon_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bot.delivery.outcomes, "RECORD_AGAIN_S", 0.02)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("articles.database.sqlite.BUSY_TIMEOUT_S", 0.5)


@contextmanager
def application_on(path: Path, seeded: Path, analyst: Analyst) -> Iterator[Application]:
    path.write_bytes(seeded.read_bytes())
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("VACUUM")  # no page is free
    database = open_database(f"sqlite:///{path}")
    try:
        yield Application(database, analyst=analyst, zone=UTC_ZONE, policy=POLICY, clock=HandClock(NOW))
    finally:
        database.close()


@pytest.fixture
def on_file(tmp_path: Path, seeded_file: Path, analyst: Analyst) -> Iterator[Application]:
    """An app on SQLite, and a dispatcher's clock a week on, when the digests are due."""
    with application_on(tmp_path / "fault.db", seeded_file, analyst) as app:
        order_everywhere(app)
        yield app


def order_everywhere(app: Application) -> None:
    for chat in CHATS:
        ask(app, "/subscribe nato weekly mon 20:00", chat=chat)
    clock = app.clock
    assert isinstance(clock, HandClock)
    clock.now += 7 * DAY


async def deliver_until_settled(dispatcher: Dispatcher, app: Application) -> None:
    async with asyncio.timeout(60):
        while set(app.outbox.states()) != {DeliveryState.SENT}:
            await deliver_due(app, dispatcher)
            clock = app.clock
            assert isinstance(clock, HandClock)
            clock.now += LEASE


def log_of(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [f"{record.message}: {getattr(record, 'reason', '')}" for record in caplog.records]


def all_have_one(chat: Chat) -> bool:
    return sorted(to.chat for to, _, _ in chat.posted) == sorted(each.chat for each in CHATS)


@pytest.mark.slow
async def test_a_full_disk_stops_deliveries_and_loses_none(
    on_file: Application, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "bot.delivery.outcomes")
    chat = Chat()
    dispatcher = make_dispatcher(on_file, chat)
    full = Growth(on_file)
    enqueue(on_file)

    def fill_up(number: int) -> None:
        if number == 10:  # right after a message was posted and before that is recorded
            full.forbid()

    chat.after_post = fill_up
    going = asyncio.create_task(deliver_due(on_file, dispatcher))
    while "deliveries wait for the database" not in caplog.text:  # noqa: ASYNC110 (a log has no event)
        await asyncio.sleep(0.02)
    full.allow()
    await going
    await deliver_until_settled(dispatcher, on_file)
    assert all_have_one(chat)
    async with asyncio.timeout(60):
        while "deliveries go on" not in caplog.text:  # noqa: ASYNC110 (a log has no event)
            await asyncio.sleep(0.02)
    waited, *went_on = [line for line in log_of(caplog) if "deliveries" in line]
    assert "wait for the database: the database cannot grow, the disk is full: " in waited
    assert went_on == ["deliveries go on: "]


class Growth:
    """Lets a database's file grow, or not (SQLite's own limit of pages: it answers as a full disk does)."""

    def __init__(self, app: Application) -> None:
        self._engine = app.database.engine
        self._most = 1_073_741_823
        event.listen(self._engine, "begin", self._limit)

    def forbid(self) -> None:
        self._most = 1

    def allow(self) -> None:
        self._most = 1_073_741_823

    def _limit(self, connection: object) -> None:
        connection.exec_driver_sql(f"PRAGMA max_page_count = {self._most}")  # type: ignore[attr-defined] # SQLAlchemy's own connection


@pytest.mark.slow
@pytest.mark.usefixtures("impatient")
async def test_another_programs_lock_is_waited_out(
    on_file: Application, caplog: pytest.LogCaptureFixture
) -> None:
    chat = Chat()
    dispatcher = make_dispatcher(on_file, chat)
    enqueue(on_file)
    with closing(sqlite3.connect(on_file.database.name, isolation_level=None)) as other:

        def lock(number: int) -> None:
            if number == 10:
                other.execute("BEGIN EXCLUSIVE")

        chat.after_post = lock
        going = asyncio.create_task(deliver_due(on_file, dispatcher))
        while "deliveries wait for the database" not in caplog.text:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        assert "is locked by another process" in log_of(caplog)[0]
        other.execute("COMMIT")
        await going
    await deliver_until_settled(dispatcher, on_file)
    assert all_have_one(chat)


async def test_bytes_overwritten_while_it_runs_end_the_process_with_what_to_do(on_file: Application) -> None:
    chat = Chat()
    dispatcher = make_dispatcher(on_file, chat)
    path = Path(on_file.database.name)
    on_file.database.engine.dispose()  # so that all is in the file, and nothing in a cache
    overwrite(path)
    await deliver_due(on_file, dispatcher)
    async with asyncio.timeout(60):
        with pytest.raises(DatabaseCorrupted, match=r"restore a backup: stop Pullquote.*pullquote db backup"):
            await dispatcher.corrupted()
    assert chat.posted == []


@pytest.mark.parametrize("where", ["head", "pages"])
def test_a_database_that_was_overwritten_says_how_to_restore_it_and_exits_with_2(
    where: str,
    tmp_path: Path,
    seeded_file: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "pullquote.db"
    path.write_bytes(seeded_file.read_bytes())
    overwrite(path, head=where == "head")
    monkeypatch.setenv("PULLQUOTE_DATABASE_URL", f"sqlite:///{path}")
    monkeypatch.setenv("PULLQUOTE_FEEDS__DEFAULTS", "false")
    assert main(["outbox", "list"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "put a backup in its place" in line
    assert str(path) in line


def overwrite(path: Path, *, head: bool = False) -> None:
    """Bytes of the file become noise: its first, or all but the page that SQLite opens it by."""
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(0 if head else 4096)
        file.write(os.urandom(4096 if head else size - 4096))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of a few megabytes."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode != 0:
        pytest.skip("only root can mount a file system to fill: the test of SQLite's own limit has to do")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.mark.slow
async def test_a_file_system_that_is_really_full_loses_nothing_either(
    small_disk: Path, seeded_file: Path, analyst: Analyst, caplog: pytest.LogCaptureFixture
) -> None:
    chat, filler = Chat(), small_disk / "filler"
    with application_on(small_disk / "fault.db", seeded_file, analyst) as app:
        order_everywhere(app)
        dispatcher = make_dispatcher(app, chat)

        def fill(number: int) -> None:
            if number == 10:
                fill_up(filler)

        chat.after_post = fill
        going = asyncio.create_task(deliver_due(app, dispatcher))
        while "deliveries wait for the database" not in caplog.text:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        assert "the disk is full" in caplog.records[0].__dict__["reason"]
        filler.unlink()
        await going
        await deliver_until_settled(dispatcher, app)
    assert all_have_one(chat)


def fill_up(path: Path) -> None:
    with path.open("wb", buffering=0) as file:
        for size in (1 << 16, 1 << 12, 1):
            try:
                while True:
                    file.write(b"\0" * size)
            except OSError:
                continue
