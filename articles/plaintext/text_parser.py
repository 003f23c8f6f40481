"""Plain copy to an article: wire dispatches, press releases, transcripts, stories pasted from a page.

The copy is split into blocks (`text_blocks`), and each block gets a role (`roles`). This module puts the
story together from the blocks that are not furniture.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from articles.errors import NotAnArticle
from articles.model import PARAGRAPH_BREAK, Article, ParagraphKind, lay_out
from articles.plaintext.roles import (
    ClassifiedBlock,
    Part,
    at,
    classify_blocks,
    first_prose,
    leads_to_prose,
    next_part,
)
from articles.plaintext.text_blocks import Block, split_blocks
from articles.text.bylines import (
    Dateline,
    dateline_alone,
    is_labelled,
    is_name,
    read_byline,
    read_sign_off,
    split_dateline,
)
from articles.text.dates import find_dates, find_weekday, midnight_utc, read_stamp
from articles.text.furniture import Furniture, is_file_caption, is_rights_line
from articles.text.headings import count_words, in_title_case, is_heading, is_marked, plain_title
from articles.text.language import detect_language
from articles.text.phrases import read_words

MIN_STORY_WORDS = 8
MAX_DERIVED_HEADLINE_CHARS = 120
MAX_LABELLED_BLOCKS = 12
WEEKDAY_PARAGRAPHS = 2


def parse_plain_text(text: str, *, url: str | None = None, publisher: str | None = None) -> Article:
    """The article in a piece of plain copy, without furniture.

    The dateline moves from the first paragraph into its fields. `published` is a date that the copy states (a
    date line, the dateline, a caption whose date agrees with the lede's day of the week), never derived from
    today's date. Raises NotAnArticle if there is no paragraph of running text.
    """
    blocks = classify_blocks([*_unlabelled(split_blocks(text))], publisher=publisher)
    head = _read_head(blocks)
    dateline, sections = _take_dateline(_sections(head.body))
    canonical, laid = lay_out(sections)
    if count_words(canonical) < MIN_STORY_WORDS:
        raise NotAnArticle("there is no story in this text: no paragraph of running text was found")
    dateline = dateline or head.dateline
    return Article(
        id=None,
        url=url,
        publisher=publisher,
        headline=head.headline or _derived_headline(canonical),
        byline=_byline(blocks, head.names),
        dateline=None if dateline is None else dateline.place,
        published=_published(blocks, dateline, lede=canonical.split(PARAGRAPH_BREAK, WEEKDAY_PARAGRAPHS)),
        language=detect_language(canonical),
        text=canonical,
        sections=laid,
    )


_LABELLED = re.compile(r"(headline|title|author|publisher|source|url|link)\s*:\s*(\S.*)", re.IGNORECASE)


def _unlabelled(blocks: Sequence[Block]) -> Iterator[Block]:
    """The blocks, without the labels of an export's first lines ("Title: ...", "Author: ...")."""
    for number, block in enumerate(blocks):
        label = _LABELLED.fullmatch(block.text) if number < MAX_LABELLED_BLOCKS else None
        if label is None:
            yield block
        elif label[1].lower() in ("headline", "title"):
            yield replace(block, text=label[2])
        elif label[1].lower() == "author":
            yield replace(block, text=f"By {label[2]}")


_Contents = list[tuple[str, ParagraphKind]]


def _sections(body: Sequence[ClassifiedBlock]) -> list[tuple[str | None, _Contents]]:
    """The headings and the paragraphs below each, in order. The lede's heading is None."""
    sections: list[tuple[str | None, _Contents]] = [(None, [])]
    for index, item in enumerate(body):
        if item.role is Part.PROSE:
            kind = ParagraphKind.LIST_ITEM if item.block.numbered else item.block.kind
            sections[-1][1].append((item.text, kind))
        elif item.role is Part.TITLE:
            if (is_heading(item.text) or is_marked(item.text)) and leads_to_prose(body, index):
                sections.append((plain_title(item.text).rstrip(":"), []))
            elif _is_unstopped_paragraph(body, index):
                sections[-1][1].append((item.text, item.block.kind))
    return sections


def _is_unstopped_paragraph(body: Sequence[ClassifiedBlock], index: int) -> bool:
    """Whether a title that is no heading is a paragraph without a full stop, a question or an exclamation."""
    text = body[index].text
    if is_heading(text):
        return False
    return next_part(body, index) is not None or not in_title_case(text)


def _take_dateline(
    sections: list[tuple[str | None, _Contents]],
) -> tuple[Dateline | None, list[tuple[str | None, _Contents]]]:
    """The dateline before the lede, and the sections without it. A deck can be above it."""
    paragraphs = [paragraph for _, contents in sections for paragraph, _ in contents]
    # "SINGAPORE: Oil prices ..." is a dateline, unless this copy names speakers in that form.
    with_colon = sum(is_labelled(paragraph) for paragraph in paragraphs) == 1
    for _, contents in sections[:2]:
        for number, (paragraph, kind) in enumerate(contents[:2]):
            dateline, rest = split_dateline(paragraph, with_colon=with_colon and paragraph is paragraphs[0])
            if dateline is not None:
                contents[number] = (rest, kind)
                return dateline, sections
    return None, sections


def _derived_headline(text: str) -> str:
    """A headline for copy without one: the first sentence, cut to a headline's length."""
    first = text.partition(PARAGRAPH_BREAK)[0]
    sentence = re.split(r"(?<=[a-z\d\W][.!?])\s", first, maxsplit=1)[0]
    if len(sentence) <= MAX_DERIVED_HEADLINE_CHARS:
        return sentence.rstrip(".")
    cut = sentence[:MAX_DERIVED_HEADLINE_CHARS].rpartition(" ")[0] or sentence[:MAX_DERIVED_HEADLINE_CHARS]
    return cut.rstrip(" ,;:") + " …"


def _byline(blocks: Sequence[ClassifiedBlock], names: str | None) -> str | None:
    """The first of: a "By" line, a line that is a name, an agency's line, a sign-off."""
    lines = (read_byline(item.text) for item in blocks if item.role is Part.BYLINE)
    signed = (item.text for i, item in enumerate(blocks) if item.role is Part.TITLE and _signs_box(blocks, i))
    outlets = (item.text.strip(" ()|—–-") for item in blocks if item.role is Part.OUTLET)
    sign_offs = (read_sign_off(item.text) for item in blocks if item.role is Furniture.CREDIT)
    candidates = (*lines, names, *signed, *outlets, *sign_offs)
    return next((candidate for candidate in candidates if candidate), None)


def _signs_box(blocks: Sequence[ClassifiedBlock], index: int) -> bool:
    """Whether the line is a name above an author box, below the story."""
    below = at(blocks, index + 1)
    return below is not None and below.role is Furniture.CREDIT and is_name(blocks[index].text)


def _published(
    blocks: Sequence[ClassifiedBlock], dateline: Dateline | None, *, lede: Sequence[str]
) -> datetime | None:
    stamps = [
        stamp for item in blocks if item.role is Part.STAMP and (stamp := read_stamp(item.text)) is not None
    ]
    stamps.sort(key=lambda stamp: stamp.updated)
    year = _year(blocks)
    filed = dateline.filed if dateline is not None else None
    for stamp in stamps:
        if not stamp.updated and (instant := stamp.instant(None)):
            return instant
    if filed is not None and (day := filed.full or (year and filed.in_year(year))):
        return midnight_utc(day)
    for stamp in stamps:
        if instant := stamp.instant(year):
            return instant
    # The latest picture of the lede's day of the week.
    weekday = find_weekday(" ".join(lede[:WEEKDAY_PARAGRAPHS]))
    pictured = max((day for day in _caption_days(blocks) if day.weekday() == weekday), default=None)
    return None if pictured is None else midnight_utc(pictured)


def _caption_days(blocks: Sequence[ClassifiedBlock]) -> Iterator[date]:
    """The days on which the copy's pictures were taken, without archive pictures."""
    for item in blocks:
        if item.role is Furniture.CAPTION and not is_file_caption(item.text):
            yield from (found.full for found in find_dates(item.text) if found.full is not None)


def _year(blocks: Sequence[ClassifiedBlock]) -> int | None:
    """The year of captions and copyright lines, for a date that is written without a year."""
    rights = (item.text for item in blocks if item.role is Furniture.CREDIT and is_rights_line(item.text))
    years = [day.year for day in _caption_days(blocks)]
    years.extend(int(year) for text in rights for year in re.findall(r"\b(?:19|20)\d\d\b", text))
    return max(years, default=None)


MIN_DECK_WORDS = 6  # a deck; a shorter line directly above the lede is the first section's heading
MIN_HEADLINE_WORDS = 4  # if the navigation was copied too: a shorter line may be part of it


@dataclass(frozen=True, slots=True)
class _Head:
    """The headline, deck, names and dateline above the lede, and the story below."""

    headline: str | None
    names: str | None  # the lines that are only a name
    dateline: Dateline | None  # on a separate line
    body: tuple[ClassifiedBlock, ...]


_KICKER = re.compile(
    r"(?:(?:the|us|u\.s\.|uk|world|national|local|international|latest|top|breaking) )?"
    rf"(?:{'|'.join(map(re.escape, sorted(read_words(__package__, 'kickers.txt'))))})(?: news| desk)?",
    re.IGNORECASE,
)
# A wire's version note: "UPDATE 2-", "RPT-", "WRAPUP 3-".
_VERSION = re.compile(r"(?:(?:UPDATE|WRAPUP|REFILE|RPT|CORRECTED|REPEAT|RECAST)[ -]?\d*-)+\s*(?=\S)")


def _read_head(blocks: Sequence[ClassifiedBlock]) -> _Head:
    lede = first_prose(blocks)
    titles = _from_the_headline([i for i in range(lede) if blocks[i].role is Part.TITLE], blocks)
    if not titles and lede and blocks[0].role is Furniture.PROMO:
        # The headline of some stories is "WATCH ...".
        return _Head(blocks[0].text, None, None, tuple(blocks[lede:]))
    if not titles:
        if _is_headline_with_full_stop(blocks, lede):
            return _Head(blocks[lede].text.rstrip("."), None, None, tuple(blocks[lede + 1 :]))
        return _Head(None, None, None, tuple(blocks[lede:]))
    headline = _VERSION.sub("", plain_title(blocks[titles[0]].text))
    names: list[str] = []
    dateline: Dateline | None = None
    body: list[ClassifiedBlock] = []
    common = _common_words(blocks) if len(titles) > 1 else frozenset[str]()
    for index in titles[1:]:
        item = blocks[index]
        alone = dateline_alone(
            item.text, bare=index == lede - 1 and not _has_headings_in_capitals(blocks, lede)
        )
        if alone is not None:
            dateline = alone
        elif is_name(item.text) and common.isdisjoint(w.lower() for w in item.text.split()):
            names.append(item.text)
        elif count_words(item.text) >= MIN_DECK_WORDS:
            body.append(ClassifiedBlock(item.block, Part.PROSE))
        elif index == lede - 1:
            body.append(item)
    return _Head(headline, ", ".join(names) or None, dateline, (*body, *blocks[lede:]))


def _from_the_headline(titles: list[int], blocks: Sequence[ClassifiedBlock]) -> list[int]:
    """The titles from the headline on: without navigation, kickers and the page's own title."""
    titles = [i for i in titles if _KICKER.fullmatch(blocks[i].text) is None] or titles
    if any(item.role in _NAVIGATION for item in blocks[: titles[0] if titles else 0]):
        long = [n for n, i in enumerate(titles) if count_words(blocks[i].text) >= MIN_HEADLINE_WORDS]
        titles = titles[long[0] :] if long else titles
    # The page's title "Oil prices steady | Meridian News", and then the headline.
    again = [n for n, i in enumerate(titles[1:], 1) if _names_page(blocks[titles[0]].text, blocks[i].text)]
    return titles[again[0] :] if again else titles


_NAVIGATION = frozenset({Furniture.LABEL, Furniture.LINKS})
_SITE = re.compile(r"\s+[|–—-]\s+\S.{0,60}")


def _names_page(page_title: str, headline: str) -> bool:
    return page_title.startswith(headline) and _SITE.fullmatch(page_title[len(headline) :]) is not None


def _is_headline_with_full_stop(blocks: Sequence[ClassifiedBlock], lede: int) -> bool:
    """Whether the first paragraph is a headline that ends in a full stop."""
    return lede < len(blocks) and in_title_case(blocks[lede].text) and leads_to_prose(blocks, lede)


def _common_words(blocks: Sequence[ClassifiedBlock]) -> frozenset[str]:
    """The words that the copy writes without a capital: if it has "points", "Key Points" is not a name."""
    return frozenset(
        w for item in blocks if item.role is Part.PROSE for w in item.text.split() if w.islower()
    )


def _has_headings_in_capitals(blocks: Sequence[ClassifiedBlock], lede: int) -> bool:
    return any(item.role is Part.TITLE and item.text.isupper() for item in blocks[lede:])
