"""Raw text -> paragraphs, for text that no parser has laid out."""

import re
from itertools import pairwise

from articles.model import Span

_LINE = re.compile(r"[^\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]+")
_ENDS_A_LINE_OF_PROSE = re.compile(r"[.!?:;\"”’')\]…]\s*\Z")
_WRAPPED_SHARE = 0.5


def paragraphs_of(text: str) -> tuple[Span, ...]:
    """The paragraphs of `text` in order, without white space at the ends.

    A blank line always ends a paragraph. A single line break does too, unless the text is hard-wrapped: then
    most single breaks are inside a sentence.
    """
    lines = [span for match in _LINE.finditer(text) if (span := _stripped(text, match.start(), match.end()))]
    if not _is_hard_wrapped(text, lines):
        return tuple(lines)
    joined: list[Span] = []
    for line in lines:
        if joined and text.count("\n", joined[-1].end, line.start) == 1:
            joined[-1] = Span(start=joined[-1].start, end=line.end)
        else:
            joined.append(line)
    return tuple(joined)


def _stripped(text: str, start: int, end: int) -> Span | None:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return Span(start=start, end=end) if start < end else None


def _is_hard_wrapped(text: str, lines: list[Span]) -> bool:
    breaks = wrapped = 0
    for line, following in pairwise(lines):
        if text.count("\n", line.end, following.start) != 1:
            continue
        breaks += 1
        in_mid_sentence = not _ENDS_A_LINE_OF_PROSE.search(text, max(line.start, line.end - 3), line.end)
        wrapped += in_mid_sentence and len(line) >= 40
    return breaks >= 3 and wrapped > _WRAPPED_SHARE * breaks
