"""Gold and predicted passages, matched as the data's score.py does it.

score.py prints figures only. Training and the error report need to know which passage matched which, so this
file repeats its matching. `make bench-quotes` runs score.py itself.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_STRIPPED = " \t\n\"'“”‘’.,;:!?—–-…()[]"
_STOP_WORDS = (
    "the a an of for and in on at to his her their its he she they who that this it i we you him them said"
)
_STOP = frozenset(_STOP_WORDS.split())
_SUFFIXES = frozenset(("jr", "sr", "ii", "iii"))
_MIN_OVERLAP = 0.8
_MIN_WORDS = 3
_MIN_REPORTED = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class GoldPassage:
    """One quoted passage of an annotated attribution."""

    start: int
    end: int
    source: tuple[int, int] | None
    source_text: str
    speaker: str | None
    how: str  # "name", "coref", "other", or "unknown" if score.py does not count the speaker


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """One predicted passage with its speaker's name."""

    start: int
    end: int
    speaker: str | None


def read_articles(data: Path) -> Iterator[dict[str, Any]]:
    """The JSON objects of a file, one a line."""
    with data.open(encoding="utf-8") as lines:
        for line in lines:
            if line.strip():
                yield json.loads(line)


def gold_passages(article: Mapping[str, Any]) -> list[GoldPassage]:
    """The passages of three words or more, in text order."""
    text = article["text"]
    found: list[GoldPassage] = []
    for quote in article["quotes"]:
        for a, b in quote["verbatim"]:
            start, end = trim(text, a, b)
            if not counts(text, start, end):
                continue
            source = tuple(quote["source"]) if quote["source"] else None
            how = quote["speaker_how"] or "other"
            if source is None or (how == "other" and not _content_words(quote["source_text"])):
                how = "unknown"
            found.append(
                GoldPassage(
                    start=start,
                    end=end,
                    source=source,
                    source_text=quote["source_text"] or "",
                    speaker=quote["speaker"],
                    how=how,
                )
            )
    return sorted(found, key=lambda passage: (passage.start, passage.end))


def is_reported(article: Mapping[str, Any], content: tuple[int, int], source: tuple[int, int]) -> bool:
    """Whether an annotated attribution overlaps at least half with a paraphrase, and has its source."""
    start, end = content
    for quote in article["quotes"]:
        if not quote["content"] or quote["source"] is None:
            continue
        first, last = min(a for a, _ in quote["content"]), max(b for _, b in quote["content"])
        overlap = (min(end, last) - max(start, first)) / (max(end, last) - min(start, first))
        if overlap >= _MIN_REPORTED and quote["source"][0] < source[1] and source[0] < quote["source"][1]:
            return True
    return False


def trim(text: str, start: int, end: int) -> tuple[int, int]:
    """The range without quotation marks and punctuation at its ends."""
    while start < end and text[start] in _STRIPPED:
        start += 1
    while end > start and text[end - 1] in _STRIPPED:
        end -= 1
    return start, end


def counts(text: str, start: int, end: int) -> bool:
    """Whether score.py counts a passage: three words or more."""
    return len(text[start:end].split()) >= _MIN_WORDS


def matched(gold: Sequence[GoldPassage], spans: Sequence[tuple[int, int]]) -> dict[int, int]:
    """Number of a gold passage -> number of the span (trimmed, in order) that matches it, one to one."""
    pairs: dict[int, int] = {}
    used: set[int] = set()
    for i, passage in enumerate(gold):
        best, at = 0.0, -1
        for j, (start, end) in enumerate(spans):
            shared = min(passage.end, end) - max(passage.start, start)
            if j in used or shared <= 0:
                continue
            overlap = shared / (max(passage.end, end) - min(passage.start, start))
            if overlap > best:
                best, at = overlap, j
        if best >= _MIN_OVERLAP:
            pairs[i] = at
            used.add(at)
    return pairs


def is_right(gold: GoldPassage, speaker: str | None) -> bool:
    """Whether score.py accepts `speaker`: by the surname, or by a word of an unnamed source."""
    said = _words(speaker)
    if gold.how in ("other", "unknown"):
        return bool(set(said) & set(_content_words(gold.source_text)))
    want = _words(gold.speaker)
    want = [word for word in want if word not in _SUFFIXES] or want
    said = [word for word in said if word not in _SUFFIXES] or said
    return bool(said) and said[-1] == want[-1]


def _words(text: str | None) -> list[str]:
    return re.findall(r"[^\W_]+", (text or "").casefold())


def _content_words(text: str | None) -> list[str]:
    return [word for word in _words(text) if word not in _STOP]
