"""How likely an editor would keep each word of an article, learned from editors' highlights."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from summarizer.errors import ModelMissing

FloatArray = NDArray[np.float32]
Column = NDArray[np.float64]
IntArray = NDArray[np.intp]

_WORD = re.compile(r"[^\W_]+")
NAMES = (
    "log count", "share of the words", "of the most frequent", "log first sentence",
    "first sentence, relative", "last sentence, relative", "in sentence 1", "in sentence 2",
    "in sentence 3", "in sentence 4", "in sentence 5", "nearness to the top, summed",
    "nearness to the top, mean", "sentences, share", "sentences, log", "sentences of the first 5",
    "sentences of the first 10, share", "sentences after 10, share", "place in its first sentence",
    "place in its first sentence, relative", "length of its first sentence",
    "place in its sentences, relative", "length of its sentences", "shortest of its sentences",
    "capitalised, share", "capitalised, log count", "quoted, share", "number", "year", "letters", "short",
    "ends in -ing", "ends in -ed", "rarity", "rarity times log count", "prior", "neighbours' log count",
    "neighbours' prior", "best neighbour's prior", "neighbours in sentence 1", "neighbours capitalised",
    "sentences in the article", "log words in the article",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence as input of the model."""

    text: str
    quotation: bool  # most of its words are in quotation marks


@dataclass(frozen=True, slots=True, eq=False)
class WordTable:
    """In how many articles each word was seen, and in how many of those an editor kept it."""

    seen: Mapping[str, int]
    kept: Mapping[str, int]
    articles: int

    KEPT_OF_UNSEEN = 0.15  # the share of an article's words that editors keep
    STRENGTH = 3.0  # articles' worth of belief in that

    def rarity(self, words: Sequence[str]) -> Column:
        """Inverse document frequency."""
        seen = np.array([self.seen.get(word, 0) for word in words], dtype=np.float64)
        return np.log((self.articles + 1) / (seen + 0.5))

    def prior(self, words: Sequence[str]) -> Column:
        """The log odds that an editor keeps a word, in any article."""
        seen = np.array([self.seen.get(word, 0) for word in words], dtype=np.float64)
        kept = np.array([self.kept.get(word, 0) for word in words], dtype=np.float64)
        odds = kept + self.STRENGTH * self.KEPT_OF_UNSEEN
        return np.log(odds / (seen - kept + self.STRENGTH * (1 - self.KEPT_OF_UNSEEN)))


def words_of(text: str) -> tuple[str, ...]:
    """The words of `text` in order, in lower case, without the plural's s."""
    return tuple(_singular(word.lower()) for word in _WORD.findall(text))


def _singular(word: str) -> str:
    """The S stemmer (Harman, 1991): ponies, glasses and cats, but not bus or class."""
    if len(word) > 3 and word.endswith("ies") and not word.endswith(("eies", "aies")):
        return word[:-3] + "y"
    if len(word) > 3 and word.endswith("es") and not word.endswith(("aes", "ees", "oes")):
        return word[:-1]
    if len(word) > 2 and word.endswith("s") and not word.endswith(("us", "ss")):
        return word[:-1]
    return word


def word_features(sentences: Sequence[Sentence], table: WordTable) -> tuple[tuple[str, ...], FloatArray]:
    """The distinct words of the sentences, and their features: (n_words, len(NAMES))."""
    tokens = [words_of(sentence.text) for sentence in sentences]
    words = tuple(dict.fromkeys(word for sentence in tokens for word in sentence))
    if not words:
        return (), np.empty((0, len(NAMES)), dtype=np.float32)
    number = {word: i for i, word in enumerate(words)}
    return words, _Counts.of(sentences, tokens, number).features(words, table)


