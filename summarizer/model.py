"""Quotes, speakers, bullets and briefs, as values that point into the text of their article."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

from articles.model import Span

SpeakerId = NewType("SpeakerId", int)


class QuoteKind(StrEnum):
    """How much of a quote is in the speaker's own words."""

    VERBATIM = "verbatim"  # at least a clause, in quotation marks
    PARTIAL = "partial"  # a few quoted words inside a reporter's sentence
    PARAPHRASED = "paraphrased"  # indirect: in the reporter's words


class SpeakerKind(StrEnum):
    PERSON = "person"
    ORGANISATION = "organisation"
    UNNAMED = "unnamed"  # "a senior official": as the text names them


@dataclass(frozen=True, slots=True, kw_only=True)
class Speaker:
    """Who spoke, according to the article."""

    name: str  # the longest form in the article: "Jim Mattis"
    role: str | None  # as the article gives it: "U.S. Secretary of Defense"
    kind: SpeakerKind = SpeakerKind.PERSON
    speaks_for: str | None = None  # a spokesperson's employer


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """What a speaker said, as spans of the article."""

    content: tuple[Span, ...]  # in text order, without quotation marks; several if the cue is between them
    kind: QuoteKind
    cue: Span | None  # "said", "according to"; None in a bare transcript
    source: Span | None  # the words that name who spoke: "he", "the minister"
    speaker: Speaker | None  # None: the article names nobody
    confidence: float  # that the speaker is right, 0 to 1; 0 without a speaker

    def __post_init__(self) -> None:
        if not self.content:
            raise ValueError("a quote has at least one span")
        if any(a.end > b.start for a, b in zip(self.content, self.content[1:], strict=False)):
            raise ValueError("a quote's spans are in text order and do not overlap")

    @property
    def hull(self) -> Span:
        """From the first quoted word to the last, including a cue between them."""
        return Span(start=self.content[0].start, end=self.content[-1].end)


class EditKind(StrEnum):
    """How a sentence of the article was edited for the brief."""

    CONNECTIVE = "connective"  # dropped an opening "But" or "Meanwhile,"
    ASIDE = "aside"  # dropped words in brackets, dashes or commas
    CLAUSE = "clause"  # dropped a closing ", which ..."
    PRONOUN = "pronoun"  # replaced "He" by a name
    DATE = "date"  # added the date to "Thursday"


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """One change, which can be checked and undone: `text` replaces `span` of the article."""

    span: Span
    text: str  # empty: the words are dropped
    kind: EditKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Bullet:
    """One sentence of a brief with its evidence."""

    text: str
    spans: tuple[Span, ...]  # the sentences of the article that it is made from
    evidence: tuple[int, ...]  # numbers of the paragraphs that support it, from 0; never empty
    # In text order, disjoint, inside `spans`. Applied to their words, they give `text`.
    edits: tuple[Edit, ...] = ()
    generated: bool = False  # written by a model and supported by `spans`; never edited

    def __post_init__(self) -> None:
        if not self.evidence:
            raise ValueError("a bullet needs evidence")


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyQuote:
    """A quote as a brief shows it: whole, or some of its sentences."""

    quote: Quote
    shown: tuple[Span, ...]  # in text order, each within a span of `quote.content`

    def __post_init__(self) -> None:
        content = self.quote.content
        if not self.shown or not all(any(part.contains(span) for part in content) for span in self.shown):
            raise ValueError("a key quote shows parts of its quote")

    @classmethod
    def whole(cls, quote: Quote) -> "KeyQuote":
        return cls(quote=quote, shown=quote.content)

    @property
    def starts_late(self) -> bool:
        """Whether the beginning of the quote is left out."""
        return self.shown[0].start > self.quote.hull.start

    @property
    def ends_early(self) -> bool:
        return self.shown[-1].end < self.quote.hull.end


class Fallback(StrEnum):
    """Why a brief is extractive although a model should have written it."""

    UNREACHABLE = "unreachable"  # the server does not answer, or is too busy
    REFUSED = "refused"  # the server refuses: a wrong key, no such model
    NOT_LOADED = "not_loaded"  # it cannot be loaded, or is a model for another task
    BUDGET = "budget"  # the daily budget is used up
    UNSUPPORTED = "unsupported"  # the article supports nothing that it wrote


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """An article to be read in ten seconds."""

    headline: str
    bullets: tuple[Bullet, ...]
    key_quotes: tuple[KeyQuote, ...]
    model: str | None = None  # that wrote the generated bullets; None: there are none
    fallback: Fallback | None = None  # None: a model wrote, or none should
