"""The same articles are found on SQLite and on PostgreSQL, in the same order, with the same hits."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from articles.database import Database, open_database
from articles.search.article_search import full_text_index
from articles.search.full_text import Match, match_expression, parse_query
from articles.store import ArticleStore
from tests.articles.newsroom import WORDS, report
from tests.databases.postgres import TestPostgres
from tests.samples import NOW, article

WIRE = sorted((Path(__file__).parent / "plaintext").glob("*.txt"))
HINDI = "प्रधानमंत्री ने कहा\nसरकार ने प्रस्ताव स्वीकार किया"
PUBLISHERS = ("VOA News", "Voice of America", "Agence France-Presse", None)


@pytest.fixture(scope="module")
def both(
    migrated_file: Path, test_postgres: TestPostgres, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Database, Database]]:
    """Both kinds with the same articles."""
    path = tmp_path_factory.mktemp("alike") / "pullquote.db"
    path.write_bytes(migrated_file.read_bytes())
    databases = open_database(f"sqlite:///{path}"), open_database(test_postgres.state())
    for database in databases:
        store = ArticleStore(database)
        with database.transaction() as connection:
            for number, written in enumerate(
                [*(path.read_text() for path in WIRE), *map(report, range(40)), HINDI]
            ):
                headline, _, text = written.partition("\n")
                news = article(
                    headline or "Untitled",
                    f"{text.strip() or headline}\n\nWhat comes next\n\nThe end of {number}.",
                    headings=("Next", f"Budgets of {number}"),
                    publisher=PUBLISHERS[number % len(PUBLISHERS)],
                    published=NOW - timedelta(hours=7 * number),
                    language="fr" if number % 5 == 0 else "en",
                )
                store.save(connection, news, NOW)
    yield databases
    for database in databases:
        database.close()


def found(database: Database, typed: str, **filters: str | bool | None) -> list[Match]:
    expression = match_expression(parse_query(typed), **filters)  # type: ignore[arg-type]
    assert expression is not None
    with database.reading() as connection:
        index = full_text_index(connection)
        matches = [match for _, match in index.matches(connection, expression, None)]
        hits = [hit.search_key for hit in index.hits(connection, expression, None)]
    assert hits == [match.search_key for match in matches] == sorted(hits, reverse=True)
    return matches


@pytest.mark.slow
@pytest.mark.parametrize(
    "typed",
    [*WORDS, "officials met", '"officials met"', '"the end"', "budget", '"budgets of"', "zürich", "U.S.",
     "jens stoltenberg", '"stoltenberg and jim"', "next", '"what comes next"', "defense budgets",
     "no-such-word", '"met jens stoltenberg and jim mattis"', "france-presse", "meeting", "said",
     "प्रस्ताव", "प्रधान"],
)  # fmt: skip
@pytest.mark.parametrize("prefix", [False, True])
def test_words_phrases_and_beginnings_find_the_same(
    both: tuple[Database, Database], typed: str, *, prefix: bool
) -> None:
    ours, theirs = (found(database, typed, prefix=prefix) for database in both)
    assert ours == theirs


@pytest.mark.parametrize(
    ("publisher", "language"),
    [("voa", None), ("VOA News", None), ("news voa", None), ("of America", None), (None, "fr"), ("voa", "en"),
     ("france presse", None), (None, "e"), ("mattis", None)],
)  # fmt: skip
@pytest.mark.parametrize("typed", ["", "officials"])
def test_filters_find_the_same(
    both: tuple[Database, Database], typed: str, publisher: str | None, language: str | None
) -> None:
    ours, theirs = (found(database, typed, publisher=publisher, language=language) for database in both)
    assert ours == theirs
