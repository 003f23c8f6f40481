import gzip
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from articles.errors import ArticleError, NotAnArticle, Unreadable
from articles.model import Article, Completeness, ParagraphKind
from articles.page import parse_page
from bench.articles import body_of, score

FIXTURES = Path(__file__).parents[2] / "fixtures"
PAGES = FIXTURES / "pages"
TRUTH: dict[str, dict[str, str]] = json.loads((PAGES / "ground-truth.json").read_text("utf-8"))
INCOMPLETE: dict[str, dict[str, str]] = json.loads(
    (FIXTURES / "incomplete_pages" / "expected.json").read_text("utf-8")
)

SENTENCE = "The harbour authority said on Tuesday that the bridge would close for nine weeks from Monday. "
PARAGRAPHS = "".join(f"<p>{SENTENCE}{number} ships were told to wait outside.</p>" for number in range(12))


def page(key: str) -> Article:
    return parse_page(
        gzip.decompress((PAGES / "html" / f"{key}.html.gz").read_bytes()), url=TRUTH[key]["url"]
    )


def html(body: str, *, head: str = "", lang: str = "en") -> bytes:
    return (
        f'<!DOCTYPE html><html lang="{lang}"><head><title>Bridge to close</title>{head}</head>'
        f"<body><article><h1>Bridge to close</h1>{body}</article></body></html>"
    ).encode()


def headings(article: Article) -> list[str | None]:
    return [section.heading for section in article.sections]


def of_kind(article: Article, kind: ParagraphKind) -> list[str]:
    return [p.span.of(article.text) for p in article.paragraphs() if p.kind is kind]


def test_extraction_on_our_own_pages_stays_above_its_recorded_floor() -> None:
    precision, recall, f1 = score(TRUTH, {key: body_of(page(key)) for key in TRUTH})
    assert precision >= 0.975
    assert recall >= 0.985
    assert f1 >= 0.98


@pytest.mark.parametrize("key", sorted(TRUTH))
def test_a_saved_page_is_a_whole_article(key: str) -> None:
    assert page(key).completeness is Completeness.WHOLE


@pytest.mark.parametrize("key", sorted(INCOMPLETE))
def test_a_page_without_a_whole_article_is_never_taken_for_one(key: str) -> None:
    body = gzip.decompress((FIXTURES / "incomplete_pages" / f"{key}.html.gz").read_bytes())
    if INCOMPLETE[key]["expected"] == "stub":
        assert parse_page(body, url=INCOMPLETE[key]["url"]).completeness is Completeness.STUB
    else:
        with pytest.raises(NotAnArticle):
            parse_page(body, url=INCOMPLETE[key]["url"])


def test_headings_are_sections_and_the_headline_is_none_of_them() -> None:
    article = page("wordpress-post")
    assert headings(article) == [None, "Ferries to fill the gap", "Who pays"]
    assert article.headline == "Harbour bridge at Norvik to close for nine weeks after cracks found"
    assert article.headline not in article.text


def test_block_quotes_and_list_items_keep_their_kind() -> None:
    assert of_kind(page("divs-without-paragraphs"), ParagraphKind.BLOCK_QUOTE) == []
    [quote] = of_kind(page("inline-time-and-q"), ParagraphKind.BLOCK_QUOTE)
    assert quote.startswith("You can hold one degree, maybe two.")
    items = of_kind(page("list-inside-story"), ParagraphKind.LIST_ITEM)
    assert len(items) == 4
    assert items[2] == "Fines for late books, suspended in 2020, do not return."


def test_a_pull_quote_is_not_printed_beside_the_paragraph_it_repeats() -> None:
    text = page("pull-quote-repeats-text").text
    assert text.count("People who stop three times a day to boil water") == 1


def test_captions_and_share_bars_and_prompts_are_left_out() -> None:
    text = page("photo-captions-as-paragraphs").text + page("prompts-among-paragraphs").text
    for furniture in ("Photograph:", "Sign up", "Follow us", "Read more"):
        assert furniture not in text


