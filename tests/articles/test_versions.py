"""An article that was updated: the newest version is found, the old one stays as it was."""

from dataclasses import replace

import pytest
from sqlalchemy import func, select

from articles.database import Database
from articles.schema import articles, stories
from tests.articles.index_check import check_index
from tests.articles.newsroom import Newsroom, at, partly, report
from tests.samples import article

URL = "https://www.voanews.com/a/allies-meet/1.html"


@pytest.fixture
def newsroom(database: Database) -> Newsroom:
    return Newsroom(database)


def rows(database: Database) -> int:
    with database.reading() as connection:
        return connection.execute(select(func.count()).select_from(articles)).scalar_one()


@pytest.mark.slow
@pytest.mark.parametrize(
    "spelling", [URL, "http://voanews.com/a/allies-meet/1.html", f"{URL}?utm_source=feed", f"{URL}#top"]
)
def test_new_words_at_an_address_however_it_is_spelled_are_a_new_version(
    newsroom: Newsroom, spelling: str
) -> None:
    old = newsroom.id_of(at(URL, report(1)))
    new = newsroom.id_of(at(spelling, report(1) + "\n\nUPDATED: zebras came too."))
    assert new != old
    assert newsroom.newest_version(old) == newsroom.newest_version(new) == new
    assert newsroom.store.count() == 1


def test_search_and_the_news_show_the_newest_version_and_the_old_text_stays(newsroom: Newsroom) -> None:
    first = at(URL, report(1, names="Colonel Quokka"))
    old = newsroom.id_of(first)
    new = newsroom.id_of(at(URL, report(1, names="General Wombat")))
    assert [each.id for each in newsroom.store.latest(limit=9)] == [new]
    assert [each.id for each in newsroom.store.find("wombat", limit=9).articles] == [new]
    assert newsroom.store.find("quokka", limit=9).articles == ()
    assert newsroom.store.get(old) == replace(first, id=old)


def test_the_same_words_at_an_address_again_are_nothing_new(newsroom: Newsroom) -> None:
    first = newsroom.bring(at(URL, report(1)))
    again = newsroom.bring(at(f"{URL}?utm_source=x", report(1)))
    assert (again.id, again.is_new) == (first.id, False)


def test_bringing_all_versions_in_again_changes_nothing(newsroom: Newsroom) -> None:
    versions = [at(URL, f"{report(1)} Take {n}.") for n in range(4)]
    ids = [newsroom.id_of(each) for each in versions]
    assert [newsroom.id_of(each) for each in versions] == ids
    assert [newsroom.newest_version(each) for each in ids] == ids[-1:] * 4
    assert newsroom.store.latest(limit=9)[0].id == ids[-1]
    assert rows(newsroom.database) == 4


def test_a_teaser_never_takes_the_place_of_the_whole_article(newsroom: Newsroom) -> None:
    whole = newsroom.bring(at(URL, report(1)))
    teaser = newsroom.bring(partly(at(URL, "Officials met. Subscribe to read on.")))
    assert (teaser.id, teaser.is_new) == (whole.id, False)


def test_the_whole_article_takes_the_place_of_its_teaser(newsroom: Newsroom) -> None:
    teaser = newsroom.id_of(partly(at(URL, "Officials met. Subscribe to read on.")))
    whole = newsroom.id_of(at(URL, report(1)))
    assert newsroom.newest_version(teaser) == whole


def test_articles_without_an_address_are_no_versions_of_each_other(newsroom: Newsroom) -> None:
    newsroom.bring(article("Allies Meet", report(1)))
    newsroom.bring(article("Allies Meet", report(2)))
    assert newsroom.store.count() == 2


def test_an_article_is_deleted_with_its_versions_its_empty_story_and_its_words(newsroom: Newsroom) -> None:
    old = newsroom.id_of(at(URL, report(1)))
    new = newsroom.id_of(at(URL, report(2)))
    newsroom.store.delete(old)
    assert (newsroom.store.get(old), newsroom.store.get(new)) == (None, None)
    assert newsroom.store.find("officials", limit=9).articles == ()
    with newsroom.database.transaction() as connection:
        assert connection.execute(select(func.count()).select_from(stories)).scalar_one() == 0
        check_index(connection)
    newsroom.store.delete(old)  # once more is no error


def test_the_index_holds_newest_versions_alone(newsroom: Newsroom) -> None:
    for take in range(3):
        newsroom.bring(at(URL, f"{report(1)} Take {take}."))
    with newsroom.database.transaction() as connection:
        check_index(connection)
