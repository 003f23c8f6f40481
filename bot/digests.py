"""Digests: what a subscription delivers when it is due; and alerts, which breaking news makes due."""

import hashlib
import re
import threading
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from typing import Any, Protocol, TypeVar
from zoneinfo import ZoneInfo

from rapidfuzz import fuzz, utils

from articles.feeds.filters import accepts
from articles.model import PARAGRAPH_BREAK, Article, ArticleId
from articles.stories.breaking import BreakingDetector, Threshold
from articles.stories.clustering import StoryId
from bot.replies.compose import button, counted
from bot.replies.quotations import quotes_by_article
from bot.reply import Block, Button, Note, Reply, Title
from bot.schedules.schedule import after_quiet, from_json
from bot.storage.alerts import AlertStore, BreakingStory
from bot.storage.chats import Delivered, DeliveredStore, Subscription, SubscriptionKind
from summarizer.model import SpeakerId
from summarizer.storage.store import QuoteInArticle, QuoteStore

URGENT_FOR = timedelta(hours=12)  # as long as a night: quiet hours delay alerts
LOOKED_THROUGH = 20  # stories on a topic, best first, among which a breaking one is looked for
STORIES = 3  # in one digest
PAGE = 20  # stories asked for at a time, until enough are new and wanted
MAX_PAGES = 25
FRESH = timedelta(days=7)  # only a first digest has older stories; no digest has older quotes
QUOTES = 10  # in one digest; the others come with the next
QUOTES_PAGE = 50
SAME_HEADLINE = 60.0  # of 100, by rapidfuzz's token_set_ratio, which a headline that was only extended keeps
GREW_BY, GREW_TO = 5, 2  # publishers more, and times as many
KEPT = timedelta(seconds=30)  # how long a shared result is used: a digest may miss a new article so long
MOST = 2_000  # shared results kept at a time: about 50 MB
_MONTH = (
    "(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b\.?"
)
# Times of day, dates and years change with every version: they are no news.
_DATED = re.compile(
    rf"\b\d{{1,2}}:\d\d|\b\d{{1,2}}\s?[ap]\.?m\b|\b{_MONTH}\s\d{{1,2}}\b|\b\d{{1,2}}\s{_MONTH}|\b(?:19|20)\d\d\b",
    re.IGNORECASE,
)
_FIGURE = re.compile(r"\d+(?:[.,]\d+)*")
_WORD = re.compile(r"\w+")
T = TypeVar("T")


class NotYet(Exception):
    """A missed digest is not delivered in quiet hours."""

    def __init__(self, until: datetime) -> None:
        super().__init__(f"quiet hours until {until}")
        self.until = until


@dataclass(frozen=True, slots=True, kw_only=True)
class Missed:
    """What to do with digests whose time passed while nothing could be delivered."""

    late: timedelta = timedelta(minutes=30)  # a digest that is later counts as missed
    drop: bool = False  # False: all missed digests come as one


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryPolicy:
    """The settings about deliveries."""

    missed: Missed = Missed()
    breaking: Threshold = field(default_factory=Threshold)


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """A digest, and what it contains, so that no story and no quote comes twice."""

    reply: Reply
    articles: tuple[ArticleId, ...]
    quotes: tuple[int, ...] = ()  # by `quote_key`


