"""The words of a text as evidence compares them: tokens with their places, and stems of their inflections."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from summarizer import lexicon

# "U.S." and "3,600.5" are one token each, "well-known" two; a run in a script without spaces is cut in pairs.
_UNSPACED = "\u0e00-\u0e7f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"
_TOKEN = re.compile(
    rf"(?:[^\W\d_]\.){{2,}}|[{_UNSPACED}]+|\d+(?:[.,]\d+)*|[^\W\d_{_UNSPACED}]+(?:['’][^\W\d_]+)*"
)
_RUN = re.compile(rf"[{_UNSPACED}]+")
_POSSESSIVE = re.compile(r"['’]s?\Z")
_STOP = (
    lexicon.words("function_words")
    | lexicon.words("function_words", "auxiliaries")
    | lexicon.words("function_words", "determiners")
    | lexicon.listed("said say says saying told tell tells s t")
)
_VOWELS = frozenset("aeiouy")


@dataclass(frozen=True, slots=True)
class Token:
    """One word or number where it stands."""

    text: str
    start: int
    end: int

    @property
    def lower(self) -> str:
        return self.text.lower().replace("’", "'")


def tokens_of(text: str) -> tuple[Token, ...]:
    """The words and numbers of `text` in order, marks left out."""
    return tuple(_tokens(text))


def _tokens(text: str) -> Iterator[Token]:
    for match in _TOKEN.finditer(text):
        start, end = match.span()
        if _RUN.fullmatch(match[0]) and end - start > 1:
            yield from (Token(text[at : at + 2], at, at + 2) for at in range(start, end - 1))
        else:
            yield Token(match[0], start, end)


@lru_cache(maxsize=1 << 16)
def stem(word: str) -> str:
    """What "ruled", "rules" and "ruling" have in common; dots and a possessive ending left out.

    Cuts no more than English inflection adds, so that words of other languages are hardly ever confused.
    """
    word = _POSSESSIVE.sub("", word.lower().replace(".", ""))
    if not word.isascii() or not word.isalpha() or len(word) < 4:
        return word
    if word.endswith("ies"):
        return word[:-3] + "i"
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    for ending in ("ing", "ed"):
        root = word.removesuffix(ending)
        if len(root) < len(word) and len(root) >= 3 and _VOWELS & set(root):
            word = root[:-1] if root[-1] == root[-2] and root[-1] not in "lsz" else root
            break
    if len(word) > 3 and word.endswith("e"):
        word = word[:-1]
    return word[:-1] + "i" if word.endswith("y") and len(word) > 3 else word


def is_content(word: str) -> bool:
    """Whether a word says something of its own: no article, preposition, auxiliary or "said"."""
    return word.lower().replace("’", "'") not in _STOP


def content_stems(text: str) -> tuple[str, ...]:
    """The stems of the words that say something, in order, with repetitions."""
    return tuple(stem(token.text) for token in tokens_of(text) if is_content(token.text))
