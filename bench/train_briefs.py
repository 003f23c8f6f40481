"""Trains the word model of the briefs: python -m bench.train_briefs DATA [OUT] [--folds N]

DATA: JSON lines with `text` and `summary`. OUT: by default summarizer/extractive/word_weights.npz. --folds:
only print the scores of an N-fold cross-validation. The same data and PyTorch give the same weights.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.functional import binary_cross_entropy_with_logits

from bench.briefs import article_of, read_rows
from summarizer.extractive import MAX_CANDIDATES, Extractive
from summarizer.extractive.candidates import candidates
from summarizer.extractive.word_model import (
    NAMES,
    FloatArray,
    Networks,
    Sentence,
    WordModel,
    WordTable,
    word_features,
    words_of,
)

OUT = Path("summarizer/extractive/word_weights.npz")
NETWORKS, HIDDEN, DROPOUT = 8, 48, 0.3
EPOCHS, BATCH, RATE, DECAY = 12, 512, 3e-3, 1e-2


@dataclass(frozen=True, slots=True)
class Example:
    """An article and the words of its editors' highlights."""

    row: Mapping[str, Any]
    sentences: tuple[Sentence, ...]
    kept: frozenset[str]

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> "Example":
        # Without quotes, which only join sentences: the weights do not change with how those are found.
        found = candidates(article_of(row), ())[:MAX_CANDIDATES]
        sentences = tuple(Sentence(candidate.text, candidate.quotation) for candidate in found)
        return cls(row, sentences, frozenset(words_of(row["summary"])))


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="bench.train_briefs", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path, nargs="?", default=OUT)
    parser.add_argument("--folds", type=int)
    options = parser.parse_args(argv)
    if not options.data.is_file():
        parser.exit(2, f"no such file: {options.data}; give DATA=path/to/train.jsonl\n")
    torch.manual_seed(0)
    torch.set_num_threads(1)  # sums in one order: the same weights every time
    examples = [Example.of(row) for row in read_rows(options.data)]
    if options.folds is not None:
        cross_validate(examples, options.folds)
        return 0
    networks, table = learn(examples)
    save(options.out, networks, table)
    print(f"{options.out}: {options.out.stat().st_size / 1024:.0f} KB from {len(examples)} articles")
    return 0


def learn(examples: Sequence[Example]) -> tuple[Networks, WordTable]:
    table = word_table(examples)
    seen = [word_features(e.sentences, table_without(table, e.sentences, e.kept)) for e in examples]
    features = np.concatenate([rows for _, rows in seen])
    kept = np.array([w in e.kept for e, (words, _) in zip(examples, seen, strict=True) for w in words])
    mean, scale = features.mean(axis=0), features.std(axis=0) + 1e-6
    standard = torch.from_numpy(np.clip((features - mean) / scale, -Networks.FAR, Networks.FAR))
    target = torch.from_numpy(kept.astype(np.float32))
    fitted = [fit(standard, target, seed) for seed in range(NETWORKS)]
    hidden, hidden_bias, out, out_bias = (np.stack(arrays) for arrays in zip(*fitted, strict=True))
    return Networks(mean, scale, hidden, hidden_bias, out, out_bias), table


def word_table(examples: Iterable[Example]) -> WordTable:
    seen: Counter[str] = Counter()
    kept: Counter[str] = Counter()
    count = 0
    for example in examples:
        words = {word for sentence in example.sentences for word in words_of(sentence.text)}
        seen.update(words)
        kept.update(words & example.kept)
        count += 1
    return WordTable(seen, kept, count)


def table_without(table: WordTable, sentences: Iterable[Sentence], kept: frozenset[str]) -> WordTable:
    """The table without an article that it was made of: that article's words would look too predictable.

    kept: the words of its highlights. Holds the article's words only.
    """
    words = {word for sentence in sentences for word in words_of(sentence.text)}
    return WordTable(
        seen={word: max(table.seen.get(word, 0) - 1, 0) for word in words},
        kept={word: max(table.kept.get(word, 0) - (word in kept), 0) for word in words},
        articles=table.articles,
    )


