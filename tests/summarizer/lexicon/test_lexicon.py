"""The word lists of a language, as the rules read them."""

from pathlib import Path

import pytest

from summarizer import lexicon

FILES = sorted(Path(lexicon.__file__).parent.glob("*/*.txt"))


def test_an_underscore_joins_the_words_of_one_entry() -> None:
    assert "new york" in lexicon.words("places")


def test_a_section_that_a_file_does_not_have_is_an_error() -> None:
    with pytest.raises(KeyError):
        lexicon.words("cues", "no such section")


def test_lines_of_two_words_are_a_mapping() -> None:
    assert lexicon.numbers("numbers", "scales")["million"] == 10**6
    assert lexicon.long_forms()["fla."] == "florida"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_file_names_each_section_once_and_none_is_empty(file: Path) -> None:
    lines = file.read_text(encoding="utf-8").splitlines()
    sections = [line.strip("[] ") for line in lines if line.startswith("[")]
    assert len(sections) == len(set(sections))
    assert all(lexicon.words(file.stem, section) for section in sections)
