"""Which sentences, and how much of each, make the brief that an editor's highlights would agree with most.

The expected ROUGE-1 F1 of a brief (Lin, 2004) follows from the chance of each word to be kept; the brief
that has most of it is looked for among all small sets of the best sentences, after Gillick and Favre (2009),
"A scalable global model for summarization", with words for their bigrams.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from summarizer.extractive.word_model import words_of

_HIGHLIGHT_WORDS = 32.0  # how long editors' highlights are on average
_POOL = 12  # sentences, the best ones alone, among which sets are tried
# A word raises the F1 of a brief if its chance is more than half of that F1, which is about a third.
WORTH = 0.18
_AGAIN = 0.3  # how often a kept word is kept twice
# What F1 the first place is worth: of two sentences with the same words, news leads with the news.
_FIRST = 0.02
_SAME_MEANING = 0.75  # cosine of two sentence vectors
_SAME = 0.6  # of its words in another sentence: it tells the same again


# The vectors of sentences: float32 (n, dim), rows of unit length (see `encoder.py`).
Encode = Callable[[Sequence[str]], NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class Option:
    """A sentence as it could stand in the brief."""

    text: str
    words: int  # as readers count them
    place: int  # from 0 in the article


def worth(text: str, chances: Mapping[str, float]) -> float:
    """What the words of `text` add to a brief beyond the room that they take."""
    words = words_of(text)
    return sum(chances.get(word, 0.0) for word in set(words)) - WORTH * len(words)


def best_set(
    options: Sequence[Option],
    chances: Mapping[str, float],
    *,
    least: int,
    most: int,
    max_words: int,
    encode: Encode | None = None,
) -> tuple[int, ...]:
    """Indexes of the options that make the best brief together, in order; empty only if there are none.

    At least `least` and at most `most` of them, in `max_words` words, no two telling the same, by their words
    and, with `encode`, by what they mean. Where not so many fit, as many as do; where none fits, the best one
    alone.
    """
    tokens = [words_of(option.text) for option in options]
    alone = [_f1_alone(o, words, chances) for o, words in zip(options, tokens, strict=True)]
    fitting = [i for i, option in enumerate(options) if option.words <= max_words]
    pool = sorted(sorted(fitting, key=lambda i: -alone[i])[:_POOL])
    if not pool or most < 1:
        return (max(range(len(options)), key=lambda i: alone[i]),) if options and most >= 1 else ()
    texts = [options[i].text for i in pool]
    sets = _sets(len(pool), most)
    sets = sets[sets @ np.array([options[i].words for i in pool]) <= max_words]
    worths = _expected_f1(sets, [tokens[i] for i in pool], chances)
    worths += sets @ [_leads(options[i]) for i in pool] / sets.sum(axis=1)
    same = _repeats([tokens[i] for i in pool])
    while True:
        best = _best(sets, worths, same, least=least)
        alike = _mean_the_same(best, texts, encode) if encode is not None else ()
        if not alike:
            return tuple(i for i, taken in zip(pool, best, strict=True) if taken)
        for a, b in alike:
            same[a, b] = same[b, a] = 1


def _best(
    sets: NDArray[np.int64], worths: NDArray[np.float64], same: NDArray[np.int64], *, least: int
) -> NDArray[np.int64]:
    """The row of `sets` that is worth most: without a pair that is the same, and large enough if any is."""
    allowed = ((sets @ same) * sets).sum(axis=1) == 0
    sizes = sets.sum(axis=1) * allowed
    allowed &= sizes >= min(least, int(sizes.max()))
    best: NDArray[np.int64] = sets[np.argmax(np.where(allowed, worths, -np.inf))]
    return best


def _mean_the_same(
    chosen: NDArray[np.int64], texts: Sequence[str], encode: Encode
) -> Sequence[tuple[int, int]]:
    """Pairs of the chosen texts that are as near in meaning as one and the same in other words."""
    numbers = [int(i) for i in np.flatnonzero(chosen)]
    vectors = encode([texts[i] for i in numbers])
    near = vectors @ vectors.T > _SAME_MEANING
    return [(numbers[a], numbers[b]) for a, b in combinations(range(len(numbers)), 2) if near[a, b]]


def _f1_alone(option: Option, words: Sequence[str], chances: Mapping[str, float]) -> float:
    kept = sum(chances.get(word, 0.0) for word in set(words))
    return 2 * kept / (len(words) + _HIGHLIGHT_WORDS) + _leads(option)


def _leads(option: Option) -> float:
    return float(_FIRST / np.sqrt(1 + option.place))


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


def _repeats(tokens: Sequence[Sequence[str]]) -> NDArray[np.int64]:
    """(n_options, n_options), 1 where the shorter of two has most of its words in the other."""
    words = [frozenset(sentence) for sentence in tokens]
    repeats = np.zeros((len(words), len(words)), dtype=np.int64)
    for i, j in combinations(range(len(words)), 2):
        shorter = min(len(words[i]), len(words[j]))
        repeats[i, j] = repeats[j, i] = len(words[i] & words[j]) > _SAME * shorter
    return repeats


@cache
def _sets(n: int, most: int) -> NDArray[np.int64]:
    """(n_sets, n) of 0 and 1: every choice of 1 to `most` out of n."""
    chosen = [taken for size in range(1, min(n, most) + 1) for taken in combinations(range(n), size)]
    sets = np.zeros((len(chosen), n), dtype=np.int64)
    for row, taken in zip(sets, chosen, strict=True):
        row[list(taken)] = 1
    return sets
