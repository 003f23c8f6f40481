"""The default brief, with the packaged weights."""

import pytest

from articles.model import Span
from summarizer.extractive import Extractive
from summarizer.extractive.compression import apply_edits
from summarizer.model import KeyQuote
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
def extractive() -> Extractive:
    return Extractive()


def test_bullets_are_sentences_of_the_article_with_their_paragraphs(extractive: Extractive) -> None:
    source = made.article(*PARAGRAPHS, headline="NATO to raise defense spending")
    brief = extractive.brief(source, [])
    assert brief.headline == "NATO to raise defense spending"
    assert 2 <= len(brief.bullets) <= 3
    for bullet in brief.bullets:
        assert [span.of(source.text) for span in bullet.spans] == [bullet.text]
        assert PARAGRAPHS[bullet.evidence[0]] == bullet.text


def test_the_brief_tells_the_news_and_does_not_tell_it_again_in_other_words(extractive: Extractive) -> None:
    told = [bullet.evidence[0] for bullet in extractive.brief(made.article(*PARAGRAPHS), []).bullets]
    assert 0 in told
    assert 3 not in told


def test_every_edit_is_recorded_and_can_be_undone(extractive: Extractive) -> None:
    source = made.article(
        "But Jim Mattis, 66, told NATO (the alliance) in Brussels that the Pentagon rules out a pact.",
        "However, the Kremlin, which had asked for talks, is ready to restore cooperation with NATO.",
    )
    bullets = extractive.brief(source, []).bullets
    assert [bullet.text[:10] for bullet in bullets] == ["Jim Mattis", "The Kremli"]
    for bullet in bullets:
        whole = Span(start=bullet.spans[0].start, end=bullet.spans[-1].end)
        assert bullet.edits
        assert apply_edits(source.text, whole, bullet.edits) == bullet.text
        assert apply_edits(source.text, whole, ()) == whole.of(source.text)


def test_a_brief_keeps_to_its_words_where_it_can(extractive: Extractive) -> None:
    source = made.article(*PARAGRAPHS)
    for most in (20, 30, 60):
        brief = extractive.brief(source, [], max_words=most)
        assert sum(len(bullet.text.split()) for bullet in brief.bullets) <= most
    assert len(extractive.brief(source, [], max_words=3).bullets) == 1


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
    assert bullets[1].text == "She warned that it would take time."


def test_key_quotes_are_the_articles_and_not_in_a_bullet(extractive: Extractive) -> None:
    source = made.article(*PARAGRAPHS)
    spoken = made.quote(source, PARAGRAPHS[5].split("“")[1].split(",”")[0], by="Jens Stoltenberg")
    brief = extractive.brief(source, [spoken])
    assert brief.key_quotes == (KeyQuote.whole(spoken),)
    assert all(5 not in bullet.evidence for bullet in brief.bullets)
