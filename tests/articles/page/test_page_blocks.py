import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from articles.model import ParagraphKind
from articles.page.page_blocks import Block, read_blocks, sections_of

BODY, QUOTE, ITEM = ParagraphKind.BODY, ParagraphKind.BLOCK_QUOTE, ParagraphKind.LIST_ITEM


def blocks(markup: str) -> list[tuple[str, ParagraphKind | None]]:
    return [(block.text, block.kind) for block in read_blocks(html.fromstring(f"<div>{markup}</div>"))]


def test_blocks_keep_their_order_and_kind() -> None:
    markup = "<p>One <b>bold</b>.</p><h2>Head</h2><blockquote><p>Said.</p></blockquote>"
    markup += "<ul><li>A<ul><li>B</li></ul></ul>"
    assert blocks(markup) == [("One bold.", BODY), ("Head", None), ("Said.", QUOTE), ("A", ITEM), ("B", ITEM)]


def test_text_between_and_after_blocks_is_a_paragraph_of_its_own() -> None:
    assert blocks("Before<p>inside</p>after") == [("Before", BODY), ("inside", BODY), ("after", BODY)]


def test_a_row_of_data_is_one_line_and_a_layout_tables_cell_is_paragraphs() -> None:
    assert blocks("<table><tr><td>Norway</td><td>1.6%</td></tr></table>") == [("Norway | 1.6%", ITEM)]
    layout = "<table><tr><td><p>One.</p><p>Two.</p></td><td>Three.</td></tr></table>"
    assert blocks(layout) == [("One.", BODY), ("Two.", BODY), ("Three.", BODY)]


def test_a_line_break_ends_a_paragraph_only_after_a_long_sentence() -> None:
    long = "The ferries between the fish market and Strandgata run every twenty minutes until midnight."
    assert blocks(f"<p>{long}<br>Short<br>lines.</p>") == [(long, BODY), ("Short lines.", BODY)]


def test_a_heading_right_over_another_is_one_with_it() -> None:
    made = list(sections_of((Block("Part", None), Block("Chapter", None), Block("Text.", BODY))))
    assert made[-1] == ("Part – Chapter", [("Text.", BODY)])


TAGS = [
    "p",
    "div",
    "span",
    "b",
    "ul",
    "li",
    "blockquote",
    "h2",
    "table",
    "tr",
    "td",
    "a",
    "section",
    "pre",
    "em",
]
MARKUP = st.recursive(
    st.from_regex(r"[a-z]{3,8}( [a-z]{3,8}){0,3}", fullmatch=True),
    lambda inner: st.builds(
        lambda tag, parts: f"<{tag}>{' '.join(parts)}</{tag}>",
        st.sampled_from(TAGS),
        st.lists(inner | st.just("<br>"), max_size=4),
    ),
    max_leaves=25,
)


@pytest.mark.slow
@given(MARKUP)
def test_no_word_of_the_page_is_lost_or_said_twice(markup: str) -> None:
    tree = html.fromstring(f"<div>{markup}</div>")
    words = re.findall(r"\w+", " ".join(str(text) for text in tree.itertext()))
    read = re.findall(r"\w+", "\n".join(block.text for block in read_blocks(tree)))
    assert sorted("".join(read)) == sorted("".join(words))
