"""Which of the articles that match comes first: relevance and freshness, blended."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

# How much a match says by where it stands: headline, headings, first paragraph, anywhere in the text.
HEADLINE, HEADINGS, LEDE, TEXT = 6.0, 2.0, 2.0, 1.0
# BM25's usual constants (Robertson and Zaragoza, 2009).
SATURATION, LENGTH = 1.2, 0.75
# A fresh article outranks one of the same relevance; a week halves what freshness is worth.
FRESHNESS, HALF_LIFE_S = 0.6, 7 * 24 * 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """One article that has all the words, and how often it has any of them."""

    search_key: int
    published_s: int  # seconds since the epoch
    headline_hits: int
    heading_hits: int
    lede_hits: int
    text_hits: int  # those in the first paragraph among them
    length: int  # of the text, in code points

    def plus(self, other: "Match") -> "Match":
        """The same article with the hits of another query too."""
        return replace(
            self,
            headline_hits=self.headline_hits + other.headline_hits,
            heading_hits=self.heading_hits + other.heading_hits,
            lede_hits=self.lede_hits + other.lede_hits,
            text_hits=self.text_hits + other.text_hits,
        )


def rank(matches: Sequence[Match]) -> list[Match]:
    """Best first. Freshness counts from the newest of them, so that an archive ranks as well as today's news.

    Relevance is BM25F without its inverse document frequency: every match has every word, so that factor says
    little here, and to know it the index has to visit every article that has the word (FTS5's own bm25: 120
    ms for a common word at a million articles).
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
