"""One ranking of several."""

from hypothesis import given
from hypothesis import strategies as st

from articles.search.ranking import fuse_rankings


def test_what_two_rankings_have_near_the_top_comes_before_what_one_has_at_the_top() -> None:
    assert fuse_rankings([["a", "b", "c"], ["d", "b", "e"]])[0] == "b"


def test_of_equals_the_earlier_rankings_comes_first() -> None:
    assert fuse_rankings([["a"], ["b"]]) == ["a", "b"]
    assert fuse_rankings([["a", "b"], ["b", "a"]]) == ["a", "b"]


@given(st.lists(st.lists(st.integers(0, 9)), max_size=4))
def test_nothing_is_lost_or_told_twice(rankings: list[list[int]]) -> None:
    found = fuse_rankings(rankings)
    assert sorted(found) == sorted({item for ranking in rankings for item in ranking})


@given(st.lists(st.integers(), unique=True))
def test_one_ranking_stays_as_it_is(ranking: list[int]) -> None:
    assert fuse_rankings([ranking]) == ranking
