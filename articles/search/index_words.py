"""Text to the words that it is found by: case, accents and endings off.

As SQLite's FTS5 reads text (tokenizer "porter unicode61 remove_diacritics 2"), for an index that does not
read text itself: the same words on every server, whatever its locale and its dictionaries are.
"""

import unicodedata
from functools import lru_cache
from threading import Lock

from snowballstemmer import stemmer

MAX_CHARS = 100  # of a word; what is longer is found by its beginning
_MIN_STEMMED, _MAX_STEMMED = 3, 64
_LATIN = "\u0250"  # scripts from here on keep their marks: й is no и
_PORTER = stemmer("porter")
_ONE_AT_A_TIME = Lock()  # a stemmer keeps its word in itself


def index_words(text: str) -> list[str]:
    """The words of a text, in its order: letters and digits alone."""
    return [_stem(word[:MAX_CHARS]) for word in unicodedata.normalize("NFC", text).translate(_FOLDED).split()]


@lru_cache(maxsize=100_000)
def _stem(word: str) -> str:
    if not _MIN_STEMMED <= len(word) <= _MAX_STEMMED:
        return word
    with _ONE_AT_A_TIME:
        return str(_PORTER.stemWord(word)) or word


class _Folding(dict[int, str]):
    """Code point to what stands for it in a word: lower case, no accent; a space where it is in no word."""

    def __missing__(self, code: int) -> str:
        folded = self[code] = _fold(chr(code))
        return folded


def _fold(character: str) -> str:
    if "\u0300" <= character <= "\u036f":  # other scripts' marks end a word, as they do in FTS5
        return ""
    kept = [c for c in character.lower() if c.isalnum() or unicodedata.category(c) == "Co"]
    if not kept:
        return " "
    bases = (unicodedata.normalize("NFD", c)[0] for c in kept)
    return "".join(base if base < _LATIN else c for base, c in zip(bases, kept, strict=True))


_FOLDED = _Folding()
