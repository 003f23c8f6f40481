"""Trains the scorers of quotes on annotated articles and writes their weights.

    python -m bench.train_quotes DATA [--out FOLDER] [--folds N]

DATA: one JSON object a line with `id`, `text` and `quotes` (PolNeAR as the README of the data describes it).
With --folds nothing is written: the articles are split N ways and each part is predicted with weights that
never saw it, which is how features were chosen. Everything is seeded: the same data give the same weights.
"""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from bench.paragraphs import paragraphs_of
from bench.quote_examples import (
    Example,
    paraphrase_groups,
    person_groups,
    read_example,
    source_groups,
    speech_groups,
)
from bench.quote_fit import Recipe, fit
from bench.quote_gold import read_articles
from bench.quotes import as_predictions
from summarizer.quotes import QuoteModel, find_quotes
from summarizer.quotes.pronouns import Resolver, learned_resolver, resolve_by_rule

_WEIGHTS = Path(__file__).parents[1] / "summarizer" / "quotes" / "weights"
_SPEECH = Recipe(epochs=4, batch=64, rate=0.05)
_SOURCE = Recipe(epochs=4)
_PERSON = Recipe(epochs=6, feature_drop=0.25)
_PARAPHRASE = Recipe(width=4, epochs=4, batch=32)
_ROUNDS = 2  # of pronouns: the second is fitted with the pronouns between resolved by the first


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="bench.train_quotes", description="Trains the scorers of quotes.")
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path, default=_WEIGHTS)
    parser.add_argument("--folds", type=int, default=0)
    parser.add_argument("--predictions", type=Path, default=Path("crossvalidated.jsonl"))
    options = parser.parse_args(argv)
    if not options.data.is_file():
        parser.exit(2, f"no such file: {options.data}; give DATA=path/to/train.jsonl\n")
    began = time.perf_counter()
    examples = [read_example(number, a) for number, a in enumerate(read_articles(options.data))]
    if options.folds:
        crossvalidate(examples, options.folds, options.predictions)
    else:
        options.out.mkdir(parents=True, exist_ok=True)
        train(examples).save(options.out)
        print(f"weights in {options.out}")
    print(f"{len(examples)} articles, {time.perf_counter() - began:.0f} seconds")
    return 0


def train(examples: Sequence[Example]) -> QuoteModel:
    """The scorers, from these articles alone."""
    speech = [group for example in examples for group in speech_groups(example)]
    source = [group for example in examples for group in source_groups(example)]
    resolver: Resolver = resolve_by_rule
    for _ in range(_ROUNDS):
        person = fit([group for e in examples for group in person_groups(e, resolver)], _PERSON)
        resolver = learned_resolver(person)
    reported = [group for example in examples for group in paraphrase_groups(example)]
    return QuoteModel(
        speech=fit(speech, _SPEECH),
        source=fit(source, _SOURCE),
        person=person,
        paraphrase=fit(reported, _PARAPHRASE),
    )


def crossvalidate(examples: Sequence[Example], folds: int, out: Path) -> None:
    """Writes the scorer's input for every article, each predicted by weights that never saw it."""
    with out.open("w", encoding="utf-8") as lines:
        for fold in range(folds):
            model = train([example for example in examples if example.number % folds != fold])
            for example in examples[fold::folds]:
                text = example.annotated["text"]
                quotes = as_predictions(text, find_quotes(text, paragraphs_of(text), model=model))
                lines.write(json.dumps({"id": example.annotated["id"], "quotes": quotes}) + "\n")


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
