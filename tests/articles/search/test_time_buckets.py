"""Time buckets: each second in one of every length, and windows that leave out and repeat nothing."""

from itertools import pairwise

from hypothesis import example, given
from hypothesis import strategies as st

from articles.search.tsvector import SHIFTS, buckets_of, level_of, windows

SECONDS = st.integers(-(1 << 31), 1 << 34)


@given(SECONDS, st.integers(0, 1 << 33), st.integers(0, len(SHIFTS) - 1))
@example(0, 0, 0)
@example((1 << 15) - 1, 1 << 20, 0)
def test_windows_go_back_from_the_newest_to_the_oldest_without_a_gap(
    newest: int, ago: int, level: int
) -> None:
    oldest = newest - ago
    ranges = [window.seconds() for window in windows(newest, oldest, level=level)]
    assert ranges[0][0] <= newest < ranges[0][1]
    assert ranges[-1][0] <= oldest
    assert all(begin == end for (begin, _), (_, end) in pairwise(ranges))
    assert len(ranges) <= len(SHIFTS)


@given(SECONDS, st.integers(0, 1 << 30), st.data())
def test_a_second_is_in_one_window_and_by_one_name(newest: int, ago: int, data: st.DataObject) -> None:
    second = data.draw(st.integers(newest - ago, newest))
    names = set(buckets_of(second))
    assert len(names) == len(SHIFTS)
    found = [names & set(window.names()) for window in windows(newest, newest - ago, level=0)]
    assert [len(each) for each in found if each] == [1]


def test_a_window_asks_for_a_few_buckets_below_the_highest() -> None:
    asked = [len(list(window.names())) for window in windows(1_800_000_000, 0, level=level_of(86_400))]
    assert max(asked) <= 8


def test_the_length_of_buckets_follows_how_close_articles_are() -> None:
    assert [level_of(seconds) for seconds in (0, 4_095, 4_096, 86_400, 10**9)] == [0, 0, 0, 1, 5]
