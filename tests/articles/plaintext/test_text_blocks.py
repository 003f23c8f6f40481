import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from articles.plaintext.text_blocks import split_blocks

PARAGRAPHS = [
    "The town council voted 5 to 2 on Tuesday to close Mill Bridge to cars for the summer, ending a debate.",
    "Councillor Joan Pettit, who moved it, said the bridge was built for carts and has been saying so.",
    "Nobody objected.",
]


@pytest.mark.parametrize("width", [50, 60, 72, 80, 95])
@pytest.mark.parametrize("indent", ["", "    ", " " * 8])
def test_hard_wrapped_paragraphs_are_joined_again(width: int, indent: str) -> None:
    between = "\n" if indent else "\n\n"
    copy = between.join(textwrap.fill(p, width, initial_indent=indent) for p in PARAGRAPHS)
    copy = copy.replace(" " * 8, "\t")
    assert [block.text for block in split_blocks(copy)] == PARAGRAPHS


def test_without_blank_lines_each_long_line_is_a_paragraph() -> None:
    assert [block.text for block in split_blocks("\n".join(PARAGRAPHS))] == PARAGRAPHS


def test_a_compound_broken_at_its_hyphen_closes_up() -> None:
    words = "The ministers met to discuss how they could counter the cyber-attacks that the alliance saw."
    copy = textwrap.fill(words, 62)
    assert "cyber-\nattacks" in copy
    assert split_blocks(copy)[0].text == words


def test_a_list_of_short_labels_stays_a_list() -> None:
    copy = "Home\nWorld\nPolitics\nBusiness"
    assert [block.text for block in split_blocks(copy)] == copy.split("\n")


@given(st.text())
def test_blocks_hold_every_visible_word_and_no_blank(copy: str) -> None:
    for block in split_blocks(copy):
        assert block.text == " ".join(block.text.split())
        assert block.text
