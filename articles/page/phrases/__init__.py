"""The phrases by which pages ask, sell, share and lead elsewhere, by language: the text files in this folder.

A file has sections, and a line of a section is one regular expression. en.txt says what each section holds. A
new language is a new file.
"""

import re
from functools import cache
from importlib.resources import files

_SECTION = re.compile(r"\[(\w+)\]")


@cache
def _sections() -> dict[str, list[str]]:
    """Section to the phrases of all languages."""
    found: dict[str, list[str]] = {}
    languages = (file for file in files(__package__).iterdir() if file.name.endswith(".txt"))
    for file in sorted(languages, key=lambda file: file.name):
        section = ""
        for line in file.read_text(encoding="utf-8").splitlines():
            if heading := _SECTION.fullmatch(line):
                section = heading[1]
            elif line and not line.startswith("#"):
                found.setdefault(section, []).append(line)
    return found


def any_of(section: str) -> str:
    """A pattern that matches any phrase of that section. Longer phrases come first: "delen", then "del"."""
    return "(?:" + "|".join(sorted(_sections()[section], key=len, reverse=True)) + ")"


SUBSCRIBING, READING_ON, CONSENT, ADDRESSED = (
    re.compile(any_of(section), re.IGNORECASE)
    for section in ("subscribing", "reading_on", "consent", "addressed")
)
CUT_OFF = re.compile(rf"(?:…|\.\.\.|\[(?:…|\.\.\.)\]|{any_of('cut_off')})\W*$", re.IGNORECASE)
