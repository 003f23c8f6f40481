"""Trains the scorers of quotes on annotated articles and writes their weights.

    python -m bench.train_quotes DATA [--out FOLDER] [--folds N]

DATA: one JSON object a line with `id`, `text` and `quotes` (PolNeAR, as the README of the data describes it).
With --folds no weights are written: the articles are split into N parts, and each part is predicted with
weights from the others. The features were chosen that way. Everything is seeded: the same data give the same
weights. It needs numpy and one thread.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.paragraphs import paragraphs_of
from bench.quote_gold import GoldPassage, counts, gold_passages, is_reported, read_articles, trim
from bench.quotes import as_predictions
from summarizer.quotes import QuoteModel, find_quotes
from summarizer.quotes.attribution import Attribution, attribute_by_rules
from summarizer.quotes.coreference import Antecedent, Person
from summarizer.quotes.document import Document
from summarizer.quotes.features import PreviousPassage, speech_features
from summarizer.quotes.mentions import Mention, MentionKind
from summarizer.quotes.paraphrases import find_paraphrases, paraphrase_features
from summarizer.quotes.pronouns import (
    Discourse,
    Resolver,
    learned_resolver,
    person_candidates,
    person_features,
    resolve_by_rule,
    resolve_pronouns,
)
from summarizer.quotes.scorers import BUCKETS, CandidateFinder, FloatArray, Scorer, bucket
from summarizer.speakers import SUFFIXES

Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Group:
    """Candidates of which at least one is right. A single candidate can also be wrong."""

    article: int
    items: tuple[Rows, ...]  # the hashed features of each candidate
    right: tuple[bool, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """The hyperparameters of a fit."""

    width: int = 16
    epochs: int = 6
    rate: float = 0.05
    batch: int = 16  # groups
    feature_drop: float = 0.15  # share of an item's features left out in a step
    unit_drop: float = 0.3  # the same of the hidden units (dropout)
    shrink: float = 1e-6  # weight decay


_WEIGHTS = Path(__file__).parents[1] / "summarizer" / "quotes" / "weights"
_SPEECH = Recipe(epochs=4, batch=64, rate=0.05)
_SOURCE = Recipe(epochs=4)
_PERSON = Recipe(epochs=6, feature_drop=0.25)
_PARAPHRASE = Recipe(width=4, epochs=4, batch=32)
_ROUNDS = 2  # of fitting `person`: in the second, the weights of the first resolve the other pronouns


def hashed(features: Sequence[str]) -> Rows:
    """The rows of named features in the scorer's table."""
    return np.fromiter((bucket(feature) for feature in features), dtype=np.int64)


def fit(groups: Sequence[Group], recipe: Recipe, *, seeds: Sequence[int] = (1, 2)) -> Scorer:
    """The average of one fit for each seed, as one scorer with their layers side by side.

    Groups of several candidates are fitted with a softmax over the group, single ones with logistic loss. The
    optimiser is Adagrad (Duchi et al., 2011), because most groups lack most features.
    """
    fits = [_Fit(recipe, seed).run(groups) for seed in seeds]
    share = np.float32(1.0 / len(fits))
    return Scorer(
        np.concatenate([one.rows for one in fits], axis=1),
        np.sum([one.direct for one in fits], axis=0) * share,
        np.concatenate([one.bias for one in fits]),
        np.concatenate([one.out for one in fits]) * share,
    )


