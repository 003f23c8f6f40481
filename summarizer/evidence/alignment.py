"""Which sentences of an article say what a sentence of a brief says, and how much of it they cover."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import log

import numpy as np
from numpy.typing import NDArray

from articles.model import Article, Span
from summarizer import lexicon
from summarizer.evidence.injection import speaks_to_a_model
from summarizer.evidence.names import plain
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
            if not speaks_to_a_model(paragraph.span.of(article.text))
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