class StorySource(Protocol):
    """What digests are made of."""

    def on(
        self, topic: str, *, limit: int, since: datetime | None = None, offset: int = 0
    ) -> tuple[Article, ...]:
        """The stories on a topic, best first."""

    def story_blocks(self, article: Article, zone: ZoneInfo) -> tuple[Block, ...]:
        """The article's brief, and who else reported its story."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Breaking:
    """Detects breaking news, and makes the subscriptions to it due, without a timer of its own.

    Each time an article is stored, its story is checked: one indexed query. A story that breaks is matched
    against the topics of the subscriptions to breaking news, and makes those due like any other. Their due
    time is computed from the time when the story broke, so that two processes, or one that repeats it after
    a crash, make one delivery of it.
    """

    detector: BreakingDetector
    alerts: AlertStore
    threshold: Threshold
    source: StorySource
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
        def due_at(each: Subscription) -> datetime:
            """When the story broke, or after the quiet hours then."""
            return after_quiet(broken.broke_at, from_json(each.schedule).quiet, ZoneInfo(each.timezone))

        for topic in self.alerts.topics():
            if not topic or self._on_topic(topic, (broken,)):
                self.alerts.make_due(topic, due_at, now=now)
        self.alerts.mark_announced(broken.story)

    def _on_topic(self, topic: str, broken: tuple[BreakingStory, ...]) -> dict[StoryId, Article]:
        """Those of the stories that are on the topic, each by its best article."""
        if not broken:
            return {}
        since = broken[0].broke_at - self.threshold.within
        best = self.source.on(topic, limit=LOOKED_THROUGH, since=since)
        found = {article.id: article for article in best if article.id is not None}
        wanted = {one.story for one in broken}
        stories = self.detector.stories_of(list(found))
        return {story: found[article] for article, story in stories.items() if story in wanted}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Due:
    """A subscription whose digest is composed now."""

    subscription: Subscription
    zone: ZoneInfo
    now: datetime
    since: datetime | None  # when it was due, in the zone, if it was missed; None: it is on time


@dataclass(frozen=True, slots=True, kw_only=True)
class _Item:
    """A story of a digest."""

    article: Article
    new: str | None = None  # what is new in a story that the chat had before; None: the chat had not


@dataclass(kw_only=True)
class Digests:
    """Composes digests from the stored articles and quotes."""

    stories: StorySource
    article: Callable[[ArticleId], Article | None]
    delivered: DeliveredStore
    quotes: QuoteStore
    breaking: Breaking
    alerts: AlertStore
    missed: Missed

    def compose(
        self, subscription: Subscription, *, now: datetime, due_at: datetime | None = None
    ) -> Digest | None:
        """What the subscription delivers now; None: nothing. due_at: None: now.

        Raises NotYet if it was missed and now is within its quiet hours.
        """
        zone, since = ZoneInfo(subscription.timezone), None
        if due_at is not None and now - due_at > self.missed.late:
            if self.missed.drop or self.alerts.is_overtaken(subscription.id, due_at, now=now):
                return None
            loud = after_quiet(now, from_json(subscription.schedule).quiet, zone)
            if loud > now:
                raise NotYet(loud)
            since = due_at.astimezone(zone)
        due = _Due(subscription=subscription, zone=zone, now=now, since=since)
        match subscription.kind:
            case SubscriptionKind.TOPIC:
                return self._on_topic(due)
            case SubscriptionKind.SPEAKER:
                return self._by_speaker(due)
            case SubscriptionKind.BREAKING:
                return self._alert(due)

    def _on_topic(self, due: _Due) -> Digest | None:
        """The stories on the topic that are new to the chat, and important updates of those that are not.

        Only the first digest has stories older than `FRESH`.
        """
        topic = due.subscription.topic
        had = self._had(due.subscription, self.stories.on(topic, limit=PAGE))
        items = self._items(due.subscription, due.now - FRESH if had else None)
        if not items:
            return _nothing_new(due)
        updates = sum(item.new is not None for item in items)
        said = [counted(len(items) - updates, "new story", "new stories")] if len(items) > updates else []
        said += [counted(updates, "update")] if updates else []
        return self._digest_of(_heading(f"{topic}: {', '.join(said)}", due), items, due)

    def _items(self, subscription: Subscription, since: datetime | None) -> list[_Item]:
        """New stories, best first, then updates if there is room."""
        new: list[_Item] = []
        updates: list[_Item] = []
        for article, delivered in self._found(subscription, since):
            if not accepts(subscription.filters, title=article.headline, text=article.text):
                continue
            if delivered is None:
                new.append(_Item(article=article))
            elif len(updates) < STORIES and (update := self._update(article, delivered)) is not None:
                updates.append(update)
            if len(new) == STORIES:
                break
        return [*new, *updates][:STORIES]

    def _found(
        self, subscription: Subscription, since: datetime | None
    ) -> Iterator[tuple[Article, Delivered | None]]:
        """The stories on the topic, best first, with what the chat was sent of them."""
        for page in range(MAX_PAGES):
            found = self.stories.on(subscription.topic, limit=PAGE, since=since, offset=page * PAGE)
            had = self._had(subscription, found)
            yield from ((article, had.get(article.id)) for article in found if article.id is not None)
            if len(found) < PAGE:
                return

    def _update(self, found: Article, delivered: Delivered) -> _Item | None:
        """An update of a story that the chat had; None if too little is new."""
        if delivered.newest != delivered.article:
            old, newest = self.article(delivered.article), self.article(delivered.newest)
            if old and newest and (new := _new_in_version(old, newest)):
                return _Item(article=newest, new=new)
        now = delivered.publishers_now
        if now >= delivered.publishers + GREW_BY and now >= delivered.publishers * GREW_TO:
            return _Item(article=found, new=f"{now} publishers report it now")
        return None

    def _alert(self, due: _Due) -> Digest | None:
        """New breaking stories, unless the chat had its maximum of alerts today."""
        subscription = due.subscription
        midnight = datetime.combine(due.now.astimezone(due.zone).date(), time(0), due.zone)
        if self.alerts.alerts_since(subscription.id, midnight) >= from_json(subscription.schedule).cap:
            return None
        broken = self.breaking.stories(subscription.topic, now=due.now)
        had = self._had(subscription, broken)
        items = [
            _Item(article=article)
            for article in broken
            if article.id not in had
            and accepts(subscription.filters, title=article.headline, text=article.text)
        ]
        title = f"Breaking: {subscription.topic}" if subscription.topic else "Breaking"
        return self._digest_of((Title(text=title),), items[-STORIES:], due) if items else None

    def _by_speaker(self, due: _Due) -> Digest | None:
        """The speaker's quotes that are new to the chat, word for word, with cue, headline and link."""
        speaker = due.subscription.speaker
        new = self._new_quotes(due.subscription, speaker, due.now - FRESH) if speaker is not None else {}
        if not new:
            return _nothing_new(due)
        quotes = list(new.values())
        title = f"{due.subscription.topic}: {counted(len(quotes), 'new quote')}, word for word"
        reply = Reply(
            blocks=(*_heading(title, due), *quotes_by_article(quotes, due.zone)),
            buttons=(button("All quotes", f"/quotes @{speaker}"),),
            article=quotes[0].article.id,
        )
        return Digest(reply=reply, articles=(), quotes=tuple(new))

    def _new_quotes(
        self, subscription: Subscription, speaker: SpeakerId, since: datetime
    ) -> dict[int, QuoteInArticle]:
        """Up to `QUOTES` that are new to the chat, by their keys, newest first.

        The same words count once, whoever reports them.
        """
        new: dict[int, QuoteInArticle] = {}
        offset = 0
        while True:
            found = self.quotes.quotes_by(speaker, since=since, limit=QUOTES_PAGE, offset=offset)
            page = {quote_key(speaker, quote.parts): quote for quote in found}
            had = self.delivered.quotes(subscription.chat, list(page))
            for key, quote in page.items():
                if key not in had and key not in new and _is_wanted(subscription, quote):
                    new[key] = quote
                if len(new) == QUOTES:
                    return new
            if len(found) < QUOTES_PAGE:
                return new
            offset += QUOTES_PAGE

    def _digest_of(self, heading: tuple[Block, ...], items: Sequence[_Item], due: _Due) -> Digest:
        blocks = [block for item in items for block in self._blocks(item, due.zone)]
        rows = tuple(_follow_ups(item.article, number, len(items)) for number, item in enumerate(items, 1))
        # "/more" continues after these stories.
        reply = Reply(
            blocks=(*heading, *blocks),
            buttons=rows,
            article=items[0].article.id,
            query=due.subscription.topic,
            offset=len(items) - 1,
        )
        return Digest(reply=reply, articles=tuple(i.article.id for i in items if i.article.id is not None))

    def _blocks(self, item: _Item, zone: ZoneInfo) -> tuple[Block, ...]:
        headline, *rest = self.stories.story_blocks(item.article, zone)
        if item.new is None or not isinstance(headline, Title):
            return (headline, *rest)
        marked = replace(headline, text=f"Update: {headline.text}")
        return (marked, Note(text=f"You have had this story. What is new: {item.new}."), *rest)

    def _had(self, subscription: Subscription, found: Sequence[Article]) -> Mapping[ArticleId, Delivered]:
        return self.delivered.stories(subscription.chat, [a.id for a in found if a.id is not None])


