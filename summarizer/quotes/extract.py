"""Text -> attributed quotes."""

from collections.abc import Sequence

from articles.model import Span
from summarizer.model import Quote, QuoteKind, Speaker, SpeakerKind
from summarizer.quotes.attribution import Attribution, RuleAttributor
from summarizer.quotes.coreference import People, Person, is_third_person
from summarizer.quotes.cues import Clauses
from summarizer.quotes.mentions import Mention, MentionKind, find_mentions
from summarizer.quotes.scare import in_markup, is_named, is_title
from summarizer.quotes.spans import Passage, find_passages
from summarizer.quotes.tokens import Tokens
from summarizer.sentences import split_sentences

_LONGEST_SCARE_QUOTE = 2  # words
_SURE = 0.8


def find_quotes(text: str, paragraphs: Sequence[Span]) -> tuple[Quote, ...]:
    """The quotes of `text` in order, each with its speaker where the article names one."""
    passages = [passage for passage in find_passages(text, paragraphs) if not in_markup(text, passage)]
    if not passages:
        return ()
    tokens = Tokens(text, paragraphs, [passage.outer for passage in passages])
    passages = [
        passage for passage in passages if not is_title(tokens, passage) and not is_named(tokens, passage)
    ]
    mentions = find_mentions(tokens)
    clauses = Clauses(tokens, mentions)
    sentences = [(tokens.at(s.start), tokens.at(s.end)) for s in split_sentences(text)]
    attributions = RuleAttributor(tokens, mentions, clauses, sentences).attribute(passages)
    speakers = _Speakers(tokens, mentions)
    quotes: list[Quote] = []
    group: list[tuple[Passage, Attribution | None]] = []
    for passage, attribution in zip(passages, attributions, strict=True):
        if _is_scare_quote(tokens, passage, attribution):
            continue
        if group and not _goes_on(group[-1], (passage, attribution)):
            quotes.append(_quote(tokens, group, speakers))
            group = []
        group.append((passage, attribution))
    if group:
        quotes.append(_quote(tokens, group, speakers))
    return tuple(quotes)


def _is_scare_quote(tokens: Tokens, passage: Passage, attribution: Attribution | None) -> bool:
    """A word or two in marks are speech only where a cue of the same sentence says so."""
    if len(passage.span.of(tokens.text).split()) > _LONGEST_SCARE_QUOTE:
        return False
    return attribution is None or attribution.cue is None or attribution.confidence < _SURE


def _goes_on(before: tuple[Passage, Attribution | None], now: tuple[Passage, Attribution | None]) -> bool:
    if now[0].continues:
        return True
    if before[1] is None or now[1] is None or before[1].source.start != now[1].source.start:
        return False
    return before[0].paragraph == now[0].paragraph


def _quote(tokens: Tokens, group: list[tuple[Passage, Attribution | None]], speakers: "_Speakers") -> Quote:
    content = tuple(passage.span for passage, _ in group)
    attribution = group[0][1]
    first = tokens.text[content[0].start]
    kind = QuoteKind.PARTIAL if first.islower() else QuoteKind.VERBATIM
    if attribution is None:
        return Quote(content=content, kind=kind, cue=None, source=None, speaker=None, confidence=0.0)
    source, cue = attribution.source, attribution.cue
    speaker = speakers.of(source)
    return Quote(
        content=content,
        kind=kind,
        cue=tokens.span(cue.start, cue.end) if cue is not None else None,
        source=tokens.span(source.start, source.end),
        speaker=speaker,
        confidence=attribution.confidence if speaker is not None else 0.0,
    )


class _Speakers:
    def __init__(self, tokens: Tokens, mentions: Sequence[Mention]) -> None:
        self._t = tokens
        self._mentions = mentions
        self._number = {mention.start: i for i, mention in enumerate(mentions)}
        self._people = People(tokens, mentions)

    def of(self, source: Mention) -> Speaker | None:
        person = self._people.of(source)
        if person is None and (is_third_person(source) or source.head == "who"):
            at = self._number[source.start]
            person = self._people.resolve(source, self._mentions, at)
            if person is None:
                return None
        if person is not None:
            return self._person(person)
        if source.kind is MentionKind.PRONOUN:
            return None
        words = tokens_text(self._t, source)
        kind = SpeakerKind.ORGANISATION if source.kind is MentionKind.NAME else SpeakerKind.UNNAMED
        return Speaker(name=source.name or words, role=None, kind=kind)

    def _person(self, person: Person) -> Speaker:
        role = person.role.of(self._t.text) if person.role is not None else None
        return Speaker(name=person.name, role=role)


def tokens_text(tokens: Tokens, mention: Mention) -> str:
    return tokens.span(mention.start, mention.end).of(tokens.text)
