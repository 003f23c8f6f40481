"""The learned scorer: its weights, and what it makes of features."""

from pathlib import Path

import numpy as np
import pytest

from summarizer.quotes.scorers import BUCKETS, Scorer, bucket, shipped, softmax


def scorer_for(feature: str) -> Scorer:
    """A scorer that likes one feature and knows no other."""
    direct = np.zeros(BUCKETS, np.float32)
    direct[bucket(feature)] = 2.0
    return Scorer(np.zeros((BUCKETS, 2), np.float32), direct, np.zeros(2, np.float32), np.ones(2, np.float32))


def test_an_item_scores_what_its_features_add_up_to() -> None:
    scores = scorer_for("cue=said").scores([["cue=said", "side=after"], ["side=after"], ["cue=said"] * 2])
    assert scores.tolist() == [2.0, 0.0, 4.0]


def test_saved_weights_load_as_they_were(tmp_path: Path) -> None:
    scorer_for("cue=said").save(tmp_path / "weights.npz")
    loaded = Scorer.load(tmp_path / "weights.npz")
    assert loaded.scores([["cue=said"], ["cue=sang"]]).tolist() == [2.0, 0.0]


def test_weights_of_another_shape_are_refused(tmp_path: Path) -> None:
    none = np.zeros(2, np.float32)
    np.savez(tmp_path / "weights.npz", rows=np.zeros((3, 2), np.float32), direct=none, bias=none, out=none)
    with pytest.raises(ValueError, match="another shape"):
        Scorer.load(tmp_path / "weights.npz")


def test_weights_that_were_not_shipped_are_none() -> None:
    assert shipped("no-such-weights") is None


def test_a_feature_has_the_same_row_in_every_process() -> None:
    assert bucket("cue=said") == 16041


def test_probabilities_of_scores_add_up_to_one() -> None:
    chances = softmax(np.array([1000.0, 1000.0, 0.0], np.float32))
    assert chances.tolist() == [0.5, 0.5, 0.0]
