"""Plain copy to blocks: paragraphs, headings and pieces of furniture, however the lines are broken."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import groupby, pairwise

from articles.model import ParagraphKind

_LINE_BREAK = re.compile("\r\n?|[\v\f\x1c-\x1e\x85\u2028\u2029]")
# Invisible: controls, zero-width spaces, byte order marks, soft hyphens.
_UNSEEN = re.compile("[\x00-\x08\x0e-\x1b\x7f-\x9f\xad\u200b\u2060\ufeff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_SPACE = re.compile(r"\s+")
_BULLET = re.compile(r"[•‣◦▪●○∙■□*·-]\s+(?=\S)(?!\S{1,4} -$)")  # "- 30 -" ends a story
_NUMBER = re.compile(r"\(?\d{1,2}[.)]\s+(?=\S)")
_QUOTED = re.compile(r">+\s*(?=\S)")
_SENTENCE_END = re.compile(r"[.!?:;…。！？؟।][\"'”’»)\]]*$")

MIN_WRAP, MAX_WRAP = 40, 100  # columns; narrower lines are a list of labels, wider ones are a paragraph each

MAX_OVERHANG = 8
MIN_FULL_LINES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """The text between two paragraph breaks, on one line, white space collapsed."""

    text: str
    run: int  # blocks of the same run had no blank line between them
    kind: ParagraphKind = ParagraphKind.BODY
    numbered: bool = False


@dataclass(frozen=True, slots=True)
class _Line:
    indent: int
    text: str  # "": a blank line

    @property
    def columns(self) -> int:
        return self.indent + len(self.text)

    @property
    def ends_sentence(self) -> bool:
        return _SENTENCE_END.search(self.text[-8:]) is not None

    @property
    def opens_item(self) -> bool:
        return _kind(self.text) is not ParagraphKind.BODY or _NUMBER.match(self.text) is not None


def split_blocks(copy: str) -> tuple[Block, ...]:
    """The blocks of `copy` in order, none of them blank.

    Paragraphs may be separated by blank lines, be one line each, be wrapped at a column, or have indented
    first lines. Wrapped lines are joined by the rule that broke them: a line ends where the next word would
    not have fitted.
    """
    lines = _lines(copy)
    width = _wrap_width(lines)
    blocks: list[Block] = []
    runs = (list(run) for has_text, run in groupby(lines, key=lambda line: line.text != "") if has_text)
    for number, run in enumerate(runs):
        blocks.extend(replace(_block(text), run=number) for text in _join(run, width))
    return tuple(blocks)


def _lines(copy: str) -> list[_Line]:
    copy = _SURROGATE.sub("\ufffd", _UNSEEN.sub("", _LINE_BREAK.sub("\n", copy)))
    lines = []
    for raw in copy.split("\n"):
        text = _SPACE.sub(" ", raw.strip())
        lines.append(_Line(len(raw.expandtabs()) - len(raw.expandtabs().lstrip()) if text else 0, text))
    return lines


def _wrap_width(lines: list[_Line]) -> int | None:
    """The column at which the copy was wrapped; None if each line is a paragraph.

    It is the 85th percentile of the lines that another follows, so that single long lines do not matter.
    """
    # A line with more indent than the one above begins a paragraph: the line above was not wrapped.
    pairs = [(a, b) for a, b in pairwise(lines) if a.text and b.text and b.indent <= a.indent]
    if not pairs:
        return None
    width = sorted(a.columns for a, _ in pairs)[int(0.85 * len(pairs))]
    full = [(a, b) for a, b in pairs if _is_full(a, b, width)]
    too_long = sum(line.columns > width + MAX_OVERHANG for line in lines)
    if not MIN_WRAP <= width <= MAX_WRAP or len(full) < MIN_FULL_LINES or too_long > 0.1 * len(lines):
        return None
    in_mid_sentence = sum(not a.ends_sentence for a, _ in full)
    going_on = sum(not b.text[0].isupper() for _, b in full)
    return width if in_mid_sentence >= 0.5 * len(full) and going_on >= 0.3 * len(full) else None


def _is_full(line: _Line, following: _Line, width: int) -> bool:
    first_word = following.text.partition(" ")[0]
    return line.columns + 1 + len(first_word) >= width


def _join(run: list[_Line], width: int | None) -> Iterator[str]:
    """The texts of the run's blocks."""
    margin = min(line.indent for line in run)
    parts = [run[0].text]
    item = run[0] if run[0].opens_item else None
    for a, b in pairwise(run):
        hangs = item is not None and b.indent > item.indent
        first_line = b.indent > margin and item is None
        if not b.opens_item and not first_line and (hangs or _goes_on(a, b, width)):
            parts.append(b.text)
        else:
            yield _unwrap(parts)
            parts, item = [b.text], b if b.opens_item else None
    yield _unwrap(parts)


def _goes_on(a: _Line, b: _Line, width: int | None) -> bool:
    if width is not None and _is_full(a, b, width):
        return True
    unfinished = len(a.text) >= MIN_WRAP and not a.ends_sentence
    return unfinished and b.text[0].islower() and (b.ends_sentence or len(b.text) >= MIN_WRAP)


def _unwrap(parts: list[str]) -> str:
    """The lines as one; a compound that was broken at its hyphen ("cyber-" / "attacks") is joined."""
    joined = [parts[0]]
    for part in parts[1:]:
        before = joined[-1]
        compound = before[-1] == "-" and before[-2:-1].isalpha() and part[0].islower()
        joined.append(part if compound else " " + part)
    return "".join(joined)


def _kind(text: str) -> ParagraphKind:
    if _BULLET.match(text):
        return ParagraphKind.LIST_ITEM
    if _QUOTED.match(text):
        return ParagraphKind.BLOCK_QUOTE
    return ParagraphKind.BODY


def _block(text: str) -> Block:
    """The block of a text. Bullets and quote marks are layout and are removed; numbers are text and stay."""
    marker = _BULLET.match(text) or _QUOTED.match(text)
    if marker is not None:
        return Block(text=text[marker.end() :], run=0, kind=_kind(text))
    return Block(text=text, run=0, numbered=_NUMBER.match(text) is not None)
