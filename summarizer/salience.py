"""How much each candidate sentence matters to its article, from sentence vectors, position and length."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from summarizer.candidates import Candidate
from summarizer.encoder import FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """What each feature of a sentence adds to its score; every feature lies in [0, 1]."""

    position: float = 1.0  # near the top, as news is written
    centrality: float = 0.5  # like the rest of the article
    headline: float = 0.6  # like the headline
    lede: float = 0.3  # like the first paragraph
    length: float = 0.3  # neither a fragment nor a paragraph
    alone: float = 0.6  # can be read without what stands before it


def salience(
    found: Sequence[Candidate],
    vectors: FloatArray,
    *,
    headline: FloatArray | None,
    weights: Weights,
) -> FloatArray:
    """A score for each candidate, higher is better; only the order and the differences mean anything.

    vectors: (n_candidates, dim) and headline: (dim,), rows of unit length. headline is None where the article
    has none: the first candidate then stands in for it.
    """
    lede = _mean_direction(vectors[[c.paragraph == found[0].paragraph for c in found]][:2])
    topic = vectors[0] if headline is None else headline
    scores = (
        weights.position * positions(len(found))
        + weights.centrality * centrality(vectors)
        + weights.headline * _likeness(vectors, topic)
        + weights.lede * _likeness(vectors, lede)
        + weights.length * np.array([_length(c.words) for c in found])
        + weights.alone * np.array([c.stands_alone for c in found])
    )
    return np.asarray(scores, dtype=np.float32)


def positions(count: int) -> FloatArray:
    """(count,), 1 for the first sentence and falling fast, as the inverted pyramid does."""
    return np.asarray(1.0 / np.sqrt(1.0 + np.arange(count)), dtype=np.float32)


def centrality(vectors: FloatArray) -> FloatArray:
    """How alike each sentence is to the others, scaled so that the most central one has 1.

    Degree centrality over cosine similarities, after LexRank (Erkan and Radev, 2004). vectors:
    (n_sentences, dim), rows of unit length. Returns (n_sentences,); all ones for a single sentence.
    """
    if len(vectors) == 1:
        return np.ones(1, dtype=np.float32)
    alike = np.clip(vectors @ vectors.T, 0.0, None)
    np.fill_diagonal(alike, 0.0)
    degree = alike.sum(axis=1)
    top: np.float32 = degree.max()
    scaled: FloatArray = degree / top if top > 0 else np.ones_like(degree)
    return scaled


def most_salient(
    scores: FloatArray, vectors: FloatArray, *, count: int, redundancy: float = 1.5
) -> tuple[int, ...]:
    """Up to `count` indexes, best first, each penalised by its likeness to those already taken.

    Maximal marginal relevance (Carbonell and Goldstein, 1998). scores: (n,); vectors: (n, dim), rows of unit
    length. redundancy: what a sentence loses that says exactly what a chosen one says. Sentences that merely
    share their topic (a cosine up to 0.5) lose nothing: an article's sentences do.
    """
    left = list(range(len(scores)))
    chosen: list[int] = []
    while left and len(chosen) < count:
        alike = (vectors[left] @ vectors[chosen].T).max(axis=1) if chosen else np.zeros(len(left))
        best = left[int(np.argmax(scores[left] - redundancy * np.clip(2 * alike - 1, 0.0, 1.0)))]
        chosen.append(best)
        left.remove(best)
    return tuple(chosen)


def _likeness(vectors: FloatArray, direction: FloatArray) -> FloatArray:
    """The cosine of each row to `direction`, 0 where they point apart."""
    return np.asarray(np.clip(vectors @ direction, 0.0, 1.0), dtype=np.float32)


def _length(words: int) -> float:
    """1 from 12 to 32 words, falling to 0 at 3 and at 60."""
    return float(np.interp(words, [3, 12, 32, 60], [0.0, 1.0, 1.0, 0.0]))


def _mean_direction(vectors: FloatArray) -> FloatArray:
    mean = vectors.mean(axis=0)
    direction: FloatArray = mean / max(float(np.linalg.norm(mean)), 1e-9)
    return direction
