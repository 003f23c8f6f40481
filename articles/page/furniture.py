"""What a page carries besides the article, taken out: captions, share bars, prompts, repeats.

Only what is furniture for certain: the extractor has removed the rest, and a sentence lost is worse than a
share button kept.
"""

import re
from collections.abc import Iterable
from itertools import groupby

from lxml.etree import XPath, _Element

from articles.model import ParagraphKind
from articles.page.blocks import PARAGRAPH_MARK, SENTENCE_END, Block
from articles.page.elements import raw_text, select, words_in
from articles.page.phrases import is_furniture_line

_MAX_CAPTION_CHARS = 700
_MAX_FURNITURE_CHARS = 220
_MAX_DROPPED_SHARE = 0.25
_MIN_REPEAT_CHARS = 60
_MIN_PULL_QUOTE_CHARS = 30
_MIN_LINK_CHARS = 20  # shorter links are names and numbers
_QUOTATION_MARKS = ('"', "'", "“", "„", "«", "‘", "‚", "「", "『")
_TOP_BLOCKS = 4  # where headline, byline and date may be repeated

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
_BYLINE_WORDS = re.compile(
    r"\b(?:by|and|von|par|por|di|door|av|updated?|published|posted|on|at|am|pm|gmt|utc|[ec][sd]?t"
    r"|min(?:ute)?s? read|staff|writer|reporter|correspondent|editor|jan\w*|feb\w*|mar\w*|apr\w*|may"
    r"|june?|july?|aug\w*|sep\w*|oct\w*|nov\w*|dec\w*|(?:mon|tues|wednes|thurs|fri|satur|sun)day|\d+(?:st|nd|rd|th)?)\b",
    re.IGNORECASE,
)


def prepare(tree: _Element) -> None:
    """Take captions out; make text of what an extractor drops: <q>'s marks, <time>'s words, <br><br>."""
    for caption in _captions(tree):
        if len(raw_text(caption)) <= _MAX_CAPTION_CHARS:
            _remove(caption)
    for quote in list(tree.iter("q")):
        quote.tag = "span"
        if not raw_text(quote).lstrip().startswith(_QUOTATION_MARKS):  # some set theirs by hand as well
            quote.text, quote.tail = f"“{quote.text or ''}", f"”{quote.tail or ''}"
    for moment in list(tree.iter("time")):
        parent = moment.getparent()
        if parent is not None and parent.tag in {"p", "li", "blockquote"} and len(raw_text(parent)) > 120:
            moment.tag = "span"
    _mark_double_breaks(tree)


def _captions(tree: _Element) -> list[_Element]:
    """By their element or microdata, or by what the publisher calls their class."""
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
    """Without its tail, which is the article's."""
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
    """The blocks that are the article's. Where more than a quarter of the text would go, all stay.

    links: the texts of the page's links, by which a lone link to another story is told.
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
    while kept and (
        kept[-1].is_heading or _TAGS.match(kept[-1].text)
    ):  # over or under what is not the article's
        kept.pop()
    return tuple(kept)


def link_texts(tree: _Element) -> frozenset[str]:
    """The words of each link of the page that are as many as a headline's."""
    texts = (words_in(link) for link in tree.iter("a"))
    return frozenset(words for words in texts if _MIN_LINK_CHARS <= len(words) <= _MAX_FURNITURE_CHARS)


def _without_link_lists(blocks: list[Block], links: frozenset[str]) -> list[Block]:
    """Paragraphs that are one link and no sentence are left out, and lists of nothing but such links."""
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
    """The headline, or so much of it that one was cut."""
    if headline is None:
        return False
    ours, theirs = _plain(text), _plain(headline)
    shorter, longer = sorted((ours, theirs), key=len)
    return ours == theirs or (
        len(shorter) >= 0.6 * len(longer) and len(shorter) > 30 and longer.startswith(shorter)
    )


def _is_byline(text: str, byline: str | None) -> bool:
    """Nothing but the author's name, the date and the words that go with them."""
    if len(text) > 120 or byline is None:
        return False
    rest = _BYLINE_WORDS.sub(" ", text)
    for name in re.findall(r"\w+", byline):
        rest = re.sub(rf"\b{re.escape(name)}\b", " ", rest, flags=re.IGNORECASE)
    return not re.search(r"\w", rest) and bool(re.search(r"\w", text))


def _without_repeats(blocks: list[Block]) -> list[Block]:
    """Each paragraph once, and no pull quote beside the paragraph that it was pulled from."""
    seen: set[str] = set()
    bodies = [_plain(b.text) for b in blocks if b.kind is ParagraphKind.BODY]
    all_bodies = "\n".join(bodies) if len(blocks) < 2_000 else ""
    kept = []
    for block in blocks:
        words = _plain(block.text)
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


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))
