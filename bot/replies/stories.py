"""Stories and single articles: briefs, headlines, sections, the full text, the source and the evidence."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from zoneinfo import ZoneInfo

from rapidfuzz import fuzz, process, utils

from articles.model import Article, Completeness, Paragraph, ParagraphKind, Section
from articles.search.article_search import SearchFilter
from articles.search.vectors import ArticleVector
from articles.store import ArticleStore, FoundStories, Report
from bot.commands import requests
from bot.commands.requests import BriefRequest, Filters
from bot.replies.compose import button, button_rows, counted, in_words, in_zone, origin, paged
from bot.replies.quotations import key_quotation
from bot.reply import Block, Button, Item, Items, Note, Prose, Reply, Title, refusal
from summarizer.differences import Difference, differences, has_figure_of_its_own
from summarizer.differences import Report as StoryReport
from summarizer.model import Brief, Fallback
from summarizer.storage.store import AnalysisStore

ALSO_REPORTED = 5  # publishers named under a brief
LEDE = "Lede"  # what the section before the first heading is called
COMPARED = 5  # other publishers' reports of the story whose numbers are compared with the brief's
ALSO = 4  # headlines under a brief
FOUND = 10  # headlines of a search
NEAR = 5  # suggestions where nothing matches
OTHER_REPORTS = 10  # under /source
MIN_PART = 3  # letters: a shorter part of a heading is not looked for
_FALLBACKS = {
    Fallback.UNREACHABLE: "The model could not be reached: these are the article's own sentences.",
    Fallback.REFUSED: "The model's server refused the request: these are the article's own sentences.",
    Fallback.NOT_LOADED: "The model could not be loaded: these are the article's own sentences.",
    Fallback.BUDGET: "The model's budget for today is used up: these are the article's own sentences.",
    Fallback.UNSUPPORTED: "The article does not support what the model wrote: these are its own sentences.",
}
_INCOMPLETE = {
    Completeness.STUB: "Only the opening could be read: the rest is behind a paywall.",
    Completeness.FEED_TEXT: "Only the feed's own text could be read, not the article's page.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stories:
    """Answers about many articles, from what is stored. `now` and `zone` are the asker's."""

    articles: ArticleStore
    analyses: AnalysisStore
    meaning_of: Callable[[str], ArticleVector | None]  # of a query; None: it is answered by its words alone

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
            blocks=(*_how_found(first, request.topic, found), *self.story_blocks(first, zone), *also),
            buttons=_follow_ups(first, more=button("More", "/more") if rest else ()),
            article=first.id,
            query=requests.brief_in_words(request),
            offset=offset,
        )

    def about(
        self, article: Article, request: requests.AboutStory, *, zone: ZoneInfo, page_chars: int | None
    ) -> Reply:
        """What is asked about that one article."""
        match request:
            case requests.ArticleBriefRequest():
                return self._article_brief(article, zone)
            case requests.SectionsRequest():
                return _sections(article)
            case requests.SectionRequest():
                return _section(article, request, page_chars=page_chars)
            case requests.FullRequest():
                return full_text(article, page=request.page, page_chars=page_chars)
            case requests.SourceRequest():
                return _source(article, self._reports(article), zone)
            case requests.EvidenceRequest():
                others = self._others(article, self._reports(article))
                return _evidence(article, self._brief_of(article), _differences(article, others))

    def _article_brief(self, article: Article, zone: ZoneInfo) -> Reply:
        return Reply(
            blocks=self.story_blocks(article, zone), buttons=_follow_ups(article), article=article.id
        )

    def story_blocks(self, article: Article, zone: ZoneInfo) -> tuple[Block, ...]:
        """The article's brief, and who else reported its story."""
        reports = self._reports(article)
        others = self._others(article, reports)
        return (
            *brief_blocks(article, self._brief_of(article), zone, others=others),
            *_difference_notes(_differences(article, others)),
            *_also_reported(article, reports),
        )

    def _reports(self, article: Article) -> tuple[Report, ...]:
        """All reports of the article's story, itself included, in order of arrival."""
        return self.articles.reports(article.id) if article.id is not None else ()

    def _others(self, article: Article, reports: Sequence[Report]) -> tuple[StoryReport, ...]:
        """Each other publisher's newest report of the story, copies left out."""
        newest = {report.publisher: report.id for report in reports if not report.is_copy}
        newest.pop(article.publisher, None)
        publishers = [publisher for publisher in newest if publisher][:COMPARED]
        stored = self.articles.get_all([newest[publisher] for publisher in publishers])
        return tuple(StoryReport(publisher=one.publisher, article=one) for one in stored if one.publisher)

    def offers(
        self, request: BriefRequest, *, now: datetime, zone: ZoneInfo, limit: int
    ) -> tuple[Reply, ...]:
        """A brief of each story asked for."""
        stories = self._asked_for(request, now=now, limit=limit).articles
        return tuple(self._article_brief(article, zone) for article in stories)

    def _brief_of(self, article: Article) -> Brief:
        """The brief stored with the article. Raises LookupError: every article is stored with one."""
        brief = self.analyses.brief_of(article.id) if article.id is not None else None
        if brief is None:
            raise LookupError(f"article {article.id} has no brief")
        return brief

    def on(
        self, topic: str, *, limit: int, since: datetime | None = None, offset: int = 0
    ) -> tuple[Article, ...]:
        """The stories on a topic, best first; without a topic, the newest.

        Found by words and other names, not by meaning: a subscription gets no story that is only similar.
        """
        only = SearchFilter(since=since)
        if not topic:
            return self.articles.latest(only, limit=limit, offset=offset)
        return self.articles.find(topic, only, limit=limit, offset=offset).articles

    def search(self, request: requests.SearchRequest, *, now: datetime, zone: ZoneInfo) -> Reply:
        """Headlines, each with a button for its brief."""
        stories = self.articles.find(request.words, _narrowed(request.filters, now), limit=FOUND).articles
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
        newest = next(iter(self.articles.latest(limit=1)), None)
        if newest is None:
            return "No articles are stored yet."
        when = f", the newest of {in_zone(newest.published, zone)}" if newest.published else ""
        return f"{counted(self.articles.count(), 'article')} stored{when}."

    def _asked_for(
        self, request: BriefRequest, *, now: datetime, limit: int, offset: int = 0
    ) -> FoundStories:
        """The stories on a topic, by words and by meaning; without one, the top stories."""
        narrowed = _narrowed(request.filters, now)
        if not request.topic:
            top = self.articles.top(narrowed, limit=limit, offset=offset)
            return FoundStories(articles=top, also=(), by_meaning=frozenset())
        meaning = self.meaning_of(request.topic)
        return self.articles.find(request.topic, narrowed, limit=limit, offset=offset, meaning=meaning)

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
        near = self.articles.topics_near(topic, limit=NEAR)
        if not near:
            return refusal(f"{what}: nothing is stored yet. `pullquote ingest` brings articles in.")
        return refusal(f"{what}. There is something on: {', '.join(near)}.")


