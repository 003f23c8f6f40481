"""The evidence check: a sentence that a model wrote is shown only if the article supports it."""

from collections.abc import Sequence, Set
from enum import StrEnum

from articles.model import Article, Span
from articles.text.encoding import replace_invalid_characters
from summarizer.embedding import Encode
from summarizer.evidence.alignment import Aligner, Alignment, Support, similarity
from summarizer.evidence.names import Named, Names, normalized
from summarizer.evidence.polarity import contradicts, overstates
from summarizer.evidence.quotation_marks import Quotations, QuotedPart, Unpaired, quoted_parts, requoted
from summarizer.evidence.standalone import stands_alone
from summarizer.model import Bullet, Quote, QuoteKind, Speaker, SpeakerKind
from summarizer.quotes import find_quotes
from summarizer.speakers import same_name
from summarizer.text.dates import When, day_of, unsupported_when, whens_of
from summarizer.text.figures import VAGUE, figures_of, unsupported_figure
from summarizer.text.words import content_stems, tokens_of

# Tuned on editors' highlights and on highlights with an error put in (`make bench-evidence`).
_MIN_COVERAGE = 0.5  # of the weight of a sentence's words
_MIN_COVERAGE_ALONE = 0.7  # without sentence vectors, and in languages that the other checks do not read
_MIN_SIMILARITY = 0.6  # of the sentence's vector to that of the nearest sentence of the article
_MIN_SIMILARITY_COVERED = 0.4  # if its words alone would be enough

_MIN_CONFIDENCE = 0.5  # of a quote's speaker
_SAME_CLAIM = 0.5  # share of common words from which a paraphrase is of the same claim as a quote


class Fault(StrEnum):
    """What is wrong with a sentence."""

    MARKS = "marks"  # unpaired quotation marks
    QUOTED_WORDS = "quoted words"  # the article does not quote them
    SPEAKER = "speaker"  # somebody else said it
    REFERENCE = "reference"  # a "he" or "this" without antecedent
    NAME = "name"
    FIGURE = "figure"
    DATE = "date"
    POLARITY = "polarity"  # the article says the opposite, denies it, or only suspects it
    MEANING = "meaning"  # too little of it is in the article


class Unsupported(Exception):
    """The article does not support a sentence."""

    def __init__(self, fault: Fault, what: str = "") -> None:
        super().__init__(f"{fault}: {what}" if what else str(fault))
        self.fault = fault


class Evidence:
    """Checks sentences against one article."""

    def __init__(self, article: Article, quotes: Sequence[Quote], encode: Encode | None = None) -> None:
        """quotes: the article's. encode: compares meanings; None: most words have to be the article's own."""
        self.article, self._quotes, self._encode = article, quotes, encode
        self._quotations, self._names, self._aligner = Quotations(article), Names(article), Aligner(article)

    def check(self, sentence: str) -> Bullet:
        """The sentence as a bullet, with the paragraphs that support it. Raises Unsupported.

        Its quotations are written as in the article, letter for letter.
        """
        sentence = " ".join(replace_invalid_characters(sentence).split())
        parts, spans = self._quoted(sentence)
        sentence = requoted(sentence, parts, spans, self.article.text)
        if not stands_alone(sentence):
            raise Unsupported(Fault.REFERENCE)
        if (name := self._names.unknown(sentence)) is not None:
            raise Unsupported(Fault.NAME, name)
        whens = whens_of(sentence, day_of(self.article.published))
        alignment = self._aligner.align(_without(whens, sentence))
        if not self._covers(sentence, alignment):
            raise Unsupported(Fault.MEANING, f"{alignment.coverage:.2f} of its words")
        support = Support(self._aligner.sentences, alignment, quoted=spans)
        named = self._names.named_in(sentence)
        surnames = {name.word for name in named}
        wrong = _misattributed(sentence, spans, surnames, self.article.text, self._quotes)
        if wrong is not None:
            raise Unsupported(Fault.SPEAKER, wrong)
        self._check_facts(sentence, named, whens, support)
        return Bullet(
            text=sentence,
            spans=tuple(one.span for one in alignment.sentences),
            evidence=support.paragraphs,
            generated=True,
        )

    def _quoted(self, sentence: str) -> tuple[tuple[QuotedPart, ...], tuple[Span, ...]]:
        """What the sentence quotes, and where the article quotes the same words."""
        try:
            parts = quoted_parts(sentence)
        except Unpaired as error:
            raise Unsupported(Fault.MARKS, str(error)) from error
        spans: list[Span] = []
        for part in parts:
            span = self._quotations.find(part.words)
            if span is None:
                raise Unsupported(Fault.QUOTED_WORDS, part.words)
            spans.append(span)
        return parts, tuple(spans)

    def _covers(self, sentence: str, alignment: Alignment) -> bool:
        coverage = alignment.coverage
        if self._encode is None or not self.article.language.startswith("en"):
            return coverage >= _MIN_COVERAGE_ALONE
        if coverage < _MIN_COVERAGE:
            return False
        enough = _MIN_SIMILARITY if coverage < _MIN_COVERAGE_ALONE else _MIN_SIMILARITY_COVERED
        return similarity(sentence, alignment, self._encode) >= enough

    def _check_facts(
        self, sentence: str, named: Sequence[Named], whens: Sequence[When], support: Support
    ) -> None:
        for name in named:
            said = support.said_of(name.word)
            if said is None:
                raise Unsupported(Fault.NAME, f"{name.word} is not named there")
            if name.nearby and not name.nearby & said:
                raise Unsupported(Fault.NAME, f"the article says something else of {name.word}")
        published = day_of(self.article.published)
        wrong_day = unsupported_when(whens, whens_of(support.text, published), published)
        if wrong_day is not None:
            raise Unsupported(Fault.DATE, sentence[wrong_day.start : wrong_day.end])
        wrong = unsupported_figure(figures_of(sentence, without=whens), support.figures)
        if wrong is not None:
            raise Unsupported(Fault.FIGURE, sentence[wrong.start : wrong.end])
        unsupported = VAGUE - {token.lower for token in tokens_of(support.text)}
        for token in tokens_of(sentence):
            if token.lower in unsupported:
                raise Unsupported(Fault.FIGURE, token.text)
        if contradicts(sentence, support.texts) or overstates(sentence, support.texts):
            raise Unsupported(Fault.POLARITY)


