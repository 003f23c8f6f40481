"""Quote extraction and attribution, measured on PolNeAR-like JSON lines.

    python -m bench.quotes predict DATA OUT     the scorer's input, one line for each article
    python -m bench.quotes bench DATA [SCORER]  the scorer's figures, speed, memory; two baselines

DATA: one JSON object a line with `id` and `text`. SCORER: score.py, by default the one beside DATA; it runs
unchanged in its own process.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from bench.paragraphs import paragraphs_of
from bench.quote_baselines import Baseline, available_baselines
from bench.quote_gold import is_reported
from summarizer.model import Quote, QuoteKind, SpeakerKind
from summarizer.quotes import find_quotes, shipped_model

Predictor = Callable[[str], list[dict[str, Any]]]


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="bench.quotes", description=__doc__.splitlines()[0] if __doc__ else ""
    )
    commands = parser.add_subparsers(dest="command", required=True)
    predict = commands.add_parser("predict", help="write the scorer's input")
    predict.add_argument("data", type=Path)
    predict.add_argument("out", type=Path)
    bench = commands.add_parser("bench", help="print the scorer's figures, speed and memory")
    bench.add_argument("data", type=Path)
    bench.add_argument("scorer", type=Path, nargs="?")
    options = parser.parse_args(argv)
    if not options.data.is_file():
        parser.exit(2, f"no such file: {options.data}; give DATA=path/to/articles.jsonl\n")
    if options.command == "predict":
        write_predictions(options.data, options.out, predict_quotes)
    else:
        run_bench(options.data, options.scorer or options.data.parent / "score.py")
    return 0


def predict_quotes(text: str) -> list[dict[str, Any]]:
    """The verbatim quotes of a text in the scorer's form."""
    return as_predictions(text, find_quotes(text, paragraphs_of(text)))


def predict_by_rules(text: str) -> list[dict[str, Any]]:
    """As `predict_quotes`, without the learned weights."""
    return as_predictions(text, find_quotes(text, paragraphs_of(text), rules_alone=True))


def as_predictions(text: str, quotes: Iterable[Quote]) -> list[dict[str, Any]]:
    """Quotes in the scorer's form, paraphrases left out."""
    return [
        {"spans": [[span.start, span.end] for span in quote.content], "speaker": named(text, quote)}
        for quote in quotes
        if quote.kind is not QuoteKind.PARAPHRASED
    ]


def named(text: str, quote: Quote) -> str | None:
    """The name of a quote's speaker, with the description if the source has only that.

    "The Florida senator Jane Doe": the gold for such a source names nobody, or the person by coreference.
    """
    if quote.speaker is None:
        return None
    name = quote.speaker.name
    if quote.source is None or quote.speaker.kind is not SpeakerKind.PERSON:
        return name
    source = quote.source.of(text)
    described = source.lower().startswith("the ") and not set(source.split()) & set(name.split())
    return f"{source} {name}" if described else name


def write_predictions(data: Path, out: Path, predictor: Predictor) -> float:
    """Writes one line for each article of `data`; returns the CPU seconds of the predictor alone."""
    spent = 0.0
    with out.open("w", encoding="utf-8") as lines:
        for article in _articles(data):
            began = time.process_time()
            quotes = predictor(article["text"])
            spent += time.process_time() - began
            lines.write(json.dumps({"id": article["id"], "quotes": quotes}) + "\n")
    return spent


def run_bench(data: Path, scorer: Path) -> None:
    articles = list(_articles(data))
    words = sum(len(article["text"].split()) for article in articles)
    print(f"{data}: {len(articles)} articles, {words / len(articles):.0f} words on average")
    systems = [*available_baselines(), Baseline("pullquote, rules alone", predict_by_rules)]
    if shipped_model() is not None:
        systems.append(Baseline("pullquote, rules and learned weights", predict_quotes))
    with tempfile.TemporaryDirectory() as folder:
        for system in systems:
            predictions = Path(folder) / "predictions.jsonl"
            if system.predict is None:
                print(f"\n== {system.name}: {system.note}")
                continue
            spent = write_predictions(data, predictions, system.predict)
            print(f"\n== {system.name}")
            subprocess.run([sys.executable, str(scorer), str(data), str(predictions)], check=True)
            rate, rate_800 = len(articles) / spent, words / spent / 800
            print(f"{rate:.0f} articles a second of one core's time; {rate_800:.0f} of 800 words")
    print(f"\n== pullquote, paraphrases\n{_paraphrases(articles)}")
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"\npeak memory of this process: {peak_mb:.0f} MB\n")
    for unit in ('"', "“", '"a b c" ', "He said “x”. "):
        small, large = (_seconds_for(unit, size) for size in (100_000, 1_000_000))
        times = large / small
        print(f"nothing but {unit!r}: 100 kB {small:.2f} s, 1 MB {large:.2f} s, {times:.1f} times as long")


def _paraphrases(articles: Sequence[dict[str, Any]]) -> str:
    """The number of indirect quotes found, and of those that are annotated. score.py does not count them."""
    shown = right = 0
    for article in articles:
        for quote in find_quotes(article["text"], paragraphs_of(article["text"])):
            if quote.kind is QuoteKind.PARAPHRASED and quote.source is not None:
                shown += 1
                content, source = quote.content[0], quote.source
                right += is_reported(article, (content.start, content.end), (source.start, source.end))
    share = right / shown if shown else 0.0
    return f"{shown} found, {right} ({share:.3f}) annotated with that source and half of the words or more"


def _seconds_for(unit: str, size: int) -> float:
    """CPU seconds for a text of `size` characters that repeats `unit`."""
    text = (unit * (size // len(unit) + 1))[:size]
    paragraphs = paragraphs_of(text)
    began = time.process_time()
    find_quotes(text, paragraphs)
    return time.process_time() - began


def _articles(data: Path) -> Iterator[dict[str, Any]]:
    with data.open(encoding="utf-8") as lines:
        for line in lines:
            if line.strip():
                yield json.loads(line)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
