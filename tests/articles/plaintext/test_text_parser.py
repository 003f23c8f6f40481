import json
import re
import unicodedata
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from articles.errors import NotAnArticle
from articles.model import Article, ParagraphKind
from articles.plaintext import parse_plain_text

SAMPLE = Path(__file__).parents[3] / "config" / "sample" / "voa-mattis-russia-2017.txt"
COPY = Path(__file__).parent  # invented articles, each with what is expected of it
STORY = "The council voted on Tuesday to close the bridge for repairs until the end of September."


def as_expected(article: Article) -> dict[str, Any]:
    """The article in the form of the expectations beside the copy."""

    def written(kind: ParagraphKind, text: str) -> str:
        return text if kind is ParagraphKind.BODY else f"[{kind}] {text}"

    return {
        "headline": article.headline,
        "byline": article.byline,
        "dateline": article.dateline,
        "published": article.published and article.published.isoformat(),
        "language": article.language,
        "sections": [
            {
                "heading": section.heading,
                "paragraphs": [written(p.kind, p.span.of(article.text)) for p in section.paragraphs],
            }
            for section in article.sections
        ],
    }


MARKS = {ParagraphKind.BODY: "", ParagraphKind.BLOCK_QUOTE: "> ", ParagraphKind.LIST_ITEM: "• "}


def as_copy(article: Article) -> str:
    """The article as clean copy again."""
    parts = [article.headline]
    for section in article.sections:
        parts.extend([section.heading] if section.heading else [])
        parts.extend(MARKS[p.kind] + p.span.of(article.text) for p in section.paragraphs)
    return "\n\n".join(parts)


@pytest.fixture(scope="module")
def sample() -> Article:
    return parse_plain_text(SAMPLE.read_text(encoding="utf-8"))


def test_the_sample_keeps_its_headline_and_its_sections_in_order(sample: Article) -> None:
    assert sample.headline == "Mattis Rules Out Military Collaboration with Russia"
    assert [section.heading for section in sample.sections] == [
        None,
        "Islamic State",
        "Dealing with cyber-attacks",
        "Defense budgets",
    ]
    assert [len(section.paragraphs) for section in sample.sections] == [5, 5, 6, 5]


def test_the_sample_begins_and_ends_with_story(sample: Article) -> None:
    paragraphs = [p.span.of(sample.text) for p in sample.paragraphs()]
    assert paragraphs[0].startswith("United States Secretary of Defense Jim Mattis on Thursday ruled out")
    assert paragraphs[-1] == "The United States pays more than 3.6 percent."


def test_the_sample_is_dated_by_its_caption_because_that_day_is_the_ledes_thursday(sample: Article) -> None:
    assert sample.published == datetime(2017, 2, 16, tzinfo=UTC)


def test_the_sample_is_by_the_name_over_its_author_box(sample: Article) -> None:
    assert sample.byline == "VOA News"
    assert sample.language == "en"


@pytest.mark.parametrize("name", sorted(path.stem for path in COPY.glob("*.txt")))
def test_copy_of_every_make_becomes_the_article_that_it_carries(name: str) -> None:
    copy = (COPY / f"{name}.txt").read_bytes().decode()
    expected = json.loads((COPY / f"{name}.json").read_text(encoding="utf-8"))
    assert as_expected(parse_plain_text(copy)) == expected


@pytest.mark.parametrize("path", [SAMPLE, *sorted(COPY.glob("*.txt"))], ids=lambda path: str(path.stem))
def test_parsing_the_parsed_changes_nothing(path: Path) -> None:
    first = parse_plain_text(path.read_bytes().decode())
    again = parse_plain_text(as_copy(first))
    assert again.headline == first.headline
    assert [section.heading for section in again.sections] == [section.heading for section in first.sections]
    assert again.text == first.text


@pytest.mark.parametrize("line_end", ["\r\n", "\r", "\u2029", "\n \t\n"])
def test_line_ends_of_every_system_give_the_same_article(line_end: str) -> None:
    copy = SAMPLE.read_text(encoding="utf-8")
    assert parse_plain_text(copy.replace("\n", line_end)).text == parse_plain_text(copy).text


