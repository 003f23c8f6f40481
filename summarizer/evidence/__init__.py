"""The check that every sentence which a model wrote has to pass before a reader sees it."""

from collections.abc import Sequence, Set
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cached_property

from articles.model import Article, Span
from articles.text.encoding import replace_invalid_characters
from summarizer.evidence.alignment import Aligner, Alignment, Encode, Support
from summarizer.evidence.names import Names, plain
from summarizer.evidence.polarity import contradicts, overstates
from summarizer.evidence.quotation_marks import Passages, Quoted, Unpaired, quoted_parts, requoted
from summarizer.evidence.standalone import stands_alone
from summarizer.model import Bullet, Quote, QuoteKind, Speaker, SpeakerKind
from summarizer.quotes import find_quotes
from summarizer.speakers.names import same_name
from summarizer.text.dates import When, day_of, unsupported_when, whens_of
from summarizer.text.figures import VAGUE, figures_of, unsupported_figure
from summarizer.text.words import content_stems, tokens_of

# Tuned on editors' highlights and on highlights made wrong (`make bench-evidence`).
_MIN_COVERAGE = 0.5  # of the weight of a sentence's words
_MIN_COVERAGE_ALONE = 0.7  # without sentence vectors, or in a language that the other checks do not read
_MIN_SIMILARITY = 0.6  # of its meaning to the nearest sentence of the article
_MIN_SIMILARITY_COVERED = 0.4  # where its words are the article's anyway


class Fault(StrEnum):
    """What is wrong with a sentence."""

    MARKS = "marks"  # quotation marks that do not pair
    QUOTED_WORDS = "quoted words"  # that the article does not quote
    SPEAKER = "speaker"  # somebody else said it
    REFERENCE = "reference"  # "he" or "this", whom and what the sentence does not say
    NAME = "name"
    FIGURE = "figure"
    DATE = "date"
    POLARITY = "polarity"  # the article says the opposite, or that it was denied, or only may be
    MEANING = "meaning"  # too little of it is in the article


class Unsupported(Exception):
    """The article does not bear a sentence out."""

    def __init__(self, fault: Fault, what: str = "") -> None:
        super().__init__(f"{fault}: {what}" if what else str(fault))
        self.fault = fault


@dataclass(frozen=True)
class Evidence:
    """What one article can bear out.

    encode: tells whether other words mean the same; None: most words of a sentence have to be the article's.
    """

    article: Article
    quotes: Sequence[Quote]
    encode: Encode | None = None

    def check(self, sentence: str) -> Bullet:
        """The sentence as a bullet, with the paragraphs that support it. Raises Unsupported.

        What it quotes is written as the article has it, letter for letter.
        """
        sentence = " ".join(replace_invalid_characters(sentence).split())
        parts, spans = self._quoted(sentence)
        sentence = requoted(sentence, parts, spans, self.article.text)
        if not stands_alone(sentence):
            raise Unsupported(Fault.REFERENCE)
        if (name := self._names.unknown(sentence)) is not None:
            raise Unsupported(Fault.NAME, name)
        published = day_of(self.article.published)
        whens = whens_of(sentence, published)
        alignment = self._aligner.align(_without(whens, sentence))
        if not self._covers(sentence, alignment):
            raise Unsupported(Fault.MEANING, f"{alignment.coverage:.2f} of its words")
        support = Support(self._aligner.sentences, alignment, quoted=spans)
        named = {name.word for name in self._names.named_in(sentence)}
        wrong = misattributed(sentence, spans, named, text=self.article.text, quotes=self.quotes)
        if wrong is not None:
            raise Unsupported(Fault.SPEAKER, wrong)
        self._check_facts(sentence, whens, published, support)
        return Bullet(
            text=sentence,
            spans=tuple(one.span for one in alignment.sentences),
            evidence=support.paragraphs,
            generated=True,
        )

    def _quoted(self, sentence: str) -> tuple[tuple[Quoted, ...], tuple[Span, ...]]:
        try:
            parts = quoted_parts(sentence)
        except Unpaired as error:
            raise Unsupported(Fault.MARKS, str(error)) from error
        spans: list[Span] = []
        for part in parts:
            span = self._passages.find(part.words)
            if span is None:
                raise Unsupported(Fault.QUOTED_WORDS, part.words)
            spans.append(span)
        return parts, tuple(spans)

    def _covers(self, sentence: str, alignment: Alignment) -> bool:
        covered = alignment.coverage
        if self.encode is None or not self.article.language.startswith("en"):
            return covered >= _MIN_COVERAGE_ALONE
        if covered < _MIN_COVERAGE:
            return False
        least = _MIN_SIMILARITY if covered < _MIN_COVERAGE_ALONE else _MIN_SIMILARITY_COVERED
        return self._aligner.similarity(sentence, alignment, self.encode) >= least

    def _check_facts(
        self, sentence: str, whens: Sequence[When], published: date | None, support: Support
    ) -> None:
        for name in self._names.named_in(sentence):
            said = support.said_of(name.word)
            if said is None:
                raise Unsupported(Fault.NAME, f"{name.word}, not there")
            if name.beside and not name.beside & said:
                raise Unsupported(Fault.NAME, f"{name.word}, of whom something else is said")
        wrong_day = unsupported_when(whens, whens_of(support.text, published), published)
        if wrong_day is not None:
            raise Unsupported(Fault.DATE, sentence[wrong_day.start : wrong_day.end])
        places = [(when.start, when.end) for when in whens]
        wrong = unsupported_figure(figures_of(sentence, without=places), support.figures)
        if wrong is not None:
            raise Unsupported(Fault.FIGURE, sentence[wrong.start : wrong.end])
        have = {token.lower for token in tokens_of(support.text)}
        for token in tokens_of(sentence):
            if token.lower in VAGUE and token.lower not in have:
                raise Unsupported(Fault.FIGURE, token.text)
        if contradicts(sentence, support.texts) or overstates(sentence, support.texts):
            raise Unsupported(Fault.POLARITY)

    @cached_property
    def _passages(self) -> Passages:
        return Passages(self.article)

    @cached_property
    def _names(self) -> Names:
        return Names(self.article)

    @cached_property
    def _aligner(self) -> Aligner:
        return Aligner(self.article)


