"""The learned side: which passages are speech, and which mention each of them is attributed to."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from summarizer.quotes.attribution import Attribution
from summarizer.quotes.cues import Cue
from summarizer.quotes.features import (
    History,
    candidates,
    mention_features,
    no_source_features,
    passage_features,
    source_features,
    speech_features,
)
from summarizer.quotes.mentions import Mention
from summarizer.quotes.paraphrases import Paraphrase, paraphrase_features
from summarizer.quotes.reading import Reading
from summarizer.quotes.scorer import FloatArray, Scorer, softmax


def speech_probabilities(scorer: Scorer, reading: Reading, rules: Sequence[Attribution | None]) -> FloatArray:
    """(n_passages,): how likely each passage is speech; there is at least one."""
    items = [speech_features(reading, number, rule) for number, rule in enumerate(rules)]
    return (1.0 / (1.0 + np.exp(-scorer.scores(items)))).astype(np.float32)


def paraphrase_probabilities(
    scorer: Scorer, reading: Reading, paraphrases: Sequence[Paraphrase]
) -> list[float]:
    """How likely each is what its source is reported to have said."""
    if not paraphrases:
        return []
    scores = scorer.scores([paraphrase_features(reading, one) for one in paraphrases])
    return [float(chance) for chance in 1.0 / (1.0 + np.exp(-scores))]


@dataclass(frozen=True, slots=True)
class SourceItems:
    """The candidates for one passage's source with their features; the last one is nobody."""

    mentions: tuple[Mention, ...]
    features: tuple[list[str], ...]  # one more than mentions


class SourceRanker:
    """Attributes passages in text order: who spoke last is evidence for who speaks now."""

    def __init__(self, scorer: Scorer, reading: Reading, rules: Sequence[Attribution | None]) -> None:
        self._scorer = scorer
        self._builder = ItemBuilder(reading, rules)
        self._reading, self._rules = reading, rules

    def attribute(self, numbers: Sequence[int]) -> list[Attribution | None]:
        """One attribution for each of the passages `numbers`, with the probability as its confidence."""
        done: list[Attribution | None] = []
        history: History | None = None
        for number in numbers:
            rule = self._rules[number]
            if rule is not None and rule.signed:  # rare, and sure
                done.append(rule)
                history = History(number=number, source=rule.source)
                continue
            items = self._builder.items(number, history)
            chances = softmax(self._scorer.scores(items.features))
            best = int(chances.argmax())
            attribution = None
            if best < len(items.mentions):
                source = items.mentions[best]
                cue = _nearest_cue(self._reading, number, source)
                attribution = Attribution(source=source, cue=cue, confidence=float(chances[best]))
            done.append(attribution)
            history = History(number=number, source=attribution.source if attribution else None)
        return done


class ItemBuilder:
    """Candidates and features, for use and for training alike."""

    def __init__(self, reading: Reading, rules: Sequence[Attribution | None]) -> None:
        self._reading, self._rules = reading, rules
        self._static: dict[int, list[str]] = {}

    def items(self, number: int, history: History | None) -> SourceItems:
        reading, rule = self._reading, self._rules[number]
        shared = passage_features(reading, number)
        mentions = [reading.mentions[i] for i in candidates(reading, number)]
        if (
            history is not None
            and history.source is not None
            and all(mention.start != history.source.start for mention in mentions)
        ):
            mentions.insert(0, history.source)
        features = [
            source_features(
                reading,
                number,
                mention,
                rule=rule,
                history=history,
                shared=shared,
                static=self._of(mention),
            )
            for mention in mentions
        ]
        return SourceItems(tuple(mentions), (*features, no_source_features(rule=rule, shared=shared)))

    def _of(self, mention: Mention) -> list[str]:
        if mention.start not in self._static:
            self._static[mention.start] = mention_features(self._reading, mention)
        return self._static[mention.start]


def _nearest_cue(reading: Reading, number: int, source: Mention) -> Cue | None:
    place = reading.places[number]
    cues = [
        cue
        for cue in reading.cues_of.get(source.start, ())
        if reading.sentence_at(cue.start) == place.sentence
    ]
    return min(cues, key=lambda cue: abs(cue.start - place.first), default=None)
