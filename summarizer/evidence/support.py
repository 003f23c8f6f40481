"""What a sentence of a brief rests on: the sentences aligned with it, and what stands around them."""

from collections.abc import Iterator, Sequence
from functools import cached_property

from articles.model import Span
from summarizer.evidence.alignment import Alignment, Sentence
from summarizer.evidence.names import is_people_of
from summarizer.text.dates import whens_of
from summarizer.text.figures import Figure, figures_of

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
