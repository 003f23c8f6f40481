"""The set of sentences whose brief is expected to match an editor's highlights best.

The expected ROUGE-1 F1 of a brief (Lin, 2004) follows from the probability that an editor keeps each word.
All small sets of the best sentences are compared, after Gillick and Favre (2009), "A scalable global model
for summarization", with words in place of their bigrams.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from summarizer.embedding import Encode
from summarizer.extractive.word_model import words_of

_HIGHLIGHT_WORDS = 32.0  # average length of editors' highlights
_POOL = 12  # sentences, the best by themselves, whose sets are compared
# A word raises the F1 of a brief if its probability is more than half of that F1, which is about a third.
_MIN_CHANCE = 0.18
_AGAIN = 0.3  # how often a kept word is kept twice
_FIRST = 0.02  # F1 that the first place adds: news puts the most important first
_SAME_MEANING = 0.75  # cosine of two sentence vectors
_SAME_WORDS = 0.6  # share of the shorter sentence's words in another: they tell the same


@dataclass(frozen=True, slots=True)
class Option:
    """A sentence as the brief would show it."""

    text: str
    position: int  # in the article, from 0

    @property
    def words(self) -> int:
        """The number of words as readers count them."""
        return len(self.text.split())


def gain(text: str, chances: Mapping[str, float]) -> float:
    """What the words of `text` add to a brief, less the cost of their length. chances: see `WordModel`."""
    words = words_of(text)
    return sum(chances.get(word, 0.0) for word in set(words)) - _MIN_CHANCE * len(words)


def best_set(
    options: Sequence[Option],
    chances: Mapping[str, float],
    *,
    least: int,
    most: int,
    max_words: int,
    encode: Encode | None = None,
) -> tuple[int, ...]:
    """Indexes of the options that make the best brief together, in order; empty only if there are no options.

    `least` to `most` of them, in `max_words` words, without two that tell the same, by their words and, with
    `encode`, by their meaning. Fewer if not so many fit; the best one alone if none fits.
    """
    tokens = [words_of(option.text) for option in options]
    f1_alone = [_f1_alone(o, words, chances) for o, words in zip(options, tokens, strict=True)]
    fitting = [i for i, option in enumerate(options) if option.words <= max_words]
    pool = sorted(sorted(fitting, key=lambda i: -f1_alone[i])[:_POOL])
    if not pool or most < 1:
        return (max(range(len(options)), key=lambda i: f1_alone[i]),) if options and most >= 1 else ()
    texts = [options[i].text for i in pool]
    sets = _sets(len(pool), most)
    sets = sets[sets @ np.array([options[i].words for i in pool]) <= max_words]
    f1 = _expected_f1(sets, [tokens[i] for i in pool], chances)
    f1 += sets @ [_bonus_of_position(options[i]) for i in pool] / sets.sum(axis=1)
    same = _same_words([tokens[i] for i in pool])
    while True:
        best = _best(sets, f1, same, least=least)
        duplicates = _same_meaning(best, texts, encode) if encode is not None else ()
        if not duplicates:
            return tuple(i for i, taken in zip(pool, best, strict=True) if taken)
        for a, b in duplicates:
            same[a, b] = same[b, a] = 1


def _best(
    sets: NDArray[np.int64], f1: NDArray[np.float64], same: NDArray[np.int64], *, least: int
) -> NDArray[np.int64]:
    """The row of `sets` with the highest F1 and no duplicates, of at least `least` sentences if any is."""
    allowed = ((sets @ same) * sets).sum(axis=1) == 0
    sizes = sets.sum(axis=1) * allowed
    allowed &= sizes >= min(least, int(sizes.max()))
    best: NDArray[np.int64] = sets[np.argmax(np.where(allowed, f1, -np.inf))]
    return best


def _same_meaning(
    chosen: NDArray[np.int64], texts: Sequence[str], encode: Encode
) -> Sequence[tuple[int, int]]:
    """Pairs of the chosen texts that say the same in other words."""
    numbers = [int(i) for i in np.flatnonzero(chosen)]
    vectors = encode([texts[i] for i in numbers])
    near = vectors @ vectors.T > _SAME_MEANING
    return [(numbers[a], numbers[b]) for a, b in combinations(range(len(numbers)), 2) if near[a, b]]


def _f1_alone(option: Option, words: Sequence[str], chances: Mapping[str, float]) -> float:
    kept = sum(chances.get(word, 0.0) for word in set(words))
    return 2 * kept / (len(words) + _HIGHLIGHT_WORDS) + _bonus_of_position(option)


def _bonus_of_position(option: Option) -> float:
    return float(_FIRST / np.sqrt(1 + option.position))


def _expected_f1(
    sets: NDArray[np.int64], tokens: Sequence[Sequence[str]], chances: Mapping[str, float]
) -> NDArray[np.float64]:
    """(n_sets,). sets: (n_sets, n_options) of 0 and 1."""
    number = {word: i for i, word in enumerate(dict.fromkeys(word for words in tokens for word in words))}
    counts = np.zeros((len(tokens), len(number)))
    for row, words in zip(counts, tokens, strict=True):
        np.add.at(row, [number[word] for word in words], 1)
    chance = np.array([chances.get(word, 0.0) for word in number])
    together = sets @ counts
    kept = (together > 0) @ chance + _AGAIN * ((together > 1) @ chance)
    f1: NDArray[np.float64] = 2 * kept / (together.sum(axis=1) + _HIGHLIGHT_WORDS)
    return f1


def _same_words(tokens: Sequence[Sequence[str]]) -> NDArray[np.int64]:
    """(n_options, n_options): 1 if the shorter of two has most of its words in the other."""
    words = [frozenset(sentence) for sentence in tokens]
    same = np.zeros((len(words), len(words)), dtype=np.int64)
    for i, j in combinations(range(len(words)), 2):
        shorter = min(len(words[i]), len(words[j]))
        same[i, j] = same[j, i] = len(words[i] & words[j]) > _SAME_WORDS * shorter
    return same


@cache
def _sets(n: int, most: int) -> NDArray[np.int64]:
    """(n_sets, n) of 0 and 1: all sets of 1 to `most` out of n."""
    chosen = [taken for size in range(1, min(n, most) + 1) for taken in combinations(range(n), size)]
    sets = np.zeros((len(chosen), n), dtype=np.int64)
    for row, taken in zip(sets, chosen, strict=True):
        row[list(taken)] = 1
    return sets
