"""Names as people write them, and whom they mean."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from summarizer.model import SpeakerKind
from summarizer.speakers import is_typo, name_key, name_words, surname

PERSON = SpeakerKind.PERSON


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Jim Mattis", "jim mattis"),
        ("JIM MATTIS", "jim mattis"),
        ("Gen. Mattis", "mattis"),
        ("U.S. Secretary of Defense Jim Mattis", "jim mattis"),
        ("Mattis's", "mattis"),
        ("Mattis’", "mattis"),
        ("Attorney-General Loretta Lynch", "loretta lynch"),
        ("Sinéad O’Brien", "sinead obrien"),
        ("Lech Wałęsa", "lech walesa"),
        ("Bashar al-Assad", "bashar al assad"),
        ("James N. Mattis", "james n mattis"),
        ("Prince", "prince"),
        ("Donald Trump Jr.", "donald trump jr"),
        ("—", ""),
    ],
)
def test_a_persons_key_has_neither_title_nor_case_nor_accent(name: str, key: str) -> None:
    assert name_key(name, PERSON) == key


def test_an_organisation_keeps_the_words_that_are_titles_of_people() -> None:
    assert name_key("the Justice Department", SpeakerKind.ORGANISATION) == "justice department"
    assert name_key("State Department", SpeakerKind.ORGANISATION) == "state department"


def test_junior_is_not_a_surname() -> None:
    assert surname(name_words("Donald Trump Jr.")) == "trump"


@pytest.mark.parametrize("typed", ["mattis", "matis", "mathis", "mattiss", "amttis", "matits", "xattis"])
def test_one_slip_is_a_typo(typed: str) -> None:
    assert is_typo(typed, "mattis")


@pytest.mark.parametrize(("typed", "word"), [("bush", "rice"), ("li", "lu"), ("mathiss", "mattis")])
def test_two_slips_or_a_short_word_are_another_name(typed: str, word: str) -> None:
    assert not is_typo(typed, word)


@given(st.text())
def test_any_text_gives_words_of_letters_and_digits_in_lower_case(text: str) -> None:
    words = name_words(text)
    assert all(word.isalnum() and word == word.casefold() for word in words)
    assert name_key(text, PERSON) == "" or words
