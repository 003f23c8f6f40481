"""What an article says its acronyms stand for, and when one may take it for granted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from articles.text.acronyms import Acronym, find_acronyms, key_of, meanings


@pytest.mark.parametrize(
    ("text", "short", "long"),
    [
        (
            "Ministers of the North Atlantic Treaty Organization (NATO) met.",
            "NATO",
            "North Atlantic Treaty Organization",
        ),
        (
            "NATO, the North Atlantic Treaty Organization, was founded in 1949.",
            "NATO",
            "North Atlantic Treaty Organization",
        ),
        ("It joined NATO (the North Atlantic Treaty Organization).", "NATO",
         "North Atlantic Treaty Organization"),
        ("The International Monetary Fund (IMF) lends.", "IMF", "International Monetary Fund"),
        ("Growth of gross domestic product (GDP) slowed.", "GDP", "gross domestic product"),
        ("The Organization for Security and Co-operation in Europe (OSCE) said", "OSCE",
         "Organization for Security and Co-operation in Europe"),
        ("the U.S. Centers for Disease Control and Prevention (CDC), in Atlanta", "CDC",
         "Centers for Disease Control and Prevention"),
        ("The Food and Drug Administration (FDA; a federal agency) agreed.", "FDA",
         "Food and Drug Administration"),
        ("an attention-deficit hyperactivity disorder (ADHD) clinic", "ADHD",
         "attention-deficit hyperactivity disorder"),
    ],
)  # fmt: skip
def test_an_acronym_that_the_text_explains_is_found(text: str, short: str, long: str) -> None:
    assert find_acronyms(text) == (Acronym(short, long),)


@pytest.mark.parametrize(
    "text",
    [
        "Senator John McCain (R-Ariz.) said so.",
        "The suspect (AP Photo) fled.",
        "A ship was lost at sea (AP).",
        "The company (NYSE: GM) fell.",
        "He called it a mess (LOL).",
        "Reuters, the Russian agencies, and others reported it.",
        "EU, the European ministers said, must act.",
        "They met on Thursday (Feb 16).",
        "() (A) ((NATO))",
    ],
)
def test_what_explains_nothing_is_no_acronym(text: str) -> None:
    assert find_acronyms(text) == ()


def test_one_name_has_one_key_however_it_is_written() -> None:
    assert key_of("the North Atlantic Treaty Organization") == key_of("NORTH ATLANTIC Treaty  Organization")
    assert Acronym("U.N.", "United Nations").short_key == "un"


def test_an_acronym_means_what_most_articles_say() -> None:
    assert meanings({"north atlantic treaty organization": 1}) == ("north atlantic treaty organization",)
    assert meanings({"associated press": 40, "advanced placement": 3}) == ("associated press",)


def test_an_acronym_of_two_common_meanings_is_neither() -> None:
    assert meanings({"central african republic": 5, "conflict armament research": 4}) == ()
    assert meanings({}) == ()


def test_spellings_of_one_name_are_one_meaning() -> None:
    spelled = {"north atlantic treaty organisation": 5, "north atlantic treaty organization": 4}
    assert meanings(spelled) == tuple(spelled)


@given(st.text(alphabet="aAbB N()., the\n-.&", max_size=200))
def test_a_long_form_stands_in_the_text_with_its_letters_in_order(text: str) -> None:
    for found in find_acronyms(text):
        assert "".join(found.long.split()) in "".join(text.split())
        rest = iter(found.long.casefold())
        assert all(letter.casefold() in rest for letter in found.short if letter.isalnum())
