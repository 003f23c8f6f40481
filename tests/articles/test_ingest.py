"""An article and its analysis are stored together or not at all."""

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, insert

import articles.database.sqlite
from articles.database import Database, DatabaseUnavailable, DatabaseUnusable, open_database
from articles.ingest import SaveAnalysis, ingest
from articles.model import Article, ArticleId
from articles.store import ArticleStore
from articles.text.encoding import replace_invalid_characters
from summarizer.schema import speakers
from tests.articles.newsroom import report
from tests.databases import on_sqlite
from tests.samples import NOW, article


def never(_: Article) -> SaveAnalysis:
    raise AssertionError("an article that is known was analysed again")


def harmless(_: Article) -> SaveAnalysis:
    return lambda connection, article_id: None


def test_an_article_and_its_analysis_are_one_transaction(
    database: Database, article_store: ArticleStore
) -> None:
    recorded: list[ArticleId] = []

    def analyse(_: Article) -> SaveAnalysis:
        def record(connection: Connection, article_id: ArticleId) -> None:
            assert connection.in_transaction()
            assert article_store.get(article_id) is None  # others do not see it yet
            recorded.append(article_id)

        return record

    done = ingest(article(), database=database, store=article_store, analyse=analyse, now=NOW)
    assert done.is_new
    assert recorded == [done.id]


def test_a_failed_analysis_leaves_nothing(database: Database, article_store: ArticleStore) -> None:
    def analyse(_: Article) -> SaveAnalysis:
        def record(connection: Connection, article_id: ArticleId) -> None:
            raise RuntimeError

        return record

    with pytest.raises(RuntimeError):
        ingest(article(), database=database, store=article_store, analyse=analyse, now=NOW)
    assert article_store.count() == 0
    assert ingest(article(), database=database, store=article_store, analyse=harmless, now=NOW).is_new


def test_a_known_article_is_not_analysed_again(database: Database, article_store: ArticleStore) -> None:
    first = ingest(article(), database=database, store=article_store, analyse=harmless, now=NOW)
    again = ingest(article(), database=database, store=article_store, analyse=never, now=NOW)
    assert (again.id, again.is_new) == (first.id, False)


def test_no_writer_waits_for_an_analysis(database: Database, article_store: ArticleStore) -> None:
    def analyse(_: Article) -> SaveAnalysis:
        other = article("Another one, meanwhile")
        with database.transaction() as connection:
            article_store.save(connection, other, NOW)
        return harmless(other)

    assert ingest(article(), database=database, store=article_store, analyse=analyse, now=NOW).is_new
    assert article_store.count() == 2


def test_an_article_that_another_process_stored_meanwhile_is_not_recorded_twice(
    database: Database, article_store: ArticleStore
) -> None:
    def analyse(found: Article) -> SaveAnalysis:
        ingest(found, database=database, store=article_store, analyse=harmless, now=NOW)

        def record(connection: Connection, article_id: ArticleId) -> None:
            raise AssertionError("recorded twice")

        return record

    assert not ingest(article(), database=database, store=article_store, analyse=analyse, now=NOW).is_new


@given(
    whole=st.text(st.characters(codec="utf-8", exclude_characters="\x00\ufffd"), max_size=20),
    at=st.integers(0, 20),
    half=st.sampled_from(["\ud800", "\udfff", "\x00"]),
)
def test_what_is_no_character_is_replaced_and_offsets_stay_right(whole: str, at: int, half: str) -> None:
    broken = f"{whole[:at]}{half}{whole[at:]}"
    assert replace_invalid_characters(broken) == f"{whole[:at]}\ufffd{whole[at:]}"
    assert replace_invalid_characters(whole) == whole


def test_an_article_with_half_a_character_anywhere_is_stored(
    database: Database, article_store: ArticleStore
) -> None:
    half = "\ud83d"
    written = article(
        f"Mattis {half}",
        f"One {half}.\n\nTwo.",
        headings=(f"On {half}",),
        publisher=f"VOA {half}",
        url=f"x{half}",
    )
    written = replace(written, byline=half, dateline=half, language=f"e{half}")
    done = ingest(written, database=database, store=article_store, analyse=harmless, now=NOW)
    stored = article_store.get(done.id)
    assert stored is not None
    assert (stored.text, stored.headline) == ("One \ufffd.\n\nTwo.", "Mattis \ufffd")
    assert list(stored.paragraphs()) == list(written.paragraphs())
    again = ingest(written, database=database, store=article_store, analyse=never, now=NOW)
    assert (again.id, again.is_new) == (done.id, False)


@on_sqlite
def test_a_full_disk_stores_nothing_of_an_article_and_says_so(
    database: Database, article_store: ArticleStore
) -> None:
    def analyse(_: Article) -> SaveAnalysis:
        def record(connection: Connection, article_id: ArticleId) -> None:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
            row = {"name": "x" * 1_000_000, "kind": "person", "name_key": "x", "quote_count": 0}
            connection.execute(insert(speakers).values(row))

        return record

    with pytest.raises(DatabaseUnavailable, match="disk is full"):
        ingest(article(), database=database, store=article_store, analyse=analyse, now=NOW)
    assert article_store.count() == 0
    with database.transaction() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1073741823")
    assert ingest(article(), database=database, store=article_store, analyse=harmless, now=NOW).is_new


@on_sqlite
def test_a_locked_database_stores_nothing_of_an_article_and_says_so(
    database: Database, article_store: ArticleStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = str(database.engine.url.database)
    monkeypatch.setattr(articles.database.sqlite, "BUSY_TIMEOUT_S", 0.05)
    impatient = open_database(f"sqlite:///{path}")
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(DatabaseUnavailable, match="locked by another process"):
        ingest(article(), database=impatient, store=ArticleStore(impatient), analyse=harmless, now=NOW)
    holder.execute("ROLLBACK")
    holder.close()
    assert ingest(
        article(), database=impatient, store=ArticleStore(impatient), analyse=harmless, now=NOW
    ).is_new
    impatient.close()


@on_sqlite
def test_a_corrupted_database_says_so_instead_of_what_sqlite_says(
    database: Database, article_store: ArticleStore
) -> None:
    for number in range(20):
        ingest(
            article(f"Headline {number}", report(number)),
            database=database,
            store=article_store,
            analyse=harmless,
            now=NOW,
        )
    path = Path(str(database.engine.url.database))
    database.close()
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + b"\xa5" * (len(whole) - 4096))
    with pytest.raises(DatabaseUnusable, match="corrupted, restore a backup") as said:  # at once, or on use
        ArticleStore(open_database(f"sqlite:///{path}")).latest(limit=9)
    assert "\n" not in str(said.value)
