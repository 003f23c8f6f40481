"""Names of people as they are written, made comparable."""

import re
import unicodedata
from dataclasses import dataclass

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
