"""Names of people as they are written, made comparable."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import zip_longest

from rapidfuzz.distance import OSA

from summarizer.model import SpeakerId, SpeakerKind

# What stands before a name without being part of it. "Prince" alone is a name: one word always stays.
_TITLE_WORDS = """
mr mrs ms miss mx dr prof professor sir dame lord lady rev reverend father sister imam rabbi pope cardinal
archbishop bishop king queen prince princess president vice prime minister premier chancellor secretary sec
senator sen representative rep congressman congresswoman governor gov mayor ambassador judge justice
attorney chief chairman chairwoman chair director commissioner general gen lieutenant lt colonel col major
maj captain capt admiral adm commander sergeant sgt officer former then acting deputy defense defence
foreign state interior finance of the for us uk eu un nato spokesman spokeswoman spokesperson
"""
_TITLES = frozenset(_TITLE_WORDS.split())
SUFFIXES = frozenset({"jr", "sr", "ii", "iii", "iv"})
_POSSESSIVE = re.compile(r"['’‘`´]s?(?=\s|$)", re.IGNORECASE)
_APOSTROPHE = re.compile(r"['’‘`´]")
_WORD = re.compile(r"[^\W_]+")
_DOTTED = re.compile(r"\b([^\W\d_])\.(?=[^\W\d_]\.)")  # "U.S." is one word, "us"
# Letters that Unicode does not take apart into a letter and an accent.
_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"})
MIN_TYPO = 4  # letters; in a shorter word one typo makes another name


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownSpeaker:
    """A speaker of earlier articles."""

    id: SpeakerId
    name_key: str
    kind: SpeakerKind


def name_words(name: str) -> tuple[str, ...]:
    """The words of a name for comparing: no case, accents, possessive or punctuation. Takes any text."""
    plain = _POSSESSIVE.sub("", unicodedata.normalize("NFC", name).strip())
    plain = _DOTTED.sub(r"\1", _APOSTROPHE.sub("", plain)).casefold().translate(_LETTERS)
    decomposed = unicodedata.normalize("NFKD", plain)
    letters = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return tuple(_WORD.findall(letters.casefold()))


def without_titles(words: tuple[str, ...]) -> tuple[str, ...]:
    """The words from the name itself on: "defense secretary jim mattis" is "jim mattis"."""
    for start, word in enumerate(words):
        if word not in _TITLES:
            return words[start:]
    return words[-1:]


def surname(words: tuple[str, ...]) -> str:
    """The last word but for "Jr." and the like; for an organisation just its last word."""
    return next((word for word in reversed(words) if word not in SUFFIXES), words[-1])


def name_key(name: str, kind: SpeakerKind) -> str:
    """What two spellings of one name have in common; empty if there is no letter in it."""
    words = name_words(name)
    if kind is SpeakerKind.PERSON:
        words = without_titles(words)
    return " ".join(words[1:] if words[:1] == ("the",) else words)


def same_name(typed: str, name: str) -> bool:
    """Whether what a person typed can mean that name: each of its words, titles aside, but for a typo."""
    wanted, words = without_titles(name_words(typed)), name_words(name)
    return bool(wanted) and all(any(w == word or is_typo(w, word) for word in words) for w in wanted)


def is_typo(typed: str, word: str) -> bool:
    """Whether one slip of the finger (a letter more, less, other, or two swapped) makes one of the other."""
    return len(typed) >= MIN_TYPO and OSA.distance(typed, word, score_cutoff=1) <= 1


# Who is who across articles: which known speaker a name in another article means.


def identify(key: str, kind: SpeakerKind, namesakes: Sequence[KnownSpeaker]) -> SpeakerId | None:
    """Which known speaker a name means; None: somebody new.

    key: the name's `name_key`. namesakes: the known speakers of that key or that surname. The same name is
    the same speaker. For persons, so are names that can be one person's (`can_be_one`), and a surname alone
    is the only known person who bears it; where two are known, it is neither.
    """
    alike = [known for known in namesakes if known.kind is kind]
    for known in alike:
        if known.name_key == key:
            return known.id
    if kind is not SpeakerKind.PERSON:
        return None
    if " " in key:
        alike = [known for known in alike if " " in known.name_key and can_be_one(key, known.name_key)]
    return alike[0].id if len(alike) == 1 else None


def can_be_one(key: str, other: str) -> bool:
    """Whether two full names, as `name_key` gives them, can be one person's.

    Jim, James and James N. Mattis can; Michelle and Barack Obama, Donald Trump and Donald Trump Jr. cannot.
    """
    words, others = tuple(key.split()), tuple(other.split())
    if surname(words) != surname(others) or set(words) & SUFFIXES != set(others) & SUFFIXES:
        return False
    return same_given_names(_given(words), _given(others))


def same_given_names(names: Sequence[str], others: Sequence[str]) -> bool:
    """Whether two runs of given names, in lower case, can be one person's; a missing middle name fits any."""
    if not names or not others or not _fits(names[0], others[0]):
        return False
    rest = zip_longest(names[1:], others[1:])
    return all(name is None or other is None or _fits(name, other) for name, other in rest)


def _given(words: tuple[str, ...]) -> tuple[str, ...]:
    kept = tuple(word for word in words if word not in SUFFIXES)
    return kept[:-1]


def _fits(name: str, other: str) -> bool:
    """The same name, its initial, or a short form of it."""
    name, other = name.rstrip("."), other.rstrip(".")
    if name == other:
        return True
    if min(len(name), len(other)) == 1:
        return name[:1] == other[:1]
    return not _groups().get(name, frozenset()).isdisjoint(_groups().get(other, frozenset()))


@cache
def _groups() -> dict[str, frozenset[int]]:
    """Given name -> the lines of the list of nicknames that it stands in."""
    found: dict[str, set[int]] = {}
    lines = (
        files("summarizer.lexicon").joinpath("en", "nicknames.txt").read_text(encoding="utf-8").splitlines()
    )
    for number, line in enumerate(lines):
        for name in line.split() if not line.startswith("#") else ():
            found.setdefault(name, set()).add(number)
    return {name: frozenset(numbers) for name, numbers in found.items()}
