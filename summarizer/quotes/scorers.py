"""A small learned scorer: named features in, one number out.

Features are strings ("side=after", "cue=said"), hashed to rows of a table; the rows of one item are added up,
pass one rectified layer and give its score. The weights are plain arrays in an .npz file, a megabyte or so,
and numpy is all that it takes to use them.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

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

BUCKETS = 1 << 15

FloatArray = NDArray[np.float32]


@cache
def bucket(feature: str) -> int:
    """The row of a feature; two may share one, which training makes the best of."""
    return zlib.crc32(feature.encode()) % BUCKETS


class Scorer:
    """score = out · relu(sum of the features' rows + bias) + sum of the features' own weights."""

    def __init__(self, rows: FloatArray, direct: FloatArray, bias: FloatArray, out: FloatArray) -> None:
        """rows: (BUCKETS, width). direct: (BUCKETS,). bias and out: (width,)."""
        self._rows, self._direct, self._bias, self._out = rows, direct, bias, out

    @classmethod
    def load(cls, path: Path) -> "Scorer":
        """Raises OSError or ValueError where the file is not what `save` wrote."""
        with np.load(path, allow_pickle=False) as arrays:
            rows, direct, bias, out = (
                arrays[name].astype(np.float32) for name in ("rows", "direct", "bias", "out")
            )
        if rows.shape != (BUCKETS, len(out)):
            raise ValueError(f"{path} holds weights of another shape: {rows.shape}")
        return cls(rows, direct, bias, out)

    def save(self, path: Path) -> None:
        half = np.float16
        np.savez_compressed(
            path,
            rows=self._rows.astype(half),
            direct=self._direct.astype(half),
            bias=self._bias,
            out=self._out,
        )

    def scores(self, items: Sequence[Sequence[str]]) -> FloatArray:
        """(n_items,): the score of each item's features; no item is without a feature."""
        flat = np.fromiter((bucket(feature) for item in items for feature in item), dtype=np.int64)
        ends = np.cumsum([len(item) for item in items])
        starts = np.concatenate(([0], ends[:-1]))
        hidden = np.add.reduceat(self._rows[flat], starts, axis=0) + self._bias
        direct = np.add.reduceat(self._direct[flat], starts)
        scores: FloatArray = (np.maximum(hidden, 0) @ self._out + direct).astype(np.float32)
        return scores


def shipped(name: str) -> Scorer | None:
    """The scorer of that name that comes with the package; None where its weights were left out."""
    resource = files(__package__).joinpath("weights", f"{name}.npz")
    if not resource.is_file():
        return None
    with as_file(resource) as path:
        return Scorer.load(path)


def softmax(scores: FloatArray) -> FloatArray:
    """Scores as probabilities that add up to 1."""
    powers = np.exp(scores - scores.max())
    chances: FloatArray = powers / powers.sum()
    return chances


# The learned side: which passages are speech, and which mention each of them is attributed to.


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
