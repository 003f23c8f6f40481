"""What is offered to somebody whose topic nobody wrote about."""

from articles.search.article_search import common_topics, names_in, near_topics

LEDE = (
    "The ministers of NATO met on Thursday in Brussels, where Jim Mattis spoke. Russia's answer to NATO came"
    " from Sergei Shoigu, said Mattis' office in the United States."
)


def test_names_are_the_capitals_inside_sentences() -> None:
    assert names_in(LEDE) == {"NATO", "Brussels", "Jim Mattis", "Sergei Shoigu", "United States"} | {"Mattis"}


def test_the_topics_of_most_articles_come_first_each_once() -> None:
    rows = [("Islamic State\nDefense budgets", LEDE), ("", "Then the allies of NATO left."), ("The", "")]
    topics = common_topics(rows, limit=20)
    assert topics[0] == "NATO"
    assert {"Islamic State", "Defense budgets"} <= set(topics)
    assert "The" not in topics


def test_a_misspelled_word_finds_the_topic_that_has_it() -> None:
    topics = ["NATO", "Brussels", "Jim Mattis"]
    assert near_topics("mathis", topics, limit=2) == ("Jim Mattis",)
    assert near_topics("brusels budget", topics, limit=2) == ("Brussels",)
    assert near_topics("zzzz", topics, limit=2) == ()
    assert near_topics("?!", [], limit=2) == ()