def test_words_inside_time_and_q_elements_are_kept_with_their_quotation_marks() -> None:
    text = page("inline-time-and-q").text
    assert "in the early hours of Saturday, the coldest" in text
    assert "“They will eat cherries in June. They just will not be ours.”" in text


def test_a_q_element_with_marks_of_its_own_gets_no_second_ones() -> None:
    article = parse_page(html(f"<p>{SENTENCE}<q>“We wait,”</q> said Moe.</p>{PARAGRAPHS}"), url=None)
    assert "Monday. “We wait,” said Moe." in article.text


def test_two_line_breaks_end_a_paragraph_and_one_does_not() -> None:
    article = parse_page(html(f"<p>{SENTENCE}<br><br>{SENTENCE}and<br>so on.</p>{PARAGRAPHS}"), url=None)
    first, second, *_ = (p.span.of(article.text) for p in article.paragraphs())
    assert first == SENTENCE.strip()
    assert second.endswith("and so on.")


def test_an_amp_page_is_stored_under_its_canonical_url() -> None:
    assert page("amp-page").url == "https://tech.example/2024/08/emberlook-loses-contact"


def test_a_page_cannot_make_itself_another_publishers() -> None:
    head = '<link rel="canonical" href="https://voanews.example/story">'
    article = parse_page(html(PARAGRAPHS, head=head), url="https://copycat.example/a")
    assert article.url == "https://copycat.example/a"


def test_metadata_come_from_structured_data_with_their_zone() -> None:
    article = page("cms-nested-divs")
    assert (article.byline, article.publisher) == ("Ellen Tveit", "The Daily Beacon")
    assert article.published == datetime(2023, 4, 18, 4, 12, tzinfo=UTC)


def test_the_dateline_is_read_and_its_words_stay() -> None:
    article = parse_page(html(f"<p>NORVIK, Norway (NTA) — {SENTENCE}</p>{PARAGRAPHS}"), url=None)
    assert article.dateline == "NORVIK, Norway"
    assert article.text.startswith("NORVIK, Norway")


def test_lone_links_to_other_stories_are_left_out() -> None:
    text = page("links-to-other-stories").text
    assert "Fishermen's market" not in text
    assert "Ten walks" not in text


def test_a_date_that_only_the_text_or_the_url_suggests_is_no_date() -> None:
    article = parse_page(
        html(f"<p>Updated 3 May 2021</p>{PARAGRAPHS}"), url="https://beacon.example/2021/05/03/bridge"
    )
    assert article.published is None


def test_a_templates_language_does_not_overrule_the_texts_script() -> None:
    numbers = ("девять", "десять", "одиннадцать", "двенадцать", "тринадцать")
    russian = "".join(f"<p>Мост через гавань закроют на {n} недель, сообщили в порту.</p>" for n in numbers)
    assert parse_page(html(russian, lang="en"), url=None).language == "ru"


def test_the_pages_own_word_counts_between_languages_that_look_alike() -> None:
    norwegian = "".join(
        f"<p>Broen over havnen stenges i {n} uker fra mandag, sier havnevesenet.</p>" for n in range(9)
    )
    for declared in ("nb", "da"):
        assert parse_page(html(norwegian, lang=declared), url=None).language == declared


def test_articles_without_visible_text_say_so_in_one_line() -> None:
    with pytest.raises(NotAnArticle) as caught:
        parse_page(html(""), url=None)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "body", [b"", b"   \n", b"plain words, no markup", b"\x89PNG\r\n\x1a\n" + bytes(range(256))]
)
def test_what_is_not_html_is_unreadable(body: bytes) -> None:
    with pytest.raises((Unreadable, NotAnArticle)):
        parse_page(body, url=None)


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=2_000))
@example(b"<html" * 300)
@example(b"<p>" + b"\x00" * 500)
def test_any_bytes_give_an_article_or_our_error(body: bytes) -> None:
    for page_body in (body, html(PARAGRAPHS) + body, html(PARAGRAPHS).replace(b"<p>", b"<p>" + body[:40])):
        try:
            article = parse_page(page_body, url=None)
        except ArticleError:
            continue
        for paragraph in article.paragraphs():
            words = paragraph.span.of(article.text)
            assert words
            assert words == words.strip()
