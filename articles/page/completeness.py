"""Whether a page has the whole article, only its opening, or no article at all.

The rules hold for any site. What the page declares counts first (schema.org's isAccessibleForFree,
wordCount), then how the text ends, then what the page asks of its reader.
"""

import re
from collections.abc import Iterable
from itertools import pairwise
from urllib.parse import urlsplit

from lxml.etree import _Element

from articles.errors import NotAnArticle
from articles.model import Completeness
from articles.page.metadata import PageMetadata
from articles.page.page_blocks import Block, read_blocks, words_in
from articles.page.phrases import ADDRESSED, CONSENT, CUT_OFF, READING_ON, SUBSCRIBING

_STUB_WORDS = 200  # a shorter text with a request to subscribe is a stub
_DECLARED_STUB_WORDS = 500  # the same if the page declares that it is not free
_CUT_WORDS = 150
_MIN_ANNOUNCED = 40  # a smaller count is a placeholder
_STORY_WORDS = 50
_CONSENT_SHARE = 0.6
_CONSENT_WORDS = 900
_MAX_REQUEST_CHARS = 400
_PROSE_CHARS = 140
_PROSE_WORDS = 15

# Scripts without spaces between words.
_WIDE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0e00-\u0e7f]")
_WORD = re.compile(r"\w+")


def judge_completeness(tree: _Element, blocks: tuple[Block, ...], metadata: PageMetadata) -> Completeness:
    """Whether `blocks` are the whole article. Raises NotAnArticle if the page has none."""
    words = _count_words(block.text for block in blocks)
    if words == 0:
        raise NotAnArticle("the page has no text that could be an article")
    if _is_consent_wall(blocks, words):
        raise NotAnArticle("the page asks for consent to cookies instead of showing the article")
    if not (metadata.linked.is_article or metadata.page_type == "article"):
        _refuse_listings(tree, blocks, metadata, words)
    return Completeness.STUB if _is_stub(tree, blocks, metadata, words) else Completeness.WHOLE


def _count_words(texts: Iterable[str]) -> int:
    """The number of words; two characters of Chinese, Japanese, Korean or Thai count as one word."""
    total = 0
    for text in texts:
        wide = len(_WIDE.findall(text))
        total += len(_WORD.findall(_WIDE.sub(" ", text))) + (wide + 1) // 2
    return total


def _is_consent_wall(blocks: tuple[Block, ...], words: int) -> bool:
    """Whether most of a short text is about cookies, partners and personal data."""
    if words > _CONSENT_WORDS:
        return False
    total = sum(len(block.text) for block in blocks)
    texts = [block.text for block in blocks if CONSENT.search(block.text)]
    stems = {match.casefold() for text in texts for match in CONSENT.findall(text)}
    asking = sum(len(text) for text in texts if ADDRESSED.search(text))
    return len(stems) >= 3 and asking >= _CONSENT_SHARE * total


def _is_stub(tree: _Element, blocks: tuple[Block, ...], metadata: PageMetadata, words: int) -> bool:
    """Whether the page shows only the opening of its article."""
    linked = metadata.linked
    if _is_most_of(linked.word_count, words) or _is_most_of(_count_words([linked.body or ""]), words):
        return False
    if not any(_is_prose(block.text) for block in blocks):
        return True  # names, numbers and buttons: the story is not on the page
    is_cut = bool(CUT_OFF.search(blocks[-1].text))
    if linked.free is False:
        announced = max(linked.word_count or 0, _count_words([linked.body or ""]))
        if announced > 2 * words or is_cut or words < _STUB_WORDS:
            return True
        return words < _DECLARED_STUB_WORDS and _asks_to_subscribe(tree)
    if is_cut and words < _CUT_WORDS:
        return True
    if linked.free is True:
        return False
    if words < _DECLARED_STUB_WORDS and any(_is_request(block.text) for block in blocks):
        return True
    return words < _STUB_WORDS and _asks_to_subscribe(tree)


def _is_prose(text: str) -> bool:
    """Whether the text is long enough for a sentence and does not ask to subscribe."""
    return _count_words([text]) >= _PROSE_WORDS and (
        len(text) > _MAX_REQUEST_CHARS or not SUBSCRIBING.search(text)
    )


def _is_most_of(announced: int | None, words: int) -> bool:
    """Whether we have nearly all of the words that the publisher announced."""
    return announced is not None and announced >= _MIN_ANNOUNCED and words >= 0.8 * announced


def _asks_to_subscribe(tree: _Element) -> bool:
    """Whether a block of the page is such a request, alone or together with the next (heading and prompt)."""
    texts = [block.text for block in read_blocks(tree)]
    asking = {text for text in texts if SUBSCRIBING.search(text)}
    return any(
        (first in asking or second in asking) and (_is_request(first) or _is_request(f"{first} {second}"))
        for first, second in pairwise([*texts, ""])
    )


def _is_request(text: str) -> bool:
    """Whether a short text says that reading on requires to subscribe, to register or to sign in."""
    return len(text) <= _MAX_REQUEST_CHARS and bool(SUBSCRIBING.search(text) and READING_ON.search(text))


def _refuse_listings(tree: _Element, blocks: tuple[Block, ...], metadata: PageMetadata, words: int) -> None:
    """Raises NotAnArticle for a front page, a list of links, a video or an error page."""
    is_dated = metadata.published is not None
    if words < _STORY_WORDS and not is_dated:
        raise NotAnArticle(
            f"the page has only {words} words of text and does not declare that it is an article"
        )
    if metadata.page_type is not None and metadata.page_type.startswith("video") and words < 2 * _STORY_WORDS:
        raise NotAnArticle("the page is a video")
    if is_dated:
        return
    if metadata.url is not None and urlsplit(metadata.url).path.strip("/") == "":
        raise NotAnArticle("the page is a site's front page")
    prose = sum(
        len(block.text) for block in blocks if not block.is_heading and len(block.text) >= _PROSE_CHARS
    )
    is_prose = prose >= 0.5 * sum(len(block.text) for block in blocks)
    if metadata.linked.is_listing or (not is_prose and _is_mostly_links(tree)):
        raise NotAnArticle("the page is a list of links to articles")


def _is_mostly_links(tree: _Element) -> bool:
    """Whether the page has twenty links as long as headlines."""
    headlines = [link for link in tree.iter("a") if len(words_in(link).split()) >= 5]
    return len(headlines) >= 20
