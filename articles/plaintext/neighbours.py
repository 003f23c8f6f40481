"""What the blocks of plain copy are, settled by what stands beside them.

Each pass changes roles in place, reads the copy once, and is a rule of how pages and wires are put together.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from articles.model import ParagraphKind
from articles.plaintext.blocks import Block
from articles.plaintext.roles import (
    Part,
    Placed,
    at,
    first_prose,
    leads_to_prose,
    next_part,
    only_headline,
    role_alone,
)
from articles.text.furniture import (
    Furniture,
    is_author_box,
    is_bio,
    is_boilerplate_heading,
    may_be_label,
    speaks,
)
from articles.text.headings import count_words, is_heading, is_marked, is_speaker_label, is_title

HEAD_PARAGRAPHS = 2  # bylines and date lines stand above the second paragraph, or below the last
LIST_TITLES = 3  # in a row: a list, or links
HEADING_WORDS_AMONG_LINKS = 5
LABEL_REPEATS = 3
MIN_ANSWER_WORDS, MIN_ONLY_ANSWER_WORDS, MIN_ONLY_QUESTION_WORDS = 10, 20, 5
MIN_PULLED_WORDS = 8  # "Thank you." is said twice, a pull quote is printed twice


def place(blocks: Sequence[Block], *, publisher: str | None) -> list[Placed]:
    """Every block with its role, in order."""
    placed = [Placed(block, role_alone(block, publisher=publisher)) for block in blocks]
    for settle in _PASSES:
        settle(placed)
    return placed


def _settle_end_marks(placed: list[Placed]) -> None:
    """Below an end mark nothing is story. A mark with more than half as much story below it is a divider."""
    total, above = sum(len(p.text) for p in placed if p.role is Part.PROSE), 0
    for index, p in enumerate(placed):
        if p.role is Part.PROSE:
            above += len(p.text)
        elif p.role is Furniture.END:
            if total - above <= above / 2:
                _drop(placed[index:])
                return
            p.role = Part.TITLE if is_title(p.text) else Furniture.RULE


def _drop(tail: Iterable[Placed]) -> None:
    for p in tail:
        p.role = p.role if p.is_furniture else Furniture.CREDIT


def _settle_repeated_paragraphs(placed: list[Placed]) -> None:
    """A page prints a caption twice (it is the picture's alternative text too), and a pull quote again."""
    seen: set[str] = set()
    above: Placed | None = None
    for p in placed:
        if p.role is not Part.PROSE:
            continue
        words = p.text.casefold()
        beside = above is not None and above.text.casefold() == words
        if above is not None and beside and not speaks(p.text):
            above.role = Furniture.CAPTION
        if words in seen and (beside or count_words(p.text) >= MIN_PULLED_WORDS):
            p.role = Furniture.CAPTION
        seen.add(words)
        above = p


def _settle_pull_quotes(placed: list[Placed]) -> None:
    """A pull quote is a passage in quotation marks, on its own, that a paragraph has too."""
    matches = ((i, _PULLED.fullmatch(p.text)) for i, p in enumerate(placed) if not p.is_furniture)
    alone = {i: match[1] for i, match in matches if match is not None}
    if not alone:
        return
    quoted = {
        _plain(sentence)
        for i, p in enumerate(placed)
        if i not in alone and p.role is Part.PROSE
        for passage in _QUOTED.findall(p.text)
        for sentence in (passage, *_SENTENCE.findall(passage))
    }
    for index, passage in alone.items():
        if _plain(passage) in quoted:
            placed[index].role = Furniture.CAPTION


_PULLED = re.compile(r"[\"“«]([^\"“”«»]{8,300})[\"”»]")
_QUOTED = re.compile(r"[\"“«]([^\"“”«»]+)[\"”»]")
_SENTENCE = re.compile(r"[^.!?]+")


def _plain(passage: str) -> str:
    return " ".join(re.findall(r"\w+", passage.casefold()))


def _settle_repeated_titles(placed: list[Placed]) -> None:
    """Of a headline printed twice one stays; what keeps coming is a label, or a transcript's speaker."""
    titles = [(index, p) for index, p in enumerate(placed) if p.role is Part.TITLE]
    counts = Counter(p.text.casefold() for _, p in titles)
    seen = {p.text.casefold() for _, p in titles[:1]}
    for (_, above), (index, p) in pairwise(titles):
        words = p.text.casefold()
        if is_speaker_label(p.text) and counts[words] > 1:
            p.role = Part.PROSE
        elif above.text.casefold() == words:
            p.role = Furniture.CAPTION
            above.role = above.role if above is titles[0][1] else Furniture.CAPTION
        elif counts[words] >= LABEL_REPEATS or (words in seen and not leads_to_prose(placed, index)):
            p.role = Furniture.LABEL
        seen.add(words)


def _settle_players(placed: list[Placed]) -> None:
    """A player's title stands on the line above or below its debris, or between it and a promotion."""
    headline = only_headline(placed)
    # Upwards, so that a title over a byline over debris is reached.
    for index in reversed(range(len(placed))):
        p = placed[index]
        if p.role is not Furniture.PLAYER:
            continue
        above, below = at(placed, index - 1), at(placed, index + 1)
        if above is not None and above.role is Part.BYLINE and above.block.run == p.block.run:
            above.role = Furniture.PLAYER
        if above is not None and above.role is Part.TITLE and above is not headline:
            further = at(placed, index - 2)
            if above.block.run == p.block.run or (further is not None and further.role in _ABOVE_A_PLAYER):
                above.role = Furniture.PLAYER
        if below is not None and below.role is Part.TITLE and below.block.run == p.block.run:
            below.role = below.role if leads_to_prose(placed, index + 1) else Furniture.PLAYER


_ABOVE_A_PLAYER = frozenset({Furniture.PROMO, Furniture.PLAYER, Furniture.LABEL, Furniture.LINKS})


def _settle_links(placed: list[Placed]) -> None:
    """Titles and items below "Related" are links, down to the next paragraph or its heading."""
    link: Placed | None = None
    for index, p in enumerate(placed):
        if p.role is Furniture.LINKS:
            link = p
        elif link is not None and _could_be_link(p):
            if leads_to_prose(placed, index) and _heads_a_section_below_links(p, link):
                link = None
            else:
                p.role, link = Furniture.LABEL, p
        elif not p.is_furniture:
            link = None


def _could_be_link(p: Placed) -> bool:
    return p.role in (Part.TITLE, Part.STAMP) or (
        p.block.kind is ParagraphKind.LIST_ITEM and is_title(p.text)
    )


def _heads_a_section_below_links(p: Placed, link: Placed) -> bool:
    short = is_heading(p.text) and count_words(p.text) <= HEADING_WORDS_AMONG_LINKS
    return short and link.role is not Furniture.LINKS and p.block.run != link.block.run


def _settle_labels(placed: list[Placed]) -> None:
    """A word such as "Video" or "Facebook" beside other furniture is a button."""
    headline = only_headline(placed)
    for order in (range(len(placed)), reversed(range(len(placed)))):
        for index in order:
            p = placed[index]
            if p.role is Part.TITLE and p is not headline and may_be_label(p.text):
                beside = (at(placed, index - 1), at(placed, index + 1))
                if any(q is not None and q.role in _BUTTONS for q in beside):
                    p.role = Furniture.LABEL


_BUTTONS = frozenset({Furniture.LABEL, Furniture.PLAYER, Furniture.LINKS})


def _settle_lines_below_bylines(placed: list[Placed]) -> None:
    """The line below a byline says for whom: "of the Capitol Bureau"."""
    for above, p in pairwise(placed):
        if above.role is Part.BYLINE and above.block.run == p.block.run and _FOR_WHOM.fullmatch(p.text):
            p.role = Furniture.CREDIT


_FOR_WHOM = re.compile(r"(?:of|for|in|special to|with) (?:the )?[A-Z][^.]{2,50}", re.IGNORECASE)


def _settle_head_lines(placed: list[Placed]) -> None:
    """Amid the paragraphs a date heads a section of a chronicle, and an outlet's name is a credit."""
    prose = [i for i, p in enumerate(placed) if p.role is Part.PROSE and not is_author_box(p.text)]
    if not prose:
        return
    head_ends = prose[min(HEAD_PARAGRAPHS, len(prose)) - 1]
    for index in range(head_ends + 1, prose[-1]):
        p = placed[index]
        if p.role is Part.OUTLET:
            p.role = Furniture.CREDIT
        elif p.role in (Part.BYLINE, Part.STAMP):
            p.role = Part.TITLE if is_title(p.text) else Furniture.CREDIT


def _settle_author_boxes(placed: list[Placed]) -> None:
    """Below the last paragraph come author boxes; from the end up to it, nothing is story."""
    for index in range(len(placed) - 1, first_prose(placed), -1):
        p = placed[index]
        if p.role is not Part.PROSE:
            continue
        if p.block.kind is not ParagraphKind.BODY or not is_author_box(p.text):
            return
        p.role = Furniture.CREDIT


def _settle_signed_boxes(placed: list[Placed]) -> None:
    """A name over a paragraph about that journalist ends the story, whatever the page had below."""
    total, above = sum(len(p.text) for p in placed if p.role is Part.PROSE), 0
    for index, (name, box) in enumerate(pairwise(placed)):
        if name.role is Part.PROSE:
            above += len(name.text)
        signed = name.role is Part.TITLE and box.role in (Part.PROSE, Furniture.CREDIT)
        if signed and total - above <= above / 2 and is_bio(box.text, of=name.text):
            _drop(placed[index + 1 :])
            return


def _settle_boilerplate(placed: list[Placed]) -> None:
    """A press release ends with its boilerplate, from "About Acme" or "Media contact" on."""
    for index in range(first_prose(placed) + 1, len(placed)):
        p = placed[index]
        if p.role is not Part.TITLE:
            continue
        below = next_part(placed, index)
        if is_boilerplate_heading(p.text, followed_by="" if below is None else below.text):
            _drop(placed[index:])
            return


def _settle_numbered_lists(placed: list[Placed]) -> None:
    """A numbered title beside another is a list's item; alone it heads a section."""
    numbered = [p.block.numbered and p.role in (Part.TITLE, Part.PROSE) for p in placed]
    for index, p in enumerate(placed):
        if numbered[index] and any(numbered[max(index - 1, 0) : index] + numbered[index + 1 : index + 2]):
            _make_item(p)


def _settle_bare_lists(placed: list[Placed]) -> None:
    """Three titles and more in a row, amid the paragraphs, are a list that lost its bullets."""
    for run in _title_runs(placed, first_prose(placed) + 1):
        if len(run) < LIST_TITLES or next_part(placed, run[-1]) is None:
            continue
        heads = leads_to_prose(placed, run[-1]) and is_heading(placed[run[-1]].text)
        for index in run[:-1] if heads else run:
            _make_item(placed[index])


def _make_item(p: Placed) -> None:
    p.role, p.block = Part.PROSE, replace(p.block, kind=ParagraphKind.LIST_ITEM)


def _settle_questions(placed: list[Placed]) -> None:
    """A question heads a section if it gets a proper answer, longer where no other section is headed."""
    body = range(first_prose(placed) + 1, len(placed))
    headed = [i for i in body if placed[i].role is Part.TITLE and _heads_a_section(placed, i)]
    for index in headed:
        p, below = placed[index], next_part(placed, index)
        shouted = is_marked(p.text) or p.text.isupper()
        if p.text.endswith("?") and not shouted and below is not None:
            alone = len(headed) == 1
            needed = MIN_ONLY_ANSWER_WORDS if alone else MIN_ANSWER_WORDS
            if count_words(below.text) < needed or (alone and count_words(p.text) < MIN_ONLY_QUESTION_WORDS):
                p.role = Part.PROSE


def _heads_a_section(placed: Sequence[Placed], index: int) -> bool:
    return is_heading(placed[index].text) and leads_to_prose(placed, index)


def _title_runs(placed: Sequence[Placed], start: int) -> Iterator[list[int]]:
    run: list[int] = []
    for index in range(start, len(placed) + 1):
        if index < len(placed) and placed[index].role is Part.TITLE and not is_marked(placed[index].text):
            run.append(index)
        elif run:
            yield run
            run = []


_PASSES: tuple[Callable[[list[Placed]], None], ...] = (
    _settle_end_marks,
    _settle_repeated_paragraphs,
    _settle_repeated_titles,
    _settle_pull_quotes,
    _settle_players,
    _settle_links,
    _settle_labels,
    _settle_lines_below_bylines,
    _settle_head_lines,
    _settle_signed_boxes,
    _settle_author_boxes,
    _settle_boilerplate,
    _settle_numbered_lists,
    _settle_bare_lists,
    _settle_questions,
)
