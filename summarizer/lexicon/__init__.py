"""What the rules know of a language: word lists in text files, one folder for each language.

The lists are short on purpose: the article itself says most of who is who, and the lists decide the rest.

In a file, `#` starts a comment line and `[section]` a section. White space separates words, and "_" joins
several words to one entry: "new_york" is read as "new york". Words are in lower case unless the file says
otherwise.
"""

import re
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files

_LANGUAGE = "en"


@cache
def words(file: str, *sections: str) -> frozenset[str]:
    """The words under each `[section]` of `file`.txt; "", or no section: those before the first section.

    Raises KeyError if the file has no such section.
    """
    return frozenset(word for section in sections or ("",) for row in rows(file, section) for word in row)


def rows(file: str, section: str = "") -> tuple[tuple[str, ...], ...]:
    """The lines of a section in order, each as its words. Raises KeyError if there is no such section."""
    return _sections(file)[section]


def pairs(file: str, section: str) -> dict[str, str]:
    """A section whose lines are two words each, as a mapping from the first to the second."""
    return {row[0]: row[1] for row in rows(file, section)}


def numbers(file: str, section: str) -> dict[str, int]:
    """A section whose lines are a word and a number each."""
    return {word: int(number) for word, number in pairs(file, section).items()}


def any_of(entries: Iterable[str]) -> str:
    """A regular expression that matches any of the entries, the longest first."""
    return f"(?:{'|'.join(re.escape(entry) for entry in sorted(entries, key=lambda e: (-len(e), e)))})"


@cache
def given_name_genders() -> dict[str, str]:
    """Given name in lower case -> "m", "f", or "x" for both."""
    return {name: gender for gender in "mfx" for name in words("given_names", gender)}


@cache
def roles() -> frozenset[str]:
    """What a person can be: offices, trades and ties, as heads of a noun phrase or before a name."""
    return words("roles", "roles", "titles", "offices")


@cache
def reporting_verbs() -> frozenset[str]:
    """Every form of a verb that can report what somebody said."""
    return words("cues", "strong", "weak", "participles")


@cache
def long_forms() -> dict[str, str]:
    """Abbreviation -> what it stands for: "fla." -> "florida". A long form stands for itself."""
    return {short: row[0] for row in rows("abbreviations", "long forms") for short in row}


@cache
def _sections(file: str) -> Mapping[str, tuple[tuple[str, ...], ...]]:
    found: dict[str, list[tuple[str, ...]]] = {"": []}
    section = found[""]
    text = files(__package__).joinpath(_LANGUAGE, f"{file}.txt").read_text(encoding="utf-8")
    for line in text.splitlines():
        if line.startswith("["):
            section = found.setdefault(line.strip("[] "), [])
        elif not line.startswith("#") and line.strip():
            section.append(tuple(word.replace("_", " ") for word in line.split()))
    return {name: tuple(lines) for name, lines in found.items()}
