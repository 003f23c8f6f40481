"""The phrases by which pages ask, sell, share and lead elsewhere, by language: the text files in this folder.

en.txt says what each section contains.
"""

import re

from articles.text.phrases import either, read_phrases


def any_of(section: str) -> str:
    """A pattern that matches any phrase of that section."""
    return either(read_phrases(__package__)[section])


SUBSCRIBING, READING_ON, CONSENT, ADDRESSED = (
    re.compile(any_of(section), re.IGNORECASE)
    for section in ("subscribing", "reading_on", "consent", "addressed")
)
CUT_OFF = re.compile(rf"(?:…|\.\.\.|\[(?:…|\.\.\.)\]|{any_of('cut_off')})\W*$", re.IGNORECASE)
