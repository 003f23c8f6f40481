"""The learned scorers of quotes: which passage is speech, which mention is its source, what is a paraphrase.

A scorer maps named features to a number. Features are strings ("side=after", "cue=said"), hashed to rows of a
table. The rows of one item are added, pass one rectified layer and give its score. The weights are plain
arrays in an .npz file of about a megabyte; numpy is all that is needed to use them.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from summarizer.quotes.attribution import Attribution
from summarizer.quotes.cues import Cue
from summarizer.quotes.document import Document
from summarizer.quotes.features import (
    PreviousPassage,
    mention_features,
    nearby_mentions,
    no_source_features,
    passage_features,
    source_features,
)
from summarizer.quotes.mentions import Mention

BUCKETS = 1 << 15

FloatArray = NDArray[np.float32]


@cache
def bucket(feature: str) -> int:
    """The row of a feature. Two features may share a row; training adapts to that."""
    return zlib.crc32(feature.encode()) % BUCKETS


@dataclass(frozen=True, slots=True, eq=False)
class Scorer:
    """score = out · relu(sum of the features' rows + bias) + sum of the features' own weights."""

    rows: FloatArray  # (BUCKETS, width)
    direct: FloatArray  # (BUCKETS,)
    bias: FloatArray  # (width,)
    out: FloatArray  # (width,)

    @classmethod
    def load(cls, path: Path) -> "Scorer":
        """Raises OSError or ValueError if the file is not one that `save` wrote."""
        names = ("rows", "direct", "bias", "out")
        with np.load(path, allow_pickle=False) as arrays:
            rows, direct, bias, out = (arrays[name].astype(np.float32) for name in names)
        if rows.shape != (BUCKETS, len(out)):
            raise ValueError(f"{path} holds weights of another shape: {rows.shape}")
        return cls(rows, direct, bias, out)

    def save(self, path: Path) -> None:
        rows, direct = self.rows.astype(np.float16), self.direct.astype(np.float16)
        np.savez_compressed(path, rows=rows, direct=direct, bias=self.bias, out=self.out)

    def scores(self, items: Sequence[Sequence[str]]) -> FloatArray:
        """(n_items,): the score of each item. Each item must have at least one feature."""
        flat = np.fromiter((bucket(feature) for item in items for feature in item), dtype=np.int64)
        ends = np.cumsum([len(item) for item in items])
        starts = np.concatenate(([0], ends[:-1]))
        hidden = np.add.reduceat(self.rows[flat], starts, axis=0) + self.bias
        direct = np.add.reduceat(self.direct[flat], starts)
        scores: FloatArray = (np.maximum(hidden, 0) @ self.out + direct).astype(np.float32)
        return scores

    def probabilities(self, items: Sequence[Sequence[str]]) -> list[float]:
        """The probability that each item is what the scorer looks for, whatever the others are."""
        return (1.0 / (1.0 + np.exp(-self.scores(items)))).tolist() if items else []


def shipped(name: str) -> Scorer | None:
    """The scorer of that name that comes with the package; None if its weights are not installed."""
    resource = files(__package__).joinpath("weights", f"{name}.npz")
    if not resource.is_file():
        return None
    with as_file(resource) as path:
        return Scorer.load(path)


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteModel:
    """The learned weights of quotes."""

    speech: Scorer  # which passages are speech
    source: Scorer  # which mention is the source of a passage
    person: Scorer  # which person a pronoun refers to
    paraphrase: Scorer  # which reported clauses are a source's words

    def save(self, folder: Path) -> None:
        """Writes the file of each scorer, as `shipped` reads them."""
        for field in fields(self):
            getattr(self, field.name).save(folder / f"{field.name}.npz")


@cache
def shipped_model() -> QuoteModel | None:
    """The weights that come with the package; None if any of them is missing."""
    scorers = {field.name: scorer for field in fields(QuoteModel) if (scorer := shipped(field.name))}
    return QuoteModel(**scorers) if len(scorers) == len(fields(QuoteModel)) else None


def softmax(scores: FloatArray) -> FloatArray:
    """Scores as probabilities, which add up to 1."""
    powers = np.exp(scores - scores.max())
    probabilities: FloatArray = powers / powers.sum()
    return probabilities


@dataclass(frozen=True, slots=True)
class SourceCandidates:
    """The candidates for the source of one passage."""

    mentions: tuple[Mention, ...]
    features: tuple[list[str], ...]  # of each mention, and of "no source"


class CandidateFinder:
    """The candidates of a document's passages, for attribution and for training."""

    def __init__(self, doc: Document, rules: Sequence[Attribution | None]) -> None:
        self._doc, self._rules = doc, rules
        self._mention_features: dict[int, list[str]] = {}

    def of(self, number: int, previous: PreviousPassage | None) -> SourceCandidates:
        """The candidates of a passage: the mentions near it, and the source of the passage before."""
        doc, rule = self._doc, self._rules[number]
        shared = passage_features(doc, number)
        mentions = nearby_mentions(doc, number)
        if (
            previous is not None
            and previous.source is not None
            and all(mention.start != previous.source.start for mention in mentions)
        ):
            mentions.insert(0, previous.source)
        features = [
            source_features(
                doc,
                number,
                mention,
                rule=rule,
                previous=previous,
                shared=shared,
                static=self._features_of(mention),
            )
            for mention in mentions
        ]
        return SourceCandidates(tuple(mentions), (*features, no_source_features(rule=rule, shared=shared)))

    def _features_of(self, mention: Mention) -> list[str]:
        if mention.start not in self._mention_features:
            self._mention_features[mention.start] = mention_features(self._doc, mention)
        return self._mention_features[mention.start]


def attribute_by_scorer(
    scorer: Scorer, doc: Document, rules: Sequence[Attribution | None], numbers: Sequence[int]
) -> list[Attribution | None]:
    """The attributions of the passages `numbers`, with the probability as confidence; None: no source.

    In text order, because the last source is evidence for the next one. rules: of all passages, by rules.
    """
    finder = CandidateFinder(doc, rules)
    found: list[Attribution | None] = []
    previous: PreviousPassage | None = None
    for number in numbers:
        attribution, rule = None, rules[number]
        if rule is not None and rule.signed:  # rare, and sure
            attribution = rule
        else:
            candidates = finder.of(number, previous)
            probabilities = softmax(scorer.scores(candidates.features))
            best = int(probabilities.argmax())
            if best < len(candidates.mentions):
                source = candidates.mentions[best]
                cue = _nearest_cue(doc, number, source)
                attribution = Attribution(source=source, cue=cue, confidence=float(probabilities[best]))
        found.append(attribution)
        previous = PreviousPassage(number=number, source=attribution.source if attribution else None)
    return found


def _nearest_cue(doc: Document, number: int, source: Mention) -> Cue | None:
    """The cue of a source that is nearest to a passage, in the passage's sentence."""
    position = doc.positions[number]
    cues = doc.cues_of.get(source.start, ())
    beside = (cue for cue in cues if doc.sentence_at(cue.start) == position.sentence)
    return min(beside, key=lambda cue: abs(cue.start - position.first), default=None)
