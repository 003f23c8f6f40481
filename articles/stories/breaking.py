"""Breaking stories: new ones that several publishers report in their own words within a short time."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from articles.database import Database
from articles.model import ArticleId
from articles.schema import articles, first_key, stories
from articles.stories.clustering import StoryId

NEW_FOR = timedelta(days=1)  # an older story is no longer breaking


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """How many publishers must report a story, and within what time, to make it breaking news."""

    publishers: int = 3
    within: timedelta = timedelta(hours=1)


class BreakingDetector:
    """Finds breaking stories among the stored articles."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def breaking_story(self, article: ArticleId, threshold: Threshold, *, now: datetime) -> StoryId | None:
        """The article's story if it is breaking now: enough publishers have published own reports recently.

        Copies of a report do not count, so that a syndicated story is not breaking news. The time of
        publication counts, so that a feed that is read for the first time is not either.
        """
        of_article = select(articles.c.story_id).where(articles.c.id == article).scalar_subquery()
        breaking = (
            select(articles.c.story_id)
            .join(stories, stories.c.id == articles.c.story_id)
            .where(
                articles.c.story_id == of_article,
                articles.c.search_key >= first_key(now - threshold.within),
                articles.c.superseded_by.is_(None),
                articles.c.copy_of.is_(None),
                stories.c.opened_at >= now - NEW_FOR,
            )
            .group_by(articles.c.story_id)
            .having(func.count(articles.c.publisher.distinct()) >= threshold.publishers)
        )
        with self._database.reading() as connection:
            story = connection.execute(breaking).scalar()
        return StoryId(story) if story is not None else None

    def stories_of(self, among: Collection[ArticleId]) -> Mapping[ArticleId, StoryId]:
        """The story of each of the articles."""
        rows = select(articles.c.id, articles.c.story_id).where(articles.c.id.in_(among))
        with self._database.reading() as connection:
            return {ArticleId(row.id): StoryId(row.story_id) for row in connection.execute(rows)}

    def first_report(self, story: StoryId) -> ArticleId | None:
        """The newest version of the story's first report that is not a copy."""
        reports = (
            select(articles.c.id)
            .where(articles.c.story_id == story)
            .where(articles.c.superseded_by.is_(None), articles.c.copy_of.is_(None))
            .order_by(articles.c.search_key)
            .limit(1)
        )
        with self._database.reading() as connection:
            found = connection.execute(reports).scalar()
        return ArticleId(found) if found is not None else None
