"""Stretches of time, each eight times as long as the one below: an article lies in one of each length.

The lowest is some 68 minutes, the highest 270 years. All begin at whole multiples of their length since 1970.
"""

from collections.abc import Iterator
from typing import NamedTuple

SHIFTS = (12, 15, 18, 21, 24, 27, 30, 33)  # of seconds since 1970


class Window(NamedTuple):
    """Neighbouring stretches of one length."""

    level: int
    first: int  # their numbers, the first and the last included
    last: int

    def names(self) -> Iterator[str]:
        """The stretches' names, the newest first."""
        return (_name(self.level, number) for number in range(self.last, self.first - 1, -1))

    def seconds(self) -> tuple[int, int]:
        """[begin, end) in seconds since 1970."""
        shift = SHIFTS[self.level]
        return self.first << shift, (self.last + 1) << shift


def stretches_of(second: int) -> list[str]:
    """The names of all stretches that a second lies in."""
    return [_name(level, second >> shift) for level, shift in enumerate(SHIFTS)]


def level_of(seconds: int) -> int:
    """The longest stretch that is no longer than that."""
    return max((level for level, shift in enumerate(SHIFTS) if 1 << shift <= seconds), default=0)


def windows(newest: int, oldest: int, *, level: int) -> Iterator[Window]:
    """From the newest second back to the oldest; the windows get longer, the first has stretches of `level`.

    Together they hold every second of [oldest, newest] once, and perhaps more at both ends.
    """
    end = newest + 1
    while end > oldest:
        last = (end - 1) >> SHIFTS[level]
        if level + 1 == len(SHIFTS):
            yield Window(level, oldest >> SHIFTS[level], last)
            return
        # To the beginning of the stretch above, which may be that of this one.
        first = (end - 1) >> SHIFTS[level + 1] << (SHIFTS[level + 1] - SHIFTS[level])
        yield Window(level, max(first, oldest >> SHIFTS[level]), last)
        end = first << SHIFTS[level]
        level += 1


def _name(level: int, number: int) -> str:
    return f"t{level}={number}"
