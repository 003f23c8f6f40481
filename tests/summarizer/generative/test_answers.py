"""What models send back, as sentences."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from summarizer.generative import sentences_of


@pytest.mark.parametrize(
    ("answer", "sentences"),
    [
        ("Rain fell. Snow fell.", ("Rain fell.", "Snow fell.")),
        ("- Rain fell.\n* Snow fell.\n• Hail fell.", ("Rain fell.", "Snow fell.", "Hail fell.")),
        ("1. Rain fell.\n2) Snow fell.\n(3) Hail fell.", ("Rain fell.", "Snow fell.", "Hail fell.")),
        ("**Rain** fell on __Sunday__.", ("Rain fell on Sunday.",)),
        (" Rain fell .\n", ("Rain fell.",)),
        ("<think>The user wants rain. I write rain.</think>\nRain fell.", ("Rain fell.",)),
        ("<think>I never stop thinking.", ()),
        ("Rain fell.\nRain fell.", ("Rain fell.",)),
        ("3.5 million people fled.", ("3.5 million people fled.",)),
        ("“Rain fell. Snow fell,” she said.", ("“Rain fell. Snow fell,” she said.",)),
        ("", ()),
    ],
)
def test_list_marks_and_thoughts_are_no_sentences(answer: str, sentences: tuple[str, ...]) -> None:
    assert sentences_of(answer) == sentences


@given(st.text(max_size=300))
def test_any_answer_gives_whole_lines_without_blanks_around(answer: str) -> None:
    for sentence in sentences_of(answer):
        assert sentence == " ".join(sentence.split()) != ""
