"""How work grows with its input: what no clock of a busy machine can make flaky."""

from collections.abc import Callable
from time import process_time


def growth(work: Callable[[int], object], small: int, large: int) -> float:
    """How many times as long the work takes on the large input, by the best of three runs each."""
    return _best(work, large) / _best(work, small)


def _best(work: Callable[[int], object], size: int) -> float:
    work(1)  # what is loaded once is no part of it
    return min(_taken(work, size) for _ in range(3))


def _taken(work: Callable[[int], object], size: int) -> float:
    begun = process_time()
    work(size)
    return process_time() - begun
