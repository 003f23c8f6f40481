"""The day's top stories: how many publishers report them, and how fresh they are."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

HALF_LIFE_S = 12 * 3600
# A copy of another's words is a publisher's choice too, but no reporting of its own.
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

    A story weighs as the logarithm of its publishers, and half as much for every twelve hours that its newest
    report is older than the newest of all: three publishers' story of this morning stands above one's of an
    hour ago, and below it tomorrow. Its newest full article leads it, a copy where there is nothing else.
    """
    by_story: dict[int, list[StoryReport]] = {}
    for report in reports:
        by_story.setdefault(report.story_id, []).append(report)
    newest_s = max((r.published_s for of_story in by_story.values() for r in of_story), default=0)
    ranked = sorted(by_story.values(), key=lambda of_story: -_weight(of_story, newest_s))
    return [_lead(of_story).search_key for of_story in ranked]


def _weight(reports: list[StoryReport], newest_s: int) -> float:
    said: dict[str | None, float] = {}
    for report in reports:
        said[report.publisher] = max(said.get(report.publisher, 0.0), _COPY if report.is_copy else 1.0)
    age_s = newest_s - max(report.published_s for report in reports)
    return math.log2(1 + sum(said.values())) * math.exp2(-age_s / HALF_LIFE_S)


def _lead(reports: list[StoryReport]) -> StoryReport:
    return min(reports, key=lambda report: (report.is_copy, not report.is_whole, -report.search_key))
