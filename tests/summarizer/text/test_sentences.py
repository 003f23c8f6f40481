import pytest
from hypothesis import given
from hypothesis import strategies as st

from summarizer.text.sentences import split_sentences


def sentences(text: str) -> list[str]:
    return [span.of(text) for span in split_sentences(text)]


@given(st.one_of(st.text(), st.text(alphabet="ab A.?!\"“”'\n"), st.text(alphabet="“.”” \n")))
def test_sentence_spans_are_ordered_disjoint_and_hold_every_word_of_the_text(text: str) -> None:
    end = 0
    for span in split_sentences(text):
        assert end <= span.start < span.end <= len(text)
        assert not text[end : span.start].strip()
        end = span.end
    assert not text[end:].strip()


def test_a_quotation_of_two_sentences_stays_whole_with_its_cue() -> None:
    assert sentences("“We will not stop. We will win,” he said. Then he left.") == [
        "“We will not stop. We will win,” he said.",
        "Then he left.",
    ]


def test_a_quoted_question_stays_with_the_cue_that_follows_it() -> None:
    assert sentences('"Will we win?" Trump asked. "Yes!" The crowd went home.') == [
        '"Will we win?" Trump asked.',
        '"Yes!"',
        "The crowd went home.",
    ]


@pytest.mark.parametrize(
    "sentence",
    [
        "Gen. Petr Pavel spoke with U.S. Secretary of Defense Jim Mattis on Feb. 16, 2017.",
        "George W. Bush met Mr. Trump and Sen. Ted Cruz of Flint, Mich., at 5 p.m. Tuesday.",
        "Apple Inc. shares fell 3.5 percent, according to J. P. Morgan.",
        "The case is Roe vs. Wade, No. 70-18 on the list.",
        "He paused... and went on.",
        "A wrapped line\ngoes on here.",
    ],
)
def test_abbreviations_initials_and_wrapped_lines_do_not_end_a_sentence(sentence: str) -> None:
    assert sentences(sentence) == [sentence]


def test_an_abbreviation_ends_a_sentence_when_the_next_word_can_open_one() -> None:
    assert sentences("He went back to the U.S. The talks end at 5 p.m. They said no. Three left.") == [
        "He went back to the U.S.",
        "The talks end at 5 p.m.",
        "They said no.",
        "Three left.",
    ]


def test_a_blank_line_ends_a_heading_and_an_unclosed_quotation() -> None:
    assert sentences("Defense budgets\n\n“We will. I know.\n\n“And then,” she said. Done.") == [
        "Defense budgets",
        "“We will.",
        "I know.",
        "“And then,” she said.",
        "Done.",
    ]


def test_inches_open_no_quotation() -> None:
    assert sentences("He is 6'2\" tall. She is 5'10\" tall. They met.") == [
        "He is 6'2\" tall.",
        "She is 5'10\" tall.",
        "They met.",
    ]
