"""The role of each block of plain copy: first by itself, then by the blocks beside it.

Each pass decides one kind of unclear block by a rule of how pages and dispatches are laid out. It reads the
blocks once and changes roles in place.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import groupby, islice, pairwise

from articles.model import ParagraphKind
from articles.plaintext.text_blocks import Block
from articles.text.bylines import is_agency, is_job, read_byline
from articles.text.dates import read_stamp
from articles.text.furniture import (
    Furniture,
    furniture_kind,
    is_author_box,
    is_bio,
    is_boilerplate_heading,
    may_be_label,
    speaks,
)
from articles.text.headings import bare_words, count_words, is_heading, is_marked, is_speaker_label, is_title


class Part(StrEnum):
    """Roles of blocks that belong to the story or describe it."""

    PROSE = "prose"  # a paragraph, a list's item
    TITLE = "title"  # a headline, a deck or a heading: the position decides
    BYLINE = "byline"
    STAMP = "stamp"  # a line that is a date
    OUTLET = "outlet"  # a line that is a publisher's or an agency's name


Role = Part | Furniture

LOOKAHEAD = 40  # blocks of furniture in a row that are skipped to find the next part


@dataclass(slots=True)
class ClassifiedBlock:
    """A block and its role so far."""

    block: Block
    role: Role

    @property
    def text(self) -> str:
        return self.block.text

    @property
    def is_furniture(self) -> bool:
        return isinstance(self.role, Furniture)


def initial_role(block: Block, *, publisher: str | None) -> Role:
    """The role that the block has by itself."""
    text = block.text
    if read_byline(text):
        return Part.BYLINE
    if read_stamp(text):
        return Part.STAMP
    if is_agency(text) or (publisher is not None and text.casefold() == publisher.casefold()):
        return Part.OUTLET
    if is_job(text):
        return Furniture.CREDIT
    kind = furniture_kind(text)
    if kind is not None:
        return kind
    introduces = text.endswith(":") and not is_heading(text)
    titled = block.kind is ParagraphKind.BODY and (is_marked(text) or (is_title(text) and not introduces))
    return Part.TITLE if titled else Part.PROSE


def at(blocks: Sequence[ClassifiedBlock], index: int) -> ClassifiedBlock | None:
    return blocks[index] if 0 <= index < len(blocks) else None


def next_part(blocks: Sequence[ClassifiedBlock], index: int) -> ClassifiedBlock | None:
    """The next block below `index` that is not furniture; None if there is none near."""
    below = (blocks[i] for i in range(index + 1, len(blocks)))
    return next((item for item in islice(below, LOOKAHEAD) if not item.is_furniture), None)


def leads_to_prose(blocks: Sequence[ClassifiedBlock], index: int) -> bool:
    """Whether the next block that is not furniture is a paragraph."""
    following = next_part(blocks, index)
    return following is not None and following.role is Part.PROSE


def first_prose(blocks: Sequence[ClassifiedBlock]) -> int:
    """The index of the first paragraph; the end if there is none."""
    return next((i for i, item in enumerate(blocks) if item.role is Part.PROSE), len(blocks))


def only_headline(blocks: Sequence[ClassifiedBlock]) -> ClassifiedBlock | None:
    """The title above the first paragraph, if there is exactly one."""
    titles = [item for item in blocks[: first_prose(blocks)] if item.role is Part.TITLE]
    return titles[0] if len(titles) == 1 else None


HEAD_PARAGRAPHS = 2  # a byline or a date line is above the second paragraph, or below the last
LIST_TITLES = 3  # in a row: a list, or links
HEADING_WORDS_AMONG_LINKS = 5
LABEL_REPEATS = 3
MIN_ANSWER_WORDS, MIN_ONLY_ANSWER_WORDS, MIN_ONLY_QUESTION_WORDS = 10, 20, 5
MIN_PULLED_WORDS = 8  # a shorter repeat ("Thank you.") is no pull quote


def classify_blocks(blocks: Sequence[Block], *, publisher: str | None) -> list[ClassifiedBlock]:
    """Every block with its role, in order."""
    classified = [ClassifiedBlock(block, initial_role(block, publisher=publisher)) for block in blocks]
    for resolve in _PASSES:
        resolve(classified)
    return classified


def _resolve_end_marks(blocks: list[ClassifiedBlock]) -> None:
    """Nothing below an end mark is story. With much text below it (half of that above), it is a divider."""
    total, above = sum(len(item.text) for item in blocks if item.role is Part.PROSE), 0
    for index, item in enumerate(blocks):
        if item.role is Part.PROSE:
            above += len(item.text)
        elif item.role is Furniture.END:
            if total - above <= above / 2:
                _drop(blocks[index:])
                return
            item.role = Part.TITLE if is_title(item.text) else Furniture.RULE


def _drop(tail: Iterable[ClassifiedBlock]) -> None:
    for item in tail:
        item.role = item.role if item.is_furniture else Furniture.CREDIT


def _resolve_repeated_paragraphs(blocks: list[ClassifiedBlock]) -> None:
    """A page repeats captions (a caption is also the picture's alternative text) and pull quotes."""
    seen: set[str] = set()
    above: ClassifiedBlock | None = None
    for item in blocks:
        if item.role is not Part.PROSE:
            continue
        words = item.text.casefold()
        beside = above is not None and above.text.casefold() == words
        if above is not None and beside and not speaks(item.text):
            above.role = Furniture.CAPTION
        if words in seen and (beside or count_words(item.text) >= MIN_PULLED_WORDS):
            item.role = Furniture.CAPTION
        seen.add(words)
        above = item


def _resolve_pull_quotes(blocks: list[ClassifiedBlock]) -> None:
    """A pull quote is a block in quotation marks whose words a paragraph has too."""
    matches = ((i, _PULLED.fullmatch(item.text)) for i, item in enumerate(blocks) if not item.is_furniture)
    alone = {i: match[1] for i, match in matches if match is not None}
    if not alone:
        return
    quoted = {
        bare_words(sentence)
        for i, item in enumerate(blocks)
        if i not in alone and item.role is Part.PROSE
        for passage in _QUOTED.findall(item.text)
        for sentence in (passage, *_SENTENCE.findall(passage))
    }
    for index, passage in alone.items():
        if bare_words(passage) in quoted:
            blocks[index].role = Furniture.CAPTION


_PULLED = re.compile(r"[\"“«]([^\"“”«»]{8,300})[\"”»]")
_QUOTED = re.compile(r"[\"“«]([^\"“”«»]+)[\"”»]")
_SENTENCE = re.compile(r"[^.!?]+")


def _resolve_repeated_titles(blocks: list[ClassifiedBlock]) -> None:
    """One of two equal headlines stays; a title that keeps coming is a label or a speaker of a transcript."""
    titles = [(index, item) for index, item in enumerate(blocks) if item.role is Part.TITLE]
    counts = Counter(item.text.casefold() for _, item in titles)
    seen = {item.text.casefold() for _, item in titles[:1]}
    for (_, above), (index, item) in pairwise(titles):
        words = item.text.casefold()
        if is_speaker_label(item.text) and counts[words] > 1:
            item.role = Part.PROSE
        elif above.text.casefold() == words:
            item.role = Furniture.CAPTION
            above.role = above.role if above is titles[0][1] else Furniture.CAPTION
        elif counts[words] >= LABEL_REPEATS or (words in seen and not leads_to_prose(blocks, index)):
            item.role = Furniture.LABEL
        seen.add(words)


def _resolve_players(blocks: list[ClassifiedBlock]) -> None:
    """The title of an audio or video player is beside its debris, or between that and a promotion."""
    headline = only_headline(blocks)
    # Upwards, to reach a title above a byline above debris.
    for index in reversed(range(len(blocks))):
        item = blocks[index]
        if item.role is not Furniture.PLAYER:
            continue
        above, below = at(blocks, index - 1), at(blocks, index + 1)
        if above is not None and above.role is Part.BYLINE and above.block.run == item.block.run:
            above.role = Furniture.PLAYER
        if above is not None and above.role is Part.TITLE and above is not headline:
            further = at(blocks, index - 2)
            if above.block.run == item.block.run or (further is not None and further.role in _ABOVE_A_PLAYER):
                above.role = Furniture.PLAYER
        if below is not None and below.role is Part.TITLE and below.block.run == item.block.run:
            below.role = below.role if leads_to_prose(blocks, index + 1) else Furniture.PLAYER


_ABOVE_A_PLAYER = frozenset({Furniture.PROMO, Furniture.PLAYER, Furniture.LABEL, Furniture.LINKS})


def _resolve_links(blocks: list[ClassifiedBlock]) -> None:
    """Titles and list items below "Related" are links, down to the next paragraph or its heading."""
    link: ClassifiedBlock | None = None
    for index, item in enumerate(blocks):
        if item.role is Furniture.LINKS:
            link = item
        elif link is not None and _could_be_link(item):
            if leads_to_prose(blocks, index) and _heads_a_section_below_links(item, link):
                link = None
            else:
                item.role, link = Furniture.LABEL, item
        elif not item.is_furniture:
            link = None


def _could_be_link(item: ClassifiedBlock) -> bool:
    return item.role in (Part.TITLE, Part.STAMP) or (
        item.block.kind is ParagraphKind.LIST_ITEM and is_title(item.text)
    )


def _heads_a_section_below_links(item: ClassifiedBlock, link: ClassifiedBlock) -> bool:
    short = is_heading(item.text) and count_words(item.text) <= HEADING_WORDS_AMONG_LINKS
    return short and link.role is not Furniture.LINKS and item.block.run != link.block.run


def _resolve_labels(blocks: list[ClassifiedBlock]) -> None:
    """A word such as "Video" or "Facebook" beside other furniture is a button."""
    headline = only_headline(blocks)
    for order in (range(len(blocks)), reversed(range(len(blocks)))):
        for index in order:
            item = blocks[index]
            if item.role is Part.TITLE and item is not headline and may_be_label(item.text):
                beside = (at(blocks, index - 1), at(blocks, index + 1))
                if any(q is not None and q.role in _BUTTONS for q in beside):
                    item.role = Furniture.LABEL


_BUTTONS = frozenset({Furniture.LABEL, Furniture.PLAYER, Furniture.LINKS})


def _resolve_lines_below_bylines(blocks: list[ClassifiedBlock]) -> None:
    """The line below a byline names the employer: "of the Capitol Bureau"."""
    for above, item in pairwise(blocks):
        if above.role is Part.BYLINE and above.block.run == item.block.run and _FOR_WHOM.fullmatch(item.text):
            item.role = Furniture.CREDIT


_FOR_WHOM = re.compile(r"(?:of|for|in|special to|with) (?:the )?[A-Z][^.]{2,50}", re.IGNORECASE)


def _resolve_head_lines(blocks: list[ClassifiedBlock]) -> None:
    """Between paragraphs, a date is a heading of a chronicle, and an outlet's name is a credit."""
    prose = [i for i, item in enumerate(blocks) if item.role is Part.PROSE and not is_author_box(item.text)]
    if not prose:
        return
    head_ends = prose[min(HEAD_PARAGRAPHS, len(prose)) - 1]
    for index in range(head_ends + 1, prose[-1]):
        item = blocks[index]
        if item.role is Part.OUTLET:
            item.role = Furniture.CREDIT
        elif item.role in (Part.BYLINE, Part.STAMP):
            item.role = Part.TITLE if is_title(item.text) else Furniture.CREDIT


def _resolve_author_boxes(blocks: list[ClassifiedBlock]) -> None:
    """Author boxes are below the last paragraph."""
    for index in range(len(blocks) - 1, first_prose(blocks), -1):
        item = blocks[index]
        if item.role is not Part.PROSE:
            continue
        if item.block.kind is not ParagraphKind.BODY or not is_author_box(item.text):
            return
        item.role = Furniture.CREDIT


def _resolve_signed_boxes(blocks: list[ClassifiedBlock]) -> None:
    """A name above a paragraph about that journalist ends the story."""
    total, above = sum(len(item.text) for item in blocks if item.role is Part.PROSE), 0
    for index, (name, box) in enumerate(pairwise(blocks)):
        if name.role is Part.PROSE:
            above += len(name.text)
        signed = name.role is Part.TITLE and box.role in (Part.PROSE, Furniture.CREDIT)
        if signed and total - above <= above / 2 and is_bio(box.text, of=name.text):
            _drop(blocks[index + 1 :])
            return


def _resolve_boilerplate(blocks: list[ClassifiedBlock]) -> None:
    """A press release ends where its boilerplate begins: "About Acme", "Media contact"."""
    for index in range(first_prose(blocks) + 1, len(blocks)):
        item = blocks[index]
        if item.role is not Part.TITLE:
            continue
        below = next_part(blocks, index)
        if is_boilerplate_heading(item.text, followed_by="" if below is None else below.text):
            _drop(blocks[index:])
            return


def _resolve_numbered_lists(blocks: list[ClassifiedBlock]) -> None:
    """Numbered titles beside each other are list items; a single one is a heading."""
    numbered = [item.block.numbered and item.role in (Part.TITLE, Part.PROSE) for item in blocks]
    for index, item in enumerate(blocks):
        if numbered[index] and any(numbered[max(index - 1, 0) : index] + numbered[index + 1 : index + 2]):
            _make_item(item)


def _resolve_bare_lists(blocks: list[ClassifiedBlock]) -> None:
    """Three or more titles in a row between paragraphs are a list that lost its bullets."""
    below = range(first_prose(blocks) + 1, len(blocks))
    for are_titles, indexes in groupby(below, key=lambda i: _is_plain_title(blocks[i])):
        run = list(indexes)
        if not are_titles or len(run) < LIST_TITLES or next_part(blocks, run[-1]) is None:
            continue
        heads = leads_to_prose(blocks, run[-1]) and is_heading(blocks[run[-1]].text)
        for index in run[:-1] if heads else run:
            _make_item(blocks[index])


def _make_item(item: ClassifiedBlock) -> None:
    item.role, item.block = Part.PROSE, replace(item.block, kind=ParagraphKind.LIST_ITEM)


def _resolve_questions(blocks: list[ClassifiedBlock]) -> None:
    """A question is a heading if a long enough answer follows; longer if it is the only heading."""
    body = range(first_prose(blocks) + 1, len(blocks))
    headed = [i for i in body if blocks[i].role is Part.TITLE and _heads_a_section(blocks, i)]
    for index in headed:
        item, below = blocks[index], next_part(blocks, index)
        in_capitals = is_marked(item.text) or item.text.isupper()
        if item.text.endswith("?") and not in_capitals and below is not None:
            alone = len(headed) == 1
            needed = MIN_ONLY_ANSWER_WORDS if alone else MIN_ANSWER_WORDS
            if count_words(below.text) < needed or (
                alone and count_words(item.text) < MIN_ONLY_QUESTION_WORDS
            ):
                item.role = Part.PROSE


def _heads_a_section(blocks: Sequence[ClassifiedBlock], index: int) -> bool:
    return is_heading(blocks[index].text) and leads_to_prose(blocks, index)


def _is_plain_title(item: ClassifiedBlock) -> bool:
    return item.role is Part.TITLE and not is_marked(item.text)


_PASSES: tuple[Callable[[list[ClassifiedBlock]], None], ...] = (
    _resolve_end_marks,
    _resolve_repeated_paragraphs,
    _resolve_repeated_titles,
    _resolve_pull_quotes,
    _resolve_players,
    _resolve_links,
    _resolve_labels,
    _resolve_lines_below_bylines,
    _resolve_head_lines,
    _resolve_signed_boxes,
    _resolve_author_boxes,
    _resolve_boilerplate,
    _resolve_numbered_lists,
    _resolve_bare_lists,
    _resolve_questions,
)
