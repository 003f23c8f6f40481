"""How likely an editor would keep each word of an article: learned, with a hand-set floor."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from summarizer.errors import ModelMissing
from summarizer.extractive.word_features import (
    NAMES,
    FloatArray,
    Sentence,
    WordTable,
    word_features,
    words_of,
)

# The articles that the weights were learned from have no headlines, so what those tell is set by hand: their
# words are four times as likely.
_IN_HEADLINE = np.log(4.0)
_SHORT = 3  # letters; "the" and "in" of a headline tell nothing


class Judge(Protocol):
    """Turns features into log odds."""

    def log_odds(self, features: FloatArray) -> FloatArray:
        """features: (n_words, len(NAMES)), as `word_features` gives them. Returns (n_words,)."""


@dataclass(frozen=True, slots=True, eq=False)
class Networks:
    """Networks of one hidden layer, learned from different beginnings, whose log odds are averaged."""

    mean: FloatArray  # (n_features,), of the articles they were learned from
    scale: FloatArray  # (n_features,)
    hidden: FloatArray  # (n_networks, n_features, n_hidden)
    hidden_bias: FloatArray  # (n_networks, n_hidden)
    out: FloatArray  # (n_networks, n_hidden)
    out_bias: FloatArray  # (n_networks,)

    FAR = 4.0  # deviations from the mean, beyond which nothing was learned

    def log_odds(self, features: FloatArray) -> FloatArray:
        standard = np.clip((features - self.mean) / self.scale, -self.FAR, self.FAR)
        active = np.maximum(standard @ self.hidden + self.hidden_bias[:, None], 0.0)
        each = np.einsum("nwh,nh->nw", active, self.out) + self.out_bias[:, None]
        averaged: FloatArray = each.mean(axis=0)
        return averaged


@dataclass(frozen=True, slots=True)
class HandSet:
    """What a newsroom knows without data: names and what is said early and often. The floor of the bench."""

    def log_odds(self, features: FloatArray) -> FloatArray:
        by_name = dict(zip(NAMES, features.T, strict=True))
        odds: FloatArray = (
            -3.0
            + 0.5 * by_name["log count"]
            + 2.0 * by_name["nearness to the top, mean"]
            + 0.6 * by_name["in sentence 1"]
            + 0.7 * by_name["capitalised, share"]
        )
        return odds


class WordModel:
    """Gives every word of an article its chance to be kept."""

    def __init__(self, table: WordTable, judge: Judge) -> None:
        self._table = table
        self._judge = judge

    @classmethod
    def hand_set(cls) -> "WordModel":
        return cls(WordTable(seen={}, kept={}, articles=0), HandSet())

    @classmethod
    def packaged(cls) -> "WordModel":
        """The learned model that comes with Pullquote, or the hand-set one where its file was left out."""
        resource = files(__package__) / "word_weights.npz"
        return cls.load(Path(str(resource))) if resource.is_file() else cls.hand_set()

    @classmethod
    def load(cls, path: Path) -> "WordModel":
        """Raises ModelMissing where `path` does not hold what `save` writes, for these features."""
        try:
            with np.load(path, allow_pickle=False) as arrays:
                held = dict(arrays)
            judge = Networks(**{name: held[name] for name in Networks.__slots__ if name in held})
            words = held["words"].tolist()
            table = WordTable(
                seen=dict(zip(words, held["seen"].tolist(), strict=True)),
                kept=dict(zip(words, held["kept"].tolist(), strict=True)),
                articles=int(held["articles"]),
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ModelMissing(f"{path} does not hold word weights: make train-briefs writes them") from error
        if held.get("features", np.array([])).tolist() != list(NAMES):
            raise ModelMissing(f"{path} was learned for other features: run make train-briefs again")
        return cls(table, judge)

    def chances(self, sentences: Sequence[Sentence], *, headline: str = "") -> Mapping[str, float]:
        """For each distinct word of the sentences (see `words_of`), 0 to 1; empty for no words."""
        words, features = word_features(sentences, self._table)
        if not words:
            return {}
        odds = self._judge.log_odds(features)
        told = {word for word in words_of(headline) if len(word) > _SHORT}
        odds = odds + _IN_HEADLINE * np.array([word in told for word in words])
        return dict(zip(words, (1.0 / (1.0 + np.exp(-odds))).tolist(), strict=True))


def save(path: Path, networks: Networks, table: WordTable, *, at_least: int = 2) -> None:
    """Writes a NumPy archive without pickles. at_least: articles that a word of the table stood in."""
    words = sorted(word for word, seen in table.seen.items() if seen >= at_least)
    arrays: dict[str, NDArray[np.generic]] = {
        "features": np.array(NAMES),
        "mean": networks.mean,
        "scale": networks.scale,
        "hidden": networks.hidden,
        "hidden_bias": networks.hidden_bias,
        "out": networks.out,
        "out_bias": networks.out_bias,
        "words": np.array(words),
        "seen": np.array([table.seen[word] for word in words], dtype=np.int32),
        "kept": np.array([table.kept.get(word, 0) for word in words], dtype=np.int32),
        "articles": np.array(table.articles),
    }
    np.savez_compressed(path, **arrays)  # type: ignore[arg-type]  # its stub takes only allow_pickle by name