def save(path: Path, networks: Networks, table: WordTable, *, at_least: int = 2) -> None:
    """Writes what `WordModel.load` reads. at_least: articles with a word that the table keeps."""
    words = sorted(word for word, seen in table.seen.items() if seen >= at_least)
    arrays: dict[str, NDArray[np.generic]] = {
        "features": np.array(NAMES),
        "mean": networks.mean,
        "scale": networks.scale,
        "hidden": networks.hidden,
        "hidden_bias": networks.hidden_bias,
        "out": networks.out,
        "out_bias": networks.out_bias,
        "words": np.array(words),
        "seen": np.array([table.seen[word] for word in words], dtype=np.int32),
        "kept": np.array([table.kept.get(word, 0) for word in words], dtype=np.int32),
        "articles": np.array(table.articles),
    }
    np.savez_compressed(path, **arrays)  # type: ignore[arg-type]  # its stub takes only allow_pickle by name


def fit(features: torch.Tensor, target: torch.Tensor, seed: int) -> tuple[FloatArray, ...]:
    """A network's hidden weights (n_features, HIDDEN), hidden bias, out weights (HIDDEN,) and out bias ()."""
    torch.manual_seed(seed)
    net = torch.nn.Sequential(
        torch.nn.Linear(features.shape[1], HIDDEN),
        torch.nn.ReLU(),
        torch.nn.Dropout(DROPOUT),
        torch.nn.Linear(HIDDEN, 1),
    )
    batches = len(target) // BATCH
    optimizer = torch.optim.AdamW(net.parameters(), lr=RATE, weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=EPOCHS * batches)
    for _ in range(EPOCHS):
        for rows in torch.randperm(len(target))[: batches * BATCH].reshape(batches, BATCH):
            optimizer.zero_grad()
            loss = binary_cross_entropy_with_logits(net(features[rows])[:, 0], target[rows])
            loss.backward()  # type: ignore[no-untyped-call] # torch leaves it untyped
            optimizer.step()
            schedule.step()
    weights = [parameter.detach().numpy() for parameter in net.parameters()]
    return weights[0].T, weights[1], weights[2][0], weights[3][0]


def cross_validate(examples: Sequence[Example], folds: int) -> None:
    """Prints ROUGE-1 and ROUGE-2 F1 at 60 words, of the learned and the hand-set weights and of Lead."""
    from rouge_score.rouge_scorer import RougeScorer

    from bench.brief_baselines import BUDGET_WORDS, hand_set_model, lead
    from bench.briefs import brief_text

    scorer = RougeScorer(["rouge1", "rouge2"], use_stemmer=True)

    def score(example: Example, brief: str) -> tuple[float, float]:
        found = scorer.score(example.row["summary"], " ".join(brief.split()[:BUDGET_WORDS]))
        return found["rouge1"].fmeasure, found["rouge2"].fmeasure

    rows = []
    hand_set = Extractive(model=hand_set_model())
    for left_out, rest in _folds(examples, folds):
        networks, table = learn(rest)
        learned = Extractive(model=WordModel(table, networks.log_odds))
        rows += [
            [
                score(e, lead(e.row)),
                score(e, brief_text(hand_set, e.row)),
                score(e, brief_text(learned, e.row)),
            ]
            for e in left_out
        ]
    for name, (rouge_1, rouge_2) in zip(("Lead", "hand-set", "learned"), np.mean(rows, axis=0), strict=True):
        print(f"{name:10} ROUGE-1 {rouge_1:.4f}  ROUGE-2 {rouge_2:.4f}")
    gain = np.array(rows)[:, 2, 0] - np.array(rows)[:, 0, 0]
    print(f"learned - Lead: ROUGE-1 {gain.mean():+.4f} ± {1.96 * gain.std() / len(gain) ** 0.5:.4f}")


def _folds(examples: Sequence[Example], folds: int) -> Iterator[tuple[list[Example], list[Example]]]:
    for fold in range(folds):
        yield (
            [example for i, example in enumerate(examples) if i % folds == fold],
            [example for i, example in enumerate(examples) if i % folds != fold],
        )


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
