"""The words of a text as evidence compares them: tokens with their places, and stems of their inflections."""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from articles.model import Span
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


# Text -> tokens, as parallel lists: what the rules of this package read instead of characters.

_GRAMMAR_TOKEN = re.compile(
    r"(?:[^\W\d_]\.){2,}"  # U.S., D.C., J.K.
    r"|(?:Mr|Mrs|Ms|Mx|Dr|Gen|Sen|Sens|Rep|Reps|Gov|Govs|Lt|Col|Capt|Sgt|Maj|Cmdr|Adm|Prof|Rev|Hon|St|Jr|Sr|Pres|Sec"
    r"|Amb|Atty|Supt|Det|Brig|Cpl|Pvt|Inc|Corp|Co|Ltd|Jan|Feb|Aug|Sept|Oct|Nov|Dec|Ala|Ariz|Ark|Calif|Colo|Conn|Del"
    r"|Fla|Ga|Ill|Ind|Kan|Ky|La|Md|Mass|Mich|Minn|Miss|Mo|Mont|Neb|Nev|Okla|Ore|Pa|Tenn|Tex|Vt|Va|Wash|Wis|Wyo)\."
    r"|\b[A-Z]\.(?=[ \u00a0][A-Z])"  # the initial in Donald J. Trump
    r"|[@#]?\w+(?:[-’'&]\w+)*"
    r"|[^\w\s]"
)


class Tokens:
    """The tokens of a text: words (with inner apostrophes and hyphens) and single marks.

    starts, ends: offsets into the text. words: as written. lower: in lower case, typographic apostrophes
    made straight. quoted: whether the token stands in a quoted passage, marks included. paragraph: its
    number, from 0.
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
        """The number of the first token that starts at or behind `offset`."""
        return bisect_left(self.starts, offset)

    def span(self, start: int, end: int) -> Span:
        """From the first to the last of tokens [start, end)."""
        return Span(start=self.starts[start], end=self.ends[end - 1])
