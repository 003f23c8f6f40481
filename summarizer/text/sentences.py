"""Text -> sentences, as spans of the text.

Rules for news English. They judge each full stop, question mark and exclamation mark once, so the time is
linear in the length of the text. Text in one pair of quotation marks is never split: “We will not stop. We
will win,” he said. is one sentence, as a reader would quote it.
"""

import re
from collections.abc import Iterator
from itertools import pairwise

from articles.model import Span
from summarizer import lexicon

# A blank line, or a line break before a bullet. Any other single line break only wraps a line.
_BLOCK_BREAK = re.compile(r"\n[^\S\n]*\n\s*|\n(?=[^\S\n]*[•*–—-][^\S\n])")
# Possessive, and with no look-ahead: a megabyte of full stops is one match, not a quadratic search.
_STOP = re.compile(r"(?:\.(?: \.){2,}+|[.!?…]++)[\"'”’»)\]]*+")
_MARKS = re.compile(r"[\"“”„«»]|''|``")
_CLOSING_MARKS = {'"': '"', "“": "”", "„": "“”", "«": "»", "''": "''", "``": "''"}
_NEXT_WORD = re.compile(r"\s*+(?:[\"“‘„«'(\[—–*•-]++\s*+)?(\w[\w’']*+)?")
_LAST_WORD = re.compile(r"[\w.’'&/-]*\Z")
_LONGEST_WORD = 40

_BEFORE_NAME = lexicon.words("abbreviations", "before a name")
_LOWER_BEFORE_NAME = lexicon.words("abbreviations", "before a name, in lower case")
_MAY_CLOSE = lexicon.words("abbreviations", "may close a sentence")
_LOWER_MAY_CLOSE = lexicon.words("abbreviations", "may close a sentence, in lower case")
_BEFORE_NUMBER = lexicon.words("abbreviations", "before a number")
_OPENERS = lexicon.words("sentences", "openers")
_CUE_FOLLOWS = re.compile(
    r"\s+(?:(?:[A-Z][\w.’'-]*|[a-z]{2,3}|of|the)\s+){1,5}"
    rf"{lexicon.any_of(lexicon.words('sentences', 'reporting verbs behind a quotation'))}\b"
)


def split_sentences(text: str) -> tuple[Span, ...]:
    """The sentences of `text` in order: disjoint spans with no white space at either end.

    A blank line always ends a sentence, so that a heading or a list item is a sentence of its own.
    """
    found: list[Span] = []
    start = 0
    for gap in _BLOCK_BREAK.finditer(text):
        found += _sentences_of_block(text, start, gap.start())
        start = gap.end()
    return (*found, *_sentences_of_block(text, start, len(text)))


def sentences_within(text: str, part: Span) -> list[Span]:
    """The sentences of one part of `text`, such as a paragraph, as spans of `text`."""
    return [span.shifted(part.start) for span in split_sentences(part.of(text))]


def trimmed(text: str, start: int, end: int) -> Span | None:
    """The range [start, end) of `text` without white space at its ends; None if there is nothing else."""
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return Span(start=start, end=end) if start < end else None


def _sentences_of_block(text: str, start: int, end: int) -> Iterator[Span]:
    quoted = _quoted_ranges(text, start, end)
    cuts, nearest = [start], 0
    for stop in _STOP.finditer(text, start, end):
        cut = stop.end()
        while nearest < len(quoted) and quoted[nearest][1] <= stop.start():
            nearest += 1
        inside = nearest < len(quoted) and quoted[nearest][0] < stop.start() and cut < quoted[nearest][1]
        if not inside and cut < end and text[cut].isspace() and _ends_sentence(text, start, stop):
            cuts.append(cut)
    return filter(None, (trimmed(text, *ends) for ends in pairwise((*cuts, end))))


def _quoted_ranges(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """The outermost pairs of quotation marks. A mark that is not closed in its block is ignored."""
    ranges: list[tuple[int, int]] = []
    closing, opened = "", start
    for match in _MARKS.finditer(text, start, end):
        mark = match[0]
        if closing and mark in closing:
            ranges.append((opened, match.end()))
            closing = ""
        elif mark in _CLOSING_MARKS and (not closing or mark == "“"):
            at = match.start()
            # Behind a letter or a digit it closes another quotation, or means inches.
            if at == 0 or not text[at - 1].isalnum():
                closing, opened = _CLOSING_MARKS[mark], at
    return ranges


def _ends_sentence(text: str, block: int, stop: re.Match[str]) -> bool:
    follows = _NEXT_WORD.match(text, stop.end())
    following = follows[1] if follows is not None else None
    if following is not None and following[0].islower():
        return False
    marks = stop[0]
    if marks[-1] in "\"”’»'" and ("?" in marks or "!" in marks or "…" in marks):
        return _CUE_FOLLOWS.match(text, stop.end()) is None
    if not marks.startswith(".") or marks.startswith(("..", ". .")):
        return True
    return _full_stop_ends(text, block, stop.start(), following)


def _full_stop_ends(text: str, block: int, dot: int, following: str | None) -> bool:
    last = _LAST_WORD.search(text[max(block, dot - _LONGEST_WORD) : dot])
    word = last[0].lstrip("'’(-") if last is not None else ""
    if word.isdigit() and not text[block : dot - len(word)].strip():
        return False  # the number of a list item
    key = word.lower().rsplit("-", 1)[-1].rsplit("/", 1)[-1]
    if key in _BEFORE_NAME and (word[:1].isupper() or key in _LOWER_BEFORE_NAME):
        return False
    if key in _BEFORE_NUMBER and following is not None and following[0].isdigit():
        return False
    initial = len(word) == 1 and word.isupper() and word != "I"
    # "Miss." is an abbreviation, "a miss." is not.
    abbreviated = key in _MAY_CLOSE and (word[0].isupper() or "." in word or key in _LOWER_MAY_CLOSE)
    if initial or abbreviated or _has_inner_dot(word):
        return following in _OPENERS
    return True


def _has_inner_dot(word: str) -> bool:
    """Whether a word is letters with full stops between them: N.Y or Ph.D without the last full stop."""
    letters = word.split(".")
    return len(letters) > 1 and all(1 <= len(part) <= 2 and part.isalpha() for part in letters)
