"""A topic is found by its words, by what articles say they stand for, and by what they mean."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from articles.database import Database
from articles.search.article_search import FEW, MAX_EXPANSIONS, SearchFilter, expand_query
from articles.search.full_text import parse_query
from articles.search.vectors import VectorIndex
from articles.store import ArticleStore, FoundStories
from tests.articles.newsroom import Newsroom, unit
from tests.samples import NOW, article

QUAKES, CHEESE = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0)
NATO = "The North Atlantic Treaty Organization (NATO) met."

Put = Callable[..., None]


@pytest.fixture
def newsroom(database: Database) -> Newsroom:
    return Newsroom(database)


@pytest.fixture
def store(database: Database) -> ArticleStore:
    """With an index of meanings that is loaded before there are articles."""
    index = VectorIndex(database)
    index.load("test/fp32")
    return ArticleStore(database, index)


@pytest.fixture
def put(newsroom: Newsroom) -> Put:
    def put(
        headline: str,
        text: str,
        meaning: tuple[float, ...] | None = None,
        *,
        days_ago: int = 0,
        publisher: str = "VOA News",
        language: str = "en",
    ) -> None:
        published = NOW - timedelta(days=days_ago)
        newsroom.bring(
            article(headline, text, published=published, publisher=publisher, language=language), meaning
        )

    return put


def headlines(found: FoundStories) -> list[str]:
    return [each.headline for each in found.articles]


def by_meaning(found: FoundStories) -> list[str]:
    return [each.headline for each in found.articles if each.id in found.by_meaning]


def test_an_acronym_finds_what_has_the_name_written_out(store: ArticleStore, put: Put) -> None:
    put("Allies", NATO)
    put("Treaty", "Officials of the North Atlantic Treaty Organization spoke.")
    found = store.find("nato", limit=9)
    assert set(headlines(found)) == {"Allies", "Treaty"}
    assert found.also == ("North Atlantic Treaty Organization",)


@pytest.mark.parametrize(
    "typed", ["north atlantic treaty organization", '"North Atlantic Treaty Organization"']
)
def test_a_name_written_out_finds_what_has_the_acronym(store: ArticleStore, put: Put, typed: str) -> None:
    put("Allies", NATO)
    put("Alliance", "A NATO spokesman declined.")
    found = store.find(typed, limit=9)
    assert set(headlines(found)) == {"Allies", "Alliance"}
    assert found.also == ("NATO",)


def test_the_other_words_of_a_question_stay_in_it(store: ArticleStore, put: Put) -> None:
    put("Allies", NATO)
    put("Budgets", "The North Atlantic Treaty Organization spoke of budgets.")
    assert headlines(store.find("nato budgets", limit=9)) == ["Budgets"]


def test_without_an_article_that_says_so_an_acronym_is_a_word(store: ArticleStore, put: Put) -> None:
    put("Treaty", "Officials of the North Atlantic Treaty Organization spoke.")
    assert store.find("nato", limit=9) == FoundStories(articles=(), also=(), by_meaning=frozenset())


def test_an_acronym_of_two_meanings_is_taken_for_neither(store: ArticleStore, put: Put) -> None:
    put("Africa", "The Central African Republic (CAR) votes.")
    put("Arms", "Conflict Armament Research (CAR) counts rifles.")
    put("Bangui", "Peace in the Central African Republic.")
    found = store.find("CAR", limit=9)
    assert set(headlines(found)) == {"Africa", "Arms"}
    assert found.also == ()


def test_an_acronym_that_is_also_a_word_is_not_looked_for(store: ArticleStore, put: Put) -> None:
    put("Payments", "The Bank's Online Terminal (BOT) failed.")
    for number in range(5):
        put(f"Robots {number}", f"Another bot, the {number}th bot, wrote.")
    assert headlines(store.find("bank's online terminal", limit=9)) == ["Payments"]


def test_a_superseded_version_explains_nothing_any_more(newsroom: Newsroom, store: ArticleStore) -> None:
    newsroom.bring(article("Allies", NATO, url="https://a.example/1"))
    newsroom.bring(article("Allies", "They met.", url="https://a.example/1"))
    assert store.find("nato", limit=9).also == ()


def test_few_matches_are_joined_by_what_is_near_in_meaning(store: ArticleStore, put: Put) -> None:
    put("Earthquake Kills Ten", "An earthquake struck.", QUAKES)
    put("Tremor Shakes Coast", "The ground shook for a minute.", (0.9, 0.1, 0.0))
    put("Cheese Prices Rise", "Milk is dear.", CHEESE)
    found = store.find("earthquake", limit=9, meaning=unit(QUAKES))
    assert headlines(found) == ["Earthquake Kills Ten", "Tremor Shakes Coast"]
    assert by_meaning(found) == ["Tremor Shakes Coast"]


def test_where_the_words_find_enough_nothing_else_is_told(store: ArticleStore, put: Put) -> None:
    for number in range(FEW):
        put(f"Earthquake {number}", f"Report {number} of an earthquake.", days_ago=number)
    put("Tremor Shakes Coast", "The ground shook for a minute.", QUAKES)
    found = store.find("earthquake", limit=9, meaning=unit(QUAKES))
    assert len(found.articles) == FEW
    assert found.by_meaning == frozenset()


def test_what_only_means_it_is_found_by_the_filters_of_the_question_too(
    store: ArticleStore, put: Put
) -> None:
    put("Old", "The ground shook.", QUAKES, days_ago=30)
    put("French", "La terre a tremblé.", QUAKES, language="fr")
    put("Rival", "It shook there.", QUAKES, publisher="Daily Rival")
    put("Wanted", "A tremor came.", QUAKES, days_ago=20)
    only = SearchFilter(since=NOW - timedelta(days=25), publisher="voa", language="en")
    assert headlines(store.find("earthquake", only, limit=9, meaning=unit(QUAKES))) == ["Wanted"]


def test_of_what_has_the_words_what_also_means_it_comes_first(store: ArticleStore, put: Put) -> None:
    put("Gold for Skiers", "They won gold on the slopes.", CHEESE)
    put("Mines", "A rush for gold in the hills.", QUAKES, days_ago=1)
    put("Prices", "The week was one of dear oil, of silver and of gold.", (0.9, 0.3, 0.0), days_ago=2)
    assert headlines(store.find("gold", limit=9)) == ["Gold for Skiers", "Mines", "Prices"]
    found = store.find("gold", limit=9, meaning=unit(QUAKES))
    assert headlines(found) == ["Mines", "Gold for Skiers", "Prices"]
    assert found.by_meaning == frozenset()


def test_pages_of_what_was_found_by_words_and_by_meaning_go_on(store: ArticleStore, put: Put) -> None:
    put("Earthquake Kills Ten", "An earthquake struck.", QUAKES)
    for number in range(4):
        put(f"Tremor {number}", f"The ground shook, report {number}.", (1.0, 0.1 * number, 0.0))
    one_by_one = [
        headline
        for offset in range(6)
        for headline in headlines(store.find("earthquake", limit=1, offset=offset, meaning=unit(QUAKES)))
    ]
    assert one_by_one == headlines(store.find("earthquake", limit=9, meaning=unit(QUAKES)))
    assert len(one_by_one) == 5


def test_without_a_meaning_only_words_find(store: ArticleStore, put: Put) -> None:
    put("Tremor Shakes Coast", "The ground shook for a minute.", QUAKES)
    assert store.find("earthquake", limit=9).articles == ()


def test_stop_words_have_no_meaning_either(store: ArticleStore, put: Put) -> None:
    put("Tremor Shakes Coast", "The ground shook for a minute.", QUAKES)
    assert store.find("what of the", limit=9, meaning=unit(QUAKES)).articles == ()


def test_a_question_full_of_acronyms_is_not_many_searches(
    store: ArticleStore, put: Put, database: Database
) -> None:
    names = [f"{a}lpha {b}eta {c}amma" for a, b, c in zip("ABCDEFGH", "BCDEFGHA", "CDEFGHAB", strict=True)]
    shorts = ["".join(word[0] for word in name.split()) for name in names]
    put(
        "Names",
        " ".join(f"The {name.title()} ({short}) met." for name, short in zip(names, shorts, strict=True)),
    )
    with database.reading() as connection:
        found = expand_query(connection, parse_query(" ".join(shorts)))
    assert len(found) == 1 + MAX_EXPANSIONS
    assert headlines(store.find(" ".join(shorts), limit=9)) == ["Names"]
