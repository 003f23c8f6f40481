"""Removes a page's furniture (what it has besides the article): captions, share bars, prompts, repeats.

It removes only what is certainly furniture. The extractor has removed most of it, and a lost sentence is
worse than a share button that stays.
"""

import re
from collections.abc import Iterable
from itertools import groupby

from lxml.etree import XPath, _Element

from articles.model import ParagraphKind
from articles.page.page_blocks import PARAGRAPH_MARK, SENTENCE_END, Block, raw_text, select, words_in
from articles.page.phrases import any_of
from articles.text.furniture import Furniture, furniture_kind
from articles.text.headings import bare_words

_MAX_CAPTION_CHARS = 700
_MAX_FURNITURE_CHARS = 220
_MAX_DROPPED_SHARE = 0.25
_MIN_REPEAT_CHARS = 60
_MIN_PULL_QUOTE_CHARS = 30
_MIN_LINK_CHARS = 20  # shorter links are names and numbers
_QUOTATION_MARKS = ('"', "'", "“", "„", "«", "‘", "‚", "「", "『")
_TOP_BLOCKS = 4  # blocks that may repeat the headline, the byline and the date

_CAPTION_CLASS = re.compile(
    r"(?:^|[\s_-])(?:(?:wp|image|img|photo|picture|media|gallery|video|figure)[_-]*)?caption"
    r"(?:[_-]*(?:text|body|container|wrap|content|inner|credit))?(?:\s|$)"
    r"|(?:^|[\s_-])(?:image|img|photo|picture|media)[_-]*(?:credit|copyright|source)s?(?:\s|$)",
    re.IGNORECASE,
)
_CAPTIONS = XPath("//figcaption | //*[@itemprop='caption' or @itemprop='copyrightHolder'][not(self::meta)]")
_PERHAPS_CAPTIONS = XPath(
    "//*[contains(@class, 'aption') or contains(@id, 'aption') or contains(@class, 'redit')"
    " or contains(@class, 'opyright') or contains(@class, 'ource')]"
)
_TAGS = re.compile(r"(?:tags?|topics?|filed under|posted in|categor(?:y|ies)|keywords)\s*:", re.IGNORECASE)
_BYLINE_WORDS = re.compile(rf"\b{any_of('byline_words')}\b", re.IGNORECASE)

_FILLING = r"(?:this|the|an?|article|story|page|post|on|via|by|to|with|friends?|\d[\d.,]*k?)"
_SHARE_BAR = re.compile(
    rf"[\W_]*+(?:{_FILLING}[\W_]++)*"
    rf"(?:(?>{any_of('sharing')})(?![^\W\d_])[\W_]*+(?:{_FILLING}(?![^\W_])[\W_]*+)*+)++",
    re.IGNORECASE,
)
_MAX_SHARE_BAR_CHARS = 120
# These kinds are furniture on any page; `articles.text` finds prompts and captions by the phrases of a wire.
_CERTAIN_KINDS = frozenset((Furniture.LABEL, Furniture.LINKS, Furniture.PLAYER, Furniture.PROMO))
_FURNITURE_LINE = re.compile(
    rf"\W*{any_of('advertisement')}\W*"
    rf"|\W*{any_of('elsewhere')}\s*(?:[:：|»>→].*|\W*$)"
    rf"|\W*{any_of('prompt')}\W*"
    r"|\W*(?:©|\(c\)|copyright\b).{0,160}|all rights reserved\W*",
    re.IGNORECASE,
)


def prepare(tree: _Element) -> None:
    """Remove captions, and turn into text what the extractor drops: the marks of <q>, <time>, <br><br>."""
    for caption in _captions(tree):
        if len(raw_text(caption)) <= _MAX_CAPTION_CHARS:
            _remove(caption)
    for quote in list(tree.iter("q")):
        quote.tag = "span"
        if not raw_text(quote).lstrip().startswith(_QUOTATION_MARKS):  # some pages write the marks too
            quote.text, quote.tail = f"“{quote.text or ''}", f"”{quote.tail or ''}"
    for moment in list(tree.iter("time")):
        parent = moment.getparent()
        if parent is not None and parent.tag in {"p", "li", "blockquote"} and len(raw_text(parent)) > 120:
            moment.tag = "span"
    _mark_double_breaks(tree)


def _captions(tree: _Element) -> list[_Element]:
    """Captions by element, by microdata, or by the publisher's class name."""
    named = [
        element
        for element in select(_PERHAPS_CAPTIONS, tree)
        if _CAPTION_CLASS.search(f"{element.get('class', '')} {element.get('id', '')}")
    ]
    return select(_CAPTIONS, tree) + named


