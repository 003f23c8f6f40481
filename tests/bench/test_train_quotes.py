"""Training the scorers of quotes, on examples small enough to check by eye."""

import numpy as np

from bench.quote_gold import GoldPassage, is_right, matched, trim
from bench.train_quotes import Group, Recipe, fit, hashed

RECIPE = Recipe(width=4, epochs=8, feature_drop=0.0, unit_drop=0.0)


def listed(right: int, *items: list[str]) -> Group:
    return Group(0, tuple(hashed(item) for item in items), tuple(i == right for i in range(len(items))))


def test_the_candidate_that_is_always_right_is_learned() -> None:
    groups = [listed(0, ["said"], ["sang"], ["nobody"]), listed(1, ["sang"], ["said"], ["nobody"])] * 20
    scores = fit(groups, RECIPE).scores([["sang"], ["said"], ["nobody"]])
    assert int(scores.argmax()) == 1


def test_single_items_are_learned_as_right_or_wrong() -> None:
    groups = [
        Group(0, (hashed(["speech"]),), (True,)),
        Group(0, (hashed(["title"]),), (False,)),
    ] * 40
    speech, title = fit(groups, RECIPE).scores([["speech"], ["title"]])
    assert speech > 0 > title


def test_the_same_examples_give_the_same_weights() -> None:
    groups = [listed(0, ["said", "near"], ["sang"]), listed(1, ["far"], ["said"])] * 10
    first, second = (fit(groups, RECIPE).scores([["said"], ["sang"], ["far"]]) for _ in range(2))
    assert np.array_equal(first, second)


def gold(start: int, end: int, how: str = "name", speaker: str | None = "Jim Mattis") -> GoldPassage:
    return GoldPassage(
        start=start, end=end, source=(0, 3), source_text="the ministry", speaker=speaker, how=how
    )


def test_a_span_matches_at_eight_tenths_of_overlap_and_once_only() -> None:
    assert matched([gold(0, 10), gold(20, 30)], [(0, 8), (20, 26)]) == {0: 0}
    assert matched([gold(0, 10), gold(0, 10)], [(0, 10)]) == {0: 0}


def test_speakers_agree_by_surname_and_unnamed_sources_by_a_word() -> None:
    assert is_right(gold(0, 10), "James Mattis")
    assert not is_right(gold(0, 10), "Jim Webb")
    assert is_right(gold(0, 10, how="other", speaker=None), "Ministry of Defence")
    assert not is_right(gold(0, 10), None)


def test_marks_and_punctuation_at_the_ends_do_not_count() -> None:
    text = "“We will stay,”"
    start, end = trim(text, 0, len(text))
    assert text[start:end] == "We will stay"
