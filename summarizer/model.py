"""What an article says, as values that point back into its text: quotes, speakers, bullets, briefs."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

from articles.model import Span

SpeakerId = NewType("SpeakerId", int)


class QuoteKind(StrEnum):
    """How much of what was said is the speaker's own wording."""

    VERBATIM = "verbatim"  # at least a clause, in quotation marks
    PARTIAL = "partial"  # a few quoted words inside a reporter's sentence
    PARAPHRASED = "paraphrased"  # indirect: the reporter's words for what was said


class SpeakerKind(StrEnum):
    PERSON = "person"
    ORGANISATION = "organisation"
    UNNAMED = "unnamed"  # "a senior official": as the text names them


@dataclass(frozen=True, slots=True, kw_only=True)
class Speaker:
    """Whom the article says the words come from."""

    name: str  # the fullest name that the article gives: "Jim Mattis"
    role: str | None  # as the article gives it: "U.S. Secretary of Defense"
    kind: SpeakerKind = SpeakerKind.PERSON
    speaks_for: str | None = None  # whom a spokesperson speaks for


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """What a speaker said: where it stands in the article, never a copy of it."""

    content: tuple[Span, ...]  # in text order, quote marks left out; several where the cue breaks the quote
    kind: QuoteKind
    cue: Span | None  # "said", "according to"; None in a bare transcript
    source: Span | None  # the words that name who spoke, here: "he", "the minister"
    speaker: Speaker | None  # None: the article names nobody, and we do not guess
    confidence: float  # that the speaker is right, 0 to 1; 0 where there is none

    def __post_init__(self) -> None:
        if not self.content:
            raise ValueError("a quote has at least one span")
        if any(a.end > b.start for a, b in zip(self.content, self.content[1:], strict=False)):
            raise ValueError("a quote's spans are in text order and do not overlap")

    @property
    def hull(self) -> Span:
        """From the first quoted word to the last, with the cue between where the quote is split."""
        return Span(start=self.content[0].start, end=self.content[-1].end)


class EditKind(StrEnum):
    """What was done to a sentence of the article to make it read well in a brief."""

    CONNECTIVE = "connective"  # an opening "But" or "Meanwhile," dropped
    ASIDE = "aside"  # what stood in brackets, between dashes or between commas, dropped
    CLAUSE = "clause"  # a closing ", which ..." dropped
    PRONOUN = "pronoun"  # "He" written as the name of whom it means
    DATE = "date"  # "Thursday" written with its date


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """One change, so that it can be checked and undone: `span` of the article reads `text` in the bullet."""

    span: Span
    text: str  # empty where the words were dropped
    kind: EditKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Bullet:
    """One sentence of a brief and what it rests on."""

    text: str
    spans: tuple[Span, ...]  # the sentences of the article that it was made from
    evidence: tuple[int, ...]  # numbers of the paragraphs that support it, from 0; never empty
    # In text order, disjoint, inside `spans`; made to their words, they give `text`.
    edits: tuple[Edit, ...] = ()
    generated: bool = False  # a model's words, which `spans` bear out; never edited

    def __post_init__(self) -> None:
        if not self.evidence:
            raise ValueError("a bullet without evidence is not shown")


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyQuote:
    """A quote as a brief shows it: whole, or some of its sentences."""

    quote: Quote
    shown: tuple[Span, ...]  # in text order, each within a span of `quote.content`

    def __post_init__(self) -> None:
        content = self.quote.content
        if not self.shown or not all(any(_holds(part, span) for part in content) for span in self.shown):
            raise ValueError("a key quote shows what its quote holds")

    @classmethod
    def whole(cls, quote: Quote) -> "KeyQuote":
        return cls(quote=quote, shown=quote.content)

    @property
    def starts_late(self) -> bool:
        """Whether words of the quote were left out before what is shown."""
        return self.shown[0].start > self.quote.hull.start

    @property
    def ends_early(self) -> bool:
        return self.shown[-1].end < self.quote.hull.end


class Fallback(StrEnum):
    """Why a model that was to write a brief has no part in it."""

    UNREACHABLE = "unreachable"  # its server does not answer, or is too busy
    REFUSED = "refused"  # its server turns us away: a wrong key, no such model
    NOT_LOADED = "not_loaded"  # it cannot be had, or is no model that writes
    BUDGET = "budget"  # what may be asked of it in a day is used up
    UNSUPPORTED = "unsupported"  # the article bears out nothing that it wrote


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """An article in ten seconds."""

    headline: str
    bullets: tuple[Bullet, ...]
    key_quotes: tuple[KeyQuote, ...]
    model: str | None = None  # whose words the generated bullets are; None: all are the article's own
    fallback: Fallback | None = None  # None: a model wrote, or none was to


def _holds(part: Span, span: Span) -> bool:
    return part.start <= span.start and span.end <= part.end
