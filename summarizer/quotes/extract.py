"""Text -> attributed quotes: the entry of this package."""

from collections.abc import Mapping, Sequence

from articles.model import Span
from summarizer.model import Quote, QuoteKind, Speaker, SpeakerKind
from summarizer.quotes.appositions import complements_end
from summarizer.quotes.attribution import Attribution, attribute_by_rules
from summarizer.quotes.coreference import Antecedent, Person
from summarizer.quotes.document import Document
from summarizer.quotes.features import speech_features
from summarizer.quotes.mentions import Mention, MentionKind
from summarizer.quotes.nominals import Nominals, speaks_for
from summarizer.quotes.paraphrases import find_paraphrases, paraphrase_features
from summarizer.quotes.passages import is_named
from summarizer.quotes.pronouns import learned_resolver, resolve_by_rule, resolve_pronouns
from summarizer.quotes.scorers import QuoteModel, attribute_by_scorer, shipped_model

_LONGEST_SCARE_QUOTE = 2  # words
_SURE = 0.8
# Tuned on the development articles: below the first only one speaker in seven was right, and below the second
# three passages in four were not speech.
_MIN_CONFIDENCE = 0.3
_MIN_SPEECH = 0.6
_PARAPHRASE_CONFIDENCE = 0.75  # by rules: the share that was right on the training articles
_MIN_PARAPHRASE = 0.5
_SURE_OWNER = 0.7

_Attributed = tuple[int, Attribution | None]  # the number of a passage that is speech, and its attribution


def find_quotes(
    text: str, paragraphs: Sequence[Span], *, model: QuoteModel | None = None, rules_alone: bool = False
) -> tuple[Quote, ...]:
    """The quotes of `text` in order, each with its speaker if the article names one.

    model: the learned weights; None: those of the package if they are installed, else the rules alone decide.
    rules_alone: use no learned weights.
    """
    doc = Document(text, paragraphs)
    if model is None and not rules_alone:
        model = shipped_model()
    speech = _speech_by_rules(doc) if model is None else _speech_by_model(doc, model)
    resolver = resolve_by_rule if model is None else learned_resolver(model.person)
    sources = {attribution.source.start: attribution.source for _, attribution in speech if attribution}
    speakers = _SpeakerResolver(doc, resolve_pronouns(doc, sources, resolver))
    quotes = [_quoted(doc, group, speakers) for group in _groups(doc, speech)]
    quotes += _paraphrased(doc, model, speakers)
    return tuple(sorted(quotes, key=lambda quote: (quote.hull.start, quote.hull.end)))


def _speech_by_rules(doc: Document) -> list[_Attributed]:
    return [
        (number, attribution)
        for number, attribution in enumerate(attribute_by_rules(doc))
        if not doc.titles_or_names[number]
        # One or two quoted words are speech only if a cue of the same sentence says so.
        and not (
            _is_short(doc, number)
            and (attribution is None or attribution.cue is None or attribution.confidence < _SURE)
        )
    ]


def _speech_by_model(doc: Document, model: QuoteModel) -> list[_Attributed]:
    rules = attribute_by_rules(doc)
    features = [speech_features(doc, number, rule) for number, rule in enumerate(rules)]
    numbers = [
        number
        for number, probability in enumerate(model.speech.probabilities(features))
        if probability >= _MIN_SPEECH
        # One or two words behind "called" or "so-called" are a label.
        and not (_is_short(doc, number) and is_named(doc.tokens, doc.passages[number]))
    ]
    return list(zip(numbers, attribute_by_scorer(model.source, doc, rules, numbers), strict=True))


def _is_short(doc: Document, number: int) -> bool:
    return len(doc.passages[number].span.of(doc.text).split()) <= _LONGEST_SCARE_QUOTE


def _groups(doc: Document, speech: Sequence[_Attributed]) -> list[list[_Attributed]]:
    """The passages by quotation: a cue or a paragraph break may divide one into several passages."""
    groups: list[list[_Attributed]] = []
    for attributed in speech:
        if groups and _continues(doc, groups[-1][-1], attributed):
            groups[-1].append(attributed)
        else:
            groups.append([attributed])
    return groups


def _continues(doc: Document, before: _Attributed, now: _Attributed) -> bool:
    passage = doc.passages[now[0]]
    if passage.continues and now[0] == before[0] + 1:
        return True
    if before[1] is None or now[1] is None or before[1].source.start != now[1].source.start:
        return False
    return doc.passages[before[0]].paragraph == passage.paragraph