@dataclass(frozen=True, slots=True, eq=False)
class _Counts:
    """Every occurrence of a word in an article; arrays have one element for each."""

    word: IntArray
    sentence: IntArray
    place: Column  # from 0, in its sentence
    length: Column  # of its sentence
    capital: Column  # 1 where capitalised, and not because it opens the sentence
    quoted: Column
    lengths: Column  # (n_sentences,)

    @classmethod
    def of(
        cls, sentences: Sequence[Sentence], tokens: Sequence[Sequence[str]], number: Mapping[str, int]
    ) -> "_Counts":
        lengths = np.array([len(words) for words in tokens])
        sentence = np.repeat(np.arange(len(tokens)), lengths)
        place = np.concatenate([np.arange(n) for n in lengths])
        written = [word for one in sentences for word in _WORD.findall(one.text)]
        return cls(
            word=np.array([number[word] for words in tokens for word in words], dtype=np.intp),
            sentence=sentence,
            place=place.astype(np.float64),
            length=lengths[sentence].astype(np.float64),
            capital=np.array([w[0].isupper() for w in written], dtype=np.float64) * (place > 0),
            quoted=np.array([s.quotation for s in sentences], dtype=np.float64)[sentence],
            lengths=lengths.astype(np.float64),
        )

    def features(self, words: Sequence[str], table: WordTable) -> FloatArray:
        n, sentences = len(words), len(self.lengths)
        count = self._sum(n)
        # Each word once per sentence.
        in_word, in_sentence = np.divmod(np.unique(self.word * sentences + self.sentence), sentences)
        among = np.bincount(in_word, minlength=n)

        def over_sentences(values: Column) -> Column:
            return np.bincount(in_word, weights=values[in_sentence], minlength=n).astype(np.float64)

        index = np.arange(sentences, dtype=np.float64)
        _, first = np.unique(self.word, return_index=True)  # words are numbered in order of appearance
        last = np.zeros(n)
        np.maximum.at(last, in_word, in_sentence)
        shortest = np.full(n, np.inf)
        np.minimum.at(shortest, in_word, self.lengths[in_sentence])
        capital = self._sum(n, self.capital)
        prior, rarity = table.prior(words), table.rarity(words)
        log_count = np.log(count)
        columns = [
            log_count,
            100 * count / len(self.word),
            count / count.max(),
            np.log1p(self.sentence[first]),
            self.sentence[first] / sentences,
            last / sentences,
            *(over_sentences((index == i).astype(np.float64)) for i in range(5)),
            over_sentences(1 / np.sqrt(1 + index)),
            over_sentences(1 / (1 + index)) / among,
            among / sentences,
            np.log(among),
            over_sentences((index < 5).astype(np.float64)),
            over_sentences((index < 10).astype(np.float64)) / min(10, sentences),
            over_sentences((index >= 10).astype(np.float64)) / sentences,
            self.place[first],
            self.place[first] / self.length[first],
            self.length[first],
            self._sum(n, self.place / self.length) / count,
            over_sentences(self.lengths) / among,
            shortest,
            capital / count,
            np.log1p(capital),
            self._sum(n, self.quoted) / count,
            np.array([w[0].isdigit() for w in words]),
            np.array([w.isdigit() and len(w) == 4 for w in words]),
            np.array([min(len(w), 12) for w in words]),
            np.array([len(w) <= 3 for w in words]),
            np.array([w.endswith("ing") for w in words]),
            np.array([w.endswith("ed") for w in words]),
            rarity,
            rarity * log_count,
            prior,
            *self._of_neighbours(n, log_count, prior, capital > 0),
            np.full(n, sentences / 30),
            np.full(n, np.log(len(self.word))),
        ]
        return np.stack(columns, axis=1).astype(np.float32)

    def _sum(self, n: int, values: Column | None = None) -> Column:
        return np.bincount(self.word, weights=values, minlength=n).astype(np.float64)

    def _of_neighbours(
        self, n: int, log_count: Column, prior: Column, capital: NDArray[np.bool_]
    ) -> list[Column]:
        """Over the words before and behind each word in the same sentence; 0 if there is none."""
        joined = np.flatnonzero(self.sentence[1:] == self.sentence[:-1])
        of = np.concatenate([self.word[joined], self.word[joined + 1]])
        neighbour = np.concatenate([self.word[joined + 1], self.word[joined]])
        amount = np.maximum(np.bincount(of, minlength=n), 1)
        in_first = np.zeros(n)
        in_first[self.word[self.sentence == 0]] = 1
        best = np.full(n, -np.inf)
        np.maximum.at(best, of, prior[neighbour])
        means = [
            np.bincount(of, weights=values[neighbour], minlength=n) / amount
            for values in (log_count, prior, in_first, capital.astype(np.float64))
        ]
        return [means[0], means[1], np.where(np.isinf(best), 0, best), means[2], means[3]]


