"""A small learned scorer: named features in, one number out.

Features are strings ("side=after", "cue=said"), hashed to rows of a table; the rows of one item are added up,
pass one rectified layer and give its score. The weights are plain arrays in an .npz file, a megabyte or so,
and numpy is all that it takes to use them.
"""

import zlib
from collections.abc import Sequence
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

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