def _quoted(doc: Document, group: Sequence[_Attributed], speakers: "_SpeakerResolver") -> Quote:
    content = tuple(doc.passages[number].span for number, _ in group)
    kind = QuoteKind.PARTIAL if doc.text[content[0].start].islower() else QuoteKind.VERBATIM
    return _quote(doc, content, kind, group[0][1], speakers)


def _paraphrased(doc: Document, model: QuoteModel | None, speakers: "_SpeakerResolver") -> list[Quote]:
    """The indirect quotes with a known speaker."""
    found = list(find_paraphrases(doc))
    probabilities = [_PARAPHRASE_CONFIDENCE] * len(found)
    if model is not None:
        probabilities = model.paraphrase.probabilities([paraphrase_features(doc, one) for one in found])
    quotes: list[Quote] = []
    for one, probability in zip(found, probabilities, strict=True):
        if probability >= _MIN_PARAPHRASE:
            attribution = Attribution(source=one.cue.source, cue=one.cue, confidence=probability)
            quotes.append(_quote(doc, (one.content,), QuoteKind.PARAPHRASED, attribution, speakers))
    return [quote for quote in quotes if quote.speaker is not None]


def _quote(
    doc: Document,
    content: tuple[Span, ...],
    kind: QuoteKind,
    attribution: Attribution | None,
    speakers: "_SpeakerResolver",
) -> Quote:
    if attribution is None:
        return Quote(content=content, kind=kind, cue=None, source=None, speaker=None, confidence=0.0)
    source, cue = attribution.source, attribution.cue
    speaker, resolution_confidence = speakers.of(source)
    confidence = attribution.confidence * resolution_confidence
    known = speaker is not None and confidence >= _MIN_CONFIDENCE
    return Quote(
        content=content,
        kind=kind,
        cue=doc.tokens.span(cue.start, cue.end) if cue is not None else None,
        source=doc.tokens.span(source.start, source.end),
        speaker=speaker if known else None,
        confidence=confidence if known else 0.0,
    )


class _SpeakerResolver:
    """Sources -> speakers, as the article names them."""

    def __init__(self, doc: Document, antecedents: Mapping[int, Antecedent]) -> None:
        """antecedents: of pronouns, as `resolve_pronouns` gives them."""
        self._doc, self._antecedents = doc, antecedents
        self._nominals = Nominals(doc)

    def of(self, source: Mention) -> tuple[Speaker | None, float]:
        """The speaker of a source, and the confidence; None for a pronoun without an antecedent."""
        described = source
        source = self._doc.names_beside.get(source.start, source)
        person = self._doc.people.of(source)
        if person is not None:
            return self._person(person, described), 1.0
        if source.kind is MentionKind.PRONOUN:
            antecedent = self._antecedents.get(source.start)
        else:
            antecedent = self._nominals.person(source)
        if antecedent is not None:
            return self._person(antecedent.person, source), antecedent.confidence
        if source.kind is MentionKind.PRONOUN:
            return None, 0.0
        owner = self._owner(source)
        principal = speaks_for(self._doc, source) or (owner.name if owner is not None else None)
        kind = SpeakerKind.ORGANISATION if source.kind is MentionKind.NAME else SpeakerKind.UNNAMED
        name = source.name or self._described(source, owner)
        return Speaker(name=name, role=None, kind=kind, speaks_for=principal), 1.0

    def _owner(self, source: Mention) -> Person | None:
        """The person of "her" in "her spokesman", if that is sure."""
        antecedent = self._antecedents.get(source.start)
        return antecedent.person if antecedent and antecedent.confidence >= _SURE_OWNER else None

    def _described(self, source: Mention, owner: Person | None) -> str:
        """The words for an unnamed source, with complements and owner: "a spokesman for the Pentagon"."""
        doc = self._doc
        possessor = doc.mention_before(source)
        start = possessor.start if possessor is not None and possessor.possessive else source.start
        end, _ = complements_end(doc.tokens, doc.mentions, doc.mention_starts_at(source.start))
        if owner is None or start + 1 >= end:
            return doc.tokens.span(start, end).of(doc.text)
        ending = "’" if owner.name.endswith("s") else "’s"
        return f"{owner.name}{ending} {doc.tokens.span(start + 1, end).of(doc.text)}"

    def _person(self, person: Person, source: Mention) -> Speaker:
        role = person.role.of(self._doc.text) if person.role is not None else None
        principal = speaks_for(self._doc, source)
        others = (speaks_for(self._doc, mention) for mention in person.mentions)
        return Speaker(name=person.name, role=role, speaks_for=principal or next(filter(None, others), None))
