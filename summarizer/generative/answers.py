"""What a model wrote, as sentences: its list marks, headings and thoughts left out."""

import re
from collections.abc import Iterator

from articles.text.characters import whole_characters
from summarizer.text.sentences import split_sentences

_THOUGHTS = re.compile(r"<think(?:ing)?>.*?(?:</think(?:ing)?>|\Z)", re.DOTALL | re.IGNORECASE)
_LIST_MARK = re.compile(r"\A\s*(?:[-*•–—]|\(?\d{1,2}[.)]|#+)\s+")
_EMPHASIS = re.compile(r"(\*\*|__)(?=\S)(.+?)(?<=\S)\1")
_MAX_CHARS = 8_000  # a model that does not stop


def sentences_of(answer: str) -> tuple[str, ...]:
    """The sentences of an answer, in order, each once."""
    return tuple(dict.fromkeys(_sentences(whole_characters(_THOUGHTS.sub("", answer))[:_MAX_CHARS])))


def _sentences(answer: str) -> Iterator[str]:
    for line in answer.splitlines():
        line = _EMPHASIS.sub(r"\2", _LIST_MARK.sub("", line))
        # Models trained on highlights put a blank before the full stop.
        line = " ".join(re.sub(r" ([.,;:!?])(?=\s|\Z)", r"\1", line).split())
        yield from (span.of(line) for span in split_sentences(line))
