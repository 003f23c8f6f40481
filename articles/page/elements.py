"""Reading lxml's trees with types: what its stubs leave open is settled here once."""

from lxml.etree import XPath, _Element


def words_in(element: _Element) -> str:
    """The element's text and its descendants', white space collapsed."""
    return " ".join(raw_text(element).split())


def raw_text(element: _Element) -> str:
    """The element's text and its descendants', as it stands."""
    return "".join(str(piece) for piece in element.itertext())


def select(path: XPath, tree: _Element) -> list[_Element]:
    """The elements that a path finds, in document order."""
    found = path(tree)
    return [element for element in found if isinstance(element, _Element)] if isinstance(found, list) else []
