"""What an article means, as a vector that somebody else worked out."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]
_STORED = np.dtype("<f4")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ArticleVector:
    """A vector of unit length, and what kind of encoder made it. Vectors of two kinds are never compared."""

    kind: str
    values: FloatArray  # (dim,)

    def to_bytes(self) -> bytes:
        """Little-endian float32, as it is stored."""
        return self.values.astype(_STORED).tobytes()


def stored_vector(kind: str, stored: bytes) -> ArticleVector:
    """The vector of what `to_bytes` gave."""
    return ArticleVector(kind=kind, values=np.frombuffer(stored, dtype=_STORED))


def cosines(stored: Sequence[bytes], to: ArticleVector) -> list[float]:
    """How near stored vectors of the same kind are to one, in the order given."""
    if not stored:
        return []
    vectors = np.frombuffer(b"".join(stored), dtype=_STORED).reshape(len(stored), -1)
    near: list[float] = (vectors @ to.values).tolist()
    return near