def _differences(article: Article, others: Sequence[StoryReport]) -> tuple[Difference, ...]:
    if article.publisher is None or not others:
        return ()
    return differences([StoryReport(publisher=article.publisher, article=article), *others])


def _how_found(article: Article, topic: str, found: FoundStories) -> tuple[Note, ...]:
    """Says if the story was found by its meaning, or by another name."""
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


def _follow_ups(article: Article, *, more: tuple[Button, ...] = ()) -> tuple[tuple[Button, ...], ...]:
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


def _sections(article: Article) -> Reply:
    """The headings, numbered."""
    if len(article.sections) == 1 and article.sections[0].heading is None:
        return refusal(f"“{article.headline}” has no sections; /full shows all of it.")
    headings = [_heading_of(section) for section in article.sections]
    items = Items(items=tuple(Item(text=heading) for heading in headings), numbered=True)
    numbered = [button(f"{n} {text}", f"/section #{article.id} {n}") for n, text in enumerate(headings, 1)]
    return Reply(
        blocks=(Title(text=article.headline, url=article.url), items),
        buttons=button_rows([b for buttons in numbered for b in buttons], width=2),
        article=article.id,
    )


def _section(article: Article, request: requests.SectionRequest, *, page_chars: int | None) -> Reply:
    """One section whole, or one page of it."""
    number = _section_number(article.sections, request.section)
    if number is None:
        names = ", ".join(f"{n} {_heading_of(s)}" for n, s in enumerate(article.sections, 1))
        missing = f"There is no section “{request.section}” in “{article.headline}”"
        return refusal(f"{missing}. There are: {names}.")
    chosen = article.sections[number - 1]
    title, command = Title(text=_heading_of(chosen)), f"/section #{article.id} {number}"
    blocks = list(_text_blocks(chosen.paragraphs, article.text))
    return paged(title, blocks, command, page=request.page, page_chars=page_chars, article=article.id)


def full_text(article: Article, *, page: int, page_chars: int | None) -> Reply:
    """The whole article, or one page of it."""
    title = Title(text=article.headline, url=article.url)
    blocks = list(full_blocks(article))
    return paged(title, blocks, f"/full #{article.id}", page=page, page_chars=page_chars, article=article.id)


def _source(article: Article, reports: Sequence[Report], zone: ZoneInfo) -> Reply:
    """Where it was published, with the link, and the other reports of its story."""
    where = Item(text=article.url or "It came in as a file; no address is known.", url=article.url)
    blocks: list[Block] = [Title(text=article.headline, url=article.url), *_published_note(article, zone)]
    blocks.append(Items(items=(where,)))
    others = [report for report in reports if report.id != article.id][:OTHER_REPORTS]
    if others:
        items = (Item(text=" · ".join(filter(None, (o.publisher, o.headline))), url=o.url) for o in others)
        blocks += [Note(text="The same story elsewhere"), Items(items=tuple(items))]
    return Reply(blocks=tuple(blocks), article=article.id)


