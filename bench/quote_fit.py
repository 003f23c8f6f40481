"""Fits a `Scorer` to groups of candidates: plain numpy, one thread, the same weights for the same data."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from summarizer.quotes.scorers import BUCKETS, FloatArray, Scorer, bucket

Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Group:
    """Candidates of which at least one is right; a single one is right or wrong by itself."""

    article: int
    items: tuple[Rows, ...]  # the hashed features of each candidate
    right: tuple[bool, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    width: int = 16
    epochs: int = 6
    rate: float = 0.05
    batch: int = 16  # groups
    feature_drop: float = 0.15  # share of an item's features hidden from it, so that none is relied on alone
    unit_drop: float = 0.3
    shrink: float = 1e-6


def hashed(features: Sequence[str]) -> Rows:
    return np.fromiter((bucket(feature) for feature in features), dtype=np.int64)


def fit(groups: Sequence[Group], recipe: Recipe, *, seeds: Sequence[int] = (1, 2)) -> Scorer:
    """One scorer that averages a fit for each seed, their layers side by side.

    Groups of several candidates are fitted by softmax over the group, single ones by logistic loss; Adagrad
    (Duchi et al., 2011), which suits features that most groups lack.
    """
    fits = [_Fit(recipe, seed).run(groups) for seed in seeds]
    share = np.float32(1.0 / len(fits))
    return Scorer(
        np.concatenate([one.rows for one in fits], axis=1),
        np.sum([one.direct for one in fits], axis=0) * share,
        np.concatenate([one.bias for one in fits]),
        np.concatenate([one.out for one in fits]) * share,
    )


class _Fit:
    def __init__(self, recipe: Recipe, seed: int) -> None:
        self._recipe = recipe
        self._chance = np.random.default_rng(seed)
        width = recipe.width
        self.rows: FloatArray = self._chance.normal(0, 0.05, (BUCKETS, width)).astype(np.float32)
        self.direct: FloatArray = np.zeros(BUCKETS, np.float32)
        self.bias: FloatArray = np.zeros(width, np.float32)
        self.out: FloatArray = self._chance.normal(0, 0.3, width).astype(np.float32)
        self._seen = np.zeros(BUCKETS, np.bool_)
        self._squares = [np.full_like(array, 1e-2) for array in (self.rows, self.direct, self.bias, self.out)]

    def run(self, groups: Sequence[Group]) -> "_Fit":
        for epoch in range(self._recipe.epochs):
            rate = self._recipe.rate * (1 - epoch / self._recipe.epochs)
            for batch in self._batches(groups):
                self._step(batch, rate)
        self.rows[~self._seen] = 0  # a feature that no example had says nothing, and packs small
        return self

    def _batches(self, groups: Sequence[Group]) -> Iterator[list[Group]]:
        order = self._chance.permutation(len(groups))
        for at in range(0, len(order), self._recipe.batch):
            yield [groups[i] for i in order[at : at + self._recipe.batch]]

    def _step(self, groups: list[Group], rate: float) -> None:
        items = [item for group in groups for item in group.items]
        flat = np.concatenate(items)
        owner = np.repeat(np.arange(len(items)), [len(item) for item in items])
        kept = self._chance.random(len(flat)) >= self._recipe.feature_drop
        flat, owner = flat[kept], owner[kept]
        unique, place = np.unique(flat, return_inverse=True)
        self._seen[unique] = True
        by_owner = np.searchsorted(owner, np.arange(len(items)))
        hidden = _sums(self.rows[flat], by_owner, len(flat)) + self.bias
        active = hidden > 0
        mask = (self._chance.random(hidden.shape) >= self._recipe.unit_drop) / (1 - self._recipe.unit_drop)
        layer = np.where(active, hidden, 0) * mask
        scores = layer @ self.out + _sums(self.direct[flat][:, None], by_owner, len(flat))[:, 0]
        slope = _slope(groups, scores)

        back = (slope[:, None] * self.out) * mask * active
        order = np.argsort(place, kind="stable")
        starts = np.searchsorted(place[order], np.arange(len(unique)))
        to_rows = np.add.reduceat(back[owner[order]], starts, axis=0)
        to_direct = np.add.reduceat(slope[owner[order]], starts)
        self._update(0, self.rows, to_rows + self._recipe.shrink * self.rows[unique], rate, unique)
        self._update(1, self.direct, to_direct, rate, unique)
        self._update(2, self.bias, back.sum(0), rate)
        self._update(3, self.out, layer.T @ slope, rate)

    def _update(
        self, number: int, array: FloatArray, gradient: NDArray[Any], rate: float, rows: Rows | None = None
    ) -> None:
        squares, at = self._squares[number], slice(None) if rows is None else rows
        squares[at] += gradient * gradient
        array[at] -= rate * gradient / np.sqrt(squares[at])


def _sums(values: FloatArray, starts: Rows, total: int) -> FloatArray:
    """The sums of runs of rows. A run whose every feature was dropped borrows one row of the next."""
    return np.add.reduceat(values, np.minimum(starts, total - 1), axis=0)


def _slope(groups: Sequence[Group], scores: NDArray[Any]) -> NDArray[Any]:
    """The loss's derivative by each score, averaged over the groups."""
    slope, at = np.zeros_like(scores), 0
    for group in groups:
        part = scores[at : at + len(group.items)]
        right = np.array(group.right)
        if len(part) == 1:
            slope[at] = 1 / (1 + np.exp(-part[0])) - right[0]
        else:
            powers = np.exp(part - part.max())
            chances = powers / powers.sum()
            wanted = np.where(right, powers, 0)
            slope[at : at + len(part)] = chances - wanted / wanted.sum()
        at += len(group.items)
    return slope / np.float32(len(groups))
