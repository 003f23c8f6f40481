"""Extracts the article's blocks from a page with trafilatura, and checks them against articleBody."""

import logging
import re
from collections import Counter
from collections.abc import Callable
from copy import deepcopy

from lxml.etree import LxmlError, _Element
from trafilatura import bare_extraction
from trafilatura.external import try_readability
from trafilatura.settings import Document

from articles.model import ParagraphKind
from articles.page.json_ld import LinkedData
from articles.page.page_blocks import SENTENCE_END, Block, as_text, raw_text, read_blocks, words_in
from articles.page.page_furniture import prepare

log = logging.getLogger(__name__)
# trafilatura logs an error for each page without text. We report that ourselves.
logging.getLogger("trafilatura").setLevel(logging.CRITICAL)

_WORD = re.compile(r"\w+")
# From this F1 on, articleBody and our text are the same article, with or without headings and lists.
_AGREES = 0.85
_MIN_CHECKED_WORDS = 40
_MAX_CHECKED_WORDS = 20_000
# The extractors may differ on a text shorter than the first, or than the second if the page shows much more.
_MIN_SURE_CHARS = 500
_MAX_RETRIED_CHARS = 3_500
_MIN_VISIBLE_SHARE = 0.9  # of articleBody's words; with fewer on the page, articleBody is no reference
_MIN_GAIN = 0.05
# Minimum share of the first candidate's words, if articleBody ends with a sentence, and if it is cut off.
_MIN_KEPT_SHARE = 0.5
_MIN_KEPT_OF_UNFINISHED = 0.9
# A hostile tree can make the extractor raise these. The page then has no text for us.
_EXTRACTOR_ERRORS = (
    *(LxmlError, ValueError, TypeError, AttributeError),
    *(LookupError, RecursionError, AssertionError),
)
# Of the extractor's words. With fewer, our reading has lost some, and we take the extractor's plain lines.
_MIN_READ_SHARE = 0.98


def extract_blocks(tree: _Element, linked: LinkedData) -> tuple[Block, ...]:
    """The article's headings and paragraphs in reading order; empty if the page has none.

    trafilatura's own rules come first. Its other extractors run only if they could give another text. If the
    page also has its text in JSON-LD (articleBody), that is the reference: we take the candidate that agrees
    with it most. The reference itself is never used as text: it has no paragraphs, and may contain what the
    page does not show.
    """
    page = deepcopy(tree)
    prepare(page)
    first = _extract(page, fast=True)
    reference = _reference(page, linked)
    if reference is None:
        return _extract(page) if _others_may_differ(page, first) else first
    if _agreement(first, reference) >= _AGREES:
        return first
    return _best(page, first, reference, is_finished=_ends_a_sentence(linked.body or ""))


def _others_may_differ(page: _Element, first: tuple[Block, ...]) -> bool:
    """Whether trafilatura's other extractors may give another text. It is cheaper to check than to run them.

    They do for short texts, for tables and lists, and if readability finds twice as much
    (`trafilatura.core` and `trafilatura.external`, 2.3), which cannot be more than is on the page.
    """
    length = sum(len(block.text) + 1 for block in first)
    items = sum(block.kind is ParagraphKind.LIST_ITEM for block in first)
    shown = len(raw_text(page)) - sum(len(raw_text(bulk)) for bulk in page.iter("script", "style"))
    is_little = length < _MAX_RETRIED_CHARS and length < shown / 4
    if length < _MIN_SURE_CHARS or 2 * items > len(first) or is_little:
        return True
    return shown > 2 * length and len(words_in(try_readability(deepcopy(page)))) > 1.9 * length


def _extract(
    page: _Element, *, fast: bool = False, precision: bool = False, recall: bool = False
) -> tuple[Block, ...]:
    """The blocks that trafilatura keeps of the page. It does not change the page."""
    try:
        found = bare_extraction(
            page, include_comments=False, fast=fast, favor_precision=precision, favor_recall=recall
        )
    except _EXTRACTOR_ERRORS as error:
        log.warning("extractor failed", extra={"error": repr(error)})
        return ()
    if not isinstance(found, Document):
        return ()
    blocks = read_blocks(found.body)
    text = found.text or ""
    if _word_count(as_text(blocks)) < _MIN_READ_SHARE * _word_count(text):
        return tuple(Block(line, ParagraphKind.BODY) for line in text.splitlines() if line.strip())
    return blocks


def _best(
    page: _Element, first: tuple[Block, ...], reference: Counter[tuple[str, ...]], *, is_finished: bool
) -> tuple[Block, ...]:
    """The candidate that agrees with the reference most; the first unless another is clearly better."""
    candidates: tuple[Callable[[], tuple[Block, ...]], ...] = (
        lambda: _extract(page),
        lambda: _extract(page, precision=True),
        lambda: _extract(page, recall=True),
        lambda: _referenced_blocks(page, reference),
    )
    best, agreement = first, _agreement(first, reference)
    least = (_MIN_KEPT_SHARE if is_finished else _MIN_KEPT_OF_UNFINISHED) * _word_count(as_text(first))
    for candidate in candidates:
        blocks = candidate()
        if _word_count(as_text(blocks)) < least:
            continue  # the reference may be only the article's opening
        if (score := _agreement(blocks, reference)) > agreement + _MIN_GAIN:
            best, agreement = blocks, score
        if agreement >= _AGREES:
            break
    return best


def _reference(page: _Element, linked: LinkedData) -> Counter[tuple[str, ...]] | None:
    """The shingles of articleBody, if the page shows nearly all of them."""
    if linked.body is None or not _MIN_CHECKED_WORDS <= _word_count(linked.body) <= _MAX_CHECKED_WORDS:
        return None
    announced = _shingles(linked.body)
    shown = _shingles(as_text(read_blocks(page)))
    visible = sum((announced & shown).values())
    return announced if visible >= _MIN_VISIBLE_SHARE * sum(announced.values()) else None


def _referenced_blocks(page: _Element, reference: Counter[tuple[str, ...]]) -> tuple[Block, ...]:
    """The page's blocks that articleBody contains, with the headings between them."""
    blocks = read_blocks(page)
    contained = []
    for block in blocks:
        shingles = _shingles(block.text)
        contained.append(sum((shingles & reference).values()) >= 0.8 * max(1, sum(shingles.values())))
    paragraphs = [n for n, block in enumerate(blocks) if contained[n] and not block.is_heading]
    if not paragraphs:
        return ()
    inside = range(paragraphs[0], paragraphs[-1] + 1)
    return tuple(blocks[n] for n in inside if contained[n] or blocks[n].is_heading)


def _agreement(blocks: tuple[Block, ...], reference: Counter[tuple[str, ...]]) -> float:
    """The F1 score of the two texts' shingles."""
    ours = _shingles(as_text(blocks))
    common = sum((ours & reference).values())
    return 2 * common / (sum(ours.values()) + sum(reference.values())) if common else 0.0


def _ends_a_sentence(text: str) -> bool:
    return bool(SENTENCE_END.search(text)) and not text.rstrip().endswith(("…", "..."))


def _word_count(text: str) -> int:
    return len(_WORD.findall(text))


def _shingles(text: str, size: int = 4) -> Counter[tuple[str, ...]]:
    words = _WORD.findall(text.casefold())
    starts = range(max(1, len(words) - size + 1)) if words else ()
    return Counter(tuple(words[start : start + size]) for start in starts)
