"""An article split into chunks that fit a model's context window: by section, paragraph, then sentence."""

from collections.abc import Callable, Iterator, Sequence

from articles.model import PARAGRAPH_BREAK, Article
from summarizer.evidence.injection import is_prompt_injection
from summarizer.text.sentences import split_sentences

MAX_CHUNKS = 12  # of a longer article the beginning is used: news puts the most important first

CountTokens = Callable[[str], int]


def split_article(article: Article, count_tokens: CountTokens, *, max_tokens: int) -> tuple[str, ...]:
    """The article's text in at most `MAX_CHUNKS` chunks of at most `max_tokens`, in text order.

    A section that fits stays whole; neighbours share a chunk if both fit. Paragraphs with a prompt injection
    are left out, so there may be no chunk.
    """
    pieces: list[str] = []
    for section in article.sections:
        paragraphs = [paragraph.span.of(article.text) for paragraph in section.paragraphs]
        safe = [text for text in paragraphs if not is_prompt_injection(text)]
        pieces += _split_section(safe, count_tokens, max_tokens)
    return tuple(_packed(pieces, count_tokens, max_tokens))[:MAX_CHUNKS]


def merge(answers: Sequence[str], count_tokens: CountTokens, *, max_tokens: int) -> tuple[str, ...]:
    """The answers to several chunks as texts for another round, each of at most `max_tokens`."""
    pieces = [piece for answer in answers for piece in _split_section([answer], count_tokens, max_tokens)]
    return tuple(_packed(pieces, count_tokens, max_tokens))


def _split_section(paragraphs: Sequence[str], count_tokens: CountTokens, max_tokens: int) -> Iterator[str]:
    whole = PARAGRAPH_BREAK.join(paragraphs)
    if not whole:
        return
    if count_tokens(whole) <= max_tokens:
        yield whole
        return
    for paragraph in paragraphs:
        if count_tokens(paragraph) <= max_tokens:
            yield paragraph
        else:
            for span in split_sentences(paragraph):
                yield from _split_sentence(span.of(paragraph), count_tokens, max_tokens)


def _split_sentence(sentence: str, count_tokens: CountTokens, max_tokens: int) -> Iterator[str]:
    """Halves of halves, until they fit."""
    if count_tokens(sentence) <= max_tokens or len(sentence) < 2:
        yield sentence
        return
    middle = sentence.rfind(" ", 1, len(sentence) // 2) if " " in sentence[1:] else -1
    middle = middle if middle > 0 else len(sentence) // 2
    yield from _split_sentence(sentence[:middle], count_tokens, max_tokens)
    yield from _split_sentence(sentence[middle:].lstrip() or sentence[middle:], count_tokens, max_tokens)


def _packed(pieces: Sequence[str], count_tokens: CountTokens, max_tokens: int) -> Iterator[str]:
    """Neighbours joined as long as they fit."""
    chunk = ""
    for piece in pieces:
        joined = f"{chunk}{PARAGRAPH_BREAK}{piece}" if chunk else piece
        if chunk and count_tokens(joined) > max_tokens:
            yield chunk
            joined = piece
        chunk = joined
    if chunk:
        yield chunk
