"""Telegram's HTML, parsed as strictly as Telegram does: the markup or its error text.

After TDLib, which the Bot API server is built on: td/telegram/MessageEntity.cpp (`do_parse_html`) and
td/telegram/misc.cpp (`clean_input_string`); and "Bots API: Formatting options, HTML style".
"""

import re
from dataclasses import dataclass, field

TAGS = {
    "a": "text_link",
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "tg-spoiler": "spoiler",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
}
NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
MAX_TEXT = 4096
MAX_ENTITIES = 100


class BadMarkup(Exception):
    """Telegram's own words for what is wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """A stretch of formatted text, in UTF-16 units."""

    type: str
    offset: int
    length: int
    url: str | None = None

    def as_json(self) -> dict[str, object]:
        found: dict[str, object] = {"type": self.type, "offset": self.offset, "length": self.length}
        return {**found, "url": self.url} if self.url else found


@dataclass(frozen=True, slots=True, kw_only=True)
class _Open:
    tag: str
    at: int
    attributes: dict[str, str] = field(default_factory=dict)


def units(text: str) -> int:
    """Length in UTF-16 units; raises UnicodeEncodeError on half a surrogate pair."""
    return len(text.encode("utf-16-le")) // 2


def clean(text: str) -> str:
    """Text as Telegram keeps it."""
    text = text.replace("\r", "")
    text = re.sub(r"[\x00-\x09\x0b-\x1f]", " ", text)
    return re.sub("[\u2028-\u202e\u0333\u033f\u030a]", "", text)


_REFERENCE = re.compile(r"&(?:#x([0-9a-fA-F]{1,6})|#([0-9]{1,7})|(lt|gt|amp|quot));?")
_START = re.compile(r"<([^\s>/][^\s>]*)")
_ATTRIBUTE = re.compile(r"""\s+([^\s=>/"']+)(?:\s*=\s*("[^"]*"|'[^']*'|[\w.-]+))?""")
_END = re.compile(r"</([^\s>]*)\s*>")


def _decoded(match: re.Match[str]) -> str:
    if match[3]:
        return NAMED[match[3]]
    code = int(match[1], 16) if match[1] else int(match[2])
    if code == 0 or code > 0x10FFFF or 0xD800 <= code < 0xE000:
        return match[0]
    return chr(code)


def parse(html: str) -> tuple[str, tuple[Entity, ...]]:
    """The text and its entities. Raises BadMarkup where Telegram would answer "can't parse entities"."""
    text: list[str] = []
    entities: list[Entity] = []
    open_tags: list[_Open] = []
    at = length = 0
    while at < len(html):
        offset = len(html[:at].encode())
        if html[at] == "<":
            if html.startswith("</", at):
                at = _close(html, at, offset, open_tags, entities, length)
            else:
                at = _open(html, at, offset, open_tags, length)
            continue
        reference = _REFERENCE.match(html, at) if html[at] == "&" else None
        piece = _decoded(reference) if reference else html[at]
        at += len(reference[0]) if reference else 1
        text.append(piece)
        length += units(piece)
    if open_tags:
        raise BadMarkup(f'Can\'t find end tag corresponding to start tag "{open_tags[-1].tag}"')
    return "".join(text), tuple(entities)


def _open(html: str, at: int, offset: int, open_tags: list[_Open], length: int) -> int:
    start = _START.match(html, at)
    tag = start[1].lower() if start else ""
    if start is None or tag not in TAGS:
        raise BadMarkup(f'Unsupported start tag "{tag}" at byte offset {offset}')
    at = start.end()
    attributes: dict[str, str] = {}
    while attribute := _ATTRIBUTE.match(html, at):
        value = attribute[2] or ""
        attributes[attribute[1]] = _REFERENCE.sub(_decoded, value.strip("\"'"))
        at = attribute.end()
    closing = re.compile(r"\s*>").match(html, at)
    if closing is None:
        raise BadMarkup(f"Unclosed start tag at byte offset {offset}")
    if tag == "blockquote" and any(outer.tag == "blockquote" for outer in open_tags):
        raise BadMarkup(f"Blockquotes can't be nested at byte offset {offset}")
    open_tags.append(_Open(tag=tag, at=length, attributes=attributes))
    return closing.end()


def _close(
    html: str, at: int, offset: int, open_tags: list[_Open], entities: list[Entity], length: int
) -> int:
    if not open_tags:
        raise BadMarkup(f"Unexpected end tag at byte offset {offset}")
    end = _END.match(html, at)
    if end is None:
        raise BadMarkup(f"Unclosed end tag at byte offset {offset}")
    opened = open_tags.pop()
    if end[1] not in ("", opened.tag):
        raise BadMarkup(
            f'Unmatched end tag at byte offset {offset}, expected "</{opened.tag}>", found "</{end[1]}>"'
        )
    if length > opened.at:
        kind = "expandable_blockquote" if "expandable" in opened.attributes else TAGS[opened.tag]
        url = opened.attributes.get("href")
        if kind != "text_link" or (url and re.match(r"(?:https?|tg|mailto|tel):", url)):
            entities.append(Entity(type=kind, offset=opened.at, length=length - opened.at, url=url))
    return end.end()
