"""What a brief can be made of."""

import pytest

from articles.model import ParagraphKind
from summarizer.evidence.standalone import stands_alone
from summarizer.extractive.candidates import candidates
from summarizer.model import QuoteKind
from tests.summarizer import made


@pytest.mark.parametrize(
    "sentence",
    [
        "Mattis said he had not yet had time to form a plan.",
        "The United States halted military cooperation with Russia in 2014.",
        "“We will not stop. He will see,” Stoltenberg said.",
        "When asked about Syria, Mattis said he wants to confer with allies.",
        "Andrew Smith and Orlando Jones praised their team.",
        "Police arrested two men on Thursday.",
    ],
)
def test_a_sentence_that_names_whom_it_is_about_stands_alone(sentence: str) -> None:
    assert stands_alone(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "But Mattis ruled that out.",
        "Meanwhile, Germany pays 1.19 percent.",
        "He said the fight would not end quickly.",
        "“We will not stop,” he said.",
        "In his speech, the minister praised Russia.",
        "These include Greece and Poland.",
        "For example, Greece pays 2.5 percent.",
        "Dealing with cyber-attacks",
        "“Just the words of a speaker.”",
        "",
    ],
)
def test_a_sentence_that_needs_the_one_before_it_does_not_stand_alone(sentence: str) -> None:
    assert not stands_alone(sentence)


def test_a_candidate_knows_its_paragraph_and_its_text_is_the_articles_own() -> None:
    source = made.article("Russia voted. China abstained.", "The  United\nStates paid.")
    first, second, third = candidates(source, [])
    assert [c.paragraph for c in (first, second, third)] == [0, 0, 1]
    assert [c.hull.of(source.text) for c in (first, second)] == [first.text, second.text]
    assert third.text == "The United States paid."


def test_a_quote_that_runs_over_a_sentence_end_takes_both_sentences_with_it() -> None:
    source = made.article("Mattis said Russia must “prove itself.” Then he left ” the room. Allies waited.")
    crossing = made.quote(source, "prove itself.” Then he left", by="Jim Mattis")
    joined, last = candidates(source, [crossing])
    assert len(joined.spans) == 2
    assert joined.text.endswith("left ” the room.")
    assert last.text == "Allies waited."


def test_a_sentence_out_of_the_middle_of_a_quote_is_not_whole() -> None:
    source = made.article(
        "“Today, we take further steps.",
        "NATO will review progress in the East.",
        "It will last,” Stoltenberg said.",
    )
    spoken = made.quote(source, source.text[1 : source.text.index(",” Stoltenberg")], by="Jens Stoltenberg")
    assert [c.whole for c in candidates(source, [spoken])] == [False, False, False]


def test_a_quotation_mark_that_never_closes_is_not_whole_even_where_no_quote_was_found() -> None:
    source = made.article('Shoigu said Moscow is "ready to restore cooperation.')
    assert [c.whole for c in candidates(source, [])] == [False]


def test_a_paraphrase_is_the_reporters_own_sentence() -> None:
    source = made.article("The city (of Ghent) fell, police said.")
    told = made.quote(source, "The city (of Ghent) fell", by="police", kind=QuoteKind.PARAPHRASED)
    (only,) = candidates(source, [told])
    assert only.stands_alone
    assert len(only.cuts) == 1


def test_a_list_item_does_not_stand_alone() -> None:
    source = made.article("Greece pays nearly 2.5 percent.", kind=ParagraphKind.LIST_ITEM)
    assert [(c.whole, c.stands_alone) for c in candidates(source, [])] == [(True, False)]
