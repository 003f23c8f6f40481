"""Which sentences of an article say what a sentence of a brief says, and how much of it they cover."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import log

import numpy as np
from numpy.typing import NDArray

from articles.model import Article, Span
from summarizer import lexicon
from summarizer.evidence.injection import is_prompt_injection
from summarizer.evidence.names import is_people_of, plain
from summarizer.text.dates import whens_of
from summarizer.text.figures import Figure, figures_of
from summarizer.text.sentences import split_sentences
from summarizer.text.words import content_stems, tokens_of

# The vectors of sentences: float32 (n, dim), rows of unit length (see `encoder.py`).
Encode = Callable[[Sequence[str]], NDArray[np.float32]]

MAX_SENTENCES = 3  # of the article for one of the brief
_PRONOUNS = lexicon.listed("he she they it his her their its him them who")
_LEAST_GAIN = 0.12  # of a sentence's weight: what a further supporting sentence has to add


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of the article."""

    span: Span
    paragraph: int  # from 0
    text: str
    stems: frozenset[str]
    words: frozenset[str]  # as `names.plain` gives them
    leans: bool  # it has a pronoun, whose name may stand in a sentence before it


@dataclass(frozen=True, slots=True)
class Alignment:
    """What supports a sentence, in text order."""

    sentences: tuple[Sentence, ...]
    coverage: float  # 0 to 1: how much of its words' weight they have


class Aligner:
    """Aligns sentences with one article."""

    def __init__(self, article: Article) -> None:
        self.sentences = tuple(
            _read(span, number, text)
            for number, paragraph in enumerate(article.paragraphs())
            if not is_prompt_injection(paragraph.span.of(article.text))
            for span in _sentences(paragraph.span, article.text)
            if (text := span.of(article.text))
        )
        self._in = Counter(word for sentence in self.sentences for word in sentence.stems)

    def align(self, sentence: str) -> Alignment:
        """The few sentences that together have most of its words; none where no word is shared."""
        wanted = {word: self._weight(word) for word in content_stems(sentence)}
        total = sum(wanted.values())
        chosen: list[Sentence] = []
        left = dict(wanted)
        while total and len(chosen) < MAX_SENTENCES:
            best = max(self.sentences, key=lambda s: self._covered(s, left), default=None)
            if best is None or self._covered(best, left) < _LEAST_GAIN * total:
                break
            chosen.append(best)
            left = {word: weight for word, weight in left.items() if word not in best.stems}
        coverage = 1 - sum(left.values()) / total if total else 0.0
        return Alignment(tuple(sorted(chosen, key=lambda s: s.span)), coverage)

    @staticmethod
    def similarity(sentence: str, alignment: Alignment, encode: Encode) -> float:
        """Cosine of the sentence's meaning and that of the nearest of those aligned with it, -1 to 1."""
        vectors = encode([sentence, *(other.text for other in alignment.sentences)])
        return float((vectors[1:] @ vectors[0]).max())

    def _covered(self, sentence: Sentence, wanted: dict[str, float]) -> float:
        return sum(weight for word, weight in wanted.items() if word in sentence.stems)

    def _weight(self, word: str) -> float:
        """A word that many sentences have says less."""
        return log(1 + len(self.sentences) / (0.5 + self._in[word]))


def _read(span: Span, paragraph: int, text: str) -> Sentence:
    words = frozenset(plain(token.text) for token in tokens_of(text))
    return Sentence(
        span, paragraph, text, frozenset(content_stems(text)), words, leans=bool(words & _PRONOUNS)
    )


def _sentences(paragraph: Span, text: str) -> list[Span]:
    return [
        Span(start=span.start + paragraph.start, end=span.end + paragraph.start)
        for span in split_sentences(paragraph.of(text))
    ]


# What a sentence of a brief rests on: the sentences aligned with it, and what stands around them.

# Sentences before and behind a supporting one that talk of the same: a paragraph's worth of news copy.
_BEFORE, _BEHIND = 2, 1
_NAMED_BEFORE = 5  # sentences in which a pronoun's name is looked for


class Support:
    """The part of the article in which the facts of a sentence have to stand."""

    def __init__(self, article: Sequence[Sentence], alignment: Alignment, *, quoted: Sequence[Span]) -> None:
        """article: its sentences, in order. quoted: where the article has what the sentence quotes."""
        quoting = [sentence for sentence in article if any(sentence.span.overlaps(part) for part in quoted)]
        self._article = article
        self.sentences = tuple(sorted({*alignment.sentences, *quoting}, key=lambda s: s.span))
        self._numbers = {n for n, sentence in enumerate(article) if sentence in self.sentences}

    @property
    def texts(self) -> tuple[str, ...]:
        """The supporting sentences alone."""
        return tuple(sentence.text for sentence in self.sentences)

    @property
    def paragraphs(self) -> tuple[int, ...]:
        return tuple(sorted({sentence.paragraph for sentence in self.sentences}))

    @cached_property
    def text(self) -> str:
        """With the sentences beside them."""
        return "\n".join(sentence.text for sentence in self._around(_BEFORE))

    def said_of(self, name: str) -> frozenset[str] | None:
        """The stems of what the article says where it names somebody: there, and behind it with a pronoun.

        name: as `plain` gives it. None where it does not name them near here.
        """
        found: set[str] = set()
        named_at: int | None = None
        for number in sorted({m for n in self._numbers for m in range(n - _NAMED_BEFORE, n + _BEHIND + 1)}):
            if not 0 <= number < len(self._article):
                continue
            sentence = self._article[number]
            if name in sentence.words or any(is_people_of(name, {word}) for word in sentence.words):
                named_at = number
                found |= sentence.stems
            elif named_at is not None and number - named_at <= _NAMED_BEFORE and sentence.leans:
                found |= sentence.stems
        return frozenset(found) if named_at is not None else None

    @cached_property
    def figures(self) -> tuple[Sequence[Figure], ...]:
        """The figures of each of those sentences."""
        found = []
        for sentence in self._around(_BEFORE):
            places = [(when.start, when.end) for when in whens_of(sentence.text, None)]
            found.append(figures_of(sentence.text, without=places))
        return tuple(found)

    def _around(self, before: int) -> Iterator[Sentence]:
        wanted = {m for n in self._numbers for m in range(n - before, n + _BEHIND + 1)}
        return (sentence for n, sentence in enumerate(self._article) if n in wanted)
