"""An HTML page with every miss of the quote extractor on annotated articles, in its context.

    python -m bench.quote_report DATA [OUT]

The top of the page and standard output count the kinds of miss.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from bench.quote_gold import GoldPassage, Guess, counts, gold_passages, is_right, matched, read_articles, trim
from bench.quotes import predict_quotes

_CONTEXT = 350  # characters on either side
_STYLE = """
body { font: 16px/1.5 Georgia, serif; max-width: 52em; margin: 2em auto; padding: 0 1em; color: #222 }
h2 { margin-top: 2em; border-bottom: 1px solid #bbb } article { margin: 1.5em 0 }
p { margin: .3em 0; white-space: pre-line } .id { color: #777; font: 13px/1.4 monospace }
mark { background: #fff2a8 } mark.source { background: #cfe8ff } table { border-collapse: collapse }
td { padding: .1em 1em .1em 0 } td:first-child { text-align: right }
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Miss:
    """One wrong or missing passage."""

    kind: str
    article: str
    text: str
    start: int
    end: int
    source: tuple[int, int] | None
    note: str


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="bench.quote_report", description="Writes the error report.")
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path, nargs="?", default=Path("quote-misses.html"))
    options = parser.parse_args(argv)
    if not options.data.is_file():
        parser.exit(2, f"no such file: {options.data}; give DATA=path/to/annotated.jsonl\n")
    misses = [miss for article in read_articles(options.data) for miss in misses_of(article)]
    kinds = Counter(miss.kind for miss in misses)
    for kind, count in kinds.most_common():
        print(f"{count:6} {kind}")
    options.out.write_text("".join(page(misses, kinds)), encoding="utf-8")
    print(f"every one of them in its context: {options.out}")
    return 0


def misses_of(article: Mapping[str, Any]) -> Iterator[Miss]:
    """The misses in one annotated article, in text order."""
    text = article["text"]
    gold, guesses = gold_passages(article), _guesses(text)
    pairs = matched(gold, [(guess.start, guess.end) for guess in guesses])
    for i, passage in enumerate(gold):
        guess = guesses[pairs[i]] if i in pairs else None
        kind = _kind_of_miss(passage, guess, guesses)
        if kind is not None:
            said = f"“{guess.speaker}”" if guess is not None and guess.speaker else "nobody"
            wanted = passage.speaker if passage.how in ("name", "coref") else passage.source_text
            yield Miss(
                kind=kind,
                article=article["id"],
                text=text,
                start=passage.start,
                end=passage.end,
                source=passage.source,
                note=f"annotated: {wanted}; found: {said}" if guess is not None else "",
            )
    used = set(pairs.values())
    for j, guess in enumerate(guesses):
        if j not in used and not any(one.start < guess.end and guess.start < one.end for one in gold):
            yield Miss(
                kind=_kind_of_false_span(text, guess),
                article=article["id"],
                text=text,
                start=guess.start,
                end=guess.end,
                source=None,
                note=f"found: {guess.speaker or 'nobody'}",
            )


def _guesses(text: str) -> list[Guess]:
    found: list[Guess] = []
    for quote in predict_quotes(text):
        for a, b in quote["spans"]:
            start, end = trim(text, a, b)
            if counts(text, start, end):
                found.append(Guess(start=start, end=end, speaker=quote["speaker"]))
    return sorted(found, key=lambda guess: (guess.start, guess.end))


def _kind_of_miss(passage: GoldPassage, guess: Guess | None, guesses: Sequence[Guess]) -> str | None:
    if guess is None:
        over = [one for one in guesses if one.start < passage.end and passage.start < one.end]
        if not over:
            return "span: missed"
        covering = over[0].start <= passage.start and passage.end <= over[0].end
        return "span: annotation stops inside the marks" if covering else "span: other boundaries"
    if passage.how == "unknown" or is_right(passage, guess.speaker):
        return None
    what = {"name": "named", "coref": "by coreference", "other": "no person named"}[passage.how]
    return f"speaker {what}: {'another' if guess.speaker else 'none given'}"


def _kind_of_false_span(text: str, guess: Guess) -> str:
    words = text[guess.start : guess.end].split()
    capitals = sum(word[0].isupper() for word in words)
    if len(words) <= 12 and capitals * 2 > len(words):
        return "span: title or name taken for speech"
    return "span: short words in marks, not annotated" if len(words) <= 6 else "span: quote not annotated"


def page(misses: Sequence[Miss], kinds: Counter[str]) -> Iterator[str]:
    """The pieces of the HTML page. All text from the articles is escaped."""
    yield '<!doctype html><html lang="en"><meta charset="utf-8"><title>Quotes: misses</title>'
    yield f"<style>{_STYLE}</style>"
    yield f"<h1>{len(misses)} misses</h1><table>"
    for kind, count in kinds.most_common():
        yield f"<tr><td>{count}</td><td>{escape(kind)}</td></tr>"
    yield "</table>"
    for kind, _ in kinds.most_common():
        yield f"<h2>{escape(kind)}</h2>"
        for miss in misses:
            if miss.kind == kind:
                yield f'<article><p class="id">{escape(miss.article)}</p><p>{_in_context(miss)}</p>'
                yield f"<p><i>{escape(miss.note)}</i></p></article>"


def _in_context(miss: Miss) -> str:
    """The text around a miss, with the passage and its annotated source highlighted."""
    marked = [(miss.start, miss.end, "<mark>")]
    if miss.source is not None and (miss.source[1] <= miss.start or miss.end <= miss.source[0]):
        marked.append((*miss.source, '<mark class="source">'))
    first, last = max(0, miss.start - _CONTEXT), min(len(miss.text), miss.end + _CONTEXT)
    pieces, at = [], first
    for start, end, tag in sorted(marked):
        if first <= start and end <= last:
            pieces += [escape(miss.text[at:start]), tag, escape(miss.text[start:end]), "</mark>"]
            at = end
    return "".join(pieces) + escape(miss.text[at:last])


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