def _without(whens: Sequence[When], sentence: str) -> str:
    """The sentence without its dates, which have a check of their own."""
    for when in reversed(whens):
        sentence = sentence[: when.start] + sentence[when.end :]
    return sentence


def _misattributed(
    sentence: str, quoted: Sequence[Span], named: Set[str], text: str, quotes: Sequence[Quote]
) -> str | None:
    """Whom the sentence wrongly names as speaker, and who spoke; None if no error can be shown.

    quoted: where the article's `text` has what the sentence quotes. named: last words of its names.
    """
    # Read by the same rules as articles, so a "he said" in the sentence is resolved.
    for said in find_quotes(sentence, [Span(start=0, end=len(sentence))]):
        claimed, actual = _person(said), _speaker_of(said, sentence, text, quotes)
        if claimed is None or actual is None:
            continue
        if not same_name(claimed.name, actual.name) and not same_name(actual.name, claimed.name):
            return f"{claimed.name}, not {actual.name}"
    people = [(quote, person) for quote in quotes if (person := _person(quote))]
    surnames = {_surname(person) for _, person in people}
    for span in quoted:
        speakers = (person for quote, person in people if any(part.contains(span) for part in quote.content))
        actual = next(speakers, None)
        if actual is not None and _surname(actual) not in named and surnames & named:
            return f"not {actual.name}"
    return None


def _speaker_of(said: Quote, sentence: str, text: str, quotes: Sequence[Quote]) -> Speaker | None:
    """Who says that in the article; None if it does not tell, or the speaker is not certain."""
    words = " ".join(span.of(sentence) for span in said.content)
    if said.kind is not QuoteKind.PARAPHRASED:
        verbatim = (quote for quote in quotes if quote.kind is not QuoteKind.PARAPHRASED)
        same = (q for q in verbatim if words.rstrip(",.") in " ".join(s.of(text) for s in q.content))
        found = next(same, None)
        return _person(found) if found is not None else None
    claim = set(content_stems(words))
    best: tuple[float, Quote] | None = None
    for quote in quotes:
        other = set(content_stems(quote.hull.of(text)))
        share = len(claim & other) / max(1, min(len(claim), len(other)))
        if len(claim & other) > 1 and share >= _SAME_CLAIM and (best is None or share > best[0]):
            best = share, quote
    return _person(best[1]) if best is not None else None


def _surname(speaker: Speaker) -> str:
    return normalized(speaker.name.split()[-1])


def _person(quote: Quote) -> Speaker | None:
    """The quote's speaker, if that is certainly a person."""
    speaker = quote.speaker
    if speaker is None or speaker.kind is not SpeakerKind.PERSON or quote.confidence < _MIN_CONFIDENCE:
        return None
    return speaker
