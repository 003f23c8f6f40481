import pytest
from hypothesis import given
from hypothesis import strategies as st

from articles.text.bylines import dateline_alone, split_dateline

REST = "The alliance met on Thursday."


@pytest.mark.parametrize(
    ("dateline", "place", "agency"),
    [
        ("BRUSSELS (AP) — ", "BRUSSELS", "AP"),
        ("BRUSSELS (AP) -- ", "BRUSSELS", "AP"),
        ("BRUSSELS (AP) _ ", "BRUSSELS", "AP"),
        ("GDANSK, Poland (AP) – ", "GDANSK, Poland", "AP"),
        ("LONDON, Feb 16 (Reuters) - ", "LONDON", "Reuters"),
        ("PARIS, February 16, 2017 (AFP) - ", "PARIS", "AFP"),
        ("BRUSSELS, 16 February 2017 (AFP) – ", "BRUSSELS", "AFP"),
        ("Brussels (dpa) - ", "Brussels", "dpa"),
        ("NEW YORK, June 8, 2021 /PRNewswire/ -- ", "NEW YORK", "PRNewswire"),
        ("WASHINGTON — ", "WASHINGTON", None),
        ("WASHINGTON, D.C. — ", "WASHINGTON, D.C.", None),
        ("Washington — ", "Washington", None),
        ("washington — ", "washington", None),
        ("EL PASO, Texas - ", "EL PASO, Texas", None),
        ("SAO PAULO/BRASILIA, Oct 9 (Reuters) - ", "SAO PAULO/BRASILIA", "Reuters"),
    ],
)
def test_a_dateline_is_split_from_the_lede(dateline: str, place: str, agency: str | None) -> None:
    found, rest = split_dateline(dateline + REST)
    assert found is not None
    assert (found.place, found.agency, rest) == (place, agency, REST)


def test_a_dateline_keeps_the_day_it_was_filed() -> None:
    found, _ = split_dateline(f"PARIS, Feb. 16, 2017 (AFP) - {REST}")
    assert found is not None
    assert found.filed is not None
    assert (found.filed.year, found.filed.month, found.filed.day) == (2017, 2, 16)


@pytest.mark.parametrize(
    "paragraph",
    [
        REST,
        "NATO — an alliance of 28 countries — met on Thursday.",
        "Trump — Putin's admirer — said nothing — and left.",
        "The minister (left) - a Liberal - said so.",
        "He said so (AP) - twice.",
        "Well - that was quick.",
        "Stoltenberg, a Norwegian, said on Feb. 16 — a Thursday — that it was so.",
        "MATTIS: We are ready — always.",
    ],
)
def test_a_dash_alone_makes_no_dateline(paragraph: str) -> None:
    assert split_dateline(paragraph) == (None, paragraph)


def test_a_dateline_may_stand_on_a_line_of_its_own() -> None:
    alone = dateline_alone("NAIROBI —", bare=False)
    assert alone is not None
    assert alone.place == "NAIROBI"
    assert dateline_alone("NAIROBI", bare=False) is None
    assert dateline_alone("NAIROBI", bare=True) is not None
    assert dateline_alone("Islamic State", bare=True) is None


@given(st.text())
def test_what_is_split_off_is_the_paragraphs_beginning(paragraph: str) -> None:
    found, rest = split_dateline(paragraph)
    assert paragraph.endswith(rest)
    assert rest or not paragraph
    assert found is None or paragraph.startswith(found.place)
