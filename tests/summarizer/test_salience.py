"""The arithmetic of choosing, on vectors made by hand."""

import numpy as np
import pytest

from summarizer.salience import centrality, most_salient, positions


def test_the_sentence_that_others_resemble_is_the_most_central() -> None:
    vectors = np.array([[1, 0], [0.8, 0.6], [0, 1], [-1, 0]], dtype=np.float32)
    central = centrality(vectors)
    assert int(np.argmax(central)) == 1
    assert central[1] == pytest.approx(1.0)
    assert central[3] == pytest.approx(0.0)


def test_unlike_or_single_sentences_are_all_as_central() -> None:
    assert centrality(np.eye(3, dtype=np.float32)).tolist() == [1, 1, 1]
    assert centrality(np.eye(1, dtype=np.float32)).tolist() == [1]


def test_the_first_sentence_weighs_most_by_position() -> None:
    weights = positions(4)
    assert weights[0] == 1
    assert (np.diff(weights) < 0).all()


def test_a_repetition_of_a_chosen_sentence_gives_way_to_a_new_thing() -> None:
    vectors = np.array([[1, 0], [1, 0], [0, 1]], dtype=np.float32)
    scores = np.array([1.0, 0.9, 0.5], dtype=np.float32)
    assert most_salient(scores, vectors, count=2) == (0, 2)
    assert most_salient(scores, vectors, count=2, redundancy=0.0) == (0, 1)


def test_no_more_are_chosen_than_there_are() -> None:
    assert most_salient(np.ones(1, dtype=np.float32), np.eye(1, dtype=np.float32), count=3) == (0,)