# The articles that the weights were learned from have no headlines. This was set by hand: a word of the
# headline is four times as likely to be kept.
_IN_HEADLINE = np.log(4.0)
_SHORT = 3  # letters; "the" and "in" of a headline do not count


@dataclass(frozen=True, slots=True, eq=False)
class Networks:
    """Networks of one hidden layer, trained from different seeds; their log odds are averaged."""

    mean: FloatArray  # (n_features,), of the training data
    scale: FloatArray  # (n_features,)
    hidden: FloatArray  # (n_networks, n_features, n_hidden)
    hidden_bias: FloatArray  # (n_networks, n_hidden)
    out: FloatArray  # (n_networks, n_hidden)
    out_bias: FloatArray  # (n_networks,)

    FAR = 4.0  # standard deviations; features are clipped there

    def log_odds(self, features: FloatArray) -> FloatArray:
        """features: (n_words, n_features). Returns (n_words,)."""
        standard = np.clip((features - self.mean) / self.scale, -self.FAR, self.FAR)
        active = np.maximum(standard @ self.hidden + self.hidden_bias[:, None], 0.0)
        each = np.einsum("nwh,nh->nw", active, self.out) + self.out_bias[:, None]
        averaged: FloatArray = each.mean(axis=0)
        return averaged


@dataclass(frozen=True, slots=True, eq=False)
class WordModel:
    """Estimates for every word of an article the probability that an editor keeps it."""

    table: WordTable
    log_odds: Callable[[FloatArray], FloatArray]  # as `Networks.log_odds`

    @classmethod
    def packaged(cls) -> "WordModel":
        """The model that comes with Pullquote. Raises ModelMissing if its file is missing or damaged."""
        return cls.load(Path(str(files(__package__) / "word_weights.npz")))

    @classmethod
    def load(cls, path: Path) -> "WordModel":
        """The model that `make train-briefs` wrote. Raises ModelMissing if the file holds none."""
        try:
            with np.load(path, allow_pickle=False) as arrays:
                held = dict(arrays)
            networks = Networks(**{name: held[name] for name in Networks.__slots__ if name in held})
            words = held["words"].tolist()
            table = WordTable(
                seen=dict(zip(words, held["seen"].tolist(), strict=True)),
                kept=dict(zip(words, held["kept"].tolist(), strict=True)),
                articles=int(held["articles"]),
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ModelMissing(f"{path} does not hold word weights: make train-briefs writes them") from error
        if held.get("features", np.array([])).tolist() != list(NAMES):
            raise ModelMissing(f"{path} was trained on other features: run make train-briefs again")
        return cls(table, networks.log_odds)

    def chances(self, sentences: Sequence[Sentence], *, headline: str = "") -> Mapping[str, float]:
        """The probability of each distinct word of the sentences (see `words_of`); empty for no words."""
        words, features = word_features(sentences, self.table)
        if not words:
            return {}
        in_headline = {word for word in words_of(headline) if len(word) > _SHORT}
        odds = self.log_odds(features) + _IN_HEADLINE * np.array([word in in_headline for word in words])
        return dict(zip(words, (1.0 / (1.0 + np.exp(-odds))).tolist(), strict=True))
