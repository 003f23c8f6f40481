"""An extracted tree as a flat run of headings and paragraphs, none of its words lost."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lxml.etree import _Element

from articles.model import ParagraphKind
from articles.page.elements import raw_text

# Stands for "<br><br>" through an extractor that would make one line break of it. U+2E3F CAPITULUM is an old
# paragraph mark: printable, so that it is not cleaned away, and on no news page.
PARAGRAPH_MARK = "⸿"

# What runs on within a line; everything else starts a paragraph.
INLINE_TAGS = frozenset(
    (
        *(
            "a",
            "abbr",
            "acronym",
            "b",
            "bdi",
            "bdo",
            "big",
            "cite",
            "code",
            "data",
            "del",
            "dfn",
            "em",
            "font",
        ),
        *(
            "hi",
            "i",
            "ins",
            "kbd",
            "label",
            "mark",
            "nobr",
            "q",
            "ref",
            "s",
            "samp",
            "small",
            "span",
            "strike",
        ),
        *("strong", "sub", "sup", "time", "tt", "u", "var"),
    )
)
_SKIPPED = frozenset(("script", "style", "graphic", "img", "svg", "noscript", "template", "iframe"))
_HEADINGS = frozenset(["head", "h1", "h2", "h3", "h4", "h5", "h6", "summary"])
_BREAKS = frozenset(("lb", "br", "hr"))
SENTENCE_END = re.compile(r"""[.!?…。！？؟।]["'”’»)\]]*$""")
# A line this long that ends a sentence is a paragraph of a page without <p>; a shorter one may be verse.
_MIN_BR_PARAGRAPH = 80
_MAX_CELL = 250  # characters; a longer one is no datum


@dataclass(frozen=True, slots=True)
class Block:
    """A heading (`kind` None) or a paragraph of the page, as one line of text."""

    text: str
    kind: ParagraphKind | None

    @property
    def is_heading(self) -> bool:
        return self.kind is None


def read_blocks(body: _Element) -> tuple[Block, ...]:
    """The blocks of `body`, in reading order; its elements are trafilatura's (head, quote, lb) or HTML's."""
    walk = _Walk()
    walk.enter(body, ParagraphKind.BODY)
    walk.close()
    return tuple(walk.blocks)


class _Walk:
    """Collects inline text until something on the page ends the paragraph."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self._pieces: list[str] = []
        self._line_chars = 0  # since the paragraph's last mark; kept, for a page may be one long line of <br>
        self._kind: ParagraphKind | None = ParagraphKind.BODY

    def enter(self, element: _Element, kind: ParagraphKind | None) -> None:
        """Recursion goes as deep as the page's elements; the parser stops at 256."""
        self._say(element.text)
        for child in element:
            tag = child.tag
            if not isinstance(tag, str) or tag in _SKIPPED:
                pass
            elif tag in _BREAKS:
                self._break()
            elif tag in INLINE_TAGS or (tag == "quote" and self._is_inline_quote(child)):
                self.enter(child, kind)
            elif tag == "row" or tag == "tr":
                self._row(child, kind)
            else:
                self._switch(_kind_inside(tag, kind))
                self.enter(child, _kind_inside(tag, kind))
                self._switch(kind)
            self._say(child.tail)

    def close(self) -> None:
        """End the paragraph at hand."""
        for text in "".join(self._pieces).split(PARAGRAPH_MARK):
            if words := " ".join(text.split()):
                self.blocks.append(Block(words, self._kind))
        self._pieces.clear()
        self._line_chars = 0

    def _say(self, text: str | None) -> None:
        if text:
            self._pieces.append(text)
            _, mark, rest = text.rpartition(PARAGRAPH_MARK)
            self._line_chars = len(rest.strip()) + (0 if mark else self._line_chars)

    def _switch(self, kind: ParagraphKind | None) -> None:
        self.close()
        self._kind = kind

    def _break(self) -> None:
        """A line break ends a paragraph where the line before reads as one; within it, it is a blank."""
        last = next((words for piece in reversed(self._pieces[-3:]) if (words := piece.strip())), "")
        if self._line_chars >= _MIN_BR_PARAGRAPH and SENTENCE_END.search(last[-8:]):
            self._pieces.append(PARAGRAPH_MARK)
            self._line_chars = 0
        else:
            self._pieces.append(" ")

    def _is_inline_quote(self, quote: _Element) -> bool:
        """A <q> in mid-sentence, which the extractor calls by the block quote's name."""
        parent = quote.getparent()
        return parent is not None and parent.tag == "p" and bool("".join(self._pieces).strip())

    def _row(self, row: _Element, kind: ParagraphKind | None) -> None:
        """A table's row: one line of cells, or the paragraphs of a page that is laid out by tables."""
        cells = [cell for cell in row if isinstance(cell.tag, str)]
        texts = [" ".join(raw_text(cell).replace(PARAGRAPH_MARK, " ").split()) for cell in cells]
        stray = "".join([row.text or "", *(cell.tail or "" for cell in row)]).strip()
        if not stray and not any(map(_holds_blocks, cells)) and all(len(text) <= _MAX_CELL for text in texts):
            self._switch(ParagraphKind.LIST_ITEM)
            self._say(" | ".join(filter(None, texts)))
            self._switch(kind)
            return
        self._say(row.text)
        for cell in cells:
            self._switch(kind)
            self.enter(cell, kind)
            self._say(cell.tail)
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
    """Headings and paragraphs, one a line."""
    return "\n".join(block.text for block in blocks)


def sections_of(blocks: tuple[Block, ...]) -> Iterator[tuple[str | None, list[tuple[str, ParagraphKind]]]]:
    """The blocks as sections for `model.lay_out`; before the first heading it is the lede section."""
    heading: str | None = None
    contents: list[tuple[str, ParagraphKind]] = []
    for block in blocks:
        if block.kind is None and heading is not None and not contents:
            heading = f"{heading} – {block.text}"  # a part's heading right over its first section's
        elif block.kind is None:
            yield heading, contents
            heading, contents = block.text, []
        else:
            contents.append((block.text, block.kind))
    yield heading, contents
