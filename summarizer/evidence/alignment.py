"""Which sentences of an article support a sentence of a brief, and what they say."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import log

from articles.model import Article, Span
from summarizer import lexicon
from summarizer.embedding import Encode
from summarizer.evidence.injection import is_prompt_injection
from summarizer.evidence.names import is_demonym, normalized
from summarizer.text.dates import whens_of
from summarizer.text.figures import Figure, figures_of
from summarizer.text.sentences import sentences_within
from summarizer.text.words import content_stems, tokens_of

_MAX_SENTENCES = 3  # of the article for one of the brief
_MIN_GAIN = 0.12  # share of the sentence's weight that each further supporting sentence has to add
_PRONOUNS = lexicon.words("references", "pronouns")
# Sentences before and behind a supporting one that are about the same: a paragraph of news copy.
_BEFORE, _BEHIND = 2, 1
_NAMED_BEFORE = 5  # sentences in which the name of a pronoun is looked for


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of the article."""

    span: Span
    paragraph: int  # from 0
    text: str
    stems: frozenset[str]
    words: frozenset[str]  # normalized
    has_pronoun: bool  # whose antecedent may be in an earlier sentence


@dataclass(frozen=True, slots=True)
class Alignment:
    """What supports a sentence, in text order."""

    sentences: tuple[Sentence, ...]
    coverage: float  # 0 to 1: the share of the weight of the sentence's words that is in `sentences`


class Aligner:
    """Aligns sentences with one article."""

    def __init__(self, article: Article) -> None:
        self.sentences = tuple(_sentences(article))
        self._sentences_with = Counter(word for sentence in self.sentences for word in sentence.stems)

    def align(self, sentence: str) -> Alignment:
        """The few sentences that together have most of its words; none if no word is shared."""
        # A word in many sentences weighs less.
        weights = {
            word: log(1 + len(self.sentences) / (0.5 + self._sentences_with[word]))
            for word in content_stems(sentence)
        }
        total = sum(weights.values())
        chosen: list[Sentence] = []
        left = dict(weights)

        def gain(candidate: Sentence) -> float:
            return sum(weight for word, weight in left.items() if word in candidate.stems)

        while total and len(chosen) < _MAX_SENTENCES:
            best = max(self.sentences, key=gain, default=None)
            if best is None or gain(best) < _MIN_GAIN * total:
                break
            chosen.append(best)
            left = {word: weight for word, weight in left.items() if word not in best.stems}
        coverage = 1 - sum(left.values()) / total if total else 0.0
        return Alignment(tuple(sorted(chosen, key=lambda s: s.span)), coverage)


def similarity(sentence: str, alignment: Alignment, encode: Encode) -> float:
    """The cosine of the sentence's vector and that of the nearest aligned sentence, -1 to 1."""
    vectors = encode([sentence, *(other.text for other in alignment.sentences)])
    return float((vectors[1:] @ vectors[0]).max())


def _sentences(article: Article) -> Iterator[Sentence]:
    for number, paragraph in enumerate(article.paragraphs()):
        if is_prompt_injection(paragraph.span.of(article.text)):
            continue
        for span in sentences_within(article.text, paragraph.span):
            text = span.of(article.text)
            words = frozenset(normalized(token.text) for token in tokens_of(text))
            yield Sentence(
                span=span,
                paragraph=number,
                text=text,
                stems=frozenset(content_stems(text)),
                words=words,
                has_pronoun=bool(words & _PRONOUNS),
            )


class Support:
    """The part of the article that has to contain the facts of a sentence."""

    def __init__(self, article: Sequence[Sentence], alignment: Alignment, *, quoted: Sequence[Span]) -> None:
        """article: its sentences, in order. quoted: where the article has what the sentence quotes."""
        quoting = [sentence for sentence in article if any(sentence.span.overlaps(part) for part in quoted)]
        sentences = sorted({*alignment.sentences, *quoting}, key=lambda s: s.span)
        self._article = article
        self._numbers = {n for n, sentence in enumerate(article) if sentence in sentences}
        self.texts = tuple(sentence.text for sentence in sentences)
        self.paragraphs = tuple(sorted({sentence.paragraph for sentence in sentences}))
        around = {m for n in self._numbers for m in range(n - _BEFORE, n + _BEHIND + 1)}
        self._around = [sentence.text for n, sentence in enumerate(article) if n in around]
        self.text = "\n".join(self._around)  # with the sentences around them

    @cached_property
    def figures(self) -> tuple[Sequence[Figure], ...]:
        """The figures of each sentence of `text`."""
        return tuple(figures_of(text, without=whens_of(text, None)) for text in self._around)

    def said_of(self, name: str) -> frozenset[str] | None:
        """The stems of the sentences nearby that name somebody, or follow such a sentence with a pronoun.

        name: normalized. None if no sentence nearby names them.
        """
        found: set[str] = set()
        named_at: int | None = None
        for number in sorted({m for n in self._numbers for m in range(n - _NAMED_BEFORE, n + _BEHIND + 1)}):
            if not 0 <= number < len(self._article):
                continue
            sentence = self._article[number]
            if name in sentence.words or any(is_demonym(name, {word}) for word in sentence.words):
                named_at = number
                found |= sentence.stems
            elif named_at is not None and number - named_at <= _NAMED_BEFORE and sentence.has_pronoun:
                found |= sentence.stems
        return frozenset(found) if named_at is not None else None
