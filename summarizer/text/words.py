"""Text -> tokens, in the two ways that this package needs, and the stems of English words.

`Tokens` are for rules of grammar (quotes). They include punctuation, keep "well-known" and "Trump's" as one
token each, and cover the article's paragraphs.

`tokens_of` gives the words and numbers that two texts are compared by (evidence, figures). It leaves
punctuation out, splits "well-known", keeps "3,600.5" as one token, and reads text in any script.
"""

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from articles.model import Span
from summarizer import lexicon

_GRAMMAR_TOKEN = re.compile(
    r"(?:[^\W\d_]\.){2,}"  # U.S., D.C., J.K.
    rf"|{lexicon.any_of(lexicon.words('abbreviations', 'one word'))}\."
    r"|\b[A-Z]\.(?=[ \u00a0][A-Z])"  # the initial in Donald J. Trump
    r"|[@#]?\w+(?:[-’'&]\w+)*"
    r"|[^\w\s]"
)
# Scripts in which a run of letters holds several words. Such a run is cut into overlapping pairs of letters.
_UNSPACED = "\u0e00-\u0e7f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"
_TOKEN = re.compile(
    rf"(?:[^\W\d_]\.){{2,}}|[{_UNSPACED}]+|\d+(?:[.,]\d+)*|[^\W\d_{_UNSPACED}]+(?:['’][^\W\d_]+)*"
)
_RUN = re.compile(rf"[{_UNSPACED}]+")
_POSSESSIVE = re.compile(r"['’]s?\Z")
_EMPTY_WORDS = lexicon.words("function_words", "", "auxiliaries", "determiners", "empty words")
_VOWELS = frozenset("aeiouy")


class Tokens:
    """The tokens of an article, as parallel lists: words with their inner apostrophes and hyphens, and marks.

    starts, ends: offsets into the text. words: as written. lower: in lower case, with straight apostrophes.
    quoted: whether the token is in a quoted passage, quotation marks included. paragraph: its number, from 0.
    """

    __slots__ = ("ends", "lower", "paragraph", "quoted", "starts", "text", "words")

    def __init__(self, text: str, paragraphs: Sequence[Span], quoted: Sequence[Span]) -> None:
        self.text = text
        self.starts: list[int] = []
        self.ends: list[int] = []
        self.words: list[str] = []
        self.paragraph: list[int] = []
        for number, paragraph in enumerate(paragraphs):
            for match in _GRAMMAR_TOKEN.finditer(text, paragraph.start, paragraph.end):
                self.starts.append(match.start())
                self.ends.append(match.end())
                self.words.append(match[0])
            self.paragraph.extend([number] * (len(self.words) - len(self.paragraph)))
        self.lower = [word.lower().replace("’", "'") for word in self.words]
        self.quoted = [False] * len(self.words)
        for span in quoted:
            for i in range(self.at(span.start), self.at(span.end)):
                self.quoted[i] = True

    def __len__(self) -> int:
        return len(self.words)

    def at(self, offset: int) -> int:
        """The number of the first token that starts at `offset` or after it."""
        return bisect_left(self.starts, offset)

    def opens_paragraph(self, token: int) -> bool:
        return token == 0 or self.paragraph[token - 1] != self.paragraph[token]

    def span(self, start: int, end: int) -> Span:
        """The span of tokens [start, end)."""
        return Span(start=self.starts[start], end=self.ends[end - 1])


@dataclass(frozen=True, slots=True)
class Token:
    """One word or number with its offsets in the text."""

    text: str
    start: int
    end: int

    @property
    def lower(self) -> str:
        return self.text.lower().replace("’", "'")


def tokens_of(text: str) -> tuple[Token, ...]:
    """The words and numbers of `text` in order, without punctuation."""
    found: list[Token] = []
    for match in _TOKEN.finditer(text):
        start, end = match.span()
        if _RUN.fullmatch(match[0]) and end - start > 1:
            found += [Token(text[at : at + 2], at, at + 2) for at in range(start, end - 1)]
        else:
            found.append(Token(match[0], start, end))
    return tuple(found)


@lru_cache(maxsize=1 << 16)
def stem(word: str) -> str:
    """The common stem of "ruled", "rules" and "ruling", without dots and a possessive ending.

    Cuts only what English inflection adds, so that it rarely confuses words of other languages.
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
    """Whether a word is a content word: no article, preposition, auxiliary or "said"."""
    return word.lower().replace("’", "'") not in _EMPTY_WORDS


def content_stems(text: str) -> tuple[str, ...]:
    """The stems of the content words of `text`, in order, with repetitions."""
    return tuple(stem(token.text) for token in tokens_of(text) if is_content(token.text))
