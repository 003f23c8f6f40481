"""Which articles tell of the same event: by what they mean, whom they name, and when they came.

Two reports of one event share their rare names and much of their meaning, and come within days. Two events
of one subject share common names ("NATO") and meaning, which alone must not join them. So a shared name
counts by how rare it is among the articles of those days (inverse document frequency, Spärck Jones 1972),
as in first story detection (Allan, Lavrenko and Jin, "First story detection in TDT is hard", 2000).
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

StoryId = NewType("StoryId", int)
FloatArray = NDArray[np.float32]

WINDOW = timedelta(days=5)  # a report that comes later is another story, however alike
OPENING_CHARS = 900  # the news is told by then; more than an encoder of 128 word pieces reads
NAMED_CHARS = 3_000
MAX_LOOKED_UP = 12  # the rarest names: whatever shares none of them is another event
# How likely the same event, to the story's nearest article and to all of it on average.
JOINS, FITS = 0.5, 0.25

# After a logistic regression over the tests' development pairs and pairs of 840 articles of one election
# campaign; the held-out pairs had no part in it.
_MEANING, _NAMES, _DAY, _BIAS = 4.6, 7.0, -0.21, -5.1
_BACKGROUND = 100  # articles of other days: in a thin window too, a name of one article is rare, not certain
_MIN_MASS = 0.8  # one name in common proves little where there is but one


@dataclass(frozen=True, slots=True, eq=False)
class Traits:
    """What is kept of an article to tell its story."""

    vector: FloatArray  # (dim,), unit length, of `opening`; of one encoder, or they can't be compared
    names: frozenset[str]
    at: datetime  # when it was published, or found where that is not known


@dataclass(frozen=True, slots=True, eq=False)
class Filed:
    """An article that has its story."""

    story: StoryId
    traits: Traits


class RecentArticles(Protocol):
    """What filing an article asks of a store: two indexed queries over the names of some days."""

    def how_common(
        self, names: Collection[str], *, since: datetime, until: datetime
    ) -> tuple[Mapping[str, int], int]:
        """How many articles published in [since, until] have each name, and how many there are in all."""

    def naming(self, names: Collection[str], *, since: datetime, until: datetime) -> Sequence[Filed]:
        """The filed articles published in [since, until] that have at least one of these names, each once."""


def opening(article: Article) -> str:
    """The text whose vector is the article's: the headline and the first paragraphs."""
    return f"{article.headline.rstrip('.')}. {article.text[:OPENING_CHARS]}"


def find_story(new: Traits, recent: RecentArticles) -> StoryId | None:
    """The story that the new article belongs to; None where it begins one.

    Looks at articles of five days before and after that share one of its rarer names, not at all there are.
    """
    since, until = new.at - WINDOW, new.at + WINDOW
    common, total = recent.how_common(new.names, since=since, until=until)
    known = sorted((name for name in new.names if common.get(name)), key=lambda name: (common[name], name))
    if not known:
        return None
    filed = recent.naming(known[:MAX_LOOKED_UP], since=since, until=until)
    others = frozenset[str]().union(*(f.traits.names for f in filed)) - new.names
    common_there, _ = recent.how_common(others, since=since, until=until)
    rarity = Rarity({**common_there, **common}, total)
    stories: dict[StoryId, list[float]] = {}
    for f in filed:
        stories.setdefault(f.story, []).append(same_event(new, f.traits, rarity))
    fitting = {s: max(ps) for s, ps in stories.items() if max(ps) >= JOINS and sum(ps) / len(ps) >= FITS}
    return max(fitting, key=lambda story: (fitting[story], -story), default=None)


class Rarity:
    """How much a name tells, 0 to 1, by how many articles of these days have it."""

    def __init__(self, common: Mapping[str, int], total: int) -> None:
        self._common, self._scale = common, math.log(total + _BACKGROUND)

    def of(self, name: str) -> float:
        # Cubed: a name of two articles counts for six that every tenth has.
        return max(0.0, 1 - math.log(self._common.get(name, 0) + 1) / self._scale) ** 3

    def mass(self, names: Collection[str]) -> float:
        return sum(self.of(name) for name in names)


def same_event(one: Traits, other: Traits, rarity: Rarity) -> float:
    """How likely both tell of one event, 0 to 1. Symmetric."""
    apart = abs(one.at - other.at)
    if apart > WINDOW:
        return 0.0
    least = max(_MIN_MASS, min(rarity.mass(one.names), rarity.mass(other.names)))
    shared = rarity.mass(one.names & other.names) / least
    meaning = float(one.vector @ other.vector)
    days = apart / timedelta(days=1)
    return 1 / (1 + math.exp(-(_MEANING * meaning + _NAMES * shared + _DAY * days + _BIAS)))


_SENTENCE_START = re.compile(r"(?:^|[.!?:][\"'”’)\]]*\s+|\n\s*)[\"'“‘(\[]*")
_WORD = re.compile(r"[^\W\d_]+(?:[.'’-][^\W\d_]+)*")
_POSSESSIVE = re.compile(r"['’]s?$")
_NO_NAME = re.compile(
    r"(?:mon|tues|wednes|thurs|fri|satur|sun)day|january|february|march|april|may|june|july|august"
    r"|september|october"
    r"|november|december|mrs?|ms|dr|i|i['’].*|the|an?|in|on|at|by|for|from|with|after|before|but"
    r"|and|or|if|it|he|she"
    r"|they|we|you|this|that|these|those|his|her|their|its|our|some|two|three|four|no|as|when|while"
    r"|what|who|how|why"
)


def find_names(article: Article) -> frozenset[str]:
    """The words that the article writes as names, in lower case, first names and surnames apart.

    A capital tells nothing in A Headline of Capitals or where a sentence begins: from there a word counts
    only with another capital right behind it ("Jim Mattis said ...").
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
    return frozenset(name for name in names if _NO_NAME.fullmatch(name) is None)
