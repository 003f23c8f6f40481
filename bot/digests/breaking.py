"""Breaking news: makes subscriptions due when a story breaks, without a timer of its own.

Each time an article is stored, its story is checked: one indexed query. A story that breaks is matched at
once against the topics of the subscriptions to breaking news, and makes those due like any other. Their due
time is computed from the time when the story broke, so that two processes, or one that repeats it after a
crash, make one delivery of it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from articles.model import Article, ArticleId
from articles.stories.breaking import BreakingDetector, Threshold
from articles.stories.clustering import StoryId
from bot.schedules.schedule import after_quiet, from_json
from bot.storage.alerts import AlertStore, BreakingStory
from bot.storage.chats import Subscription

URGENT_FOR = timedelta(hours=12)  # as long as a night: quiet hours delay alerts
LOOKED_THROUGH = 20  # stories on a topic, best first


@dataclass(frozen=True, slots=True, kw_only=True)
class Breaking:
    """Detects stories that break, and makes the subscriptions due that they concern."""

    detector: BreakingDetector
    alerts: AlertStore
    threshold: Threshold
    # The best stories on a topic since then; without a topic, the newest.
    stories_on: Callable[[str, datetime], tuple[Article, ...]]
    article: Callable[[ArticleId], Article | None]

    def reported(self, article: ArticleId, *, now: datetime) -> None:
        """Call it after an article is stored. Also finishes announcements that were interrupted."""
        story = self.detector.breaking_story(article, self.threshold, now=now)
        if story is not None:
            self.alerts.open(story, now)
        for broken in self.alerts.broken(since=now - URGENT_FOR, unannounced=True):
            self._announce(broken, now)

    def stories(self, topic: str, *, now: datetime) -> tuple[Article, ...]:
        """The stories on the topic that broke lately, oldest first; one article of each."""
        broken = self.alerts.broken(since=now - URGENT_FOR)
        if not topic:
            first = (self.detector.first_report(one.story) for one in broken)
            found = (self.article(article) for article in first if article is not None)
            return tuple(article for article in found if article is not None)
        on_topic = self._on_topic(topic, broken)
        return tuple(on_topic[one.story] for one in broken if one.story in on_topic)

    def _announce(self, broken: BreakingStory, now: datetime) -> None:
        for topic in self.alerts.topics():
            if not topic or self._on_topic(topic, (broken,)):
                self.alerts.make_due(topic, lambda each: due_at(each, broken.broke_at), now=now)
        self.alerts.mark_announced(broken.story)

    def _on_topic(self, topic: str, broken: tuple[BreakingStory, ...]) -> dict[StoryId, Article]:
        """Those of the stories that are on the topic, each by its best article."""
        if not broken:
            return {}
        since = broken[0].broke_at - self.threshold.within
        found = {article.id: article for article in self.stories_on(topic, since) if article.id is not None}
        wanted = {one.story for one in broken}
        stories = self.detector.stories_of(list(found))
        return {story: found[article] for article, story in stories.items() if story in wanted}


def due_at(subscription: Subscription, broke_at: datetime) -> datetime:
    """When a subscription is due for a story that broke then: at once, or after its quiet hours."""
    return after_quiet(broke_at, from_json(subscription.schedule).quiet, ZoneInfo(subscription.timezone))
