"""What an article says its acronyms stand for: "the North Atlantic Treaty Organization (NATO)".

After Schwartz and Hearst, "A simple algorithm for identifying abbreviation definitions in biomedical text"
(Pacific Symposium on Biocomputing, 2003): the letters of the short form are searched from right to left in
the words before the bracket; the first must begin a word. News also writes the long form between commas
("NATO, the North Atlantic Treaty Organization, ..."). There every letter must be the first of a word, because
a comma alone proves little.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from rapidfuzz import fuzz

from articles.text.phrases import STOP_WORDS

MAX_LONG_FORM = 120  # characters
MAX_ACRONYMS = 100  # per article: nobody searches a table of chemicals by them
_SAME_NAME = 85  # of 100, by rapidfuzz's ratio: "Organisation" is "Organization"
_DOMINANT = 2  # times as many articles as the next meaning

_SHORT = re.compile(r"[A-Z](?:[A-Za-z0-9&-]|\.(?=[A-Za-z])){1,9}")
_BRACKET = re.compile(r"\(\s*([^()]{2,120}?)\s*\)")
_WORD = re.compile(r"[^\W_]+(?:['’.&-][^\W_]+)*")
_SENTENCE_END = re.compile(r"[.!?]['\"”’)]*\s+(?=[A-Z])|[;:]\s|\n")
_BETWEEN_COMMAS = re.compile(
    rf"\b({_SHORT.pattern}), (?:or |short for )?(?:the )?([A-Z][\w'’& -]{{5,110}}?)[,.)]"
)
_SHORT_AT_END = re.compile(rf"(?<![\w-])({_SHORT.pattern})$")
_LEADING_ARTICLE = re.compile(r"^(?:the|an?) ", re.IGNORECASE)
_SMALL = frozenset(
    ["the", "of", "and", "for", "in", "on", "to", "a", "an", "de", "la", "du", "des", "et", "und", "der"]
)


@dataclass(frozen=True, slots=True, order=True)
class Acronym:
    """A short form and its long form, as one article writes them."""

    short: str
    long: str

    @property
    def short_key(self) -> str:
        return key_of(self.short.replace(".", ""))

    @property
    def long_key(self) -> str:
        return key_of(self.long)


def key_of(name: str) -> str:
    """The name's words without case, punctuation and stop words, to compare names by."""
    words = [word.casefold() for word in _WORD.findall(name)]
    return " ".join(word for word in words if word not in STOP_WORDS)


def find_acronyms(text: str) -> tuple[Acronym, ...]:
    """The acronyms that the text explains, in text order, each once. Takes any text."""
    found = (*_in_brackets(text), *_between_commas(text))
    return tuple(dict.fromkeys(found))[:MAX_ACRONYMS]


def meanings(counts: Mapping[str, int]) -> tuple[str, ...]:
    """The spellings of the most common meaning of an acronym (or of a name's acronym), most common first.

    counts: meaning -> number of articles. Spellings of one name are counted together. Empty if two meanings
    are nearly as common: either could be meant.
    """
    names: list[list[str]] = []
    for name in sorted(counts, key=lambda name: (-counts[name], name)):
        same = next((group for group in names if fuzz.ratio(name, group[0]) >= _SAME_NAME), None)
        if same is None:
            names.append([name])
        else:
            same.append(name)
    weights = sorted(((sum(counts[n] for n in group), group) for group in names), reverse=True)
    if not weights or (len(weights) > 1 and weights[0][0] < _DOMINANT * weights[1][0]):
        return ()
    return tuple(weights[0][1])


def _in_brackets(text: str) -> Iterator[Acronym]:
    for bracket in _BRACKET.finditer(text):
        inside = re.split(r"[,;]", bracket[1])[0].strip()
        before = text[max(0, bracket.start() - MAX_LONG_FORM) : bracket.start()]
        before = _SENTENCE_END.split(before)[-1].rstrip()
        if _SHORT.fullmatch(inside):
            short, long = inside, _long_form(inside, before)
        elif short_before := _SHORT_AT_END.search(before):
            # "NATO (North Atlantic Treaty Organization)": the whole bracket is the long form.
            short, long = short_before[1], _long_form(short_before[1], inside)
            if long != _LEADING_ARTICLE.sub("", inside):
                continue
        else:
            continue
        if long is not None and _is_short(short):
            yield Acronym(short, long)


def _between_commas(text: str) -> Iterator[Acronym]:
    for match in _BETWEEN_COMMAS.finditer(text):
        letters = "".join(letter for letter in match[1] if letter.isalnum())
        if _is_short(match[1]) and _initials(match[2]) == letters.casefold():
            yield Acronym(match[1], match[2])


def _is_short(short: str) -> bool:
    """Whether most letters are capitals: "NATO", "UNESCO", "PhD"; not a name in brackets."""
    return 2 * sum(letter.isupper() for letter in short) > sum(letter.isalpha() for letter in short)


def _initials(name: str) -> str:
    return "".join(word[0] for word in re.split(r"[ -]", name.casefold()) if word and word not in _SMALL)


def _long_form(short: str, before: str) -> str | None:
    """The words before the short form that contain its letters in order; None if they do not."""
    at = len(before)
    letters = [letter.casefold() for letter in short if letter.isalnum()]
    for place in range(len(letters) - 1, -1, -1):
        at -= 1
        while at >= 0 and not (
            before[at].casefold() == letters[place] and (place > 0 or at == 0 or not before[at - 1].isalnum())
        ):
            at -= 1
        if at < 0:
            return None
    # If the word begins inside another one ("re-elected"), start at the last space.
    start = before.rfind(" ", 0, at) + 1 if at > 0 and before[at - 1] == "-" else at
    long = " ".join(before[start:].split()).strip("\"'“”‘’,")
    return long if _is_long_form(long, short) else None


def _is_long_form(long: str, short: str) -> bool:
    words = long.split()
    letters = sum(letter.isalnum() for letter in short)
    return (
        len(words) > 1
        and len(long) > len(short)
        and len(words) <= min(letters + 5, 2 * letters)
        and short not in words
        # Most of its letters are first letters: "(AP)" is not "a ship".
        and 2 * _in_order(_initials(long), short) > letters
    )


def _in_order(initials: str, short: str) -> int:
    """How many letters of the short form are among the initials, in its order."""
    count, rest = 0, short.casefold()
    for letter in initials:
        if (at := rest.find(letter)) >= 0:
            count, rest = count + 1, rest[at + 1 :]
    return count
