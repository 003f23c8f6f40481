import pytest
from hypothesis import given
from hypothesis import strategies as st

from articles.feeds.parser import line_of, paragraphs_of


@pytest.mark.parametrize(
    ("fragment", "paragraphs"),
    [
        ("", ()),
        ("Plain &amp; simple", ("Plain & simple",)),
        ("One\nline\n\nAnother", ("One line", "Another")),
        ("<p>One <b>bold</b>\n word.</p><p>Two.</p>", ("One bold word.", "Two.")),
        ("Before<br>after<br/><br/>end", ("Before", "after", "end")),
        ("<ul><li>a</li><li>b</li></ul>tail", ("a", "b", "tail")),
        ("<div>x<script>alert(1)</script>y<style>p{}</style>z</div>", ("xyz",)),
        ("<figure><img><figcaption>A caption</figcaption></figure><p>Text</p>", ("Text",)),
        ("a<!-- hidden -->b<?pi hidden?>c", ("abc",)),
        ("<p>unclosed <i>and wrong</p></i> order", ("unclosed and wrong", "order")),
        ("1 < 2 and 3 > 2", ("1 < 2 and 3 > 2",)),
        ("<p>\u00a0</p>", ()),
    ],
)
def test_a_fragment_becomes_its_paragraphs(fragment: str, paragraphs: tuple[str, ...]) -> None:
    assert paragraphs_of(fragment) == paragraphs


@given(st.text() | st.text(alphabet="<>/&;!-?abp \n\0\ud800"))
def test_any_text_becomes_clean_paragraphs(fragment: str) -> None:
    for paragraph in paragraphs_of(fragment):
        assert paragraph == " ".join(paragraph.split())
        assert paragraph
    assert "\n" not in line_of(fragment)


def test_deep_nesting_and_great_length_end() -> None:
    assert len(paragraphs_of("<div>" * 100_000 + "x")) <= 1
    assert sum(map(len, paragraphs_of("<p>word</p>" * 1_000_000))) < 500_000
