"""Text -> attributed quotes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache

from articles.model import Span
from summarizer.model import Quote, QuoteKind, Speaker, SpeakerKind
from summarizer.quotes.appositions import complements_end
from summarizer.quotes.attribution import Attribution, RuleAttributor
from summarizer.quotes.coreference import Person
from summarizer.quotes.mentions import Mention, MentionKind
from summarizer.quotes.nominals import Nominals, speaks_for
from summarizer.quotes.paraphrases import Paraphrase, find_paraphrases
from summarizer.quotes.passages import is_named
from summarizer.quotes.pronouns import Decide, Resolved, by_rule, by_scorer, resolve_pronouns
from summarizer.quotes.reading import Reading
from summarizer.quotes.scorers import (
    Scorer,
    SourceRanker,
    paraphrase_probabilities,
    shipped,
    speech_probabilities,
)

_LONGEST_SCARE_QUOTE = 2  # words
_SURE = 0.8
# Tuned on the development articles. Of the speakers below the first, one in seven was right; below the
# second, three passages in four were nobody's words.
_MIN_CONFIDENCE = 0.3
_MIN_SPEECH = 0.6
_PARAPHRASE_CONFIDENCE = 0.75  # by rules alone: so many were right on the training articles
_MIN_PARAPHRASE = 0.5
_SURE_OWNER = 0.7


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteModel:
    """The learned part: what is speech, which mention is its source, whom a pronoun stands for, and what
    is a report of somebody's words."""

    speech: Scorer
    source: Scorer
    person: Scorer
    paraphrase: Scorer


SCORERS = tuple(field.name for field in fields(QuoteModel))  # and of its weights files


@cache
def shipped_model() -> QuoteModel | None:
    """The weights that come with the package; None where any of them is missing."""
    scorers = {name: scorer for name in SCORERS if (scorer := shipped(name)) is not None}
    return QuoteModel(**scorers) if len(scorers) == len(SCORERS) else None


def find_quotes(text: str, paragraphs: Sequence[Span]) -> tuple[Quote, ...]:
    """The quotes of `text` in order, each with its speaker where the article names one.

    With the learned weights where the package has them, else by rules alone.
    """
    return find_quotes_with(shipped_model(), text, paragraphs)


def find_quotes_with(model: QuoteModel | None, text: str, paragraphs: Sequence[Span]) -> tuple[Quote, ...]:
    """`find_quotes` with these weights; None: by rules alone."""
    reading = Reading(text, paragraphs)
    spoken, decide = (_by_rules if model is None else _by_model(model))(reading)
    sources = {a.source.start: a.source for _, a in spoken if a is not None}
    speakers = _Speakers(reading, resolve_pronouns(reading, sources, decide))
    quotes = [_quote(reading, group, speakers) for group in _groups(reading, spoken)]
    for paraphrase, chance in _paraphrases(model, reading):
        quote = _paraphrased(reading, paraphrase, chance, speakers)
        if quote.speaker is not None:
            quotes.append(quote)
    return tuple(sorted(quotes, key=lambda quote: (quote.hull.start, quote.hull.end)))


_Spoken = tuple[int, Attribution | None]  # the number of a passage that is speech, and whose it is
_Attribute = Callable[[Reading], tuple[list[_Spoken], Decide]]


def _by_rules(reading: Reading) -> tuple[list[_Spoken], Decide]:
    spoken = [
        (number, attribution)
        for number, attribution in enumerate(RuleAttributor(reading).attribute())
        if not reading.is_thing(number) and not _is_scare_quote(reading, number, attribution)
    ]
    return spoken, by_rule


def _is_scare_quote(reading: Reading, number: int, attribution: Attribution | None) -> bool:
    """A word or two in marks are speech only where a cue of the same sentence says so."""
    if not _is_short(reading, number):
        return False
    return attribution is None or attribution.cue is None or attribution.confidence < _SURE


def _is_label(reading: Reading, number: int) -> bool:
    """A word or two behind "called" or "so-called"."""
    return _is_short(reading, number) and is_named(reading.tokens, reading.passages[number])


def _is_short(reading: Reading, number: int) -> bool:
    return len(reading.passages[number].span.of(reading.text).split()) <= _LONGEST_SCARE_QUOTE


def _by_model(model: QuoteModel) -> _Attribute:
    def attribute(reading: Reading) -> tuple[list[_Spoken], Decide]:
        if not reading.passages:
            return [], by_scorer(model.person)
        rules = RuleAttributor(reading).attribute()
        chances = speech_probabilities(model.speech, reading, rules)
        numbers = [
            number
            for number, chance in enumerate(chances)
            if chance >= _MIN_SPEECH and not _is_label(reading, number)
        ]
        attributions = SourceRanker(model.source, reading, rules).attribute(numbers)
        return list(zip(numbers, attributions, strict=True)), by_scorer(model.person)

    return attribute


