"""Articles stored, found again by their words, newest first, and never twice."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from articles.database import Database
from articles.model import Article, ArticleId, Completeness
from articles.search.article_search import SearchFilter
from articles.store import ArticleStore
from tests.articles.index_check import check_index
from tests.databases import on_sqlite
from tests.samples import NOW, article


class Shelf:
    """Saves articles in one call each."""

    def __init__(self, database: Database, store: ArticleStore) -> None:
        self.database, self.store = database, store

    def put(self, *articles: Article, now: datetime = NOW) -> list[ArticleId]:
        with self.database.transaction() as connection:
            return [self.store.save(connection, each, now)[0] for each in articles]


@pytest.fixture
def shelf(database: Database, article_store: ArticleStore) -> Shelf:
    return Shelf(database, article_store)


def headlines(found: tuple[Article, ...]) -> list[str]:
    return [each.headline for each in found]


def test_an_article_comes_back_as_it_was_saved(shelf: Shelf) -> None:
    original = article(text="One.\n\nTwo — “three”.\n\nFour 🗞️.", headings=("A heading",), url="https://voa/1")
    (article_id,) = shelf.put(original)
    assert shelf.store.get(article_id) == replace(original, id=article_id)
    assert shelf.store.get(ArticleId(article_id + 1)) is None


@pytest.mark.parametrize("completeness", Completeness)
def test_how_much_of_an_article_there_is_is_stored_with_it(shelf: Shelf, completeness: Completeness) -> None:
    (article_id,) = shelf.put(replace(article(), completeness=completeness))
    stored = shelf.store.get(article_id)
    assert stored is not None
    assert stored.completeness is completeness


def test_the_same_words_are_stored_once(shelf: Shelf) -> None:
    with shelf.database.transaction() as connection:
        first, is_new = shelf.store.save(connection, article(url="https://voa/1"), NOW)
        again, is_new_again = shelf.store.save(connection, article(url="https://voa/1?utm=x"), NOW)
    assert (first, is_new) == (again, not is_new_again)
    assert shelf.store.known(article()) == first
    assert shelf.store.count() == 1


def test_another_headline_or_text_is_another_article(shelf: Shelf) -> None:
    ids = shelf.put(article("A", "x"), article("A", "y"), article("B", "x"), article("A x", "y"))
    assert len(set(ids)) == 4


def test_many_articles_of_one_day_and_one_second_are_kept_apart(shelf: Shelf) -> None:
    shelf.put(*(article(f"Headline {n}") for n in range(50)))
    assert headlines(shelf.store.latest(limit=3)) == ["Headline 49", "Headline 48", "Headline 47"]


def test_latest_is_by_publication_and_not_by_arrival(shelf: Shelf) -> None:
    hour = timedelta(hours=1)
    shelf.put(
        article("newest", published=NOW - hour),
        article("oldest", published=datetime(1969, 7, 20, tzinfo=UTC)),
        article("undated", published=None),
        article("from the future", published=NOW + 1000 * hour),
        article("middle", published=NOW - 2 * hour),
    )
    order = ["from the future", "undated", "newest", "middle", "oldest"]
    assert headlines(shelf.store.latest(limit=9)) == order
    assert headlines(shelf.store.latest(limit=2, offset=3)) == order[3:]
    assert headlines(shelf.store.latest(SearchFilter(since=NOW - hour), limit=9)) == order[:3]


def test_latest_can_be_of_one_publisher_or_language(shelf: Shelf) -> None:
    shelf.put(
        article("a", publisher="VOA News"),
        article("b", publisher="Reuters"),
        article("c", publisher=None, language="fr"),
        article("d", publisher="VOA News", language="fr"),
    )
    assert headlines(shelf.store.latest(SearchFilter(publisher="voa"), limit=9)) == ["d", "a"]
    assert headlines(shelf.store.latest(SearchFilter(publisher="voa", language="fr"), limit=9)) == ["d"]
    assert headlines(shelf.store.latest(SearchFilter(language="fr"), limit=9, offset=1)) == ["c"]
    assert shelf.store.latest(SearchFilter(publisher="VOA Sports"), limit=9) == ()
    assert shelf.store.latest(SearchFilter(publisher="?"), limit=9) == ()


@pytest.mark.slow
@pytest.mark.parametrize(
    "typed",
    [
        "stoltenberg",
        "STOLTENBERG",
        "secrétary",
        "secretaries",
        "budget",
        "“defense budgets”",
        "cyber attack",
        "sécrétary stoltenberg",
        "stolten",
        "what did the secretary say",
    ],
)
def test_words_match_whatever_their_case_accents_and_endings(shelf: Shelf, typed: str) -> None:
    text = "Secretary-General Jens Stoltenberg spoke of cyber-attacks.\n\nSay more."
    shelf.put(article(text=text, headings=("Defense budgets",)), article("Other", "Nothing of that kind."))
    assert len(shelf.store.find(typed, limit=5).articles) == 1


@pytest.mark.parametrize(
    "typed", ["", "the", "?!", '""', "the of", "zebra", "nato zebra", '"budgets defense"']
)
def test_what_no_article_has_finds_nothing(shelf: Shelf, typed: str) -> None:
    shelf.put(article(text="The NATO allies on defense budgets."))
    assert shelf.store.find(typed, limit=5).articles == ()


def test_a_publisher_is_a_filter_and_not_a_word_of_the_article(shelf: Shelf) -> None:
    shelf.put(article("One", publisher="Reuters"), article("Two", publisher="VOA"))
    assert shelf.store.find("reuters", limit=5).articles == ()
    assert headlines(shelf.store.find("nato", SearchFilter(publisher="reuters"), limit=5).articles) == ["One"]
    assert shelf.store.find("nato", SearchFilter(language="fr"), limit=5).articles == ()


def test_search_can_be_of_the_last_days(shelf: Shelf) -> None:
    shelf.put(article("Old", published=NOW - timedelta(days=9)), article("New", published=NOW))
    last_week = SearchFilter(since=NOW - timedelta(days=7))
    assert headlines(shelf.store.find("nato", last_week, limit=5).articles) == ["New"]


def test_an_article_about_the_topic_comes_before_a_fresher_mention(shelf: Shelf) -> None:
    shelf.put(
        article(
            "NATO Raises Its Budget", "NATO will pay more. NATO said so.", published=NOW - timedelta(hours=9)
        ),
        article("Weather", "It rains. " * 50 + "NATO met.", published=NOW),
    )
    assert headlines(shelf.store.find("nato", limit=5).articles) == ["NATO Raises Its Budget", "Weather"]


@pytest.mark.slow
def test_pages_of_results_neither_repeat_nor_leave_out(shelf: Shelf) -> None:
    shelf.put(*(article(f"NATO {n}", published=NOW - timedelta(hours=n)) for n in range(250)))
    pages = [shelf.store.find("nato", limit=30, offset=offset).articles for offset in range(0, 270, 30)]
    found = [headline for page in pages for headline in headlines(page)]
    assert len(found) == len(set(found)) == 250


def test_a_deleted_article_is_not_found(shelf: Shelf) -> None:
    one, _ = shelf.put(article("One", "About zebras."), article("Two", "About zebras."))
    with shelf.database.transaction() as connection:
        connection.execute(text("DELETE FROM articles WHERE id = :id"), {"id": one})
    assert headlines(shelf.store.find("zebra", limit=5).articles) == ["Two"]
    with shelf.database.transaction() as connection:
        check_index(connection)


@on_sqlite
def test_a_changed_article_is_found_by_what_it_says_now(shelf: Shelf) -> None:
    (one,) = shelf.put(article("One", "About zebras."))
    with shelf.database.transaction() as connection:
        connection.execute(text("UPDATE articles SET text = 'About lions!!' WHERE id = :id"), {"id": one})
    assert shelf.store.find("zebra", limit=5).articles == ()
    assert headlines(shelf.store.find("lion", limit=5).articles) == ["One"]
    with shelf.database.transaction() as connection:
        check_index(connection)


def test_who_finds_nothing_is_offered_what_there_is(shelf: Shelf) -> None:
    shelf.put(
        article(text="The allies of NATO met in Brussels with Jim Mattis.\n\nMore.", headings=("Money",))
    )
    assert shelf.store.topics_near("natto")[0] == "NATO"
    assert set(shelf.store.topics_near("zzz", limit=9)) == {"NATO", "Brussels", "Jim Mattis", "Money"}
    assert shelf.store.topics_like("matt") == ("Jim Mattis",)
    assert shelf.store.topics_like("") == shelf.store.topics_near("zzz", limit=9)
