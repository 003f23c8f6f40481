"""The chance of each word to be kept, and the file that the weights come in."""

from pathlib import Path

import numpy as np
import pytest

from bench.brief_baselines import hand_set_log_odds, hand_set_model
from summarizer.errors import ModelMissing
from summarizer.extractive.word_model import NAMES, Networks, Sentence, WordModel, WordTable

STORY = [
    Sentence("A storm killed ten people in Ghent on Monday.", False),
    Sentence("The storm closed the port of Ghent, officials said.", False),
    Sentence("A canteen served soup to those who waited.", False),
]


def networks(n: int = 2, hidden: int = 3) -> Networks:
    chance = np.random.default_rng(0)
    shapes = ((n, len(NAMES), hidden), (n, hidden), (n, hidden), (n,))
    arrays = [chance.normal(size=shape).astype(np.float32) for shape in shapes]
    mean, scale = np.zeros(len(NAMES), np.float32), np.ones(len(NAMES), np.float32)
    return Networks(mean, scale, arrays[0], arrays[1], arrays[2], arrays[3])


@pytest.mark.parametrize("model", [WordModel.packaged(), hand_set_model()])
def test_what_is_named_early_and_often_is_likelier_to_be_kept(model: WordModel) -> None:
    chances = model.chances(STORY)
    assert all(0 < chance < 1 for chance in chances.values())
    assert chances["ghent"] > 1.3 * chances["soup"]


def test_the_packaged_weights_are_the_learned_ones() -> None:
    assert WordModel.packaged().chances(STORY) != hand_set_model().chances(STORY)


def test_a_word_of_the_headline_gains_and_its_short_words_do_not() -> None:
    model = hand_set_model()
    plain, headed = model.chances(STORY), model.chances(STORY, headline="Soup for the people of Ghent")
    assert headed["soup"] > 2 * plain["soup"]
    assert headed["the"] == plain["the"]


def test_no_words_have_no_chances() -> None:
    assert WordModel.packaged().chances([]) == {}
    assert WordModel.packaged().chances([Sentence("—", False)]) == {}


def test_saved_weights_give_the_same_chances(tmp_path: Path) -> None:
    from bench.train_briefs import save

    table = WordTable(seen={"storm": 5, "rare": 1}, kept={"storm": 3}, articles=9)
    save(tmp_path / "weights.npz", networks(), table)
    loaded = WordModel.load(tmp_path / "weights.npz").chances(STORY)
    assert loaded == pytest.approx(WordModel(table, networks().log_odds).chances(STORY))


def test_averaging_networks_averages_their_log_odds() -> None:
    both = networks()
    features = np.random.default_rng(1).normal(size=(4, len(NAMES))).astype(np.float32)
    each = [
        Networks(
            both.mean, both.scale, both.hidden[i : i + 1], both.hidden_bias[i : i + 1], both.out[i : i + 1],
            both.out_bias[i : i + 1],
        ).log_odds(features)
        for i in range(2)
    ]  # fmt: skip
    assert both.log_odds(features) == pytest.approx((each[0] + each[1]) / 2, abs=1e-5)
    assert hand_set_log_odds(features).shape == (4,)


def test_a_file_that_holds_no_weights_is_refused_in_a_line_that_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "text.npz").write_text("no archive")
    np.savez(tmp_path / "other.npz", words=np.array(["a"]))
    np.savez(tmp_path / "pickled.npz", words=np.array([{"a": 1}], dtype=object))
    for name in ("text.npz", "other.npz", "pickled.npz", "missing.npz"):
        with pytest.raises(ModelMissing, match="make train-briefs"):
            WordModel.load(tmp_path / name)
