"""How many right sentences the evidence check passes, and how many wrong ones it rejects:

    python -m bench.evidence DATA

DATA: JSON lines with `text` and `summary`, an editor's highlights of it. An error is put into each highlight
that the check passes, one kind at a time, from a fixed seed. Prints the share of each kind that it rejects.
"""

import argparse
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from articles.model import Article
from bench.briefs import article_of, read_rows
from summarizer.embedding import MiniLM
from summarizer.evidence import Evidence, Unsupported
from summarizer.quotes import find_quotes
from summarizer.text.sentences import split_sentences

_NAME = re.compile(r"(?<=[a-z,] )[A-Z][a-z]{3,}\b")
_DIGITS = re.compile(r"(?<![\w.,-])[1-9]\d{0,3}(?![\w.,-])")
_SPELLED = re.compile(r"\b(?:two|three|four|five|six|seven|eight|nine|ten)\b")
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = ("January", "February", "March", "April", "June", "July", "August", "September", "October")
_DAY = re.compile(rf"\b(?:{'|'.join(_DAYS + _MONTHS)})\b")
_AUXILIARY = re.compile(r"\b(?:is|are|was|were|will|has|have|had|can|could|would|should)\b(?! not)")
_QUOTED = re.compile(r"[\"“]([^\"”]{8,})[\"”]")


@dataclass(frozen=True, slots=True)
class Highlight:
    """One sentence by an editor, and its article."""

    text: str
    evidence: Evidence

    @property
    def article(self) -> Article:
        return self.evidence.article


# Puts an error into a highlight; None if it has no place for it.
Spoil = Callable[[Highlight, Sequence[Highlight], random.Random], str | None]


def another_articles(it: Highlight, others: Sequence[Highlight], chance: random.Random) -> str | None:
    return chance.choice([other.text for other in others if other.evidence is not it.evidence])


def name_from_elsewhere(it: Highlight, others: Sequence[Highlight], chance: random.Random) -> str | None:
    names = [name for other in others for name in _NAME.findall(other.text) if name not in it.article.text]
    return _put(_NAME, it.text, names, chance)


def name_of_somebody_else_in_it(it: Highlight, _: Sequence[Highlight], chance: random.Random) -> str | None:
    names = [name for name in sorted(set(_NAME.findall(it.article.text))) if name not in it.text]
    return _put(_NAME, it.text, names, chance)


def number_changed(it: Highlight, _: Sequence[Highlight], chance: random.Random) -> str | None:
    if not _DIGITS.search(it.text):
        return _put(_SPELLED, it.text, ["two", "three", "four", "six", "seven", "nine", "eleven"], chance)
    return _put(_DIGITS, it.text, [str(chance.randrange(2, 900)) for _ in range(3)], chance)


def number_of_something_else_in_it(
    it: Highlight, _: Sequence[Highlight], chance: random.Random
) -> str | None:
    return _put(_DIGITS, it.text, sorted(set(_DIGITS.findall(it.article.text))), chance)


def day_changed(it: Highlight, _: Sequence[Highlight], chance: random.Random) -> str | None:
    found = _DAY.search(it.text)
    if found is None:
        return None
    return _put(_DAY, it.text, list(_DAYS if found[0] in _DAYS else _MONTHS), chance)


def negated(it: Highlight, _: Sequence[Highlight], __: random.Random) -> str | None:
    found = _AUXILIARY.search(it.text)
    return f"{it.text[: found.end()]} not{it.text[found.end() :]}" if found else None


def quotation_reworded(it: Highlight, _: Sequence[Highlight], chance: random.Random) -> str | None:
    found = _QUOTED.search(it.text)
    if found is None:
        return None
    words = found[1].split()
    at = chance.randrange(len(words))
    words[at : at + 1] = [words[at], "really"]
    return f"{it.text[: found.start(1)]}{' '.join(words)}{it.text[found.end(1) :]}"


def put_in_quotation_marks(it: Highlight, _: Sequence[Highlight], chance: random.Random) -> str | None:
    words = it.text.rstrip(".").split()
    if len(words) < 8 or '"' in it.text:
        return None
    at = chance.randrange(2, len(words) - 4)
    return f"{' '.join(words[:at])} “{' '.join(words[at:])}.”"


SPOILERS: tuple[Spoil, ...] = (
    another_articles,
    name_from_elsewhere,
    name_of_somebody_else_in_it,
    number_changed,
    number_of_something_else_in_it,
    day_changed,
    negated,
    quotation_reworded,
    put_in_quotation_marks,
)


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="bench.evidence", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument(
        "--show", type=int, default=0, help="how many wrong sentences of each kind that passed to print"
    )
    options = parser.parse_args(argv)
    if not options.data.is_file():
        parser.exit(2, f"no such file: {options.data}; give DATA=path/to/articles.jsonl\n")
    run(options.data, options.show)
    return 0


def run(data: Path, show: int) -> None:
    highlights = list(read_highlights(data))
    began = time.perf_counter()
    faults = [fault_of(it.evidence, it.text) for it in highlights]
    spent = time.perf_counter() - began
    right = [it for it, fault in zip(highlights, faults, strict=True) if fault is None]
    print(
        f"{len(highlights)} highlights as their editors wrote them, "
        f"{1000 * spent / len(highlights):.0f} ms each"
    )
    print(f"  passed {len(right) / len(highlights):6.1%}; held back: {_counted(faults)}")
    for spoil in SPOILERS:
        chance = random.Random(7)
        wrong = [(it, text) for it in right if (text := spoil(it, right, chance)) and text != it.text]
        passed = [(it, text) for it, text in wrong if fault_of(it.evidence, text) is None]
        caught = 1 - len(passed) / max(1, len(wrong))
        print(f"{spoil.__name__.replace('_', ' '):34} caught {caught:6.1%} of {len(wrong)}")
        for it, text in passed[:show]:
            print(f"    {text}\n    ({it.text})")


def read_highlights(data: Path) -> Iterator[Highlight]:
    encoder = MiniLM()
    for row in read_rows(data):
        article = article_of(row)
        quotes = find_quotes(article.text, [paragraph.span for paragraph in article.paragraphs()])
        evidence = Evidence(article, quotes, encoder.encode)
        for span in split_sentences(row["summary"]):
            yield Highlight(span.of(row["summary"]), evidence)


def fault_of(evidence: Evidence, sentence: str) -> str | None:
    try:
        evidence.check(sentence)
    except Unsupported as error:
        return error.fault.value
    return None


def _put(pattern: re.Pattern[str], text: str, values: Sequence[str], chance: random.Random) -> str | None:
    found = pattern.search(text)
    other = [value for value in values if found and value != found[0]]
    if found is None or not other:
        return None
    return f"{text[: found.start()]}{chance.choice(other)}{text[found.end() :]}"


def _counted(faults: Sequence[str | None]) -> str:
    return ", ".join(f"{name} {count}" for name, count in Counter(filter(None, faults)).most_common())


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
