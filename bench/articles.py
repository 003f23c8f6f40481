"""Article extraction on saved pages: token-shingle F1 and pages a second, ours beside trafilatura's own.

    python -m bench.articles FOLDER [OUT]

FOLDER is laid out as the public article-extraction-benchmark (Scrapinghub): html/ID.html.gz, and
ground-truth.json of {ID: {"articleBody": ..., "url": ...}}. F1 is that benchmark's: of shingles of four
tokens, counted with their multiplicity; precision and recall averaged over the pages, F1 from the averages.
OUT takes our {ID: {"articleBody": ...}} for its evaluate.py. No other file is written.
"""

import argparse
import gzip
import json
import re
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean

import trafilatura

from articles.errors import NotAnArticle, Unreadable
from articles.model import Article
from articles.page.metadata import read_metadata
from articles.page.page_blocks import as_text
from articles.page.page_parser import article_blocks, parse_page, read_tree

TOKEN = re.compile(r"\w+")
SHINGLE = 4
WARM_UP_PAGES = 20
# Short enough for every extractor of the cascade to be asked, and to load its word lists.
SHORT_PAGE = (
    b"<html><body><article><p>The bridge closes on Monday.</p></article><p>Elsewhere.</p></body></html>"
)


@dataclass(frozen=True, slots=True)
class Overlap:
    """One page's shingles: in both texts, in ours alone, in the reference alone."""

    both: int
    ours_alone: int
    theirs_alone: int

    def precision(self) -> float | None:
        """None: we gave nothing, and the mean leaves the page out, as the benchmark's does."""
        return self.both / given if (given := self.both + self.ours_alone) else None

    def recall(self) -> float | None:
        return self.both / wanted if (wanted := self.both + self.theirs_alone) else None


@dataclass(slots=True)
class Extractor:
    """A way from a page's bytes to text, and what it made of the pages so far."""

    name: str
    extract: Callable[[bytes], str]
    texts: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0

    def run(self, key: str, page: bytes) -> None:
        started = time.perf_counter()
        self.texts[key] = self.extract(page)
        self.seconds += time.perf_counter() - started


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("folder", type=Path)
    parser.add_argument("out", type=Path, nargs="?")
    parser.add_argument(
        "--each", action="store_true", help="also print each page's F1, where ours and plain differ"
    )
    arguments = parser.parse_args()
    try:
        truth: dict[str, dict[str, str]] = json.loads(
            (arguments.folder / "ground-truth.json").read_text("utf-8")
        )
        pages = {
            key: gzip.decompress((arguments.folder / "html" / f"{key}.html.gz").read_bytes()) for key in truth
        }
    except OSError as error:
        print(f"{arguments.folder} is not laid out as the benchmark's folder: {error}", file=sys.stderr)
        return 2
    ours = Ours()
    extractors = [
        Extractor("pullquote", ours.extract),
        Extractor("trafilatura", lambda page: trafilatura.extract(page) or ""),
        Extractor(
            "trafilatura, no comments", lambda page: trafilatura.extract(page, include_comments=False) or ""
        ),
        Extractor("trafilatura, fast", lambda page: trafilatura.extract(page, fast=True) or ""),
    ]
    for page in (SHORT_PAGE, *list(pages.values())[:WARM_UP_PAGES]):  # what is loaded once is not counted
        for extractor in extractors:
            extractor.extract(page)
    ours.refused.clear()
    for key, page in pages.items():
        for extractor in extractors:  # page by page, so that what else the machine does is shared fairly
            extractor.run(key, page)
    report(truth, extractors)
    print(
        f"pages that parse_page refuses as no article (their text is counted all the same): {ours.summary()}"
    )
    if arguments.each:
        report_each(truth, extractors[0], extractors[1])
    if arguments.out:
        bodies = {key: {"articleBody": text} for key, text in extractors[0].texts.items()}
        arguments.out.write_text(json.dumps(bodies, ensure_ascii=False, indent=1), "utf-8")
    return 0


class Ours:
    """parse_page's text, headings among it."""

    def __init__(self) -> None:
        self.refused: list[str] = []

    def extract(self, page: bytes) -> str:
        try:
            return body_of(parse_page(page, url=None))
        except NotAnArticle as error:
            self.refused.append(str(error))
            tree = read_tree(page)
            return as_text(article_blocks(tree, read_metadata(tree, url=None)))
        except Unreadable as error:
            self.refused.append(str(error))
            return ""

    def summary(self) -> str:
        reasons = Counter(self.refused)
        return "; ".join(f"{count} ({reason})" for reason, count in reasons.most_common()) or "none"


def body_of(article: Article) -> str:
    """The article as one text: each section's heading and paragraphs, one a line."""
    lines: list[str] = []
    for section in article.sections:
        lines += [section.heading] if section.heading else []
        lines += [paragraph.span.of(article.text) for paragraph in section.paragraphs]
    return "\n".join(lines)


def report(truth: dict[str, dict[str, str]], extractors: list[Extractor]) -> None:
    print(f"{len(truth)} pages            F1    precision  recall   pages/s")
    for extractor in extractors:
        precision, recall, f1 = score(truth, extractor.texts)
        speed = len(truth) / extractor.seconds
        print(f"{extractor.name:<24} {f1:.4f}   {precision:.4f}   {recall:.4f}   {speed:7.1f}")


def report_each(truth: dict[str, dict[str, str]], ours: Extractor, other: Extractor) -> None:
    for key in truth:
        _, _, mine = score({key: truth[key]}, ours.texts)
        _, _, theirs = score({key: truth[key]}, other.texts)
        if abs(mine - theirs) > 0.001:
            print(f"{'+' if mine > theirs else '-'} {key[:40]:<40} {mine:.3f}  {other.name} {theirs:.3f}")


def score(truth: dict[str, dict[str, str]], texts: dict[str, str]) -> tuple[float, float, float]:
    """Precision, recall and F1 over the pages."""
    overlaps = [compare(item.get("articleBody", ""), texts[key]) for key, item in truth.items()]
    precisions = [share for overlap in overlaps if (share := overlap.precision()) is not None]
    recalls = [share for overlap in overlaps if (share := overlap.recall()) is not None]
    precision, recall = (mean(shares) if shares else 0.0 for shares in (precisions, recalls))
    f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return precision, recall, f1


def compare(reference: str, text: str) -> Overlap:
    theirs, ours = shingles(reference), shingles(text)
    both = sum((theirs & ours).values())
    return Overlap(both, sum(ours.values()) - both, sum(theirs.values()) - both)


def shingles(text: str) -> Counter[tuple[str, ...]]:
    """Of four tokens; of all of them where there are fewer; none of an empty text."""
    tokens = TOKEN.findall(text)
    count = max(1, len(tokens) - SHINGLE + 1) if tokens else 0
    return Counter(tuple(tokens[at : at + SHINGLE]) for at in range(count))


if __name__ == "__main__":
    sys.exit(main())