def _paraphrases(model: QuoteModel | None, reading: Reading) -> list[tuple[Paraphrase, float]]:
    """The indirect quotes and how sure each is one."""
    found = list(find_paraphrases(reading))
    if model is None:
        return [(one, _PARAPHRASE_CONFIDENCE) for one in found]
    chances = paraphrase_probabilities(model.paraphrase, reading, found)
    return [(one, chance) for one, chance in zip(found, chances, strict=True) if chance >= _MIN_PARAPHRASE]


def _groups(reading: Reading, spoken: Sequence[_Spoken]) -> list[list[_Spoken]]:
    """Runs of passages that are one quotation, parted by its cue or by paragraphs."""
    groups: list[list[_Spoken]] = []
    for now in spoken:
        if groups and _goes_on(reading, groups[-1][-1], now):
            groups[-1].append(now)
        else:
            groups.append([now])
    return groups


def _goes_on(reading: Reading, before: _Spoken, now: _Spoken) -> bool:
    passage = reading.passages[now[0]]
    if passage.continues and now[0] == before[0] + 1:
        return True
    if before[1] is None or now[1] is None or before[1].source.start != now[1].source.start:
        return False
    return reading.passages[before[0]].paragraph == passage.paragraph


def _quote(reading: Reading, group: Sequence[_Spoken], speakers: "_Speakers") -> Quote:
    content = tuple(reading.passages[number].span for number, _ in group)
    attribution = group[0][1]
    kind = QuoteKind.PARTIAL if reading.text[content[0].start].islower() else QuoteKind.VERBATIM
    if attribution is None:
        return Quote(content=content, kind=kind, cue=None, source=None, speaker=None, confidence=0.0)
    source, cue = attribution.source, attribution.cue
    speaker, sureness = speakers.of(source)
    confidence = attribution.confidence * sureness
    known = speaker is not None and confidence >= _MIN_CONFIDENCE
    return Quote(
        content=content,
        kind=kind,
        cue=reading.tokens.span(cue.start, cue.end) if cue is not None else None,
        source=reading.tokens.span(source.start, source.end),
        speaker=speaker if known else None,
        confidence=confidence if known else 0.0,
    )


def _paraphrased(reading: Reading, paraphrase: Paraphrase, chance: float, speakers: "_Speakers") -> Quote:
    cue = paraphrase.cue
    speaker, sureness = speakers.of(cue.source)
    confidence = chance * sureness
    known = speaker is not None and confidence >= _MIN_CONFIDENCE
    return Quote(
        content=(paraphrase.content,),
        kind=QuoteKind.PARAPHRASED,
        cue=reading.tokens.span(cue.start, cue.end),
        source=reading.tokens.span(cue.source.start, cue.source.end),
        speaker=speaker if known else None,
        confidence=confidence if known else 0.0,
    )


class _Speakers:
    """Mentions -> speakers, as the article names them."""

    def __init__(self, reading: Reading, resolved: Mapping[int, Resolved]) -> None:
        self._reading, self._resolved = reading, resolved
        self._nominals = Nominals(reading)

    def of(self, source: Mention) -> tuple[Speaker | None, float]:
        """Who a source is, and how sure its resolution is; None for a pronoun that nobody is known for."""
        described = source
        source = self._reading.bearers.get(source.start, source)
        person = self._reading.people.of(source)
        if person is not None:
            return self._person(person, described), 1.0
        if source.kind is MentionKind.PRONOUN:
            resolved = self._resolved.get(source.start)
            if resolved is None:
                return None, 0.0
            return self._person(resolved.person, source), resolved.confidence
        named = self._nominals.person(source)
        if named is not None:
            return self._person(named.person, source), named.confidence
        owner = self._owner(source)
        principal = speaks_for(self._reading, source) or (owner.name if owner is not None else None)
        kind = SpeakerKind.ORGANISATION if source.kind is MentionKind.NAME else SpeakerKind.UNNAMED
        name = source.name or self._described(source, owner)
        return Speaker(name=name, role=None, kind=kind, speaks_for=principal), 1.0

    def _owner(self, source: Mention) -> Person | None:
        """Jane Doe, where it is sure that "her spokesman" is hers."""
        owned = self._resolved.get(source.start)
        return owned.person if owned is not None and owned.confidence >= _SURE_OWNER else None

    def _described(self, source: Mention, owner: Person | None) -> str:
        """An unnamed source as the text has it, whose it is with it: "a spokesman for the Pentagon"."""
        reading = self._reading
        possessor = reading.mention_before(source)
        start = possessor.start if possessor is not None and possessor.possessive else source.start
        end, _ = complements_end(reading.tokens, reading.mentions, reading.mention_starts_at(source.start))
        if owner is None or start + 1 >= end:
            return reading.tokens.span(start, end).of(reading.text)
        ending = "’" if owner.name.endswith("s") else "’s"
        return f"{owner.name}{ending} {reading.tokens.span(start + 1, end).of(reading.text)}"

    def _person(self, person: Person, source: Mention) -> Speaker:
        role = person.role.of(self._reading.text) if person.role is not None else None
        principal = speaks_for(self._reading, source)
        for mention in person.mentions if principal is None else ():
            principal = principal or speaks_for(self._reading, mention)
        return Speaker(name=person.name, role=role, speaks_for=principal)
