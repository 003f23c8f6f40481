"""Phrases by language, in the text files of this folder, and how packages read theirs.

A file of phrases has sections, and a line of a section is one regular expression. A new language is a new
file. A file of words has words, separated by white space.
"""

import re
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files

_SECTION = re.compile(r"\[(\w+)\]")


@cache
def read_phrases(package: str) -> Mapping[str, tuple[str, ...]]:
    """Section to its lines in the text files of that package, in the order of the files' names."""
    found: dict[str, list[str]] = {}
    texts = (file for file in files(package).iterdir() if file.name.endswith(".txt"))
    for file in sorted(texts, key=lambda file: file.name):
        section = ""
        for line in file.read_text(encoding="utf-8").splitlines():
            if heading := _SECTION.fullmatch(line):
                section = heading[1]
            elif line and not line.startswith("#"):
                found.setdefault(section, []).append(line)
    return {name: tuple(phrases) for name, phrases in found.items()}


def either(phrases: Iterable[str]) -> str:
    """A pattern that matches any of the phrases. Longer ones come first: "delen", then "del"."""
    return "(?:" + "|".join(sorted(phrases, key=len, reverse=True)) + ")"


def phrases(section: str) -> tuple[str, ...]:
    """The phrases of a section of this folder."""
    return read_phrases(__package__)[section]


def any_of(section: str) -> str:
    """A pattern that matches any phrase of that section."""
    return either(phrases(section))


def read_words(package: str, file: str) -> frozenset[str]:
    """The words of a text file in that package. "_" joins words; a line with "#" is a comment."""
    lines = files(package).joinpath(file).read_text(encoding="utf-8").splitlines()
    return frozenset(
        word.replace("_", " ") for line in lines if not line.startswith("#") for word in line.split()
    )


STOP_WORDS = read_words("articles.text", "stop_words.txt")
