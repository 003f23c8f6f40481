"""One ranking of several: reciprocal rank fusion.

Cormack, Clarke and Büttcher, "Reciprocal rank fusion outperforms Condorcet and individual rank learning
methods" (SIGIR 2009). Ranks are fused and no scores, for what BM25 and a cosine say is not to be compared.
"""

from collections import defaultdict
from collections.abc import Hashable, Sequence
from typing import TypeVar

_SMOOTHING = 60  # the paper's: the first of a ranking is not worth twice its second

Item = TypeVar("Item", bound=Hashable)


def fused(rankings: Sequence[Sequence[Item]]) -> list[Item]:
    """All items of the rankings, each once, best first; of equals, that of the earlier ranking first."""
    scores: dict[Item, float] = defaultdict(float)
    for ranking in rankings:
        for rank, item in enumerate(dict.fromkeys(ranking), 1):
            scores[item] += 1 / (_SMOOTHING + rank)
    # Rounded, so that sums of the same ranks in another order are equal. Sorting keeps the order of equals.
    return sorted(scores, key=lambda item: -round(scores[item], 12))
