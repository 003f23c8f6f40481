"""What is seen of each word."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from summarizer.extractive.word_model import NAMES, Sentence, WordTable, word_features, words_of

EMPTY = WordTable(seen={}, kept={}, articles=0)


def seen(*texts: str, word: str, table: WordTable = EMPTY) -> dict[str, float]:
    words, features = word_features([Sentence(text, "“" in text) for text in texts], table)
    return dict(zip(NAMES, features[words.index(word)].tolist(), strict=True))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Ponies, cats and glasses", ("pony", "cat", "and", "glasse")),
        ("The bus has no U.S. class", ("the", "bus", "ha", "no", "u", "s", "class")),
        ("Zoë's 2.5 percent_points", ("zoë", "s", "2", "5", "percent", "point")),
        ("İstanbul", ("i̇stanbul",)),
        ("—", ()),
    ],
)
def test_words_are_lower_case_and_lose_the_plural(text: str, words: tuple[str, ...]) -> None:
    assert words_of(text) == words


def test_a_word_is_counted_where_it_stands() -> None:
    of = seen("Storm hits Ghent.", "The storm killed ten.", "“A storm,” he said.", word="storm")
    assert of["log count"] == pytest.approx(np.log(3))
    assert (of["in sentence 1"], of["in sentence 2"], of["in sentence 3"], of["in sentence 4"]) == (
        1,
        1,
        1,
        0,
    )
    assert of["quoted, share"] == pytest.approx(1 / 3)
    assert of["sentences, share"] == 1


def test_a_capital_counts_only_inside_a_sentence() -> None:
    assert seen("Storm hits Ghent.", word="storm")["capitalised, share"] == 0
    assert seen("Storm hits Ghent.", word="ghent")["capitalised, share"] == 1


def test_a_word_has_the_neighbours_that_it_has_in_its_own_sentences() -> None:
    of = seen("A b.", "C d.", word="b")
    assert of["neighbours in sentence 1"] == 1
    assert seen("A b.", "C d.", word="c")["neighbours in sentence 1"] == 0
    assert seen("Alone.", word="alone")["best neighbour's prior"] == 0


def test_an_articles_own_highlights_are_counted_out_of_its_prior() -> None:
    from bench.train_briefs import table_without

    table = WordTable(seen={"storm": 1}, kept={"storm": 1}, articles=1)
    assert seen("Storm.", word="storm", table=table)["prior"] > seen("Storm.", word="storm")["prior"]
    without = table_without(table, [Sentence("Storm.", False)], frozenset({"storm"}))
    counted_out = seen("Storm.", word="storm", table=without)
    assert counted_out["prior"] == pytest.approx(seen("Storm.", word="storm")["prior"])


@given(st.lists(st.text(max_size=30), max_size=6))
def test_every_text_gives_finite_features_a_row_for_each_distinct_word(texts: list[str]) -> None:
    words, features = word_features([Sentence(text, False) for text in texts], EMPTY)
    assert features.shape == (len(set(words)), len(NAMES))
    assert np.isfinite(features).all()
    assert set(words) == {word for text in texts for word in words_of(text)}
