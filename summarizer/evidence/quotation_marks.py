"""Quotation marks in a sentence that a model wrote: what they enclose, or that nobody can tell."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from articles.model import Article, Span
from summarizer.quotes.passages import find_passages

_CLOSING = {"“": "”", "„": "“”", "‟": "”", "«": "»", "»": "«", "‹": "›", "「": "」", "『": "』", "＂": "＂"}
_MARKS = re.compile("[\"“”„‟«»‹›「」『』＂‘’‚'`´]|''|``")
_SINGLE = frozenset("‘’‚'`´")
_ELISION = re.compile(r"(?:\d0s|em|tis|twas|til|cause|n)\b", re.IGNORECASE)
_INSIDE_WORD = re.compile(r"[A-Za-zÀ-ɏͰ-ϿЀ-ӿ0-9]{2}")
# One shape for the marks of every style, of the same length, so that places stay right.
_ONE_STYLE = str.maketrans(
    {**dict.fromkeys("“”„‟«»＂「」『』", '"'), **dict.fromkeys("‘’‚`´‹›", "'"), "\u00a0": " ", "\n": " "}
)


class Unpaired(ValueError):
    """A mark closes nothing, or nothing closes it: what is quoted cannot be told."""


@dataclass(frozen=True, slots=True)
class Quoted:
    """An outermost pair of marks and what stands between, as places in the sentence."""

    start: int  # of the opening mark
    end: int  # behind the closing mark
    words: str


def quoted_parts(sentence: str) -> tuple[Quoted, ...]:
    """The outermost quoted parts of `sentence`, in order. Raises Unpaired.

    Every mark has to be one of a pair or an apostrophe; marks inside a part are the part's own.
    """
    parts: list[Quoted] = []
    opened: tuple[re.Match[str], str] | None = None
    for match in _MARKS.finditer(sentence):
        if _is_apostrophe(sentence, match, inside=opened is not None):
            continue
        if opened is None:
            closing = _closing(sentence, match)
            if closing is None:
                raise Unpaired(match[0])
            opened = match, closing
        elif match[0] in opened[1]:
            words = sentence[opened[0].end() : match.start()]
            parts.append(Quoted(opened[0].start(), match.end(), words))
            opened = None
    if opened is not None:
        raise Unpaired(opened[0][0])
    return tuple(parts)


def _closing(sentence: str, match: re.Match[str]) -> str | None:
    """The marks that can close what this one opens; None where it cannot open."""
    mark = match[0]
    follows = sentence[match.end() : match.end() + 1]
    if mark in {'"', "''", "``"}:
        return {'"': '"', "''": "''", "``": "''"}[mark] if follows.strip() else None
    if mark in {"‘", "‚", "'", "`"} and follows.strip():
        return {"‘": "’", "‚": "‘’", "'": "'", "`": "'`´"}[mark]
    return _CLOSING.get(mark)


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


class Passages:
    """What an article quotes, looked up by words whose marks may be of another style."""

    def __init__(self, article: Article) -> None:
        paragraphs = [paragraph.span for paragraph in article.paragraphs()]
        self._text = article.text
        self._plain = article.text.translate(_ONE_STYLE)
        self._passages = [passage.outer for passage in find_passages(article.text, paragraphs)]

    def find(self, words: str) -> Span | None:
        """Where the article quotes just these words; None where it does not.

        The first letter's case and a closing comma or full stop are the sentence's, and may differ.
        """
        wanted = " ".join(words.translate(_ONE_STYLE).split())
        for form in dict.fromkeys((wanted, wanted.rstrip(",."))):
            if any(map(str.isalnum, form)):
                found = self._place(form) or self._place(form[0].swapcase() + form[1:])
                if found is not None:
                    return found
        return None

    def _place(self, wanted: str) -> Span | None:
        at = self._plain.find(wanted)
        while at >= 0:
            span = Span(start=at, end=at + len(wanted))
            if self._is_whole_words(span) and self._is_quoted(span):
                return span
            at = self._plain.find(wanted, at + 1)
        return None

    def _is_whole_words(self, span: Span) -> bool:
        """False where it begins or ends inside a word; scripts without spaces do not show that."""
        return not any(_INSIDE_WORD.match(self._plain, at - 1) for at in (span.start, span.end) if at)

    def _is_quoted(self, span: Span) -> bool:
        return any(outer.start <= span.start and span.end <= outer.end for outer in self._passages)


def requoted(sentence: str, parts: Sequence[Quoted], spans: Sequence[Span], text: str) -> str:
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
