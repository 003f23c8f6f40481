"""How much of a page we take on: beyond it, parsers that are quadratic in something would stall a worker."""

import re

from lxml.etree import XPath, _Element

from articles.errors import Unreadable
from articles.page_elements import select

MAX_PAGE_CHARS = 10_000_000
MAX_ELEMENTS = 40_000
MAX_ATTRIBUTES = 2_000  # on one element: libxml2 looks each up among all before it
_MAX_NAME_CHARS = 2_000  # of class and id, which the extractor matches some hundred patterns against

_SMALL = 60_000  # characters: too few to stall anything
_BULK = (
    "script",
    "style",
    "svg",
    "template",
    "noscript",
    "iframe",
    "link",
    "meta",
    "path",
    "source",
    "option",
)
_LONG_NAMED = XPath(
    f"//*[string-length(@class) > {_MAX_NAME_CHARS} or string-length(@id) > {_MAX_NAME_CHARS}]"
)

# A start tag as the HTML Standard's tokenizer reads it. Possessive throughout, so that it is linear.
_TAG = re.compile(
    r"""<!--(?:[^-]|-(?!->))*+(?:-->|$)|<(?P<raw>script|style|textarea|title)\b[^>]*+>.*?</(?P=raw)"""
    r"""|<[a-zA-Z][^\s/>]*+(?P<attributes>(?:[\s/]++|[^\s/>=]++(?:\s*+=\s*+(?:"[^"]*+"|'[^']*+'|[^\s>"']?[^\s>]*+))?+|=)*+)""",
    re.IGNORECASE | re.DOTALL,
)
_ATTRIBUTE = re.compile(r"""[\s/]++[^\s/>=]++(?:\s*+=\s*+(?:"[^"]*+"|'[^']*+'|[^\s>"']?[^\s>]*+))?+""")


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


def check_tree(tree: _Element) -> None:
    """Raises Unreadable for a page of more elements than any article's; cuts absurd attributes."""
    elements = sum(1 for _ in tree.iter()) - sum(1 for _ in tree.iter(*_BULK))
    if elements > MAX_ELEMENTS:
        raise Unreadable(f"the page has {elements:,} elements; no article has so many")
    for element in select(_LONG_NAMED, tree):
        for name in ("class", "id"):
            if len(value := element.get(name, "")) > _MAX_NAME_CHARS:
                element.set(name, value[:_MAX_NAME_CHARS])