def _mark_double_breaks(tree: _Element) -> None:
    for line_break in tree.iter("br"):
        following = line_break.getnext()
        if following is not None and following.tag == "br" and not (line_break.tail or "").strip():
            after = (following.tail or "").lstrip()
            if after:
                following.tail = PARAGRAPH_MARK + after


def _remove(element: _Element) -> None:
    """Remove an element but not its tail, which belongs to the article."""
    parent, before, tail = element.getparent(), element.getprevious(), element.tail
    if parent is None:
        return
    if tail and before is not None:
        before.tail = (before.tail or "") + tail
    elif tail:
        parent.text = (parent.text or "") + tail
    parent.remove(element)


def without_furniture(
    blocks: Iterable[Block], *, headline: str | None, byline: str | None, links: frozenset[str] = frozenset()
) -> tuple[Block, ...]:
    """The blocks of the article. If more than a quarter of the text would go, all blocks stay.

    links: the texts of the page's links, to recognise a block that is only a link to another story.
    """
    before = tuple(blocks)
    kept = [
        block
        for block in before
        if len(block.text) > _MAX_FURNITURE_CHARS or not is_furniture_line(block.text)
    ]
    kept = _without_link_lists(kept, links)
    if sum(len(b.text) for b in kept) < (1 - _MAX_DROPPED_SHARE) * sum(len(b.text) for b in before):
        kept = list(before)
    top = [
        b for b in kept[:_TOP_BLOCKS] if not (_is_headline(b.text, headline) or _is_byline(b.text, byline))
    ]
    kept = _without_repeats([*top, *kept[_TOP_BLOCKS:]])
    while kept and (kept[-1].is_heading or _TAGS.match(kept[-1].text)):  # a heading without text, or tags
        kept.pop()
    return tuple(kept)


def link_texts(tree: _Element) -> frozenset[str]:
    """The texts of the page's links that are as long as a headline."""
    texts = (words_in(link) for link in tree.iter("a"))
    return frozenset(words for words in texts if _MIN_LINK_CHARS <= len(words) <= _MAX_FURNITURE_CHARS)


def is_furniture_line(text: str) -> bool:
    """Whether a line is a share bar, a label of advertisements or links, a prompt or a copyright line."""
    if furniture_kind(text) in _CERTAIN_KINDS or _FURNITURE_LINE.fullmatch(text):
        return True
    return len(text) <= _MAX_SHARE_BAR_CHARS and _SHARE_BAR.fullmatch(text) is not None


def _without_link_lists(blocks: list[Block], links: frozenset[str]) -> list[Block]:
    """Leave out paragraphs that are one link and no sentence, and lists of only such links."""
    kept: list[Block] = []
    for kind, run in groupby(blocks, key=lambda block: block.kind):
        members = list(run)
        alone = [block.text in links and not SENTENCE_END.search(block.text) for block in members]
        if kind is ParagraphKind.BODY:
            kept += (block for block, is_link in zip(members, alone, strict=True) if not is_link)
        elif kind is not ParagraphKind.LIST_ITEM or len(members) < 2 or not all(alone):
            kept += members
    return kept


def _is_headline(text: str, headline: str | None) -> bool:
    """Whether the text is the headline, or the longer part of it where one of the two was cut."""
    if headline is None:
        return False
    ours, theirs = bare_words(text), bare_words(headline)
    shorter, longer = sorted((ours, theirs), key=len)
    return ours == theirs or (
        len(shorter) >= 0.6 * len(longer) and len(shorter) > 30 and longer.startswith(shorter)
    )


def _is_byline(text: str, byline: str | None) -> bool:
    """Whether the text is only the author's name, the date and words that belong to them."""
    if len(text) > 120 or byline is None:
        return False
    rest = _BYLINE_WORDS.sub(" ", text)
    for name in re.findall(r"\w+", byline):
        rest = re.sub(rf"\b{re.escape(name)}\b", " ", rest, flags=re.IGNORECASE)
    return not re.search(r"\w", rest) and bool(re.search(r"\w", text))


def _without_repeats(blocks: list[Block]) -> list[Block]:
    """Each paragraph once, without pull quotes that a paragraph contains."""
    seen: set[str] = set()
    bodies = [bare_words(b.text) for b in blocks if b.kind is ParagraphKind.BODY]
    all_bodies = "\n".join(bodies) if len(blocks) < 2_000 else ""
    kept = []
    for block in blocks:
        words = bare_words(block.text)
        if len(words) >= _MIN_REPEAT_CHARS and words in seen:
            continue
        if (
            block.kind is ParagraphKind.BLOCK_QUOTE
            and len(words) >= _MIN_PULL_QUOTE_CHARS
            and words in all_bodies
        ):
            continue
        seen.add(words)
        kept.append(block)
    return kept