@pytest.mark.parametrize(
    "copy",
    [
        "",
        " \n\t\n",
        "Accessibility links\n\nBreaking News\n\nShare\nPrint",
        "A Headline and Nothing More",
        "Home\nWorld\nPolitics\nBusiness\nSports",
        "Mattis Rules Out Deal\nplease wait\n\nNo media source currently available\n\n0:00 0:00:40 0:00",
        "A Story for Members\n\nSubscribe to continue reading. Already a subscriber? Log in here.",
        "0:00",
        "---\n###\n---",
    ],
)
def test_copy_without_a_paragraph_of_story_is_not_an_article(copy: str) -> None:
    with pytest.raises(NotAnArticle, match="no story"):
        parse_plain_text(copy)


def test_copy_without_a_headline_is_called_by_its_first_sentence() -> None:
    article = parse_plain_text(f"{STORY} Nobody objected.\n\nWork begins in June, the mayor said.")
    assert article.headline == STORY[:-1]
    assert article.text.startswith(STORY)


def test_a_headline_that_ends_in_a_full_stop_is_still_a_headline() -> None:
    article = parse_plain_text(
        f"Council Closes Mill Bridge for the Summer.\n\n{STORY}\n\nWork begins in June."
    )
    assert article.headline == "Council Closes Mill Bridge for the Summer"
    assert article.text.startswith(STORY)


def test_the_address_and_the_publisher_are_the_callers() -> None:
    article = parse_plain_text(
        f"Council Closes Bridge\n\nThe Weekly Ferry\n\n{STORY}",
        url="https://example.org/bridge",
        publisher="The Weekly Ferry",
    )
    assert (article.url, article.publisher) == ("https://example.org/bridge", "The Weekly Ferry")
    assert article.text == STORY


@pytest.mark.parametrize(
    ("lines", "published"),
    [
        ("February 16, 2017 4:12 PM", datetime(2017, 2, 16, tzinfo=UTC)),
        ("Thursday, 16 February 2017", datetime(2017, 2, 16, tzinfo=UTC)),
        ("2017-02-16T21:12:00Z", datetime(2017, 2, 16, 21, 12, tzinfo=UTC)),
        ("Posted: Feb. 16, 2017 4:12 p.m. EST", datetime(2017, 2, 16, 21, 12, tzinfo=UTC)),
        ("Updated Feb 17, 2017\nPublished Feb 16, 2017", datetime(2017, 2, 16, tzinfo=UTC)),
        ("16.02.2017", datetime(2017, 2, 16, tzinfo=UTC)),
        ("02/03/2017", None),
        ("February 16", None),
        (
            "A view of the bridge, Feb. 16, 2017. (Jane Roe/The Ferry)",
            None,
        ),  # a Thursday; the lede's is Tuesday
        ("A view of the bridge, Feb. 14, 2017. (Jane Roe/The Ferry)", datetime(2017, 2, 14, tzinfo=UTC)),
        ("FILE - A view of the bridge, Feb. 14, 2017. (Jane Roe/The Ferry)", None),
    ],
)
def test_the_day_is_what_the_copy_says_and_never_a_guess(lines: str, published: datetime | None) -> None:
    assert parse_plain_text(f"Council Closes Bridge\n\n{lines}\n\n{STORY}").published == published


def test_a_dateline_without_a_year_takes_it_from_the_copyright_line() -> None:
    copy = f"Council Closes Bridge\n\nLEEDS, Feb 14 (Reuters) - {STORY}"
    assert parse_plain_text(copy).published is None
    assert parse_plain_text(f"{copy}\n\n© 2017 The Ferry").published == datetime(2017, 2, 14, tzinfo=UTC)


