"""A page's elements as a flat sequence of headings and paragraphs, without losing a word."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lxml.etree import XPath, _Element

from articles.model import ParagraphKind

# Replaces "<br><br>", which the extractor would turn into one line break. U+2E3F CAPITULUM is an old
# paragraph mark: it is printable, so that it is not cleaned away, and no news page has it.
PARAGRAPH_MARK = "⸿"

# Elements within a line; all others start a paragraph.
_INLINE_TAGS = """
a abbr acronym b bdi bdo big cite code data del dfn em font hi i ins kbd label mark nobr q ref s samp small
span strike strong sub sup time tt u var
"""
INLINE_TAGS = frozenset(_INLINE_TAGS.split())
_SKIPPED = frozenset(("script", "style", "graphic", "img", "svg", "noscript", "template", "iframe"))
_HEADINGS = frozenset(("head", "h1", "h2", "h3", "h4", "h5", "h6", "summary"))
_BREAKS = frozenset(("lb", "br", "hr"))
SENTENCE_END = re.compile(r"""[.!?…。！？؟।]["'”’»)\]]*$""")
# Before a <br>, a line this long that ends a sentence is a paragraph; a shorter one may be verse.
_MIN_BR_PARAGRAPH = 80
_MAX_CELL = 250  # characters; a longer cell is not data


@dataclass(frozen=True, slots=True)
class Block:
    """A heading (`kind` None) or a paragraph of the page, as one line of text."""

    text: str
    kind: ParagraphKind | None

    @property
    def is_heading(self) -> bool:
        return self.kind is None


def read_blocks(body: _Element) -> tuple[Block, ...]:
    """The blocks of `body` in reading order. Its elements are trafilatura's (head, quote, lb) or HTML's."""
    walk = _Walk()
    walk.read(body, ParagraphKind.BODY)
    walk.close()
    return tuple(walk.blocks)


class _Walk:
    """Collects inline text until an element ends the paragraph."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self._pieces: list[str] = []
        # Since the last PARAGRAPH_MARK; a counter, because a page can be one long line of <br>.
        self._line_chars = 0
        self._kind: ParagraphKind | None = ParagraphKind.BODY

    def read(self, element: _Element, kind: ParagraphKind | None) -> None:
        """Read an element and its descendants. Recursion is bounded: the parser stops at a depth of 256."""
        self._add(element.text)
        for child in element:
            tag = child.tag
            if not isinstance(tag, str) or tag in _SKIPPED:
                pass
            elif tag in _BREAKS:
                self._break()
            elif tag in INLINE_TAGS or (tag == "quote" and self._is_inline_quote(child)):
                self.read(child, kind)
            elif tag == "row" or tag == "tr":
                self._row(child, kind)
            else:
                self._switch(_kind_inside(tag, kind))
                self.read(child, _kind_inside(tag, kind))
                self._switch(kind)
            self._add(child.tail)

    def close(self) -> None:
        """End the current paragraph."""
        for text in "".join(self._pieces).split(PARAGRAPH_MARK):
            if words := " ".join(text.split()):
                self.blocks.append(Block(words, self._kind))
        self._pieces.clear()
        self._line_chars = 0

    def _add(self, text: str | None) -> None:
        if text:
            self._pieces.append(text)
            _, mark, rest = text.rpartition(PARAGRAPH_MARK)
            self._line_chars = len(rest.strip()) + (0 if mark else self._line_chars)

    def _switch(self, kind: ParagraphKind | None) -> None:
        self.close()
        self._kind = kind

    def _break(self) -> None:
        """A line break ends a paragraph if the line before it looks like one; otherwise it is a space."""
        last = next((words for piece in reversed(self._pieces[-3:]) if (words := piece.strip())), "")
        if self._line_chars >= _MIN_BR_PARAGRAPH and SENTENCE_END.search(last[-8:]):
            self._pieces.append(PARAGRAPH_MARK)
            self._line_chars = 0
        else:
            self._pieces.append(" ")

    def _is_inline_quote(self, quote: _Element) -> bool:
        """Whether it was a <q> within a sentence: the extractor gives it the name of a block quote."""
        parent = quote.getparent()
        return parent is not None and parent.tag == "p" and bool("".join(self._pieces).strip())

    def _row(self, row: _Element, kind: ParagraphKind | None) -> None:
        """A table row: one line of cells, or the paragraphs of a page whose layout is a table."""
        cells = [cell for cell in row if isinstance(cell.tag, str)]
        texts = [" ".join(raw_text(cell).replace(PARAGRAPH_MARK, " ").split()) for cell in cells]
        stray = "".join([row.text or "", *(cell.tail or "" for cell in row)]).strip()
        if not stray and not any(map(_holds_blocks, cells)) and all(len(text) <= _MAX_CELL for text in texts):
            self._switch(ParagraphKind.LIST_ITEM)
            self._add(" | ".join(filter(None, texts)))
            self._switch(kind)
            return
        self._add(row.text)
        for cell in cells:
            self._switch(kind)
            self.read(cell, kind)
            self._add(cell.tail)
        self._switch(kind)


def _holds_blocks(cell: _Element) -> bool:
    return next(cell.iter("p", "list", "ul", "ol", "head", "quote", "div", "table", "row"), None) is not None


def _kind_inside(tag: str, outer: ParagraphKind | None) -> ParagraphKind | None:
    if tag in _HEADINGS:
        return None
    if tag in {"quote", "blockquote"}:
        return ParagraphKind.BLOCK_QUOTE
    if tag in {"item", "li", "dd", "dt"}:
        return ParagraphKind.BLOCK_QUOTE if outer is ParagraphKind.BLOCK_QUOTE else ParagraphKind.LIST_ITEM
    return outer


def as_text(blocks: tuple[Block, ...]) -> str:
    """Headings and paragraphs, one per line."""
    return "\n".join(block.text for block in blocks)


def sections_of(blocks: tuple[Block, ...]) -> Iterator[tuple[str | None, list[tuple[str, ParagraphKind]]]]:
    """The blocks as sections for `model.lay_out`. The first has no heading: it is the lede section."""
    heading: str | None = None
    contents: list[tuple[str, ParagraphKind]] = []
    for block in blocks:
        if block.kind is None and heading is not None and not contents:
            heading = f"{heading} – {block.text}"  # a heading directly above another
        elif block.kind is None:
            yield heading, contents
            heading, contents = block.text, []
        else:
            contents.append((block.text, block.kind))
    yield heading, contents


# Typed access to lxml's trees: its stubs leave these types open.


def words_in(element: _Element) -> str:
    """The element's text and its descendants', white space collapsed."""
    return " ".join(raw_text(element).split())


def raw_text(element: _Element) -> str:
    """The element's text and its descendants', unchanged."""
    return "".join(str(piece) for piece in element.itertext())


def select(path: XPath, tree: _Element) -> list[_Element]:
    """The elements that the path finds, in document order."""
    found = path(tree)
    return [element for element in found if isinstance(element, _Element)] if isinstance(found, list) else []
