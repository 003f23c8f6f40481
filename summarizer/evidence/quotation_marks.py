"""Quotation marks in a sentence that a model wrote: what they enclose, and where the article quotes it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from articles.model import Article, Span
from summarizer.quotes.passages import find_passages

# Opening mark -> the marks that can close it.
_CLOSING = {
    "“": "”", "„": "“”", "‟": "”", "«": "»", "»": "«", "‹": "›", "「": "」", "『": "』", "＂": "＂",
    '"': '"', "''": "''", "``": "''", "‘": "’", "‚": "‘’", "'": "'", "`": "'`´",
}  # fmt: skip
_TYPEWRITER = frozenset(('"', "''", "``", "‘", "‚", "'", "`"))  # open only what follows without a space
_MARKS = re.compile("[\"“”„‟«»‹›「」『』＂‘’‚'`´]|''|``")
_SINGLE = frozenset("‘’‚'`´")
_ELISION = re.compile(r"(?:\d0s|em|tis|twas|til|cause|n)\b", re.IGNORECASE)
_INSIDE_WORD = re.compile(r"[A-Za-zÀ-ɏͰ-ϿЀ-ӿ0-9]{2}")
# Marks of all styles as one, each of the same length, so that offsets stay right.
_ONE_STYLE = str.maketrans(
    {**dict.fromkeys("“”„‟«»＂「」『』", '"'), **dict.fromkeys("‘’‚`´‹›", "'"), "\u00a0": " ", "\n": " "}
)


class Unpaired(ValueError):
    """A mark without its pair: nobody can tell what is quoted."""


@dataclass(frozen=True, slots=True)
class QuotedPart:
    """An outermost pair of marks and the words between, as offsets into the sentence."""

    start: int  # of the opening mark
    end: int  # behind the closing mark
    words: str


def quoted_parts(sentence: str) -> tuple[QuotedPart, ...]:
    """The outermost quoted parts of `sentence`, in order. Raises Unpaired.

    Every mark has to be one of a pair or an apostrophe; marks inside a part belong to its words.
    """
    parts: list[QuotedPart] = []
    opened: tuple[re.Match[str], str] | None = None
    for match in _MARKS.finditer(sentence):
        if _is_apostrophe(sentence, match, inside=opened is not None):
            continue
        if opened is None:
            opens = match[0] not in _TYPEWRITER or sentence[match.end() : match.end() + 1].strip()
            if match[0] not in _CLOSING or not opens:
                raise Unpaired(match[0])
            opened = match, _CLOSING[match[0]]
        elif match[0] in opened[1]:
            words = sentence[opened[0].end() : match.start()]
            parts.append(QuotedPart(opened[0].start(), match.end(), words))
            opened = None
    if opened is not None:
        raise Unpaired(opened[0][0])
    return tuple(parts)


def _is_apostrophe(sentence: str, match: re.Match[str], *, inside: bool) -> bool:
    """Whether a single mark belongs to a word: don't, the '90s, and, behind an s, allies'."""
    if match[0] not in _SINGLE:
        return False
    before = sentence[match.start() - 1 : match.start()]
    after = sentence[match.end() : match.end() + 1]
    if before.isalnum() and after.isalnum():
        return True
    if not before.isalnum() and _ELISION.match(sentence, match.end()):
        return True
    return before.lower() == "s" and after in {" ", ""} and not inside and match[0] in "’'"


class Quotations:
    """The quotations of an article, found by their words in any style of marks."""

    def __init__(self, article: Article) -> None:
        paragraphs = [paragraph.span for paragraph in article.paragraphs()]
        self._text = article.text.translate(_ONE_STYLE)
        self._spans = [passage.outer for passage in find_passages(article.text, paragraphs)]

    def find(self, words: str) -> Span | None:
        """Where the article quotes exactly these words; None if it does not.

        The case of the first letter and a closing comma or full stop may differ.
        """
        wanted = " ".join(words.translate(_ONE_STYLE).split())
        for form in dict.fromkeys((wanted, wanted.rstrip(",."))):
            if any(map(str.isalnum, form)):
                found = self._find_exactly(form) or self._find_exactly(form[0].swapcase() + form[1:])
                if found is not None:
                    return found
        return None

    def _find_exactly(self, wanted: str) -> Span | None:
        at = self._text.find(wanted)
        while at >= 0:
            found = Span(start=at, end=at + len(wanted))
            # Scripts without spaces do not show whether it begins or ends inside a word.
            cuts_word = any(_INSIDE_WORD.match(self._text, edge - 1) for edge in (at, found.end) if edge)
            if not cuts_word and any(span.contains(found) for span in self._spans):
                return found
            at = self._text.find(wanted, at + 1)
        return None


def requoted(sentence: str, parts: Sequence[QuotedPart], spans: Sequence[Span], text: str) -> str:
    """The sentence with each part as `text` has it at its span, in curly marks.

    A comma or full stop that only the sentence has goes behind the marks.
    """
    written: list[str] = []
    at = 0
    for part, span in zip(parts, spans, strict=True):
        verbatim = " ".join(span.of(text).split())
        ending = part.words.rstrip()[-1:]
        stop = ending if ending in {",", "."} and verbatim[-1] != ending else ""
        written += [sentence[at : part.start], f"“{verbatim}”{stop}"]
        at = part.end
    return "".join([*written, sentence[at:]])
