"""OPML 2.0 (opml.org, "OPML 2.0"), the format in which feed readers exchange lists of feeds."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element, ParseError, SubElement, indent, tostring

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from articles.errors import Unreadable
from articles.feeds.filters import Rule, rules_from_json, rules_to_json

MAX_DEPTH = 50

_ILLEGAL = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_FILTERS = "pullquoteFilters"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """A feed in an OPML file. Raises ValueError for characters that XML does not allow."""

    url: str
    title: str | None = None
    site_url: str | None = None
    language: str | None = None
    folder: tuple[str, ...] = ()  # outermost first
    rules: tuple[Rule, ...] = ()  # in an attribute of our own, which other readers ignore

    def __post_init__(self) -> None:
        words = [term for rule in self.rules for term in (*rule.words, *rule.patterns)]
        for text in (self.url, self.title, self.site_url, self.language, *self.folder, *words):
            if text is not None and _ILLEGAL.search(text):
                raise ValueError(f"XML cannot carry this: {text!r}")
        if not self.url.strip() or "" in self.folder:
            raise ValueError("an outline needs a URL, and its folders names")


def read_opml(body: bytes) -> tuple[Outline, ...]:
    """The feeds in an OPML file, in its order.

    Outlines that are no feeds (links, notes) and invalid filters are left out. Raises Unreadable with what is
    wrong.
    """
    try:
        root = fromstring(body)
    except DefusedXmlException as error:
        raise Unreadable("the OPML file declares XML entities, which we do not read") from error
    except (ParseError, ValueError, LookupError) as error:  # the last two: an unknown encoding
        raise Unreadable(f"the OPML file is not valid XML ({error})") from error
    if root.tag.lower() != "opml" or (top := root.find("body")) is None:
        raise Unreadable("the file is XML, but not OPML")
    return tuple(_outlines(top))


def write_opml(outlines: Iterable[Outline], *, title: str = "Pullquote feeds") -> bytes:
    """An OPML file, from which `read_opml` reads the same outlines in the same order."""
    root = Element("opml", version="2.0")
    SubElement(SubElement(root, "head"), "title").text = title
    top = SubElement(root, "body")
    open_folders: list[tuple[str, Element]] = []
    for outline in outlines:
        _open(open_folders, outline.folder, top)
        SubElement(open_folders[-1][1] if open_folders else top, "outline", _attributes(outline))
    indent(root)
    written: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return written + b"\n"


def _open(open_folders: list[tuple[str, Element]], folder: tuple[str, ...], top: Element) -> None:
    """Consecutive feeds of one folder share its element; a folder that returns later is written again."""
    shared = 0
    while shared < min(len(open_folders), len(folder)) and open_folders[shared][0] == folder[shared]:
        shared += 1
    del open_folders[shared:]
    for name in folder[shared:]:
        parent = open_folders[-1][1] if open_folders else top
        open_folders.append((name, SubElement(parent, "outline", {"text": name})))


def _attributes(outline: Outline) -> dict[str, str]:
    # "text" is required, and is what readers show; "title" is written if the feed has one.
    found = {
        "type": "rss",
        "text": outline.title or outline.url,
        "xmlUrl": outline.url,
        "title": outline.title,
        "htmlUrl": outline.site_url,
        "language": outline.language,
        _FILTERS: json.dumps(rules_to_json(outline.rules)) if outline.rules else None,
    }
    return {name: value for name, value in found.items() if value is not None}


def _outlines(top: Element) -> Iterator[Outline]:
    # A stack, not recursion: depth is the file's choice.
    waiting: list[tuple[Element, tuple[str, ...]]] = [(each, ()) for each in reversed(top)]
    while waiting:
        element, folder = waiting.pop()
        named = {name.lower(): value for name, value in element.attrib.items()}
        if named.get("xmlurl", "").strip():
            yield _outline(named, folder)
        name = named.get("text") or named.get("title")
        inner = (*folder, name) if name and len(folder) < MAX_DEPTH else folder
        waiting.extend((each, inner) for each in reversed(element) if each.tag == "outline")


def _outline(named: dict[str, str], folder: tuple[str, ...]) -> Outline:
    url = named["xmlurl"]
    text = named.get("text")
    return Outline(
        url=url,
        title=named.get("title", text if text not in ("", url) else None),
        site_url=named.get("htmlurl"),
        language=named.get("language"),
        folder=folder,
        rules=_rules(named.get(_FILTERS.lower())),
    )


def _rules(text: str | None) -> tuple[Rule, ...]:
    if text is None:
        return ()
    try:
        return rules_from_json(text)
    except ValueError:
        return ()
