"""Briefs, measured on news articles with their editors' highlights.

    python -m bench.briefs predict DATA OUT [SYSTEM]   a brief for each article; by default ours
    python -m bench.briefs bench DATA [SCORER]         every system's ROUGE, speed and memory, side by side

DATA: one JSON object a line with `id`, `title`, `text` (and `summary`, to score). OUT: `id` and `brief`.
SCORER: score.py, by default the one beside DATA; it is run as it is, in a process of its own.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from articles.model import Article, ParagraphKind, lay_out
from bench.brief_baselines import (
    BUDGET_WORDS,
    MissingDependency,
    Predictor,
    hand_set_model,
    lead,
    lead_sentences,
    oracle_predictor,
    sumy_predictor,
)
from bench.paragraphs import paragraphs_of
from summarizer.embedding import MiniLM
from summarizer.extractive import Extractive
from summarizer.extractive.word_model import WordModel
from summarizer.quotes import find_quotes


def pullquote_predictor(model: WordModel | None = None) -> Predictor:
    """The brief as the bot makes it: the packaged weights, two or three bullets, 60 words."""
    extractive = Extractive(MiniLM().encode, model=model)
    return lambda row: brief_text(extractive, row)


def brief_text(extractive: Extractive, row: Mapping[str, Any]) -> str:
    article = article_of(row)
    quotes = find_quotes(article.text, [paragraph.span for paragraph in article.paragraphs()])
    return " ".join(bullet.text for bullet in extractive.brief(article, quotes).bullets)


SYSTEMS: Mapping[str, Callable[[], Predictor]] = {
    "Lead": lambda: lead,
    "Lead, whole sentences": lambda: lead_sentences,
    "LexRank (sumy)": lambda: sumy_predictor("LexRank"),
    "TextRank (sumy)": lambda: sumy_predictor("TextRank"),
    "Pullquote, hand-set weights": lambda: pullquote_predictor(hand_set_model()),
    "Pullquote": pullquote_predictor,
    "extractive oracle (sees the highlights)": oracle_predictor,
}


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="bench.briefs", description=(__doc__ or "").splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    predict = commands.add_parser("predict", help="write a brief for each article")
    predict.add_argument("data", type=Path)
    predict.add_argument("out", type=Path)
    predict.add_argument("system", nargs="?", default="Pullquote", choices=SYSTEMS)
    bench = commands.add_parser("bench", help="print every system's figures")
    bench.add_argument("data", type=Path)
    bench.add_argument("scorer", type=Path, nargs="?")
    options = parser.parse_args(argv)
    if not options.data.is_file():
        parser.exit(2, f"no such file: {options.data}; give DATA=path/to/articles.jsonl\n")
    if options.command == "bench":
        return run_bench(options.data, options.scorer or options.data.parent / "score.py")
    try:
        print(write_predictions(options.data, options.out, options.system))
    except MissingDependency as error:
        parser.exit(3, f"{error}\n")
    return 0


def write_predictions(data: Path, out: Path, system: str) -> str:
    """Writes a line for each article; says how fast that was after the first one, and in how much memory."""
    predict = SYSTEMS[system]()
    rows = list(read_rows(data))
    predict(rows[0])  # loads what has to be loaded
    began = time.perf_counter()
    briefs = [predict(row) for row in rows]
    spent = time.perf_counter() - began
    with out.open("w", encoding="utf-8") as lines:
        for row, brief in zip(rows, briefs, strict=True):
            lines.write(json.dumps({"id": row["id"], "brief": brief}, ensure_ascii=False) + "\n")
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    words = sum(len(brief.split()) for brief in briefs) / len(briefs)
    return f"{len(rows) / spent:.1f} articles a second, peak memory {peak_mb:.0f} MB, {words:.0f} words each"


def run_bench(data: Path, scorer: Path) -> int:
    """Each system in a process of its own, for its own peak memory; the difference is to Lead."""
    print(f"{data}: {sum(1 for _ in read_rows(data))} articles, briefs cut to {BUDGET_WORDS} words")
    with tempfile.TemporaryDirectory() as folder:
        of_lead = Path(folder) / "0.jsonl"
        for number, system in enumerate(SYSTEMS):
            out = Path(folder) / f"{number}.jsonl"
            print(f"\n== {system}", flush=True)
            made = subprocess.run(
                [sys.executable, "-m", "bench.briefs", "predict", str(data), str(out), system], check=False
            )
            if made.returncode == 0:
                other = [] if out == of_lead else [str(of_lead)]
                subprocess.run([sys.executable, str(scorer), str(data), str(out), *other], check=True)
            elif made.returncode != 3:  # 3: a package is missing, and it has said which
                return made.returncode
    return 0


def article_of(row: Mapping[str, Any]) -> Article:
    """The article that a line holds, in paragraphs as far as the text has any."""
    text: str = row["text"]
    laid_text, sections = lay_out(
        [(None, [(span.of(text), ParagraphKind.BODY) for span in paragraphs_of(text)])]
    )
    return Article(
        id=None,
        url=None,
        publisher=None,
        headline=row.get("title") or "",
        byline=None,
        dateline=None,
        published=None,
        language="en",
        text=laid_text,
        sections=sections,
    )


def read_rows(data: Path) -> Iterator[dict[str, Any]]:
    with data.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            if line.strip():
                row = json.loads(line)
                if not {"id", "text"} <= row.keys():
                    raise SystemExit(f"{data}, line {number}: an article needs `id` and `text`")
                yield row


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