class _Fit:
    def __init__(self, recipe: Recipe, seed: int) -> None:
        self._recipe = recipe
        self._random = np.random.default_rng(seed)
        width = recipe.width
        self.rows: FloatArray = self._random.normal(0, 0.05, (BUCKETS, width)).astype(np.float32)
        self.direct: FloatArray = np.zeros(BUCKETS, np.float32)
        self.bias: FloatArray = np.zeros(width, np.float32)
        self.out: FloatArray = self._random.normal(0, 0.3, width).astype(np.float32)
        self._seen = np.zeros(BUCKETS, np.bool_)
        self._squares = [np.full_like(array, 1e-2) for array in (self.rows, self.direct, self.bias, self.out)]

    def run(self, groups: Sequence[Group]) -> "_Fit":
        for epoch in range(self._recipe.epochs):
            rate = self._recipe.rate * (1 - epoch / self._recipe.epochs)
            for batch in self._batches(groups):
                self._step(batch, rate)
        self.rows[~self._seen] = 0  # a feature of no example: noise, and zeros compress well
        return self

    def _batches(self, groups: Sequence[Group]) -> Iterator[list[Group]]:
        order = self._random.permutation(len(groups))
        for at in range(0, len(order), self._recipe.batch):
            yield [groups[i] for i in order[at : at + self._recipe.batch]]

    def _step(self, groups: list[Group], rate: float) -> None:
        items = [item for group in groups for item in group.items]
        flat = np.concatenate(items)
        owner = np.repeat(np.arange(len(items)), [len(item) for item in items])
        kept = self._random.random(len(flat)) >= self._recipe.feature_drop
        flat, owner = flat[kept], owner[kept]
        unique, place = np.unique(flat, return_inverse=True)
        self._seen[unique] = True
        by_owner = np.searchsorted(owner, np.arange(len(items)))
        hidden = _sums(self.rows[flat], by_owner, len(flat)) + self.bias
        active = hidden > 0
        mask = (self._random.random(hidden.shape) >= self._recipe.unit_drop) / (1 - self._recipe.unit_drop)
        layer = np.where(active, hidden, 0) * mask
        scores = layer @ self.out + _sums(self.direct[flat][:, None], by_owner, len(flat))[:, 0]
        slope = _slope(groups, scores)

        back = (slope[:, None] * self.out) * mask * active
        order = np.argsort(place, kind="stable")
        starts = np.searchsorted(place[order], np.arange(len(unique)))
        to_rows = np.add.reduceat(back[owner[order]], starts, axis=0)
        to_direct = np.add.reduceat(slope[owner[order]], starts)
        self._update(0, self.rows, to_rows + self._recipe.shrink * self.rows[unique], rate, unique)
        self._update(1, self.direct, to_direct, rate, unique)
        self._update(2, self.bias, back.sum(0), rate)
        self._update(3, self.out, layer.T @ slope, rate)

    def _update(
        self, number: int, array: FloatArray, gradient: NDArray[Any], rate: float, rows: Rows | None = None
    ) -> None:
        squares, at = self._squares[number], slice(None) if rows is None else rows
        squares[at] += gradient * gradient
        array[at] -= rate * gradient / np.sqrt(squares[at])


def _sums(values: FloatArray, starts: Rows, total: int) -> FloatArray:
    """The sums of runs of rows. A run without rows, all dropped, gets one row of the next run."""
    return np.add.reduceat(values, np.minimum(starts, total - 1), axis=0)


def _slope(groups: Sequence[Group], scores: NDArray[Any]) -> NDArray[Any]:
    """The derivative of the loss by each score, averaged over the groups."""
    slope, at = np.zeros_like(scores), 0
    for group in groups:
        part = scores[at : at + len(group.items)]
        right = np.array(group.right)
        if len(part) == 1:
            slope[at] = 1 / (1 + np.exp(-part[0])) - right[0]
        else:
            powers = np.exp(part - part.max())
            probabilities = powers / powers.sum()
            wanted = np.where(right, powers, 0)
            slope[at : at + len(part)] = probabilities - wanted / wanted.sum()
        at += len(group.items)
    return slope / np.float32(len(groups))


@dataclass(frozen=True, slots=True)
class Example:
    """An annotated article, analysed."""

    number: int
    annotated: Mapping[str, Any]
    doc: Document
    rules: Sequence[Attribution | None]  # of each passage


def read_example(number: int, annotated: Mapping[str, Any]) -> Example:
    doc = Document(annotated["text"], paragraphs_of(annotated["text"]))
    return Example(number, annotated, doc, attribute_by_rules(doc))


def speech_groups(example: Example) -> Iterator[Group]:
    """For each passage: is it annotated as speech? A passage of one or two words: is it in an attribution?"""
    doc, annotated = example.doc, example.annotated
    spoken = _gold_of_passages(example)
    contents = [(start, end) for quote in annotated["quotes"] for start, end in quote["content"]]
    for number, passage in enumerate(doc.passages):
        start, end = trim(doc.text, passage.span.start, passage.span.end)
        right = (
            number in spoken
            if counts(doc.text, start, end)
            else any(first <= start and end <= last for first, last in contents)
        )
        features = speech_features(doc, number, example.rules[number])
        yield Group(example.number, (hashed(features),), (right,))


def source_groups(example: Example) -> Iterator[Group]:
    """For each annotated passage: which mention near it is its source?"""
    doc = example.doc
    candidates = CandidateFinder(doc, example.rules)
    previous: PreviousPassage | None = None
    for number, gold in sorted(_gold_of_passages(example).items()):
        sources = _mentions_in(doc, gold.source) if gold.source is not None else []
        items = candidates.of(number, previous)
        starts = {mention.start for mention in _naming_speaker(doc, sources, gold)}
        right = [mention.start in starts for mention in items.mentions] + [gold.source is None]
        if any(right):
            yield Group(example.number, tuple(hashed(features) for features in items.features), tuple(right))
        previous = PreviousPassage(number=number, source=_head(doc, sources, gold))


