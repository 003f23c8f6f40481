"""The default brief, with the real sentence vectors."""

import pytest

from summarizer.encoder import MiniLM
from summarizer.extractive import Extractive
from tests.summarizer import made

LEDE = "NATO defense ministers agreed on Thursday in Brussels to raise military spending in every country."
PARAGRAPHS = (
    LEDE,
    "But she warned that it would take time.",
    "Greece and Poland already spend more than two percent of their economic output on defense.",
    "NATO ministers decided on Thursday at their Brussels meeting to raise all defense spending.",
    "A recipe for fish soup hung in the canteen of the building.",
    "“We will spend more on our common defense, and we will begin with ammunition,” Stoltenberg said.",
    "Germany falls below the mark and promised the alliance a plan for its defense budget by the summer.",
)


@pytest.fixture
def extractive(encoder: MiniLM) -> Extractive:
    return Extractive(encoder)


def test_bullets_are_sentences_of_the_article_with_their_paragraphs(extractive: Extractive) -> None:
    source = made.article(*PARAGRAPHS, headline="NATO to raise defense spending")
    brief = extractive.brief(source, [])
    assert brief.headline == "NATO to raise defense spending"
    assert 2 <= len(brief.bullets) <= 3
    for bullet in brief.bullets:
        assert [span.of(source.text) for span in bullet.spans] == [bullet.text]
        assert PARAGRAPHS[bullet.evidence[0]] == bullet.text


def test_the_brief_tells_the_news_once_and_nothing_else_instead(extractive: Extractive) -> None:
    bullets = extractive.brief(made.article(*PARAGRAPHS), []).bullets
    assert [bullet.evidence[0] for bullet in bullets] == [0, 2, 6]


@pytest.mark.parametrize("most", [1, 2, 3])
def test_there_are_never_more_bullets_than_asked_for(extractive: Extractive, most: int) -> None:
    assert len(extractive.brief(made.article(*PARAGRAPHS), [], max_bullets=most).bullets) == most


def test_an_article_of_one_sentence_has_one_bullet(extractive: Extractive) -> None:
    assert [bullet.text for bullet in extractive.brief(made.article(LEDE), []).bullets] == [LEDE]


def test_an_article_without_text_has_no_bullets(extractive: Extractive) -> None:
    brief = extractive.brief(made.article(headline="Picture of the day"), [])
    assert (brief.bullets, brief.key_quotes) == ((), ())


def test_dangling_sentences_are_used_only_where_there_are_no_others(extractive: Extractive) -> None:
    bullets = extractive.brief(made.article(LEDE, "But she warned that it would take time."), []).bullets
    assert [bullet.evidence for bullet in bullets] == [(0,), (1,)]


def test_key_quotes_are_the_articles_and_not_in_a_bullet(extractive: Extractive) -> None:
    source = made.article(*PARAGRAPHS)
    spoken = made.quote(source, PARAGRAPHS[5].split("“")[1].split(",”")[0], by="Jens Stoltenberg")
    brief = extractive.brief(source, [spoken])
    assert brief.key_quotes == (spoken,)
    assert all(5 not in bullet.evidence for bullet in brief.bullets)


def test_a_batch_gives_what_each_article_gives_alone(extractive: Extractive) -> None:
    pairs = [
        (made.article(*PARAGRAPHS, headline="NATO"), ()),
        (made.article(), ()),
        (made.article(*PARAGRAPHS[::-1]), ()),
    ]
    assert extractive.briefs(pairs) == tuple(extractive.brief(article, quotes) for article, quotes in pairs)
