"""An article in parts that each fit a model's window: by sections, then by paragraphs, then by sentences."""

from collections.abc import Callable, Iterator, Sequence

from articles.model import PARAGRAPH_BREAK, Article
from summarizer.evidence.injection import speaks_to_a_model
from summarizer.text.sentences import split_sentences

MAX_WINDOWS = 12  # of a long read, its beginning: what is news stands above

Size = Callable[[str], int]


def windows(article: Article, *, size: Size, window: int) -> tuple[str, ...]:
    """The article's text in at most 12 parts of at most `window` by `size`, in text order.

    A section that fits stays whole, and neighbours share a part as far as they fit. Paragraphs that give
    orders to a model are left out. Empty where nothing is left.
    """
    sections = [
        [
            text
            for paragraph in section.paragraphs
            if not speaks_to_a_model(text := paragraph.span.of(article.text))
        ]
        for section in article.sections
    ]
    pieces = (piece for section in sections for piece in _fitting(section, size, window))
    return tuple(_packed(list(pieces), size, window))[:MAX_WINDOWS]


def joined(parts: Sequence[str], *, size: Size, window: int) -> tuple[str, ...]:
    """What was written of the parts, as texts to be condensed once more; each fits."""
    return tuple(_packed([piece for part in parts for piece in _fitting([part], size, window)], size, window))


def _fitting(paragraphs: Sequence[str], size: Size, window: int) -> Iterator[str]:
    """The paragraphs as one text if that fits, else in smaller pieces that each do."""
    whole = PARAGRAPH_BREAK.join(paragraphs)
    if not whole:
        return
    if size(whole) <= window:
        yield whole
        return
    for paragraph in paragraphs:
        if size(paragraph) <= window:
            yield paragraph
        else:
            sentences = [span.of(paragraph) for span in split_sentences(paragraph)]
            yield from (piece for sentence in sentences for piece in _cut(sentence, size, window))


def _cut(sentence: str, size: Size, window: int) -> Iterator[str]:
    """A sentence in halves of halves, until they fit."""
    if size(sentence) <= window or len(sentence) < 2:
        yield sentence
        return
    middle = sentence.rfind(" ", 1, len(sentence) // 2) if " " in sentence[1:] else -1
    middle = middle if middle > 0 else len(sentence) // 2
    yield from _cut(sentence[:middle], size, window)
    yield from _cut(sentence[middle:].lstrip() or sentence[middle:], size, window)


def _packed(pieces: Sequence[str], size: Size, window: int) -> Iterator[str]:
    """Neighbours together, as far as they fit."""
    at = ""
    for piece in pieces:
        together = f"{at}{PARAGRAPH_BREAK}{piece}" if at else piece
        if at and size(together) > window:
            yield at
            together = piece
        at = together
    if at:
        yield at