def person_groups(example: Example, resolver: Resolver) -> list[Group]:
    """For each "he" or "she" that is a source: which person is it? `resolver` resolves the other pronouns."""
    doc, groups = example.doc, []
    names = _pronoun_names(example)
    sources = {
        mention.start: mention
        for quote in example.annotated["quotes"]
        if quote["verbatim"] and quote["source"]
        for mention in _mentions_in(doc, quote["source"])[:1]
    }

    def as_annotated(doc: Document, discourse: Discourse, pronoun: Mention) -> Antecedent | None:
        people = person_candidates(discourse, pronoun)
        right = _is_named(people, names.get(pronoun.start, ""))
        if not any(right):
            return resolver(doc, discourse, pronoun)
        items = [person_features(doc, discourse, pronoun, person, i) for i, person in enumerate(people)]
        groups.append(Group(example.number, tuple(map(hashed, items)), tuple(right)))
        return Antecedent(people[right.index(True)], 1.0)

    resolve_pronouns(doc, sources, as_annotated)
    return groups


def paraphrase_groups(example: Example) -> Iterator[Group]:
    """For each paraphrase by the rules: is it annotated with that source?"""
    doc = example.doc
    for one in find_paraphrases(doc):
        source = doc.tokens.span(one.cue.source.start, max(one.cue.source.end, one.cue.source.tail))
        right = is_reported(
            example.annotated, (one.content.start, one.content.end), (source.start, source.end)
        )
        yield Group(example.number, (hashed(paraphrase_features(doc, one)),), (right,))


def _gold_of_passages(example: Example) -> dict[int, GoldPassage]:
    """For each passage that overlaps an annotated one: the one it overlaps most."""
    gold = gold_passages(example.annotated)
    found: dict[int, GoldPassage] = {}
    for number, passage in enumerate(example.doc.passages):
        start, end = trim(example.doc.text, passage.span.start, passage.span.end)
        overlaps = [(min(one.end, end) - max(one.start, start), one) for one in gold]
        most = max(overlaps, key=lambda entry: entry[0], default=None)
        if most is not None and most[0] > 0:
            found[number] = most[1]
    return found


def _mentions_in(doc: Document, source: Sequence[int]) -> list[Mention]:
    t, (start, end) = doc.tokens, source
    return [m for m in doc.mentions if t.starts[m.start] < end and t.ends[m.end - 1] > start]


def _naming_speaker(doc: Document, sources: Sequence[Mention], gold: GoldPassage) -> Sequence[Mention]:
    """The mentions of a source that name the speaker: not CNN in "Jane Doe of CNN". All, if none does."""
    if gold.how != "name":
        return sources
    named = [
        mention
        for mention in sources
        if (person := doc.people.of(doc.names_beside.get(mention.start, mention))) is not None
        and _is_named([person], gold.speaker or "")[0]
    ]
    return named or sources


def _head(doc: Document, sources: Sequence[Mention], gold: GoldPassage) -> Mention | None:
    """The first mention of a source that names the speaker: Miller in "Trump's adviser Jason Miller"."""
    for mention in sources:
        person = doc.people.of(mention)
        if person is not None and _is_named([person], gold.speaker or "")[0]:
            return mention
    return sources[0] if sources else None


def _pronoun_names(example: Example) -> dict[int, str]:
    """The annotated speaker of each "he" and "she" that is a source, by first token."""
    found: dict[int, str] = {}
    for quote in example.annotated["quotes"]:
        if quote["speaker_how"] != "coref" or not quote["source"] or not quote["speaker"]:
            continue
        for mention in _mentions_in(example.doc, quote["source"]):
            if mention.kind is MentionKind.PRONOUN and mention.head in ("he", "she"):
                found.setdefault(mention.start, quote["speaker"])
                break
    return found


def _is_named(people: Sequence[Person], name: str) -> list[bool]:
    """Whether each person has the name: by given name and surname if that fits anyone, else by surname."""
    words = [word for word in name.lower().split() if word not in SUFFIXES]
    if not words:
        return [False] * len(people)
    surnames = [person.surname.lower() == words[-1] for person in people]
    given = [person.given.lower() == words[0] for person in people]
    both = [surname and first for surname, first in zip(surnames, given, strict=True)]
    return both if any(both) else surnames


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
    """The scorers, trained on these articles."""
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
    """Writes the input of score.py for every article, predicted with weights from the other parts."""
    with out.open("w", encoding="utf-8") as lines:
        for fold in range(folds):
            model = train([example for example in examples if example.number % folds != fold])
            for example in examples[fold::folds]:
                text = example.annotated["text"]
                quotes = as_predictions(text, find_quotes(text, paragraphs_of(text), model=model))
                lines.write(json.dumps({"id": example.annotated["id"], "quotes": quotes}) + "\n")


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
