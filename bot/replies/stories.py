"""Stories: the brief on a topic or of the day, headlines, and what there is where nothing matches."""

from collections.abc import Callable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from articles.model import Article
from articles.search.article_search import SearchFilter
from articles.search.vectors import ArticleVector
from articles.store import ArticleStore, FoundStories, Report
from bot.commands.requests import BriefRequest, Filters, SearchRequest
from bot.replies import views
from bot.replies.compose import (
    also_reported,
    brief_blocks,
    button,
    button_rows,
    counted,
    difference_notes,
    in_words,
    in_zone,
    origin,
)
from bot.reply import Block, Button, Item, Items, Note, Reply, Title, refusal
from summarizer.differences import Difference, differences
from summarizer.differences import Report as StoryReport
from summarizer.model import Brief
from summarizer.storage.store import AnalysisStore

COMPARED = 5  # other publishers' reports of a story whose numbers are held against the brief's
ALSO = 4  # headlines under a brief
FOUND = 10  # headlines of a search
NEAR = 5  # suggestions where nothing matches

# The vector of a question; None: not known, and it is answered by its words.
MeaningOf = Callable[[str], ArticleVector | None]


class Stories:
    """Answers about many articles, from what is stored. `now` and `zone` are the asker's."""

    def __init__(
        self,
        *,
        articles: ArticleStore,
        analyses: AnalysisStore,
        meaning_of: MeaningOf = lambda _: None,
    ) -> None:
        self._articles = articles
        self._analyses = analyses
        self._meaning_of = meaning_of

    def brief(self, request: BriefRequest, *, now: datetime, zone: ZoneInfo, offset: int = 0) -> Reply:
        """The story at `offset` among those asked for, and the headlines of the next."""
        found = self._asked_for(request, now=now, limit=1 + ALSO + 1, offset=offset)
        if not found.articles:
            return self._nothing(request.topic, request.filters, offset=offset)
        first, *rest = found.articles
        also: tuple[Block, ...] = ()
        if rest:
            headlines = tuple(Item(text=article.headline, url=article.url) for article in rest[:ALSO])
            also = (Note(text="Also"), Items(items=headlines))
        return Reply(
            blocks=(*how_found(first, request.topic, found), *self.told(first, zone), *also),
            buttons=follow_ups(first, more=button("More", "/more") if rest else ()),
            article=first.id,
            query=_as_words(request),
            offset=offset,
        )

    def article_brief(self, article: Article, *, zone: ZoneInfo) -> Reply:
        """The brief of that one article."""
        return Reply(blocks=self.told(article, zone), buttons=follow_ups(article), article=article.id)

    def told(self, article: Article, zone: ZoneInfo) -> tuple[Block, ...]:
        """The article's brief, and who else reported its story."""
        reports = self.reports(article)
        others = self._others(article, reports)
        return (
            *brief_blocks(article, self.brief_of(article), zone, others=others),
            *difference_notes(_differences(article, others)),
            *also_reported(article, reports),
        )

    def evidence(self, article: Article) -> Reply:
        """What the article's brief rests on, and what the story's numbers do."""
        others = self._others(article, self.reports(article))
        return views.evidence(article, self.brief_of(article), _differences(article, others))

    def reports(self, article: Article) -> tuple[Report, ...]:
        """All reports of the article's story, itself among them; the first to come in first."""
        return self._articles.reports(article.id) if article.id is not None else ()

    def _others(self, article: Article, reports: Sequence[Report]) -> tuple[StoryReport, ...]:
        """What the other publishers of its story report in their own words: the newest of each."""
        newest = {report.publisher: report.id for report in reports if not report.is_copy}
        newest.pop(article.publisher, None)
        publishers = [publisher for publisher in newest if publisher][:COMPARED]
        stored = self._articles.get_all([newest[publisher] for publisher in publishers])
        return tuple(
            StoryReport(publisher=other.publisher, article=other) for other in stored if other.publisher
        )

    def offers(
        self, request: BriefRequest, *, now: datetime, zone: ZoneInfo, limit: int
    ) -> tuple[Reply, ...]:
        """A brief of each story asked for."""
        stories = self._asked_for(request, now=now, limit=limit).articles
        return tuple(self.article_brief(article, zone=zone) for article in stories)

    def brief_of(self, article: Article) -> Brief:
        """The brief stored with the article. Raises LookupError: every article is stored with one."""
        brief = self._analyses.brief_of(article.id) if article.id is not None else None
        if brief is None:
            raise LookupError(f"article {article.id} has no brief")
        return brief

    def on(
        self, topic: str, *, limit: int, since: datetime | None = None, offset: int = 0
    ) -> tuple[Article, ...]:
        """The stories on a topic, best first; the newest of all where it is empty.

        By its words alone, or other names for them: who has ordered a topic is not sent what is merely near.
        """
        if not topic:
            return self._articles.latest(limit=limit, since=since, offset=offset)
        return self._articles.search(topic, limit=limit, since=since, offset=offset)

    def search(self, request: SearchRequest, *, now: datetime, zone: ZoneInfo) -> Reply:
        """Headlines, each with a button for its brief."""
        stories = self._articles.find(request.words, _narrowed(request.filters, now), limit=FOUND).articles
        if not stories:
            return self._nothing(request.words, request.filters)
        items = tuple(
            Item(text=" · ".join([article.headline, *origin(article, zone)]), url=article.url)
            for article in stories
        )
        numbers = [b for n, story in enumerate(stories, 1) for b in button(f"{n}", f"/brief #{story.id}")]
        blocks = (Title(text=f"Headlines on {request.words}"), Items(items=items, numbered=True))
        return Reply(blocks=blocks, buttons=button_rows(numbers))

    def stored(self, zone: ZoneInfo) -> str:
        """One line on the articles that are stored."""
        newest = next(iter(self._articles.latest(limit=1)), None)
        if newest is None:
            return "No articles are stored yet."
        when = f", the newest of {in_zone(newest.published, zone)}" if newest.published else ""
        return f"{counted(self._articles.count(), 'article')} stored{when}."

    def topics_like(self, typed: str, *, limit: int) -> tuple[str, ...]:
        """Topics that have articles, for completion."""
        return self._articles.topics_like(typed, limit=limit)

    def publishers_like(self, typed: str, *, limit: int) -> tuple[str, ...]:
        """Publishers that have recent articles, for completion."""
        return self._articles.publishers_like(typed, limit=limit)

    def _asked_for(
        self, request: BriefRequest, *, now: datetime, limit: int, offset: int = 0
    ) -> FoundStories:
        """The stories on a topic, by words and by meaning; without one, the top stories."""
        narrowed = _narrowed(request.filters, now)
        if not request.topic:
            top = self._articles.top(narrowed, limit=limit, offset=offset)
            return FoundStories(articles=top, also=(), by_meaning=frozenset())
        meaning = self._meaning_of(request.topic)
        return self._articles.find(request.topic, narrowed, limit=limit, offset=offset, meaning=meaning)

    def _nothing(self, topic: str, filters: Filters, *, offset: int = 0) -> Reply:
        if offset:
            return refusal("That was the last story. /brief starts again with the newest.")
        narrowed = [
            f"No article on “{topic}”" if topic else "No article",
            f"in the last {in_words(filters.since)}" if filters.since else "",
            f"from “{filters.publisher}”" if filters.publisher else "",
            f"in language “{filters.language}”" if filters.language else "",
        ]
        what = " ".join(filter(None, narrowed))
        near = self._articles.topics_near(topic, limit=NEAR)
        if not near:
            return refusal(f"{what}: nothing is stored yet. `pullquote ingest` brings articles in.")
        return refusal(f"{what}. There is something on: {', '.join(near)}.")


