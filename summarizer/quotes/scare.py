"""Quoted words that nobody speaks: scare quotes, titles of works, names of things, markup."""

import re

from summarizer import lexicon
from summarizer.quotes.spans import Passage
from summarizer.text.tokens import Tokens

_TAG_ATTRIBUTE = re.compile(
    r"<[a-z][\w-]*(?:\s[\w-]+=(?:\"[^\"<>]*\"|[^\s\"<>]+))*\s[\w-]+=\Z", re.IGNORECASE
)
_LONGEST_TAG = 200
_NAMING = lexicon.listed(
    "called titled entitled named dubbed nicknamed labeled labelled known billed headlined book "
    "film movie show program programme song songs album series play novel memoir documentary "
    "episode magazine musical anthem ballad poem essay column podcast hit drama sitcom comedy "
    "special video game operation chapter section segment exhibit exhibition newsletter blog "
    "website book's so-called quote-unquote the's"
)
_SMALL = lexicon.listed(
    "a an the of and or in on at to for with by from as is vs v but nor de la el los las que into "
    "over my your our"
)
_WORD = re.compile(r"[^\W_][\w’'-]*")


def in_markup(text: str, passage: Passage) -> bool:
    """Whether the passage is the value of a tag's attribute, as in pages that were cleaned badly."""
    at = passage.outer.start
    return (
        at > 0
        and text[at - 1] == "="
        and _TAG_ATTRIBUTE.search(text, max(0, at - _LONGEST_TAG), at) is not None
    )


def is_title(tokens: Tokens, passage: Passage) -> bool:
    """Whether the passage reads as the title of a work or the name of a thing, and stands where one would."""
    words = _WORD.findall(passage.span.of(tokens.text))
    if len(words) > 12 or not _in_title_case(words):
        return False
    inner = tokens.text[passage.span.end - 1]
    if inner in "!?" and len(words) > 4:
        return False
    at = tokens.at(passage.outer.start)
    before = tokens.lower[at - 1] if at else ""
    return before not in {
        ",",
        ":",
        "said",
        "says",
        "tweeted",
        "wrote",
        "shouted",
        "chanted",
        "chanting",
        "yelled",
    }


def is_named(tokens: Tokens, passage: Passage) -> bool:
    """Whether the words before the passage say that a name or a title follows: "a book called"."""
    at = tokens.at(passage.outer.start)
    words = _WORD.findall(passage.span.of(tokens.text))
    return (
        at > 0
        and len(words) <= 12
        and tokens.lower[at - 1] in _NAMING
        and (_in_title_case(words) or tokens.lower[at - 1] == "so-called")
    )


def _in_title_case(words: list[str]) -> bool:
    content = [word for word in words if word.lower() not in _SMALL]
    return bool(content) and words[0][0].isupper() and all(not word[0].islower() for word in content)
