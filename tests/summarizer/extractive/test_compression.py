"""What may be left out of a sentence, and that nothing else is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from articles.model import Span
from summarizer.extractive.compression import apply_edits, find_cuts
from summarizer.model import EditKind


def shortened(sentence: str) -> str:
    return apply_edits(sentence, Span(start=0, end=len(sentence)), find_cuts(sentence))


@pytest.mark.parametrize(
    ("sentence", "left"),
    [
        ("But the court refused.", "The court refused."),
        ("So the court refused.", "The court refused."),
        ("So, troops moved north.", "Troops moved north."),
        ("Yet Trump refused.", "Trump refused."),
        ("Meanwhile, troops moved north.", "Troops moved north."),
        ("The Air Force (PLAAF) denied entry.", "The Air Force denied entry."),
        ("The vote -- the third this year -- is on Monday.", "The vote is on Monday."),
        ("The vote — the third this year — is on Monday.", "The vote is on Monday."),
        ("Kim Ki-Jong, 55, was taken into custody.", "Kim Ki-Jong was taken into custody."),
        ("The cartoon, which was a parody of a film, had fans.", "The cartoon had fans."),
        ("David Larsen, a former leader of the group, said he left.", "David Larsen said he left."),
        ("Durst remains in New Orleans, where he faces charges.", "Durst remains in New Orleans."),
    ],
)
def test_words_set_apart_can_be_cut(sentence: str, left: str) -> None:
    assert shortened(sentence) == left


@pytest.mark.parametrize(
    "sentence",
    [
        "The city fell on Thursday, police said.",
        "The city, officials said, is empty.",
        "The mayor, who is alleged to have lied, is in jail.",
        "“The vote -- the third this year -- is on Monday,” Smith said.",
        '"But the law (all of it) is good," he said.',
        "It was Rob, the youngest of the four, who drew attention, which was rare.",
        "After the vote, the group, led by Smith, left the hall.",
        "Butter is dear.",
        "The four cancers -- breast, lung and two more -- more than half of patients knew.",
        "He paid in France (the",
        "So far, 12 people have died.",
        "So far 12 people have died.",
        "So did the court.",
        "So long as it rains, they stay.",
        "So many came that the hall was full.",
        "So, too, did the court.",
        "Yet to be decided is the date.",
        "Yet another man died.",
        "But for the rain, the match would have ended in defeat.",
        "The war, the general warned, will last for years.",
        "The war, the official admitted, will last for years.",
        "The deal, the company estimates, will cost a billion.",
        "The war -- the general warned -- will last for years.",
        "The war — warned the general — will last for years.",
        "The man (the police insisted) was armed.",
        "The war, the generals believe, will last for years.",
        "The bill, once signed by Trump, will ban abortion.",
        "The bill (if it is signed) will ban abortion.",
        "The bill -- unless he signs it -- is dead.",
    ],
)
def test_attributions_quotations_and_necessary_words_are_not_cut(sentence: str) -> None:
    assert shortened(sentence) == sentence


def test_a_cut_counts_from_where_the_sentence_begins_in_the_article() -> None:
    article = "Rain fell. But the game (all of it) went on."
    found = find_cuts(article[11:], start=11)
    assert [edit.kind for edit in found] == [EditKind.CONNECTIVE, EditKind.ASIDE]
    assert [edit.span.of(article) for edit in found] == ["But t", " (all of it)"]
    assert apply_edits(article, Span(start=11, end=len(article)), found) == "The game went on."


@given(st.text(alphabet='aB ,.()—-"“”1', max_size=60) | st.text(max_size=40))
def test_cuts_are_disjoint_in_order_and_inside_the_sentence_whatever_it_is(sentence: str) -> None:
    end = 0
    for edit in find_cuts(sentence):
        assert end <= edit.span.start < edit.span.end <= len(sentence)
        end = edit.span.end
