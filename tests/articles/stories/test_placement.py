"""Copies of one article at many publishers, and many articles about one event, are told once."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from articles.database import Database
from articles.model import Article
from articles.schema import article_marks
from articles.search.article_search import SearchFilter
from tests.articles.newsroom import Newsroom, at, report, unit
from tests.samples import NOW, article

EVENT, LIKE_IT, OTHER = (1.0, 0.1, 0.0), (1.0, 0.2, 0.0), (0.0, 0.1, 1.0)


@pytest.fixture
def newsroom(database: Database) -> Newsroom:
    return Newsroom(database)


def of(publisher: str, text: str, *, hours: float = 0, headline: str = "Allies Meet") -> Article:
    return article(headline, text, publisher=publisher, published=NOW - timedelta(hours=hours))


def test_a_wire_copy_at_another_publisher_is_kept_and_told_once(newsroom: Newsroom) -> None:
    first = newsroom.id_of(of("AP", report(1), hours=3))
    newsroom.bring(of("Reuters", report(1), hours=2))  # word for word
    edited = report(1).replace("Officials met", "BRUSSELS (AP): Officials yesterday met")
    newsroom.bring(of("VOA News", edited, hours=1, headline="Allies Gather"))
    assert newsroom.publishers(first) == ["AP", "Reuters", "VOA News"]
    assert [each.is_copy for each in newsroom.store.reports(first)] == [False, True, True]
    assert [each.publisher for each in newsroom.store.find("officials", limit=9).articles] == ["AP"]
    assert len(newsroom.store.latest(limit=9)) == 1


def test_who_asks_for_a_publisher_gets_its_copy(newsroom: Newsroom) -> None:
    newsroom.bring(of("AP", report(1)))
    newsroom.bring(of("Reuters", report(1)))
    (found,) = newsroom.store.find("officials", SearchFilter(publisher="reuters"), limit=9).articles
    assert found.publisher == "Reuters"
    (newest,) = newsroom.store.latest(SearchFilter(publisher="reuters"), limit=9)
    assert newest.publisher == "Reuters"


def test_other_words_about_other_things_are_stories_of_their_own(newsroom: Newsroom) -> None:
    first = newsroom.id_of(of("AP", report(1)), EVENT)
    newsroom.bring(of("AP", report(2, names="Angela Merkel at Lake Garda")), OTHER)
    assert newsroom.publishers(first) == ["AP"]
    assert len(newsroom.store.latest(limit=9)) == 2


def test_two_accounts_of_one_event_are_one_story_and_neither_is_a_copy(newsroom: Newsroom) -> None:
    first = newsroom.id_of(of("AP", report(1), hours=5), EVENT)
    newsroom.bring(of("Reuters", report(2)), LIKE_IT)
    assert newsroom.publishers(first) == ["AP", "Reuters"]
    assert [each.is_copy for each in newsroom.store.reports(first)] == [False, False]
    assert len(newsroom.store.find("officials", limit=9).articles) == 1


def test_weeks_apart_the_same_names_are_another_story(newsroom: Newsroom) -> None:
    newsroom.bring(of("AP", report(1), hours=24 * 20), EVENT)
    newsroom.bring(of("Reuters", report(2)), LIKE_IT)
    assert len(newsroom.store.latest(limit=9)) == 2


def test_a_new_version_stays_in_its_story(newsroom: Newsroom) -> None:
    newsroom.bring(at("https://ap.org/1", report(1)), EVENT)
    second = newsroom.id_of(at("https://reuters.com/2", report(2)), LIKE_IT)
    updated = newsroom.id_of(at("https://reuters.com/2", report(3)), OTHER)
    assert second not in {each.id for each in newsroom.store.reports(updated)}
    assert len(newsroom.store.reports(updated)) == 2


def test_vectors_of_two_kinds_are_never_compared(newsroom: Newsroom) -> None:
    newsroom.bring(of("AP", report(1)), EVENT)
    with newsroom.database.transaction() as connection:
        connection.execute(update(article_marks).values(encoder="another/int8", vector=b"\0"))
    assert newsroom.bring(of("Reuters", report(2)), EVENT).is_new


def test_a_vector_comes_back_as_it_was_stored(newsroom: Newsroom) -> None:
    newsroom.bring(of("AP", report(1)), EVENT)
    with newsroom.database.reading() as connection:
        kind, stored = connection.exec_driver_sql("SELECT encoder, vector FROM article_marks").one()
    assert (kind, stored) == ("test/fp32", unit(EVENT).to_bytes())
    assert len(stored) == 4 * len(EVENT)


@pytest.mark.slow
def test_a_story_of_many_reports_fills_no_page_by_itself(newsroom: Newsroom) -> None:
    copies = [of(f"Publisher {n}", report(1), hours=n / 60) for n in range(150)]
    for each in copies:
        newsroom.bring(each)
    for n in range(5):
        text = report(100 + n, names=f"Someone{'abcde'[n]} Else")
        newsroom.bring(of("AP", text, hours=20 + n, headline=f"Other {n}"))
    found = newsroom.store.find("officials", limit=9).articles
    assert [each.headline for each in found] == ["Allies Meet", *(f"Other {n}" for n in range(5))]
    pages = [newsroom.store.find("officials", limit=2, offset=n).articles for n in range(0, 6, 2)]
    assert [each.id for page in pages for each in page] == [each.id for each in found]
    latest = [newsroom.store.latest(limit=2, offset=n) for n in range(0, 6, 2)]
    assert sorted(each.headline for page in latest for each in page) == sorted(x.headline for x in found)
