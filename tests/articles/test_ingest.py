"""An article and its analysis are stored together or not at all."""

import pytest
from sqlalchemy import Connection

from articles.database import Database
from articles.ingest import Record, ingest
from articles.model import Article, ArticleId
from articles.store import ArticleStore
from tests.samples import NOW, article


def never(_: Article) -> Record:
    raise AssertionError("an article that is known was analysed again")


def harmless(_: Article) -> Record:
    return lambda connection, article_id: None


def test_an_article_and_its_analysis_are_one_transaction(
    database: Database, article_store: ArticleStore
) -> None:
    recorded: list[ArticleId] = []

    def analyse(_: Article) -> Record:
        def record(connection: Connection, article_id: ArticleId) -> None:
            assert connection.in_transaction()
            assert article_store.get(article_id) is None  # others do not see it yet
            recorded.append(article_id)

        return record

    done = ingest(article(), database=database, store=article_store, analyse=analyse, now=NOW)
    assert done.is_new
    assert recorded == [done.id]


def test_a_failed_analysis_leaves_nothing(database: Database, article_store: ArticleStore) -> None:
    def analyse(_: Article) -> Record:
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
    def analyse(_: Article) -> Record:
        other = article("Another one, meanwhile")
        with database.transaction() as connection:
            article_store.save(connection, other, NOW)
        return harmless(other)

    assert ingest(article(), database=database, store=article_store, analyse=analyse, now=NOW).is_new
    assert article_store.count() == 2


def test_an_article_that_another_process_stored_meanwhile_is_not_recorded_twice(
    database: Database, article_store: ArticleStore
) -> None:
    def analyse(found: Article) -> Record:
        ingest(found, database=database, store=article_store, analyse=harmless, now=NOW)

        def record(connection: Connection, article_id: ArticleId) -> None:
            raise AssertionError("recorded twice")

        return record

    assert not ingest(article(), database=database, store=article_store, analyse=analyse, now=NOW).is_new
