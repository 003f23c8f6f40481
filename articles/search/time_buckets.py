"""Stretches of time, each eight times as long as the one below: an article lies in one of each length.

The lowest is some 68 minutes, the highest 270 years. All begin at whole multiples of their length since 1970.
"""

from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

SHIFTS = (12, 15, 18, 21, 24, 27, 30, 33)  # of seconds since 1970
RUNS = 2  # of a window but the first: it is some 64 times as long as the one before


class Run(NamedTuple):
    """Neighbouring stretches of one length."""

    level: int
    first: int  # their numbers, the first and the last included
    last: int


class Window(NamedTuple):
    """Runs next to each other, the newest first."""

    runs: tuple[Run, ...]

    def names(self) -> Iterator[str]:
        """The stretches' names, the newest first."""
        for level, first, last in self.runs:
            yield from (_name(level, number) for number in range(last, first - 1, -1))

    def seconds(self) -> tuple[int, int]:
        """[begin, end) in seconds since 1970."""
        newest, oldest = self.runs[0], self.runs[-1]
        return oldest.first << SHIFTS[oldest.level], (newest.last + 1) << SHIFTS[newest.level]


def stretches_of(second: int) -> list[str]:
    """The names of all stretches that a second lies in."""
    return [_name(level, second >> shift) for level, shift in enumerate(SHIFTS)]


def level_of(seconds: int) -> int:
    """The longest stretch that is no longer than that."""
    return max((level for level, shift in enumerate(SHIFTS) if 1 << shift <= seconds), default=0)


def windows(newest: int, oldest: int, *, level: int) -> Iterator[Window]:
    """From the newest second back to the oldest: a run of stretches of `level`, then far longer windows.

    Together they hold every second of [oldest, newest] once, and perhaps more at both ends.
    """
    runs = _runs(newest, oldest, level)
    if first := next(runs, None):
        yield Window((first,))
    # To look where there is nothing costs next to nothing, and each window is a question to the database.
    while further := tuple(islice(runs, RUNS)):
        yield Window(further)


def _runs(newest: int, oldest: int, level: int) -> Iterator[Run]:
    end = newest + 1
    while end > oldest:
        last = (end - 1) >> SHIFTS[level]
        if level + 1 == len(SHIFTS):
            yield Run(level, oldest >> SHIFTS[level], last)
            return
        # To the beginning of the stretch above, which may be that of this one.
        first = (end - 1) >> SHIFTS[level + 1] << (SHIFTS[level + 1] - SHIFTS[level])
        yield Run(level, max(first, oldest >> SHIFTS[level]), last)
        end = first << SHIFTS[level]
        level += 1


def _name(level: int, number: int) -> str:
    return f"t{level}={number}"
