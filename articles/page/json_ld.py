"""The article that a page describes in JSON-LD (schema.org: NewsArticle and similar types)."""

import html
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from lxml.etree import _Element

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"

# More than any publisher's block has; what exceeds them is not read.
_MAX_SCRIPT_CHARS = 2_000_000
_MAX_NODES = 2_000
_MAX_DEPTH = 12

_ARTICLE_TYPE = re.compile(r"(article|blogposting|report|review|liveblogposting|newsstory)$", re.IGNORECASE)
_LISTING_TYPES = frozenset(
    {"collectionpage", "searchresultspage", "itemlist", "profilepage", "contactpage", "aboutpage"}
)
_TRAILING_COMMA = re.compile(r",(\s*[}\]])")
_WRAPPER = re.compile(r"^\s*(?:<!--|//\s*<!\[CDATA\[|<!\[CDATA\[)|(?:-->|//\s*\]\]>|\]\]>)\s*;?\s*$")
_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,500}>")


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkedData:
    """What a page declares in JSON-LD; absent fields are None or empty."""

    headline: str | None = None
    authors: tuple[str, ...] = ()
    published: str | None = None  # as written
    publisher: str | None = None
    language: str | None = None
    url: str | None = None
    body: str | None = None  # articleBody without markup; the page may not show it
    word_count: int | None = None
    free: bool | None = None  # isAccessibleForFree; None: not declared
    is_article: bool = False
    is_listing: bool = False


@dataclass(slots=True)
class _Nodes:
    """All JSON objects of the page, and by `@id` those that others refer to."""

    objects: list[dict[str, Json]] = field(default_factory=list)
    by_id: dict[str, dict[str, Json]] = field(default_factory=dict)

    def resolve(self, value: Json) -> Json:
        """The object that a `{"@id": ...}` without a name refers to, or the value itself."""
        if isinstance(value, dict) and "name" not in value and isinstance(key := value.get("@id"), str):
            return self.by_id.get(key, value)
        return value


def read_linked_data(tree: _Element) -> LinkedData:
    """The page's main article in JSON-LD. Broken, hostile or absent blocks give an empty `LinkedData`."""
    nodes = _Nodes()
    for script in tree.iter("script"):
        if "ld+json" in script.get("type", "").lower():
            for item in _objects(_load(script.text or "")):
                nodes.objects.append(item)
                if isinstance(key := item.get("@id"), str) and len(item) > 2:
                    nodes.by_id.setdefault(key, item)
    types = {name.lower() for item in nodes.objects for name in _types(item)}
    articles = [item for item in nodes.objects if any(_ARTICLE_TYPE.search(name) for name in _types(item))]
    if not articles:
        publisher = next((p for item in nodes.objects if (p := _publisher(nodes, item))), None)
        return LinkedData(publisher=publisher, is_listing=bool(types & _LISTING_TYPES))
    return _article(nodes, max(articles, key=_weight), is_listing=bool(types & _LISTING_TYPES))


def _article(nodes: _Nodes, node: dict[str, Json], *, is_listing: bool) -> LinkedData:
    return LinkedData(
        headline=_text(node.get("headline")) or _text(node.get("name")),
        authors=tuple(dict.fromkeys(_names(nodes, node.get("author")))),
        published=_text(node.get("datePublished")) or _text(node.get("dateCreated")),
        publisher=_publisher(nodes, node),
        language=_language(node.get("inLanguage")),
        url=_main_entity(node),
        body=_text(node.get("articleBody")) or _text(node.get("text")),
        word_count=_count(node.get("wordCount")),
        free=_truth(node.get("isAccessibleForFree")),
        is_article=True,
        is_listing=is_listing and not _text(node.get("datePublished")),
    )


def _load(script: str) -> Json:
    if len(script) > _MAX_SCRIPT_CHARS:
        return None
    text = _WRAPPER.sub("", _WRAPPER.sub("", script)).strip().rstrip(";")
    for candidate in (text, _TRAILING_COMMA.sub(r"\1", text)):
        try:
            # strict=False: pages put raw line breaks into their strings
            loaded: Json = json.loads(candidate, strict=False)
        except (ValueError, RecursionError):
            continue
        return loaded
    return None


def _objects(loaded: Json) -> Iterator[dict[str, Json]]:
    """All objects at any depth, outer ones first, also inside @graph and lists."""
    level: list[Json] = [loaded]
    seen = 0
    for _ in range(_MAX_DEPTH):
        below: list[Json] = []
        for value in level:
            if isinstance(value, list):
                below.extend(value)
            elif isinstance(value, dict):
                seen += 1
                if seen > _MAX_NODES:
                    return
                yield value
                below.extend(part for part in value.values() if isinstance(part, dict | list))
        level = below


def _types(node: dict[str, Json]) -> list[str]:
    value = node.get("@type")
    values = value if isinstance(value, list) else [value]
    return [name.rsplit("/", 1)[-1] for name in values if isinstance(name, str)]


def _weight(node: dict[str, Json]) -> tuple[int, bool]:
    """The main article has the most fields; of equals the outermost and first is taken."""
    fields = ("headline", "datePublished", "author", "publisher", "mainEntityOfPage")
    return sum(1 for field in fields if node.get(field)), bool(_text(node.get("articleBody")))


def _text(value: Json) -> str | None:
    if isinstance(value, list):
        value = next((part for part in value if isinstance(part, str)), None)
    if isinstance(value, dict):
        value = value.get("@value") or value.get("name")
    if not isinstance(value, str):
        return None
    return " ".join(_TAG.sub(" ", html.unescape(value)).split()) or None


def _names(nodes: _Nodes, value: Json) -> Iterator[str]:
    for author in value if isinstance(value, list) else [value]:
        name = _text(nodes.resolve(author))
        if name and not name.lower().startswith(("http:", "https:")) and len(name) < 200:
            yield name


def _publisher(nodes: _Nodes, node: dict[str, Json]) -> str | None:
    return next(_names(nodes, node.get("publisher")), None)


def _language(value: Json) -> str | None:
    if isinstance(value, dict):
        value = value.get("alternateName") or value.get("name")
    return _text(value)


def _main_entity(node: dict[str, Json]) -> str | None:
    entity = node.get("mainEntityOfPage")
    url = entity.get("@id") if isinstance(entity, dict) else entity
    return url if isinstance(url, str) else _text(node.get("url"))


def _count(value: Json) -> int | None:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 8:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _truth(value: Json) -> bool | None:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip().lower().rsplit("/", 1)[-1] in {"true", "false"}:
        return value.strip().lower().endswith("true")
    return None
