"""Which result comes first: the articles that match a query, fused rankings, and the day's top stories."""

import math
from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from articles.search.full_text import Match

# The weight of a hit by its position: headline, headings, first paragraph, anywhere in the text.
HEADLINE, HEADINGS, LEDE, TEXT = 6.0, 2.0, 2.0, 1.0
# BM25's usual constants (Robertson and Zaragoza, 2009).
SATURATION, LENGTH = 1.2, 0.75
# Added to the relevance of the newest match; it halves every week.
FRESHNESS, HALF_LIFE_S = 0.6, 7 * 24 * 3600


def rank(matches: Sequence[Match]) -> list[Match]:
    """Best first. Freshness counts from the newest match, so that an archive ranks as well as today's news.

    Relevance is BM25F without its inverse document frequency. Every match has every word, so that factor says
    little here, and to compute it the index has to visit every article that has the word (FTS5's own bm25
    takes 120 ms for a common word among a million articles).
    """
    if not matches:
        return []
    mean = sum(match.length for match in matches) / len(matches) or 1.0
    newest = max(match.published_s for match in matches)

    def score(match: Match) -> float:
        weighted = (
            HEADLINE * match.headline_hits
            + HEADINGS * match.heading_hits
            + LEDE * match.lede_hits
            + TEXT * match.text_hits
        )
        relevance = weighted / (weighted + SATURATION * (1 - LENGTH + LENGTH * match.length / mean))
        return relevance + FRESHNESS * math.exp2((match.published_s - newest) / HALF_LIFE_S)

    return sorted(matches, key=lambda match: (score(match), match.search_key), reverse=True)


_SMOOTHING = 60  # as in the paper: the first of a ranking is worth less than twice its second

Item = TypeVar("Item", bound=Hashable)


def fuse_rankings(rankings: Sequence[Sequence[Item]]) -> list[Item]:
    """All items of the rankings, each once, best first; of equals, the item of the earlier ranking first.

    Reciprocal rank fusion (Cormack, Clarke and Büttcher, "Reciprocal rank fusion outperforms Condorcet and
    individual rank learning methods", SIGIR 2009). It uses ranks only, because a BM25 score and a cosine
    cannot be compared.
    """
    scores: dict[Item, float] = defaultdict(float)
    for ranking in rankings:
        for rank, item in enumerate(dict.fromkeys(ranking), 1):
            scores[item] += 1 / (_SMOOTHING + rank)
    # Rounded, so that sums of the same ranks in another order are equal. Sorting keeps the order of equals.
    return sorted(scores, key=lambda item: -round(scores[item], 12))


STORY_HALF_LIFE_S = 12 * 3600
# What a copy counts as one publisher's report: to print it is a choice too, but it is not own reporting.
_COPY = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryReport:
    """One article of a story."""

    search_key: int
    story_id: int
    published_s: int  # seconds since the epoch
    publisher: str | None
    is_copy: bool
    is_whole: bool


def top_stories(reports: Iterable[StoryReport]) -> list[int]:
    """The search keys of each story's leading article, top story first.

    A story's weight is the logarithm of its number of publishers. It halves for every twelve hours between
    its newest report and the newest report of all: a story of three publishers from this morning ranks above
    one publisher's story of an hour ago, and below it tomorrow. The leading article is the newest full
    article, or a copy if the story has nothing else.
    """
    by_story: dict[int, list[StoryReport]] = {}
    for report in reports:
        by_story.setdefault(report.story_id, []).append(report)
    newest_s = max((r.published_s for of_story in by_story.values() for r in of_story), default=0)
    ranked = sorted(by_story.values(), key=lambda of_story: -_weight(of_story, newest_s))
    leads = (min(story, key=lambda r: (r.is_copy, not r.is_whole, -r.search_key)) for story in ranked)
    return [lead.search_key for lead in leads]


def _weight(reports: list[StoryReport], newest_s: int) -> float:
    shares: dict[str | None, float] = {}
    for report in reports:
        share = _COPY if report.is_copy else 1.0
        shares[report.publisher] = max(shares.get(report.publisher, 0.0), share)
    age_s = newest_s - max(report.published_s for report in reports)
    return math.log2(1 + sum(shares.values())) * math.exp2(-age_s / STORY_HALF_LIFE_S)
