"""Plain copy to an article: wire dispatches, press releases, transcripts, stories pasted from a page.

The copy is cut into blocks (`blocks`), each gets the role it could have by itself (`roles`, after
`furniture`, `bylines`, `dates`, `headings`), and then what stands beside it decides (`neighbours`). Here the
story is put together from what is left.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime

from articles.errors import NotAnArticle
from articles.model import PARAGRAPH_BREAK, Article, ParagraphKind, lay_out
from articles.plaintext.blocks import Block, split_blocks
from articles.plaintext.head import read_head
from articles.plaintext.neighbours import place
from articles.plaintext.roles import Part, Placed, leads_to_prose, next_part
from articles.text.bylines import Dateline, is_labelled, is_name, read_byline, read_sign_off, split_dateline
from articles.text.dates import find_dates, find_weekday, midnight_utc, read_stamp
from articles.text.furniture import Furniture, is_file_caption, is_rights_line
from articles.text.headings import count_words, in_title_case, is_heading, is_marked, plain_title
from articles.text.language import detect_language

MIN_STORY_WORDS = 8
MAX_DERIVED_HEADLINE_CHARS = 120
MAX_LABELLED_BLOCKS = 12
WEEKDAY_PARAGRAPHS = 2


def parse_plain_text(text: str, *, url: str | None = None, publisher: str | None = None) -> Article:
    """The article in a piece of plain copy, furniture left out.

    The dateline's place and date leave the first paragraph for fields of their own. `published` is what the
    copy says (a date line, the dateline, a caption whose date agrees with the lede's day of the week), never
    a guess from today.
    Raises NotAnArticle where there is no paragraph of running text.
    """
    placed = place([*_unlabelled(split_blocks(text))], publisher=publisher)
    head = read_head(placed)
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
        byline=_byline(placed, head.names),
        dateline=None if dateline is None else dateline.place,
        published=_published(placed, dateline, lede=canonical.split(PARAGRAPH_BREAK, WEEKDAY_PARAGRAPHS)),
        language=detect_language(canonical),
        text=canonical,
        sections=laid,
    )


_LABELLED = re.compile(r"(headline|title|author|publisher|source|url|link)\s*:\s*(\S.*)", re.IGNORECASE)


def _unlabelled(blocks: Sequence[Block]) -> Iterator[Block]:
    """The blocks, the labels of an export's first lines ("Title: ...", "Author: ...") read and taken off."""
    for number, block in enumerate(blocks):
        label = _LABELLED.fullmatch(block.text) if number < MAX_LABELLED_BLOCKS else None
        if label is None:
            yield block
        elif label[1].lower() in ("headline", "title"):
            yield replace(block, text=label[2])
        elif label[1].lower() == "author":
            yield replace(block, text=f"By {label[2]}")


_Contents = list[tuple[str, ParagraphKind]]


def _sections(body: Sequence[Placed]) -> list[tuple[str | None, _Contents]]:
    """The headings and what stands below each, in order; None heads the lede."""
    sections: list[tuple[str | None, _Contents]] = [(None, [])]
    for index, p in enumerate(body):
        if p.role is Part.PROSE:
            kind = ParagraphKind.LIST_ITEM if p.block.numbered else p.block.kind
            sections[-1][1].append((p.text, kind))
        elif p.role is Part.TITLE:
            if (is_heading(p.text) or is_marked(p.text)) and leads_to_prose(body, index):
                sections.append((plain_title(p.text).rstrip(":"), []))
            elif _is_unstopped_paragraph(body, index):
                sections[-1][1].append((p.text, p.block.kind))
    return sections


def _is_unstopped_paragraph(body: Sequence[Placed], index: int) -> bool:
    """Whether a line that heads nothing is a paragraph that lost its full stop, or asks or cries out."""
    text = body[index].text
    if is_heading(text):
        return False
    return next_part(body, index) is not None or not in_title_case(text)


def _take_dateline(
    sections: list[tuple[str | None, _Contents]],
) -> tuple[Dateline | None, list[tuple[str | None, _Contents]]]:
    """The dateline in front of the lede, and the sections without it. It may stand below a deck."""
    paragraphs = [paragraph for _, contents in sections for paragraph, _ in contents]
    # "SINGAPORE: Oil prices ..." is a dateline, unless that is how this copy names who speaks.
    with_colon = sum(is_labelled(paragraph) for paragraph in paragraphs) == 1
    for _, contents in sections[:2]:
        for number, (paragraph, kind) in enumerate(contents[:2]):
            dateline, rest = split_dateline(paragraph, with_colon=with_colon and paragraph is paragraphs[0])
            if dateline is not None:
                contents[number] = (rest, kind)
                return dateline, sections
    return None, sections


def _derived_headline(text: str) -> str:
    """The first sentence, or as much of it as a headline holds, for copy that came without one."""
    first = text.partition(PARAGRAPH_BREAK)[0]
    sentence = re.split(r"(?<=[a-z\d\W][.!?])\s", first, maxsplit=1)[0]
    if len(sentence) <= MAX_DERIVED_HEADLINE_CHARS:
        return sentence.rstrip(".")
    cut = sentence[:MAX_DERIVED_HEADLINE_CHARS].rpartition(" ")[0] or sentence[:MAX_DERIVED_HEADLINE_CHARS]
    return cut.rstrip(" ,;:") + " …"


def _byline(placed: Sequence[Placed], names: str | None) -> str | None:
    """A "By" line; else a name on its own, an agency's line or the sign-off, in this order."""
    lines = (read_byline(p.text) for p in placed if p.role is Part.BYLINE)
    signed = (p.text for i, p in enumerate(placed) if p.role is Part.TITLE and _signs_box(placed, i))
    outlets = (p.text.strip(" ()|—–-") for p in placed if p.role is Part.OUTLET)
    sign_offs = (read_sign_off(p.text) for p in placed if p.role is Furniture.CREDIT)
    candidates = (*lines, names, *signed, *outlets, *sign_offs)
    return next((candidate for candidate in candidates if candidate), None)


def _signs_box(placed: Sequence[Placed], index: int) -> bool:
    """Whether the line is a name over an author box, below the story."""
    below = next((p for p in placed[index + 1 : index + 2]), None)
    return below is not None and below.role is Furniture.CREDIT and is_name(placed[index].text)


def _published(
    placed: Sequence[Placed], dateline: Dateline | None, *, lede: Sequence[str]
) -> datetime | None:
    stamps = [stamp for p in placed if p.role is Part.STAMP and (stamp := read_stamp(p.text)) is not None]
    stamps.sort(key=lambda stamp: stamp.updated)
    year = _year(placed)
    filed = None if dateline is None or dateline.filed is None else dateline.filed
    for stamp in stamps:
        if not stamp.updated and (instant := stamp.instant(None)):
            return instant
    if filed is not None and (day := filed.full or (year and filed.in_year(year))):
        return midnight_utc(day)
    for stamp in stamps:
        if instant := stamp.instant(year):
            return instant
    day = _captioned_day(placed, find_weekday(" ".join(lede[:WEEKDAY_PARAGRAPHS])))
    return None if day is None else midnight_utc(day)


def _caption_days(placed: Sequence[Placed]) -> Iterator[date]:
    """The days on which the copy's pictures were taken, those from the archive left out."""
    for p in placed:
        if p.role is Furniture.CAPTION and not is_file_caption(p.text):
            yield from (found.full for found in find_dates(p.text) if found.full is not None)


def _year(placed: Sequence[Placed]) -> int | None:
    """The year that pictures and copyright lines speak for, for a day that was written without one."""
    rights = (p.text for p in placed if p.role is Furniture.CREDIT and is_rights_line(p.text))
    years = [day.year for day in _caption_days(placed)]
    years.extend(int(year) for text in rights for year in re.findall(r"\b(?:19|20)\d\d\b", text))
    return max(years, default=None)


def _captioned_day(placed: Sequence[Placed], weekday: int | None) -> date | None:
    """The latest picture's day that falls on the lede's day of the week; None where that is not known."""
    days = (day for day in _caption_days(placed) if day.weekday() == weekday)
    return max(days, default=None)
