"""What each block of plain copy could be by itself; `neighbours` then settles it by what stands beside it."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice

from articles.model import ParagraphKind
from articles.plaintext.blocks import Block
from articles.text.bylines import is_agency, is_job, read_byline
from articles.text.dates import read_stamp
from articles.text.furniture import Furniture, furniture_kind
from articles.text.headings import is_heading, is_marked, is_title


class Part(StrEnum):
    """What belongs to the story or tells about it."""

    PROSE = "prose"  # a paragraph, a list's item
    TITLE = "title"  # a headline, a deck, a heading: its place decides
    BYLINE = "byline"
    STAMP = "stamp"  # a line that is a date
    OUTLET = "outlet"  # a line that is a publisher's or an agency's name


Role = Part | Furniture

LOOKAHEAD = 40  # blocks of furniture in a row: beyond that nothing is said to lead to anything


@dataclass(slots=True)
class Placed:
    """A block and the role it has been given so far."""

    block: Block
    role: Role

    @property
    def text(self) -> str:
        return self.block.text

    @property
    def is_furniture(self) -> bool:
        return isinstance(self.role, Furniture)


def role_alone(block: Block, *, publisher: str | None) -> Role:
    """The role that the block would have with nothing around it."""
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


def at(placed: Sequence[Placed], index: int) -> Placed | None:
    return placed[index] if 0 <= index < len(placed) else None


def next_part(placed: Sequence[Placed], index: int) -> Placed | None:
    """The next block below `index` that is no furniture; None where there is none near."""
    below = (placed[i] for i in range(index + 1, len(placed)))
    return next((p for p in islice(below, LOOKAHEAD) if not p.is_furniture), None)


def leads_to_prose(placed: Sequence[Placed], index: int) -> bool:
    """Whether the next block that is no furniture is a paragraph."""
    following = next_part(placed, index)
    return following is not None and following.role is Part.PROSE


def first_prose(placed: Sequence[Placed]) -> int:
    """Where the first paragraph is; the end where there is none."""
    return next((i for i, p in enumerate(placed) if p.role is Part.PROSE), len(placed))


def only_headline(placed: Sequence[Placed]) -> Placed | None:
    """The title above the first paragraph, where there is just one."""
    titles = [p for p in placed[: first_prose(placed)] if p.role is Part.TITLE]
    return titles[0] if len(titles) == 1 else None