def _heading(title: str, due: _Due) -> tuple[Block, ...]:
    missed = (Note(text=f"Catching up since {due.since:%A %-d %b %H:%M}"),) if due.since else ()
    return (Title(text=title), *missed)


def _nothing_new(due: _Due) -> Digest | None:
    """For subscriptions that want a digest in any case; None for the others."""
    if not due.subscription.always:
        return None
    return Digest(reply=Reply(blocks=_heading(f"{due.subscription.topic}: nothing new", due)), articles=())


def _follow_ups(article: Article, number: int, of: int) -> tuple[Button, ...]:
    prefix = f"{number} · " if of > 1 else ""
    return (
        *button(f"{prefix}Sections", f"/sections #{article.id}"),
        *button(f"{prefix}Quotes", f"/quotes #{article.id}"),
        *button(f"{prefix}Full text", f"/full #{article.id}"),
    )


class SharedStories:
    """Caches another `StorySource`'s results for `KEPT`: thousands of chats subscribe to the same topics.

    Thread-safe: a thread that needs a result which another thread is already finding waits for it.
    """

    def __init__(self, stories: StorySource, *, clock: Callable[[], datetime]) -> None:
        self._stories, self._clock = stories, clock
        self._kept: dict[Hashable, _Kept] = {}
        self._lock = threading.Lock()

    def on(
        self, topic: str, *, limit: int, since: datetime | None = None, offset: int = 0
    ) -> tuple[Article, ...]:
        """See `StorySource`. since: to the minute."""
        minute = since and since.replace(second=0, microsecond=0)
        return self._once(
            ("on", topic, limit, minute, offset),
            lambda: self._stories.on(topic, limit=limit, since=since, offset=offset),
        )

    def story_blocks(self, article: Article, zone: ZoneInfo) -> tuple[Block, ...]:
        """See `StorySource`."""
        return self._once(
            ("story_blocks", article.id, zone.key), lambda: self._stories.story_blocks(article, zone)
        )

    def _once(self, key: Hashable, find: Callable[[], T]) -> T:
        now = self._clock()
        with self._lock:
            kept = self._kept.get(key)
            if kept is None or not kept.at <= now < kept.at + KEPT:
                if len(self._kept) >= MOST:
                    self._kept.clear()
                kept = self._kept[key] = _Kept(now)
        with kept.lock:
            if not kept.found:  # if `find` raises, the next thread tries
                kept.found.append(find())
            found: T = kept.found[0]
            return found


