"""Annotated articles -> training examples for the three scorers of quotes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.paragraphs import paragraphs_of
from bench.quote_fit import Group, hashed
from bench.quote_gold import GoldPassage, counts, gold_passages, is_reported, trim
from summarizer.quotes.attribution import Attribution, RuleAttributor
from summarizer.quotes.coreference import Antecedent, Person
from summarizer.quotes.document import Document
from summarizer.quotes.features import PreviousPassage, speech_features
from summarizer.quotes.mentions import Mention, MentionKind
from summarizer.quotes.paraphrases import find_paraphrases, paraphrase_features
from summarizer.quotes.pronouns import (
    Discourse,
    Resolver,
    person_candidates,
    person_features,
    resolve_pronouns,
)
from summarizer.quotes.scorers import CandidateFinder

_SUFFIXES = frozenset(("jr", "jr.", "sr", "sr.", "ii", "iii", "iv"))


@dataclass(frozen=True, slots=True)
class Example:
    """An annotated article, read."""

    number: int
    annotated: Mapping[str, Any]
    doc: Document
    rules: Sequence[Attribution | None]


def read_example(number: int, annotated: Mapping[str, Any]) -> Example:
    doc = Document(annotated["text"], paragraphs_of(annotated["text"]))
    return Example(number, annotated, doc, RuleAttributor(doc).attribute())


def speech_groups(example: Example) -> Iterator[Group]:
    """Each passage: is it annotated as somebody's words? Those of one or two words: inside an attribution?"""
    doc, annotated = example.doc, example.annotated
    spoken = _gold_of_passages(example)
    contents = [(start, end) for quote in annotated["quotes"] for start, end in quote["content"]]
    for number, passage in enumerate(doc.passages):
        start, end = trim(doc.text, passage.span.start, passage.span.end)
        right = (
            number in spoken
            if counts(doc.text, start, end)
            else any(first <= start and end <= last for first, last in contents)
        )
        features = speech_features(doc, number, example.rules[number])
        yield Group(example.number, (hashed(features),), (right,))


def source_groups(example: Example) -> Iterator[Group]:
    """Each annotated passage: which mention near it is its source?"""
    doc = example.doc
    candidates = CandidateFinder(doc, example.rules)
    previous: PreviousPassage | None = None
    for number, gold in sorted(_gold_of_passages(example).items()):
        sources = _mentions_in(doc, gold.source) if gold.source is not None else []
        items = candidates.of(number, previous)
        starts = {mention.start for mention in _speaking(doc, sources, gold)}
        right = [mention.start in starts for mention in items.mentions] + [gold.source is None]
        if any(right):
            yield Group(example.number, tuple(hashed(features) for features in items.features), tuple(right))
        previous = PreviousPassage(number=number, source=_head(doc, sources, gold))


def person_groups(example: Example, resolver: Resolver) -> list[Group]:
    """Each "he" or "she" that is a source: which person is it? `resolver` says so for the other pronouns."""
    doc, groups = example.doc, []
    names = _pronoun_names(example)
    sources = {
        mention.start: mention
        for quote in example.annotated["quotes"]
        if quote["verbatim"] and quote["source"]
        for mention in _mentions_in(doc, quote["source"])[:1]
    }

    def as_annotated(doc: Document, discourse: Discourse, pronoun: Mention) -> Antecedent | None:
        people = person_candidates(discourse, pronoun)
        right = _named_so(people, names.get(pronoun.start, ""))
        if not any(right):
            return resolver(doc, discourse, pronoun)
        items = [person_features(doc, discourse, pronoun, person, i) for i, person in enumerate(people)]
        groups.append(Group(example.number, tuple(map(hashed, items)), tuple(right)))
        return Antecedent(people[right.index(True)], 1.0)

    resolve_pronouns(doc, sources, as_annotated)
    return groups


def paraphrase_groups(example: Example) -> Iterator[Group]:
    """Each clause that the rules take for a paraphrase: is it annotated, with that source?"""
    doc = example.doc
    for one in find_paraphrases(doc):
        source = doc.tokens.span(one.cue.source.start, max(one.cue.source.end, one.cue.source.tail))
        right = is_reported(
            example.annotated, (one.content.start, one.content.end), (source.start, source.end)
        )
        yield Group(example.number, (hashed(paraphrase_features(doc, one)),), (right,))


def _gold_of_passages(example: Example) -> dict[int, GoldPassage]:
    """For each passage that overlaps an annotated one: the one it overlaps most."""
    gold = gold_passages(example.annotated)
    found: dict[int, GoldPassage] = {}
    for number, passage in enumerate(example.doc.passages):
        start, end = trim(example.doc.text, passage.span.start, passage.span.end)
        overlaps = [(min(one.end, end) - max(one.start, start), one) for one in gold]
        most = max(overlaps, key=lambda entry: entry[0], default=None)
        if most is not None and most[0] > 0:
            found[number] = most[1]
    return found


def _mentions_in(doc: Document, source: Sequence[int]) -> list[Mention]:
    t, (start, end) = doc.tokens, source
    return [m for m in doc.mentions if t.starts[m.start] < end and t.ends[m.end - 1] > start]


def _speaking(doc: Document, sources: Sequence[Mention], gold: GoldPassage) -> Sequence[Mention]:
    """Of a source's mentions those that are the speaker: not CNN in "Jane Doe of CNN". All, if none is."""
    if gold.how != "name":
        return sources
    named = [
        mention
        for mention in sources
        if (person := doc.people.of(doc.names_beside.get(mention.start, mention))) is not None
        and _named_so([person], gold.speaker or "")[0]
    ]
    return named or sources


def _head(doc: Document, sources: Sequence[Mention], gold: GoldPassage) -> Mention | None:
    """The mention of the speaker among those of a source: Miller in "Trump's adviser Jason Miller"."""
    for mention in sources:
        person = doc.people.of(mention)
        if person is not None and _named_so([person], gold.speaker or "")[0]:
            return mention
    return sources[0] if sources else None


def _pronoun_names(example: Example) -> dict[int, str]:
    """The annotated speaker of each "he" and "she" that is a source, by first token."""
    found: dict[int, str] = {}
    for quote in example.annotated["quotes"]:
        if quote["speaker_how"] != "coref" or not quote["source"] or not quote["speaker"]:
            continue
        for mention in _mentions_in(example.doc, quote["source"]):
            if mention.kind is MentionKind.PRONOUN and mention.head in ("he", "she"):
                found.setdefault(mention.start, quote["speaker"])
                break
    return found


def _named_so(people: Sequence[Person], name: str) -> list[bool]:
    """Which persons bear a name: by given name and surname if any does, else by surname."""
    words = [word for word in name.lower().split() if word not in _SUFFIXES]
    if not words:
        return [False] * len(people)
    surnames = [person.surname.lower() == words[-1] for person in people]
    given = [person.given.lower() == words[0] for person in people]
    both = [surname and first for surname, first in zip(surnames, given, strict=True)]
    return both if any(both) else surnames
