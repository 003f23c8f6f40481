"""`pullquote db copy`: a whole SQLite installation on PostgreSQL, however often it was stopped on the way."""

import multiprocessing
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import func, insert, make_url, select, text, update

import bot.copying.rows
from articles.database import Database, DatabaseUnavailable, DatabaseUnusable, open_database
from articles.model import ArticleId
from articles.schema import articles, feed_entries, feeds, metadata
from articles.store import ArticleStore
from bot.copying import Copied, copy_to, refuse_unfinished
from bot.storage.chats import ChatStore
from bot.storage.outbox import Outbox
from bot.storage.schema import breaking_stories, chats, copied, subscriptions, told_quotes
from summarizer.schema import model_usage, quotes, speakers
from tests.articles.index_check import check_index
from tests.articles.test_ingest_killed import ingest_all
from tests.bot.deliveries import mark_told
from tests.databases import on_postgresql
from tests.databases.postgres import TestPostgres
from tests.samples import CHAT, NOW, article

KILLS = 6
Rows = dict[str, list[tuple[Any, ...]]]


@pytest.fixture(scope="module")
def lived_in(migrated_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite installation with something in every table."""
    path = tmp_path_factory.mktemp("lived-in") / "pullquote.db"
    shutil.copy(migrated_file, path)
    ingest_all(f"sqlite:///{path}")
    database = open_database(f"sqlite:///{path}")
    articles_there, store = ArticleStore(database), ChatStore(database)
    with database.transaction() as connection:
        story = "The North Atlantic Treaty Organization (NATO) met. " * 8
        articles_there.save(connection, article("Allies", story, url="https://a.example/1"), NOW)
    order, _ = store.add_subscription(
        CHAT,
        topic="zürich",
        schedule={"rhythm": "daily", "at": "08:00"},
        timezone="UTC",
        next_due=NOW,
        created_by="7",
        now=NOW,
    )
    store.pause_subscription(CHAT, order.id)
    store.resume_subscription(CHAT, order.id, next_due=NOW)
    (newest,) = articles_there.latest(limit=1)
    assert newest.id is not None
    store.remember_shown(CHAT, newest.id, query="“x”\x00", now=NOW)
    mark_told(database, CHAT, [newest.id], now=NOW)
    Outbox(database).enqueue_due(NOW, limit=9, next_due=lambda _: NOW.replace(hour=23, microsecond=5))
    with database.transaction() as connection:
        feed = {
            "url": "https://a.example/feed",
            "folder": ["Ö"],
            "rules": [],
            "state": "active",
            "next_poll": NOW,
            "interval_s": 900,
            "hints": {},
            "failures": 0,
            "added_at": NOW,
        }
        connection.execute(insert(feeds).values(feed))
        entry = {"feed_id": 1, "key": "k", "title": "T", "paragraphs": ["\ud83d"], "state": "pending"}
        connection.execute(insert(feed_entries).values(entry | {"attempts": 0, "try_after": NOW}))
        usage = {"day": NOW.date(), "model": "m", "requests": 1, "tokens": 2}
        connection.execute(insert(model_usage).values(usage))
        connection.execute(text("INSERT INTO feed_owners (feed_id, chat_id) VALUES (1, 1)"))
        connection.execute(insert(told_quotes).values(chat_id=1, quote_key=-5))
        broken = {"story_id": 1, "broke_at": NOW, "announced": True}
        connection.execute(insert(breaking_stories).values(broken))
    database.close()
    return path


@pytest.fixture
def source(lived_in: Path, tmp_path: Path) -> Iterator[Database]:
    path = tmp_path / "source.db"
    shutil.copy(lived_in, path)
    database = open_database(f"sqlite:///{path}")
    yield database
    database.close()


@pytest.fixture
def target_url(test_postgres: TestPostgres) -> str:
    return test_postgres.bare()


def copy(url: str, source: Database) -> Copied:
    return copy_to(url, source, clock=lambda: NOW, progress=lambda _: nullcontext(lambda steps=1: None))


def rows_in(database: Database) -> Rows:
    with database.reading() as connection:
        found = {
            table.name: connection.execute(select(table)).all()
            for table in metadata.sorted_tables
            if table is not copied
        }
    return {
        name: sorted((tuple(map(_storable, row)) for row in rows), key=repr) for name, rows in found.items()
    }


def _storable(value: Any) -> Any:
    return value.replace("\x00", "\ufffd") if isinstance(value, str) else value


@pytest.mark.slow
def test_everything_is_there_and_a_second_run_says_so(source: Database, target_url: str) -> None:
    expected = rows_in(source)
    assert [name for name, rows in expected.items() if not rows] == []
    done = copy(target_url, source)
    assert done == Copied(rows=sum(map(len, expected.values())), resumed_at=0)
    again = copy(target_url, source)
    assert again == Copied(rows=done.rows, resumed_at=0, before=NOW)
    target = open_database(target_url)
    refuse_unfinished(target)
    assert rows_in(target) == expected
    with target.transaction() as connection:
        check_index(connection)
    target.close()


@pytest.mark.slow
def test_a_copied_installation_goes_on(source: Database, target_url: str) -> None:
    copy(target_url, source)
    target = open_database(target_url)
    store = ArticleStore(target)
    assert [a.headline for a in store.find("event 7", limit=3).articles] == [
        a.headline for a in ArticleStore(source).find("event 7", limit=3).articles
    ]
    with target.transaction() as connection:
        new, is_new = store.save(connection, article("Something new", "Quite new."), NOW)
        assert new == connection.execute(select(func.max(articles.c.id))).scalar_one()
        of_several = select(articles.c.id).join(quotes).where(articles.c.copy_of.is_(None)).distinct()
        some = connection.execute(of_several.order_by(articles.c.id).limit(30)).scalars().all()
    assert is_new
    for each in some:  # the foreign keys and the triggers are back
        store.delete(ArticleId(each))
    said = func.count(quotes.c.said_key.distinct())
    counted = select(speakers.c.quote_count, said).join(quotes).group_by(speakers.c.id)
    with target.reading() as connection:
        left = select(func.count()).select_from(quotes).where(quotes.c.article_id.in_(some))
        assert connection.execute(left).scalar_one() == 0
        counts = connection.execute(counted).all()
    assert counts
    assert all(kept == found for kept, found in counts)
    target.close()


@pytest.mark.slow
def test_every_table_is_copied_whatever_was_imported_before() -> None:
    script = "import bot.copying.copying as s; print(*sorted(t.name for t in s.TABLES))"
    alone = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert alone.stdout.split() == sorted({table.name for table in metadata.tables.values()} - {"copied"})


def run_copy(url: str, path: str) -> None:
    source = open_database(f"sqlite:///{path}")
    copy(url, source)
    source.close()


@pytest.mark.slow
def test_killed_again_and_again_it_ends_with_the_same_rows(
    source: Database, target_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bot.copying.rows, "WIDE_BATCH", 10)
    monkeypatch.setattr(bot.copying.rows, "NARROW_BATCH", 100)
    forked, chance = multiprocessing.get_context("fork"), random.Random(17)
    path = str(source.engine.url.database)
    whole = sum(map(len, rows_in(source).values()))
    source.close()
    far: list[int] = []
    for kill in range(KILLS):
        process = forked.Process(target=run_copy, args=(target_url, path))
        process.start()
        # The last of them finds a third of the rows and the comparison of all of them still to be done.
        goal = whole * chance.uniform(kill, kill + 1) / (KILLS + 3)
        wait_for_rows(target_url, more_than=max(int(goal), far[-1] if far else 0))
        time.sleep(chance.uniform(0, 0.005))
        os.kill(process.pid or 0, signal.SIGKILL)
        process.join()
        target = open_database(target_url)
        with pytest.raises(DatabaseUnusable, match="not finished"):
            refuse_unfinished(target)
        far.append(rows_copied(target))
        target.close()
    assert far == sorted(set(far))
    done = copy(target_url, source)
    assert done.resumed_at == far[-1] > 0
    target = open_database(target_url)
    assert rows_in(target) == rows_in(source)
    target.close()


def wait_for_rows(url: str, *, more_than: int) -> None:
    database = open_database(url)
    deadline = time.monotonic() + 30
    while rows_copied(database) <= more_than and time.monotonic() < deadline:
        time.sleep(0.01)
    database.close()


def rows_copied(database: Database) -> int:
    with database.reading() as connection:
        there = select(func.to_regclass("copied").is_not(None))
        if not connection.execute(there).scalar():
            return 0
        return int(connection.execute(select(func.coalesce(func.sum(copied.c.rows), 0))).scalar_one())


@on_postgresql
def test_a_database_that_holds_something_else_is_refused(
    source: Database, database: Database, chat_store: ChatStore
) -> None:
    chat_store.set_timezone(CHAT, None, now=NOW)
    with pytest.raises(DatabaseUnusable, match="needs an empty database, and this one has chats"):
        copy(database.engine.url.render_as_string(hide_password=False), source)
    with database.reading() as connection:
        assert connection.execute(select(func.count()).select_from(chats)).scalar_one() == 1


@pytest.mark.slow
def test_a_source_that_was_written_to_in_between_is_found_out(
    source: Database, target_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("bot.copying.copying._Copying._compare", stopped)
        with pytest.raises(KeyboardInterrupt):
            copy(target_url, source)
    with source.transaction() as connection:
        connection.execute(update(subscriptions).values(topic="zurich"))
    with pytest.raises(DatabaseUnusable, match="subscriptions differs between source and target"):
        copy(target_url, source)
    with source.transaction() as connection:
        connection.execute(update(subscriptions).values(topic="zürich"))
    copy(target_url, source)


@pytest.mark.slow
def test_two_copies_at_once_are_refused(source: Database, target_url: str) -> None:
    def second() -> None:
        with pytest.raises(DatabaseUnavailable, match="another copy"):
            copy(target_url, source)

    @contextmanager
    def meanwhile(_: int) -> Iterator[Any]:
        second()
        yield lambda steps=1: None

    copy_to(target_url, source, clock=lambda: NOW, progress=meanwhile)


@pytest.mark.slow
def test_a_server_that_goes_away_on_the_way_is_one_line(
    source: Database, target_url: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def cut_off(*_: object) -> None:
        with psycopg.connect(make_url(target_url).render_as_string(hide_password=False)) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        raise DatabaseUnavailable("gone")  # which is what the cut connection makes of it

    monkeypatch.setattr("bot.copying.copying._Copying._compare", cut_off)
    with pytest.raises(DatabaseUnavailable, match="gone"):
        copy(target_url, source)
    assert not caplog.records
    monkeypatch.undo()
    assert copy(target_url, source).resumed_at


@pytest.mark.parametrize(
    ("to", "says"), [("sqlite:///other.db", "must be PostgreSQL"), ("postgresql://127.0.0.1:1/x", "answer")]
)
def test_a_copy_goes_to_postgresql(
    source: Database, to: str, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises((DatabaseUnusable, DatabaseUnavailable), match=says):
        copy(to, source)
    assert not (tmp_path / "other.db").exists()