@dataclass(slots=True)
class _Kept:
    """A result, which the first thread that asks finds."""

    at: datetime
    lock: threading.Lock = field(default_factory=threading.Lock)
    found: list[Any] = field(default_factory=list)


def quote_key(speaker: SpeakerId, parts: tuple[str, ...]) -> int:
    """The same for the same words of a speaker, whatever their case and punctuation; 63 bits of SHA-256."""
    words = " ".join(_WORD.findall(" ".join(parts).casefold()))
    return int.from_bytes(hashlib.sha256(f"{speaker} {words}".encode()).digest()[:8]) >> 1


def _is_wanted(subscription: Subscription, quote: QuoteInArticle) -> bool:
    return accepts(subscription.filters, title=quote.article.headline, text=" ".join(quote.parts))


def _new_in_version(old: Article, new: Article) -> str | None:
    """What is new in a later version of an article, in words; None: nothing that is worth an update.

    Strict, because readers complain most about the same event sent twice: the headline must say something
    else, or headline or first paragraph must have figures that the old text did not have. Another publisher's
    report is no update: its figures and headline always differ.
    """
    lede = new.text.partition(PARAGRAPH_BREAK)[0]
    figures = sorted(_figures(f"{new.headline}\n{lede}") - _figures(f"{old.headline}\n{old.text}"))
    if figures:
        return f"new figures: {', '.join(figures)}"
    alike = fuzz.token_set_ratio(old.headline, new.headline, processor=utils.default_process)
    return "a new headline" if alike < SAME_HEADLINE else None


def _figures(text: str) -> frozenset[str]:
    return frozenset(figure.replace(",", "") for figure in _FIGURE.findall(_DATED.sub(" ", text)))
