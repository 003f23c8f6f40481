"""Pages that are made to stall a parser: refused, or evened out, in time that grows with their size."""

import random

import pytest

from articles.errors import NotAnArticle, Unreadable
from articles.page.page_parser import MAX_ATTRIBUTES, MAX_ELEMENTS, parse_page, read_tree

WORDS = ("the harbour bridge closes on monday and ferries", "cross every hour", "until the middle of may")
NUMBER = random.Random(7)


def sentence() -> str:
    return " ".join(NUMBER.choice(WORDS) for _ in range(5)).capitalize() + "."


STORY = "".join(f"<p>{sentence()} {sentence()}</p>" for _ in range(12))


def page(body: str) -> bytes:
    return f"<!DOCTYPE html><html><head><title>Bridge</title></head><body>{body}</body></html>".encode()


@pytest.mark.parametrize(
    "attributes",
    [
        " ".join(f"a{n}='1'" for n in range(50_000)),
        " ".join(f"a{n}" for n in range(50_000)),
        " ".join(f"a{n}='>'" for n in range(50_000)),
        "".join(f"a{n}='1'" for n in range(50_000)),
        "' " + " ".join(f"a{n}=1" for n in range(50_000)),
    ],
    ids=["quoted", "bare", "with a bracket inside", "without blanks", "after a stray quotation mark"],
)
def test_an_element_with_thousands_of_attributes_is_refused_unparsed(attributes: str) -> None:
    with pytest.raises(Unreadable, match="attributes"):
        parse_page(page(f"<div {attributes}>{STORY}</div>"), url=None)


def test_brackets_and_quotation_marks_in_scripts_and_comments_are_no_tags() -> None:
    script = "<script>if (a<b && c" + " x" * MAX_ATTRIBUTES * 2 + ">d) {}</script>"
    comment = "<!-- <a" + " x" * MAX_ATTRIBUTES * 2 + "> -->"
    filler = "<!-- " + "-" * 150_000 + " -->"
    assert parse_page(page(filler + script + comment + STORY), url=None).text


def test_a_page_of_more_elements_than_any_article_is_refused() -> None:
    with pytest.raises(Unreadable, match="elements"):
        parse_page(page("<i>x</i>" * (MAX_ELEMENTS + 1)), url=None)


def test_an_article_as_long_as_a_book_is_refused() -> None:
    with pytest.raises(Unreadable, match="longer"):
        parse_page(page("".join(f"<p>{sentence() * 40}</p>" for _ in range(180))), url=None)


def test_a_paragraph_of_thousands_of_elements_keeps_its_words() -> None:
    spoken = [f"word{n}" for n in range(4_000)]
    story = "<p>" + " ".join(f"<span>{word}</span>" for word in spoken) + "</p>" + STORY
    article = parse_page(page(story), url=None)
    first = next(article.paragraphs()).span.of(article.text)
    assert first.split() == spoken


def test_cells_that_claim_to_span_a_thousand_rows_are_one_cell() -> None:
    rows = "<tr><td rowspan=9999 colspan=9999>x</td></tr>" * 100
    tree = read_tree(page(f"{STORY}<table>{rows}</table>"))
    assert not [cell for cell in tree.iter("td") if cell.get("rowspan") or cell.get("colspan")]


@pytest.mark.slow
@pytest.mark.parametrize("tag", ["div", "b", "blockquote", "ul><li", "table><tr><td", "figure", "q"])
def test_nesting_without_end_is_no_article_and_no_crash(tag: str) -> None:
    with pytest.raises(NotAnArticle):
        parse_page(page(f"<{tag}>" * 20_000 + STORY), url=None)


def test_null_bytes_are_left_out() -> None:
    body = page(STORY).replace(b"harbour", b"har\0bour")
    assert "harbour" in parse_page(body, url=None).text


@pytest.mark.parametrize(
    "script", ["[" * 100_000, '{"author": "name" ' * 20_000, '{"@graph":' * 500 + "1" + "}" * 500]
)
def test_broken_or_bottomless_json_ld_is_ignored(script: str) -> None:
    body = page(f'<script type="application/ld+json">{script}</script>{STORY}')
    assert parse_page(body, url=None).byline is None