def _evidence(article: Article, brief: Brief, found: Sequence[Difference]) -> Reply:
    """Each line of the brief with the paragraphs that support it, then numbers on which reports differ."""
    paragraphs = tuple(article.paragraphs())
    blocks: list[Block] = [Title(text=f"What the brief rests on: {article.headline}", url=article.url)]
    for bullet in brief.bullets:
        blocks.append(Items(items=(Item(text=bullet.text),)))
        for number in bullet.evidence:
            blocks.append(Note(text=f"Paragraph {number + 1} of {len(paragraphs)}"))
            blocks.append(Prose(text=paragraphs[number].span.of(article.text)))
    for figure in (figure for difference in found for figure in difference.figures):
        reported = figure.report.article
        paragraph = tuple(reported.paragraphs())[figure.paragraph]
        item = Item(text=f"{figure.words} ({figure.report.publisher})", url=reported.url)
        blocks += [Items(items=(item,)), Prose(text=paragraph.span.of(reported.text))]
    return Reply(blocks=tuple(blocks), article=article.id)


def _section_number(sections: Sequence[Section], wanted: int | str) -> int | None:
    """Its number from 1, by number or by words of its heading, a typo allowed."""
    if isinstance(wanted, int):
        return wanted if 1 <= wanted <= len(sections) else None
    headings = [_heading_of(section) for section in sections]
    scorers = [(fuzz.ratio, 85), (fuzz.partial_ratio, 90)][: 2 if len(wanted) >= MIN_PART else 1]
    clean = utils.default_process
    for scorer, cutoff in scorers:
        if found := process.extractOne(wanted, headings, scorer=scorer, processor=clean, score_cutoff=cutoff):
            return int(found[2]) + 1
    return None


def brief_blocks(
    article: Article, brief: Brief, zone: ZoneInfo, *, others: Sequence[StoryReport] = ()
) -> tuple[Block, ...]:
    """Headline, publisher and time, bullets, key quotes.

    others: reports of the same story. A bullet with a figure that none of them has is its publisher's.
    """
    return (
        Title(text=brief.headline, url=article.url),
        *_published_note(article, zone),
        *([Note(text=_INCOMPLETE[article.completeness])] if article.completeness in _INCOMPLETE else []),
        Items(items=tuple(Item(text=_attributed(bullet.text, article, others)) for bullet in brief.bullets)),
        *(key_quotation(key, article.text) for key in brief.key_quotes),
        *_authorship_note(brief),
    )


def _attributed(text: str, article: Article, others: Sequence[StoryReport]) -> str:
    """The sentence, with its publisher if it has a figure that no other report has."""
    if article.publisher is None or not has_figure_of_its_own(text, others):
        return text
    return f"{text} (according to {article.publisher})"


def _difference_notes(found: Sequence[Difference]) -> tuple[Note, ...]:
    """The numbers on which publishers differ."""
    if not found:
        return ()
    listed = ("; ".join(f"{f.words} ({f.report.publisher})" for f in each.figures) for each in found)
    return (Note(text=f"Reports differ: {'. '.join(listed)}"),)


def _authorship_note(brief: Brief) -> tuple[Note, ...]:
    """What wrote the brief, if a model was asked to."""
    if brief.fallback is not None:
        return (Note(text=_FALLBACKS[brief.fallback]),)
    if brief.model is None:
        return ()
    if all(bullet.generated for bullet in brief.bullets):
        return (Note(text=f"Written by {brief.model}, checked against the article."),)
    rest = "where that failed the check, in the article's own sentences"
    return (Note(text=f"Written by {brief.model} and, {rest}."),)


def _also_reported(article: Article, reports: Sequence[Report]) -> tuple[Note, ...]:
    """The other publishers that reported the article's story, the earliest first."""
    others = dict.fromkeys(report.publisher for report in reports if report.publisher)
    others.pop(article.publisher or "", None)
    if not others:
        return ()
    named = list(others)[:ALSO_REPORTED]
    more = f" and {counted(len(others) - len(named), 'other')}" if len(others) > len(named) else ""
    return (Note(text=f"Also reported by {', '.join(named)}{more}"),)


def _published_note(article: Article, zone: ZoneInfo) -> tuple[Note, ...]:
    """Publisher, byline and time in one line, as far as they are known."""
    known = origin(article, zone)
    if article.byline and article.byline != article.publisher:
        known.insert(1 if article.publisher else 0, article.byline)
    return (Note(text=" · ".join(known)),) if known else ()


def _heading_of(section: Section) -> str:
    return section.heading or LEDE


def _text_blocks(paragraphs: Iterable[Paragraph], text: str) -> Iterator[Block]:
    """Paragraphs in reading order; a run of list items is one list."""
    for is_list, run in groupby(paragraphs, lambda p: p.kind is ParagraphKind.LIST_ITEM):
        if is_list:
            yield Items(items=tuple(Item(text=p.span.of(text)) for p in run))
        else:
            yield from (Prose(text=p.span.of(text)) for p in run)


def full_blocks(article: Article) -> Iterator[Block]:
    """The whole article under its headings."""
    for section in article.sections:
        if section.heading:
            yield Title(text=section.heading)
        yield from _text_blocks(section.paragraphs, article.text)
