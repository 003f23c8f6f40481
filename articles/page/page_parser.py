"""A web page to an Article: metadata, text in sections, and whether the text is complete.

A page over our limits is refused: parsers that are quadratic in some quantity would block a worker for long.
"""

import re
from collections import Counter

from lxml.etree import LxmlError, XPath, _Element
from trafilatura import load_html

from articles.errors import NotAnArticle, Unreadable
from articles.model import Article, lay_out
from articles.page.body import extract_blocks
from articles.page.completeness import judge_completeness
from articles.page.metadata import PageMetadata, read_metadata
from articles.page.page_blocks import INLINE_TAGS, PARAGRAPH_MARK, Block, raw_text, sections_of, select
from articles.page.page_furniture import link_texts, without_furniture
from articles.text.bylines import split_dateline
from articles.text.encoding import decode_page
from articles.text.language import language_of

_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff\ud800-\udfff]")

MAX_PAGE_CHARS = 10_000_000
MAX_ELEMENTS = 40_000
MAX_ARTICLE_CHARS = 500_000
MAX_ATTRIBUTES = 500  # on one element: libxml2 compares each with all before it
_MAX_INLINE = 1_500  # elements within one paragraph
_MAX_NAME_CHARS = 2_000  # of class and id, which the extractor matches against about a hundred patterns
_SMALL = 150_000  # characters; a smaller page is never slow
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


def parse_page(body: bytes, *, url: str | None, content_type: str | None = None) -> Article:
    """The article on a page, without furniture.

    body: the page as it was sent, decompressed. url: where it was fetched, None for a file; the article gets
    the page's canonical URL. content_type: the HTTP header, if there was one. The article's `completeness` is
    STUB if a paywall shows only the opening. Its date is one that the page states.

    Raises NotAnArticle (a front page, a list, a consent wall) and Unreadable (not HTML, or over our limits);
    the message says why.
    """
    tree = read_tree(body, content_type=content_type)
    metadata = read_metadata(tree, url=url)
    blocks = article_blocks(tree, metadata)
    completeness = judge_completeness(tree, blocks, metadata)
    text, sections = lay_out(sections_of(blocks))
    if len(text) > MAX_ARTICLE_CHARS:  # a book, or a page made to block a summariser
        raise Unreadable(f"the page's article is longer than {MAX_ARTICLE_CHARS:,} characters")
    if not sections:
        raise NotAnArticle("the page holds headings but no text under them")
    # The dateline stays in the text too, which is the page's.
    dateline, _ = split_dateline(sections[0].paragraphs[0].span.of(text))
    return Article(
        id=None,
        url=metadata.url,
        publisher=metadata.publisher,
        headline=metadata.headline or blocks[0].text[:200],
        byline=metadata.byline,
        dateline=dateline.place if dateline is not None else None,
        published=metadata.published,
        language=language_of(text, declared=metadata.language),
        text=text,
        sections=sections,
        completeness=completeness,
    )


def read_tree(body: bytes, *, content_type: str | None = None) -> _Element:
    """The page's elements. Raises Unreadable."""
    if b"<" not in body:
        raise Unreadable("the page is empty" if not body.strip() else "the page is not HTML")
    text = _CONTROLS.sub("", decode_page(body, content_type=content_type)).replace(PARAGRAPH_MARK, "")
    _check_text(text)
    try:
        tree: _Element | None = load_html(text)
    except (LxmlError, ValueError, TypeError, RecursionError) as error:
        raise Unreadable("the page could not be parsed as HTML") from error
    if tree is None:
        raise Unreadable("the page is not HTML")
    _check_tree(tree)
    return tree


def article_blocks(tree: _Element, metadata: PageMetadata) -> tuple[Block, ...]:
    """The headings and paragraphs of the article in reading order, if the page has an article."""
    blocks = extract_blocks(tree, metadata.linked)
    return without_furniture(
        blocks, headline=metadata.headline, byline=metadata.byline, links=link_texts(tree)
    )


def _check_text(text: str) -> None:
    """Raises Unreadable for a page on which the parser would be too slow."""
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


def _check_tree(tree: _Element) -> None:
    """Raises Unreadable for too many elements; simplifies those on which the extractor would be too slow."""
    bulk = sum(1 for _ in tree.iter(*_BULK))
    elements = sum(1 for _ in tree.iter()) - bulk
    if elements > MAX_ELEMENTS or bulk > MAX_ELEMENTS:
        raise Unreadable(f"the page has {elements + bulk:,} elements; no article has so many")
    for element in select(_LONG_NAMED, tree):
        for name in ("class", "id"):
            if len(value := element.get(name, "")) > _MAX_NAME_CHARS:
                element.set(name, value[:_MAX_NAME_CHARS])
    for cell in tree.iter("td", "th"):
        # The extractor expands each span into empty cells, which multiply. We read rows, not a grid.
        for span in ("rowspan", "colspan"):
            if span in cell.attrib:
                del cell.attrib[span]
    if elements > _MAX_INLINE:
        for element in _overfull(tree):
            _flatten(element)


def _overfull(tree: _Element) -> list[_Element]:
    """The blocks with too many inline elements for the extractor, which is quadratic there."""
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
    """Replace inline elements by their text, in place; other children stay."""
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
