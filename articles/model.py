"""An article, its sections and paragraphs, as values over one canonical text."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType

ArticleId = NewType("ArticleId", int)

PARAGRAPH_BREAK = "\n\n"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Span:
    """Half-open range [start, end) of code points in `Article.text`."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end:
            raise ValueError(f"empty or negative span: [{self.start}, {self.end})")

    def __len__(self) -> int:
        return self.end - self.start

    def of(self, text: str) -> str:
        """The characters of this span in `text`."""
        return text[self.start : self.end]

    def overlaps(self, other: "Span") -> bool:
        return self.start < other.end and other.start < self.end

    def contains(self, other: "Span") -> bool:
        return self.start <= other.start and other.end <= self.end

    def shifted(self, by: int) -> "Span":
        return Span(start=self.start + by, end=self.end + by)


class ParagraphKind(StrEnum):
    """What a paragraph is on the page."""

    BODY = "body"
    BLOCK_QUOTE = "block_quote"
    LIST_ITEM = "list_item"


class Completeness(StrEnum):
    """How much of the article we have. A brief of anything but the whole says so."""

    WHOLE = "whole"
    STUB = "stub"  # the opening, before a paywall or as a teaser
    FEED_TEXT = "feed_text"  # the feed's own text, because the page could not be fetched


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """One paragraph, as a span of `Article.text`."""

    span: Span
    kind: ParagraphKind = ParagraphKind.BODY


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A run of paragraphs under one heading."""

    heading: str | None  # None: the lede section, before the first heading
    paragraphs: tuple[Paragraph, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """One published article, without furniture.

    `text` is the canonical text: the paragraphs in reading order, joined by blank lines. Every offset in
    Pullquote counts its code points. Headline and headings are not part of it.
    """

    id: ArticleId | None  # None: not stored yet
    url: str | None  # None: it came from a file
    publisher: str | None
    headline: str
    byline: str | None
    dateline: str | None
    published: datetime | None  # with a zone; midnight UTC if only the day is known
    language: str  # ISO 639-1; "und" if it is not known
    text: str
    sections: tuple[Section, ...]
    completeness: Completeness = Completeness.WHOLE

    def __post_init__(self) -> None:
        if self.published is not None and self.published.tzinfo is None:
            raise ValueError("published has no zone")
        end = 0
        for paragraph in self.paragraphs():
            if not end <= paragraph.span.start < paragraph.span.end <= len(self.text):
                raise ValueError(f"paragraph out of order or outside the text: {paragraph.span}")
            end = paragraph.span.end

    def paragraphs(self) -> Iterator[Paragraph]:
        """All paragraphs, in text order."""
        for section in self.sections:
            yield from section.paragraphs


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingested:
    """An article that is stored now."""

    id: ArticleId
    is_new: bool  # False: the same words were stored before, and nothing was done


def lay_out(
    sections: Iterable[tuple[str | None, Iterable[tuple[str, ParagraphKind]]]],
) -> tuple[str, tuple[Section, ...]]:
    """The canonical text and its sections, from headings and paragraph texts in reading order.

    Blank paragraphs and empty sections are left out.
    """
    parts: list[str] = []
    laid: list[Section] = []
    at = 0
    for heading, contents in sections:
        paragraphs: list[Paragraph] = []
        for content, kind in contents:
            words = content.strip()
            if not words:
                continue
            at += len(PARAGRAPH_BREAK) if parts else 0
            paragraphs.append(Paragraph(span=Span(start=at, end=at + len(words)), kind=kind))
            parts.append(words)
            at += len(words)
        if paragraphs:
            laid.append(Section(heading=heading, paragraphs=tuple(paragraphs)))
    return PARAGRAPH_BREAK.join(parts), tuple(laid)
