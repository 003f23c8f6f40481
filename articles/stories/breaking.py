"""Stories that break: new ones that several publishers report in their own words within a short time."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from articles.database import Database
from articles.model import ArticleId
from articles.schema import articles, first_key, stories
from articles.stories.clustering import StoryId

NEW_FOR = timedelta(days=1)  # a story that goes on for longer breaks no more


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """From when on a story breaks."""

    publishers: int = 3
    within: timedelta = timedelta(hours=1)


class Bursts:
    """Asks which stories break."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def story_breaking(self, article: ArticleId, threshold: Threshold, *, now: datetime) -> StoryId | None:
        """The article's story if it breaks now: enough publishers' own reports were published lately.

        Copies of one report do not count, and by when reports were published, so that neither a syndicated
        story nor a feed read for the first time looks like news.
        """
        its = select(articles.c.story_id).where(articles.c.id == article).scalar_subquery()
        lately = (
            select(articles.c.story_id)
            .join(stories, stories.c.id == articles.c.story_id)
            .where(
                articles.c.story_id == its,
                articles.c.search_key >= first_key(now - threshold.within),
                articles.c.superseded_by.is_(None),
                articles.c.copy_of.is_(None),
                stories.c.opened_at >= now - NEW_FOR,
            )
            .group_by(articles.c.story_id)
            .having(func.count(articles.c.publisher.distinct()) >= threshold.publishers)
        )
        with self._database.reading() as connection:
            story = connection.execute(lately).scalar()
        return StoryId(story) if story is not None else None

    def stories_of(self, among: Collection[ArticleId]) -> Mapping[ArticleId, StoryId]:
        """The story of each of the articles."""
        rows = select(articles.c.id, articles.c.story_id).where(articles.c.id.in_(among))
        with self._database.reading() as connection:
            return {ArticleId(row.id): StoryId(row.story_id) for row in connection.execute(rows)}

    def first_report(self, story: StoryId) -> ArticleId | None:
        """The newest version of the first report of the story that is no copy."""
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
