"""The words of an HTML fragment, as feeds carry them in titles, summaries and contents."""

import html
import re

from lxml import etree
from lxml.html import HtmlElement, document_fromstring

MAX_CHARS = 500_000  # of one fragment; no article is longer

_is_block = re.compile(
    "address|article|aside|blockquote|br|dd|div|dl|dt|figure|footer|h[1-6]|header|hr|li|main|nav|ol|p|pre|section"
    "|table|td|th|tr|ul"
).fullmatch
_is_silent = re.compile(
    "audio|button|canvas|embed|figcaption|form|iframe|noscript|object|script|style|svg|video"
).fullmatch
_SPACE = re.compile(r"[\s\x00-\x20\x7f-\x9f\u200b\ufeff]+")


def paragraphs_of(fragment: str) -> tuple[str, ...]:
    """The paragraphs of an HTML fragment or of plain text, white space made single. Takes any text."""
    fragment = fragment[:MAX_CHARS]
    if "<" not in fragment:
        plain = html.unescape(fragment).replace("\r\n", "\n")
        return _clean(re.split(r"\n[ \t]*\n", plain))
    tree = _parse(fragment)
    return () if tree is None else _clean(_runs(tree))


def line_of(fragment: str) -> str:
    """The same as one line, for titles."""
    return " ".join(paragraphs_of(fragment))


def _parse(fragment: str) -> HtmlElement | None:
    try:
        return document_fromstring(f"<div>{_without_controls(fragment)}</div>")
    except (etree.LxmlError, ValueError):  # ValueError: what is left is not a string that libxml2 takes
        return None


def _runs(tree: HtmlElement) -> list[str]:
    """The text between block boundaries, in reading order."""
    runs: list[list[str]] = [[]]
    silent = 0
    for event, element in etree.iterwalk(tree, events=("start", "end", "comment", "pi")):
        # A comment or a processing instruction has a function for a tag, and words after it.
        name = element.tag if isinstance(element.tag, str) else ""
        starts = event == "start"
        if _is_silent(name):
            silent += 1 if starts else -1
        if _is_block(name):
            runs.append([])
        said = element.text if starts else element.tail
        if said and not silent:
            runs[-1].append(said)
    return ["".join(run) for run in runs]


def _clean(runs: list[str]) -> tuple[str, ...]:
    lines = (_SPACE.sub(" ", run).strip() for run in runs)
    return tuple(line for line in lines if line)


def _without_controls(text: str) -> str:
    return re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]", " ", text)