@pytest.mark.parametrize(
    "paragraph",
    [
        "It rained.",
        "Nobody was hurt.",
        '"Never again," she said.',
        "“We did it!”",
        "And then?",
        "What had they done with the money?",
        "One shopkeeper wrote:",
        "Not everyone agrees!",
        "The winners are these people from four towns:",
        "MATTIS: Thank you.",
        "but the bridge stayed open",
    ],
)
def test_a_short_paragraph_is_not_a_heading(paragraph: str) -> None:
    article = parse_plain_text(f"Council Closes Bridge\n\n{STORY}\n\n{paragraph}\n\n{STORY[:-1]}, once more.")
    assert [section.heading for section in article.sections] == [None]
    assert paragraph in article.text


@pytest.mark.parametrize(
    "heading",
    [
        "Islamic State",
        "What comes next?",
        "COSTS AND DELAYS",
        "A bridge too old",
        "1. The money",
        "‘A dark day’ for shops",
        "2012",
        "Feb. 16, 2017",
        "Defense budgets:",
    ],
)
def test_a_short_line_over_a_paragraph_is_a_heading(heading: str) -> None:
    lede = f"{STORY}\n\nNobody objected."
    section = f"{heading}\n\n{STORY[:-1]}, once more."
    article = parse_plain_text(
        f"Council Closes Bridge\n\n{lede}\n\n{section}\n\nThe vote\n\n{STORY[:-1]}, at last."
    )
    assert [section.heading for section in article.sections] == [None, heading.rstrip(":"), "The vote"]


def test_a_player_takes_its_title_with_it_and_leaves_a_heading_alone() -> None:
    article = parse_plain_text(
        f"Council Closes Bridge\n\n{STORY}\n\nThe old bridge\n\nWATCH: The mayor speaks\n\n"
        f"Mayor Says Bridge Unsafe\nloading...\n\n0:00 / 1:30\n\n{STORY[:-1]}, once more."
    )
    assert [section.heading for section in article.sections] == [None, "The old bridge"]
    assert "Mayor" not in article.text


def test_story_below_an_end_mark_is_left_out_and_a_divider_is_no_end() -> None:
    ended = parse_plain_text(
        f"Council Closes Bridge\n\n{STORY}\n\n{STORY[:-1]} too.\n\n-30-\n\nCall the desk with questions."
    )
    assert "desk" not in ended.text
    divided = parse_plain_text(
        f"Council Closes Bridge\n\n{STORY}\n\n###\n\n{STORY[:-1]} too.\n\n{STORY[:-1]}, so."
    )
    assert divided.text.endswith("so.")


copies = st.one_of(
    st.text(),
    st.lists(
        st.sampled_from(
            [
                STORY,
                "Council Closes Bridge",
                "Related",
                "0:00 0:40",
                "By Jane Roe",
                "Feb. 14, 2017",
                "• One thing",
                "1. First",
                "-30-",
                "###",
                "VOA News",
                "“Quoted.”",
                "WHAT NOW?",
                "LEEDS (AP) — x",
                "By the time",
                "> quoted",
                "MR. ROE:",
            ]
        )
        | st.text(max_size=60),
        max_size=25,
    ).map("\n\n".join),
)


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(copies, st.sampled_from(["\n\n", "\n", "\r\n"]))
def test_any_text_is_an_article_whose_offsets_hold_or_no_article(copy: str, line_end: str) -> None:
    try:
        article = parse_plain_text(copy.replace("\n\n", line_end))
    except NotAnArticle:
        return
    paragraphs = [p.span.of(article.text) for p in article.paragraphs()]
    assert paragraphs
    assert all(words and words == words.strip() for words in paragraphs)
    assert "\n\n".join(paragraphs) == article.text
    assert article.headline.strip()
    assert all(section.paragraphs for section in article.sections)


@settings(max_examples=100, deadline=None)
@given(copies.map(lambda copy: "".join(c for c in copy if c.isspace() or unicodedata.category(c)[0] != "C")))
def test_no_word_of_the_article_is_the_parsers_own(copy: str) -> None:
    try:
        article = parse_plain_text(copy)
    except NotAnArticle:
        return
    words = re.compile(r"[^\W_]+")
    assert set(words.findall(article.text)) <= set(words.findall(copy))
