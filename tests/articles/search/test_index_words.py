"""The words that text is found by are those that SQLite's FTS5 makes of it."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from articles.search.tsvector import MAX_CHARS, index_words

WIRE = sorted((Path(__file__).parents[1] / "plaintext").glob("*.txt"))
UNSTEMMED = "unicode61 remove_diacritics 2"


def fts5_words(text: str, tokenizer: str) -> list[str]:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute(f"CREATE VIRTUAL TABLE found USING fts5(text, tokenize='{tokenizer}')")
        connection.execute("CREATE VIRTUAL TABLE words USING fts5vocab(found, instance)")
        connection.execute("INSERT INTO found VALUES (?)", (text,))
        return [word for (word,) in connection.execute("SELECT term FROM words ORDER BY offset")]


@pytest.mark.parametrize("path", WIRE, ids=lambda path: path.stem)
def test_an_articles_words_are_split_as_fts5_splits_them(path: Path) -> None:
    text = path.read_text()
    ours, theirs = index_words(text), fts5_words(text, UNSTEMMED)
    assert len(ours) == len(theirs)
    assert all(index_words(word) == [our] for our, word in zip(ours, theirs, strict=True))


@pytest.mark.parametrize("path", WIRE, ids=lambda path: path.stem)
def test_words_have_one_stem_where_they_have_one_in_fts5(path: Path) -> None:
    """Which it is may differ by a letter: FTS5's Porter stems -logy as its first description had it."""
    text = path.read_text()
    stems: dict[str, set[str]] = {}
    for ours, theirs in zip(index_words(text), fts5_words(text, f"porter {UNSTEMMED}"), strict=True):
        stems.setdefault(theirs, set()).add(ours)
    assert [words for words in stems.values() if len(words) > 1] == []


@pytest.mark.parametrize(
    "text",
    [
        "प्रधानमंत्री ने कहा",
        "นายกรัฐมนตรีกล่าวว่า",
        "قالَ الرَّئيسُ",
        "אָמַר הַנָּשִׂיא",
        "x\u0302y x\u0489y",
        "二〇一七年",
        "ﬁne ½ x² Ⅳ",
    ],
)
def test_other_scripts_are_split_as_fts5_splits_them(text: str) -> None:
    assert len(index_words(text)) == len(fts5_words(text, UNSTEMMED))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Zürich", "ZURICH"),
        ("naïve", "naive"),
        ("Škoda", "skoda"),
        ("e\u0301te\u0301", "été"),
        ("budgets", "budget"),
        ("meeting", "meets"),
        ("ÉLYSÉE", "élysée"),
    ],
)
def test_case_accents_and_endings_make_no_difference(one: str, other: str) -> None:
    assert index_words(one) == index_words(other)


@pytest.mark.parametrize(("one", "other"), [("йод", "иод"), ("NATO", "Nauru")])
def test_other_words_are_other_words(one: str, other: str) -> None:
    assert index_words(one) != index_words(other)


@given(st.text())
def test_words_of_any_text_are_letters_and_digits(text: str) -> None:
    for word in index_words(text):
        assert word
        assert len(word) <= 3 * MAX_CHARS
        assert "'" not in word
        assert "\\" not in word
        assert " " not in word
