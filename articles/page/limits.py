"""How much of a page we take on: beyond it, parsers that are quadratic in something would stall a worker."""

import re
from collections import Counter

from lxml.etree import XPath, _Element

from articles.errors import Unreadable
from articles.page.blocks import INLINE_TAGS
from articles.page.elements import raw_text, select

MAX_PAGE_CHARS = 10_000_000
MAX_ELEMENTS = 40_000
MAX_ARTICLE_CHARS = 500_000
MAX_ATTRIBUTES = 500  # on one element: libxml2 looks each up among all before it
_MAX_INLINE = 1_500  # elements within one paragraph
_MAX_NAME_CHARS = 2_000  # of class and id, which the extractor matches some hundred patterns against
_SMALL = 150_000  # characters: too few to stall anything
_BULK = (
    *("script", "style", "svg", "path", "template", "noscript", "iframe"),
    *("link", "meta", "source", "option"),
)
_LONG_NAMED = XPath(
    f"//*[string-length(@class) > {_MAX_NAME_CHARS} or string-length(@id) > {_MAX_NAME_CHARS}]"
)

# A start tag as the HTML Standard's tokenizer reads it. Possessive throughout, so that it is linear.
_TAG = re.compile(
    r"""<!--(?:[^-]|-(?!->))*+(?:-->|\Z)|<(?P<raw>script|style|textarea|title)\b[^>]*+>(?>[^<]++|<(?!/(?P=raw)))*+"""
    r"""|<[a-zA-Z][^\s/>]*+(?P<attributes>(?:[\s/]++|[^\s/>=]++(?:\s*+=\s*+(?:"[^"]*+"|'[^']*+'|[^\s>"']?[^\s>]*+))?+|=)*+)""",
    re.IGNORECASE | re.DOTALL,
)
_ATTRIBUTE = re.compile(r"""[\s/]*+[^\s/>=]++(?:\s*+=\s*+(?:"[^"]*+"|'[^']*+'|[^\s>"']?[^\s>]*+))?+""")


def check_text(text: str) -> None:
    """Raises Unreadable for a page that the parser would be too slow on."""
    if len(text) > MAX_PAGE_CHARS:
        raise Unreadable(f"the page is larger than {MAX_PAGE_CHARS:,} characters")
    if len(text) <= _SMALL:
        return
    for tag in _TAG.finditer(text):
        attributes = tag["attributes"]
        if attributes and len(attributes) > MAX_ATTRIBUTES * 2:
            count = sum(1 for _ in _ATTRIBUTE.finditer(attributes))
            if count > MAX_ATTRIBUTES:
                raise Unreadable(f"the page has an element with {count:,} attributes")


def check_article(text: str) -> None:
    """Raises Unreadable for more text than an article has: a book, or a page made to stall a summariser."""
    if len(text) > MAX_ARTICLE_CHARS:
        raise Unreadable(f"the page's article is longer than {MAX_ARTICLE_CHARS:,} characters")


def check_tree(tree: _Element) -> None:
    """Raises Unreadable for a page of too many elements; evens out what would stall the extractor."""
    bulk = sum(1 for _ in tree.iter(*_BULK))
    elements = sum(1 for _ in tree.iter()) - bulk
    if elements > MAX_ELEMENTS or bulk > MAX_ELEMENTS:
        raise Unreadable(f"the page has {elements + bulk:,} elements; no article has so many")
    for element in select(_LONG_NAMED, tree):
        for name in ("class", "id"):
            if len(value := element.get(name, "")) > _MAX_NAME_CHARS:
                element.set(name, value[:_MAX_NAME_CHARS])
    for cell in tree.iter("td", "th"):
        # Each is spelled out into empty cells, which multiply; we read a row's cells and no grid.
        for span in ("rowspan", "colspan"):
            if span in cell.attrib:
                del cell.attrib[span]
    if elements > _MAX_INLINE:
        for element in _overfull(tree):
            _flatten(element)


def _overfull(tree: _Element) -> list[_Element]:
    """The blocks with more inline elements in them than the extractor, which is quadratic there, can take."""
    counts: Counter[_Element] = Counter()
    block_of: dict[_Element, _Element] = {tree: tree}
    for element in tree.iter("*"):
        parent = element.getparent()
        if parent is None:
            continue
        if element.tag in INLINE_TAGS:
            block_of[element] = block_of.get(parent, parent)
            counts[block_of[element]] += 1
        else:
            block_of[element] = element
    return [element for element, count in counts.items() if count > _MAX_INLINE]


def _flatten(block: _Element) -> None:
    """Inline elements to their text, in place; other children stay."""
    children = list(block)
    pieces, last = [block.text or ""], None
    for child in children:
        tail = child.tail or ""
        if child.tag in INLINE_TAGS:
            pieces += (raw_text(child), tail)
            child.tail = None
            block.remove(child)
            continue
        _set_text(block, last, "".join(pieces))
        pieces, last = [tail], child
    _set_text(block, last, "".join(pieces))


def _set_text(block: _Element, after: _Element | None, text: str) -> None:
    if after is None:
        block.text = text
    else:
        after.tail = text