def _differences(article: Article, others: Sequence[StoryReport]) -> tuple[Difference, ...]:
    if article.publisher is None:
        return ()
    return differences([StoryReport(publisher=article.publisher, article=article), *others])


def how_found(article: Article, topic: str, found: FoundStories) -> tuple[Note, ...]:
    """That a story was found by what it means, or by another name, where that is so."""
    if article.id in found.by_meaning:
        return (Note(text=f"Near in meaning: not every word of “{topic}” is in this story."),)
    if found.also:
        return (Note(text=f"Also looked for: {', '.join(found.also)}"),)
    return ()


def _narrowed(filters: Filters, now: datetime) -> SearchFilter:
    return SearchFilter(
        since=now - filters.since if filters.since else None,
        publisher=filters.publisher,
        language=filters.language,
    )


def follow_ups(article: Article, *, more: tuple[Button, ...] = ()) -> tuple[tuple[Button, ...], ...]:
    """The buttons under a brief."""
    about = f"#{article.id}"
    return (
        (
            *button("Sections", f"/sections {about}"),
            *button("Quotes", f"/quotes {about}"),
            *button("Full text", f"/full {about}"),
        ),
        (*button("Source", f"/source {about}"), *button("Evidence", f"/evidence {about}"), *more),
    )


def _as_words(request: BriefRequest) -> str:
    """The words of a `/brief` that asks the same."""
    filters = request.filters
    said = [
        request.topic,
        f"since:{in_words(filters.since, short=True)}" if filters.since else "",
        f'from:"{filters.publisher}"' if filters.publisher else "",
        f"lang:{filters.language}" if filters.language else "",
    ]
    return " ".join(filter(None, said))