def _without(whens: Sequence[When], sentence: str) -> str:
    """The sentence less its dates: those are held against the article's by themselves."""
    for when in reversed(whens):
        sentence = sentence[: when.start] + sentence[when.end :]
    return sentence


# Who says what in a sentence that a model wrote, held against who says it in the article.

_SURE = 0.5  # confidence of a quote's speaker
_SAME_CLAIM = 0.5  # of the words of what is said: it is that quote which is told


def misattributed(
    sentence: str, quoted: Sequence[Span], named: Set[str], *, text: str, quotes: Sequence[Quote]
) -> str | None:
    """Whom the sentence wrongly has say something, and who did; None where that cannot be shown.

    quoted: where the article's `text` has what the sentence quotes. named: the last words of the names in it.
    quotes: the article's. The sentence is read by the rules that read articles, so its "he said" is resolved.
    """
    for said in find_quotes(sentence, [Span(start=0, end=len(sentence))]):
        told, true = _person(said), _who_said(said, sentence, text, quotes)
        if told is not None and true is not None and not _can_be_one(told, true):
            return f"{told.name}, not {true.name}"
    speakers = {_surname(person) for quote in quotes if (person := _person(quote))}
    for span in quoted:
        true = next((person for q in quotes if _within(span, q) and (person := _person(q))), None)
        if true is not None and _surname(true) not in named and speakers & named:
            return f"not {true.name}"
    return None


def _who_said(said: Quote, sentence: str, text: str, quotes: Sequence[Quote]) -> Speaker | None:
    """Whom the article has say that; None where it does not say, or is not sure."""
    words = " ".join(span.of(sentence) for span in said.content)
    if said.kind is not QuoteKind.PARAPHRASED:
        verbatim = (quote for quote in quotes if quote.kind is not QuoteKind.PARAPHRASED)
        exact = (q for q in verbatim if words.rstrip(",.") in " ".join(s.of(text) for s in q.content))
        found = next(exact, None)
        return _person(found) if found is not None else None
    claim = set(content_stems(words))
    best: tuple[float, Quote] | None = None
    for quote in quotes:
        there = set(content_stems(quote.hull.of(text)))
        share = len(claim & there) / max(1, min(len(claim), len(there)))
        if len(claim & there) > 1 and share >= _SAME_CLAIM and (best is None or share > best[0]):
            best = share, quote
    return _person(best[1]) if best is not None else None


def _can_be_one(one: Speaker, other: Speaker) -> bool:
    return same_name(one.name, other.name) or same_name(other.name, one.name)


def _surname(speaker: Speaker) -> str:
    return plain(speaker.name.split()[-1])


def _person(quote: Quote) -> Speaker | None:
    """Who said it, where that is a person and sure."""
    speaker = quote.speaker
    if speaker is None or speaker.kind is not SpeakerKind.PERSON or quote.confidence < _SURE:
        return None
    return speaker


def _within(span: Span, quote: Quote) -> bool:
    return any(part.start <= span.start and span.end <= part.end for part in quote.content)
