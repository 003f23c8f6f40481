"""Which articles report the same event, by what they mean, whom they name and when they were published.

Two reports of one event share their rare names and much of their meaning, and are published within days of
each other. Two events of one subject also share meaning and common names ("NATO"), which must not be enough.
So a shared name counts by how rare it is among the articles of those days (inverse document frequency, Spärck
Jones 1972), as in first story detection (Allan, Lavrenko and Jin, "First story detection in TDT is hard",
2000).
"""

import math
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import NewType, Protocol

import numpy as np
from numpy.typing import NDArray

from articles.model import Article
from articles.text.headings import in_title_case
from articles.text.phrases import read_words

StoryId = NewType("StoryId", int)
FloatArray = NDArray[np.float32]

WINDOW = timedelta(days=5)  # a later report is another story, however similar
OPENING_CHARS = 900  # contains the news, and is more than an encoder of 128 word pieces reads
NAMED_CHARS = 3_000
MAX_LOOKED_UP = 12  # the rarest names; an article that shares none of them reports another event
# Minimum probability of the same event: for the most likely article of the story, and for all on average.
MIN_BEST, MIN_AVERAGE = 0.5, 0.25

# From a logistic regression over the tests' development pairs and pairs of 840 articles of one election
# campaign. The held-out pairs were not used.
_MEANING, _NAMES, _DAY, _BIAS = 4.6, 7.0, -0.21, -5.1
_BACKGROUND = 100  # added to the number of articles, so that in a small window too a rare name is not certain
_MIN_WEIGHT = 0.8  # if an article has only one name, a match of it proves little


@dataclass(frozen=True, slots=True, eq=False)
class StoryFeatures:
    """The features of an article by which its story is found."""

    vector: FloatArray  # (dim,), unit length, of `opening`; all must come from one encoder
    names: frozenset[str]
    at: datetime  # when it was published, or found if that is unknown


@dataclass(frozen=True, slots=True, eq=False)
class ClusteredArticle:
    """An article that is part of a story."""

    story: StoryId
    features: StoryFeatures


class RecentArticles(Protocol):
    """What `find_story` needs from a store: two indexed queries over the names of some days."""

    def count_names(
        self, names: Collection[str], *, since: datetime, until: datetime
    ) -> tuple[Mapping[str, int], int]:
        """How many articles published in [since, until] have each name, and how many there are in all."""

    def sharing_names(
        self, names: Collection[str], *, since: datetime, until: datetime
    ) -> Sequence[ClusteredArticle]:
        """The articles published in [since, until] that have at least one of these names, each once."""


def opening(article: Article) -> str:
    """The text whose vector is the article's: the headline and the first paragraphs."""
    return f"{article.headline.rstrip('.')}. {article.text[:OPENING_CHARS]}"


def find_story(new: StoryFeatures, recent: RecentArticles) -> StoryId | None:
    """The story of the new article; None if it opens one.

    Compares it with the articles of five days before and after that share one of its rarer names.
    """
    since, until = new.at - WINDOW, new.at + WINDOW
    counts, total = recent.count_names(new.names, since=since, until=until)
    known = sorted((name for name in new.names if counts.get(name)), key=lambda name: (counts[name], name))
    if not known:
        return None
    candidates = recent.sharing_names(known[:MAX_LOOKED_UP], since=since, until=until)
    others = frozenset[str]().union(*(each.features.names for each in candidates)) - new.names
    other_counts, _ = recent.count_names(others, since=since, until=until)
    rarity = Rarity({**other_counts, **counts}, total)
    stories: dict[StoryId, list[float]] = {}
    for each in candidates:
        stories.setdefault(each.story, []).append(same_event(new, each.features, rarity))
    fitting = {
        story: max(probabilities)
        for story, probabilities in stories.items()
        if max(probabilities) >= MIN_BEST and sum(probabilities) / len(probabilities) >= MIN_AVERAGE
    }
    return max(fitting, key=lambda story: (fitting[story], -story), default=None)


class Rarity:
    """The weights of names, by how many articles of these days have them."""

    def __init__(self, counts: Mapping[str, int], total: int) -> None:
        self._counts, self._scale = counts, math.log(total + _BACKGROUND)

    def of(self, name: str) -> float:
        """The weight of a name, 0 to 1."""
        # Cubed: a name of two articles then has the weight of six that every tenth article has.
        return max(0.0, 1 - math.log(self._counts.get(name, 0) + 1) / self._scale) ** 3

    def total(self, names: Collection[str]) -> float:
        """The sum of their weights."""
        return sum(self.of(name) for name in names)


def same_event(one: StoryFeatures, other: StoryFeatures, rarity: Rarity) -> float:
    """The probability that both report one event. Symmetric."""
    apart = abs(one.at - other.at)
    if apart > WINDOW:
        return 0.0
    least = max(_MIN_WEIGHT, min(rarity.total(one.names), rarity.total(other.names)))
    shared = rarity.total(one.names & other.names) / least
    meaning = float(one.vector @ other.vector)
    days = apart / timedelta(days=1)
    return 1 / (1 + math.exp(-(_MEANING * meaning + _NAMES * shared + _DAY * days + _BIAS)))


_SENTENCE_START = re.compile(r"(?:^|[.!?:][\"'”’)\]]*\s+|\n\s*)[\"'“‘(\[]*")
_WORD = re.compile(r"[^\W\d_]+(?:[.'’-][^\W\d_]+)*")
_POSSESSIVE = re.compile(r"['’]s?$")
_NOT_NAMES = read_words(__package__, "not_names.txt")


def find_names(article: Article) -> frozenset[str]:
    """The words that the article writes as names, in lower case; a first name and a surname are two.

    A capital letter means nothing in A Headline of Capitals or at the beginning of a sentence: such a word
    counts only if a capitalised word follows directly ("Jim Mattis said ...").
    """
    headline = "" if in_title_case(article.headline) else f"{article.headline}\n"
    text = headline + article.text[:NAMED_CHARS]
    starts = {match.end() for match in _SENTENCE_START.finditer(text)}
    words = list(_WORD.finditer(text))
    in_lower_case = {word[0] for word in words if word[0].islower()}
    names: set[str] = set()
    for word, following in pairwise([*words, None]):
        if word is None or not word[0][0].isupper():
            continue
        runs_on = following is not None and following[0][0].isupper() and following.start() == word.end() + 1
        name = _POSSESSIVE.sub("", word[0]).lower()
        if word.start() not in starts or (runs_on and name not in in_lower_case):
            names.add(name)
    return frozenset(name for name in names if name not in _NOT_NAMES and name[:2] not in ("i'", "i’"))
