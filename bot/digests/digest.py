"""Digests: what a subscription delivers when its time has come."""

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from rapidfuzz import fuzz, utils

from articles.feeds.filters import accepts
from articles.model import PARAGRAPH_BREAK, Article, ArticleId
from articles.stories.breaking import Threshold
from bot.digests.breaking import Breaking
from bot.digests.shared_stories import StorySource
from bot.replies.compose import button, counted
from bot.replies.quotations import quotes_by_article
from bot.reply import Block, Button, Note, Reply, Title
from bot.schedules.schedule import after_quiet, from_json
from bot.storage.alerts import AlertStore
from bot.storage.chats import Subscription, SubscriptionKind
from bot.storage.told import Told, ToldStore
from summarizer.model import SpeakerId
from summarizer.storage.store import QuoteInArticle, QuoteStore

STORIES = 3  # in one digest
PAGE = 20  # stories asked for at a time, until enough are new and wanted
MAX_PAGES = 25
FRESH = timedelta(days=7)  # what is older comes in a first digest alone, and quotes not at all
QUOTES = 10  # in one digest; the others come with the next
QUOTES_PAGE = 50
SAME_HEADLINE = 60.0  # of 100, by rapidfuzz's token_set_ratio, which a headline that was only extended keeps
GREW_BY, GREW_TO = 5, 2  # publishers more, and times as many
_MONTH = (
    "(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b\.?"
)
# Times of day, dates and years change with every version and tell nothing.
_DATED = re.compile(
    rf"\b\d{{1,2}}:\d\d|\b\d{{1,2}}\s?[ap]\.?m\b|\b{_MONTH}\s\d{{1,2}}\b|\b\d{{1,2}}\s{_MONTH}|\b(?:19|20)\d\d\b",
    re.IGNORECASE,
)
_FIGURE = re.compile(r"\d+(?:[.,]\d+)*")
_WORD = re.compile(r"\w+")


class NotYet(Exception):
    """A missed digest is not delivered in quiet hours."""

    def __init__(self, until: datetime) -> None:
        super().__init__(f"quiet hours until {until}")
        self.until = until


@dataclass(frozen=True, slots=True, kw_only=True)
class Missed:
    """What to do with digests whose time passed while nothing could be delivered."""

    late: timedelta = timedelta(minutes=30)  # after it, a digest counts as missed
    drop: bool = False  # else all missed digests come as one


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryPolicy:
    """The settings about deliveries."""

    missed: Missed = field(default_factory=Missed)
    breaking: Threshold = field(default_factory=Threshold)


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """A digest, and what it contains, so that no story and no quote comes twice."""

    reply: Reply
    articles: tuple[ArticleId, ...]
    quotes: tuple[int, ...] = ()  # by `quote_key`


@dataclass(frozen=True, slots=True, kw_only=True)
class _Item:
    """A story to tell."""

    article: Article
    new: str | None = None  # what is new in a story that the chat was told before; None: it was not


class Digests:
    """Composes digests from the stored articles and quotes."""

    def __init__(
        self,
        *,
        stories: StorySource,
        article: Callable[[ArticleId], Article | None],
        told: ToldStore,
        quotes: QuoteStore,
        breaking: Breaking,
        alerts: AlertStore,
        missed: Missed,
    ) -> None:
        self._stories, self._article, self._told = stories, article, told
        self._quotes, self._breaking, self._alerts = quotes, breaking, alerts
        self._missed = missed

    def compose(
        self, subscription: Subscription, *, now: datetime, due_at: datetime | None = None
    ) -> Digest | None:
        """What the subscription delivers now; None: nothing. due_at: None: now.

        Raises NotYet if it was missed and it is quiet hours now.
        """
        zone, since = ZoneInfo(subscription.timezone), None
        if due_at is not None and now - due_at > self._missed.late:
            if self._missed.drop or self._alerts.is_overtaken(subscription.id, due_at, now=now):
                return None
            loud = after_quiet(now, from_json(subscription.schedule).quiet, zone)
            if loud > now:
                raise NotYet(loud)
            since = due_at.astimezone(zone)
        match subscription.kind:
            case SubscriptionKind.TOPIC:
                return self._on_topic(subscription, zone, now=now, since=since)
            case SubscriptionKind.SPEAKER:
                return self._by_speaker(subscription, zone, now=now, since=since)
            case SubscriptionKind.BREAKING:
                return self._alert(subscription, zone, now=now)

    def _on_topic(
        self, subscription: Subscription, zone: ZoneInfo, *, now: datetime, since: datetime | None
    ) -> Digest | None:
        """The stories on the topic that are new to the chat, and important updates of those that are not.

        The first digest may tell old stories, later ones only those of the last week.
        """
        first = self._stories.on(subscription.topic, limit=PAGE)
        items = self._items(subscription, now - FRESH if self._had(subscription, first) else None)
        if not items:
            return _nothing_new(subscription, since) if subscription.always else None
        updates = sum(item.new is not None for item in items)
        said = [counted(len(items) - updates, "new story", "new stories")] if len(items) > updates else []
        said += [counted(updates, "update")] if updates else []
        return self._digest_of(f"{subscription.topic}: {', '.join(said)}", items, subscription, zone, since)

    def _items(self, subscription: Subscription, since: datetime | None) -> list[_Item]:
        """New stories, best first, then updates if there is room."""
        new: list[_Item] = []
        updates: list[_Item] = []
        for article, told in self._found(subscription, since):
            if not accepts(subscription.filters, title=article.headline, text=article.text):
                continue
            if told is None:
                new.append(_Item(article=article))
            elif len(updates) < STORIES and (update := self._update(article, told)) is not None:
                updates.append(update)
            if len(new) == STORIES:
                break
        return [*new, *updates][:STORIES]

    def _found(
        self, subscription: Subscription, since: datetime | None
    ) -> Iterator[tuple[Article, Told | None]]:
        """The stories on the topic, best first, with what the chat was told of them."""
        for page in range(MAX_PAGES):
            found = self._stories.on(subscription.topic, limit=PAGE, since=since, offset=page * PAGE)
            had = self._had(subscription, found)
            yield from ((article, had.get(article.id)) for article in found if article.id is not None)
            if len(found) < PAGE:
                return

    def _update(self, found: Article, told: Told) -> _Item | None:
        if told.newest != told.article:
            old, newest = self._article(told.article), self._article(told.newest)
            if old and newest and (new := new_in_version(old, newest)):
                return _Item(article=newest, new=new)
        growth = grown(told)
        return _Item(article=found, new=growth) if growth else None

    def _alert(self, subscription: Subscription, zone: ZoneInfo, *, now: datetime) -> Digest | None:
        """New breaking stories, unless the chat had its maximum of alerts today."""
        midnight = datetime.combine(now.astimezone(zone).date(), time(0), zone)
        if self._alerts.alerts_since(subscription.id, midnight) >= from_json(subscription.schedule).cap:
            return None
        broken = self._breaking.stories(subscription.topic, now=now)
        had = self._had(subscription, broken)
        items = [
            _Item(article=article)
            for article in broken
            if article.id not in had
            and accepts(subscription.filters, title=article.headline, text=article.text)
        ]
        title = f"Breaking: {subscription.topic}" if subscription.topic else "Breaking"
        return self._digest_of(title, items[-STORIES:], subscription, zone, None) if items else None

    def _by_speaker(
        self, subscription: Subscription, zone: ZoneInfo, *, now: datetime, since: datetime | None
    ) -> Digest | None:
        """The speaker's quotes that are new to the chat, word for word, with cue, headline and link."""
        new = self._new_quotes(subscription, since=now - FRESH)
        if not new:
            return _nothing_new(subscription, since) if subscription.always else None
        quotes = list(new.values())
        title = Title(text=f"{subscription.topic}: {counted(len(quotes), 'new quote')}, word for word")
        blocks = (title, *_caught_up(since), *quotes_by_article(quotes, zone))
        more = button("All quotes", f"/quotes @{subscription.speaker}")
        reply = Reply(blocks=blocks, buttons=(more,), article=quotes[0].article.id)
        return Digest(reply=reply, articles=(), quotes=tuple(new))

    def _new_quotes(self, subscription: Subscription, *, since: datetime) -> dict[int, QuoteInArticle]:
        """Up to `QUOTES` that are new to the chat, by their keys, newest first.

        The same words count once, whoever reports them.
        """
        new: dict[int, QuoteInArticle] = {}
        for page in self._pages_of_quotes(subscription, since):
            had = self._told.quotes(subscription.chat, list(page))
            for key, quote in page.items():
                if key not in had and key not in new and _is_wanted(subscription, quote):
                    new[key] = quote
                if len(new) == QUOTES:
                    return new
        return new

    def _pages_of_quotes(
        self, subscription: Subscription, since: datetime
    ) -> Iterator[dict[int, QuoteInArticle]]:
        if subscription.speaker is None:
            return
        offset = 0
        while True:
            page = self._quotes.quotes_by(subscription.speaker, since=since, limit=QUOTES_PAGE, offset=offset)
            yield {quote_key(subscription.speaker, quote.parts): quote for quote in page}
            if len(page) < QUOTES_PAGE:
                return
            offset += QUOTES_PAGE

    def _digest_of(
        self,
        title: str,
        items: Sequence[_Item],
        subscription: Subscription,
        zone: ZoneInfo,
        since: datetime | None,
    ) -> Digest:
        blocks = [block for item in items for block in self._blocks(item, zone)]
        numbered = enumerate((item.article for item in items), 1)
        rows = tuple(row for number, article in numbered for row in _follow_ups(article, number, len(items)))
        # "/more" goes on after these stories.
        reply = Reply(
            blocks=(Title(text=title), *_caught_up(since), *blocks),
            buttons=rows,
            article=items[0].article.id,
            query=subscription.topic,
            offset=len(items) - 1,
        )
        return Digest(reply=reply, articles=tuple(i.article.id for i in items if i.article.id is not None))

    def _blocks(self, item: _Item, zone: ZoneInfo) -> tuple[Block, ...]:
        headline, *rest = self._stories.told(item.article, zone)
        if item.new is None or not isinstance(headline, Title):
            return (headline, *rest)
        marked = replace(headline, text=f"Update: {headline.text}")
        return (marked, Note(text=f"You have had this story. What is new: {item.new}."), *rest)

    def _had(self, subscription: Subscription, found: Sequence[Article]) -> dict[ArticleId, Told]:
        return dict(self._told.stories(subscription.chat, [a.id for a in found if a.id is not None]))


def _nothing_new(subscription: Subscription, since: datetime | None) -> Digest:
    """For subscriptions that want a digest in any case."""
    title = Title(text=f"{subscription.topic}: nothing new")
    return Digest(reply=Reply(blocks=(title, *_caught_up(since))), articles=())


def _caught_up(since: datetime | None) -> tuple[Note, ...]:
    return (Note(text=f"Catching up since {since:%A %-d %b %H:%M}"),) if since else ()


def _follow_ups(article: Article, number: int, of: int) -> Iterator[tuple[Button, ...]]:
    mark = f"{number} · " if of > 1 else ""
    yield (
        *button(f"{mark}Sections", f"/sections #{article.id}"),
        *button(f"{mark}Quotes", f"/quotes #{article.id}"),
        *button(f"{mark}Full text", f"/full #{article.id}"),
    )


def quote_key(speaker: SpeakerId, parts: tuple[str, ...]) -> int:
    """The same for the same words of a speaker, whatever their case and punctuation; 63 bits of SHA-256."""
    words = " ".join(_WORD.findall(" ".join(parts).casefold()))
    return int.from_bytes(hashlib.sha256(f"{speaker} {words}".encode()).digest()[:8]) >> 1


def _is_wanted(subscription: Subscription, quote: QuoteInArticle) -> bool:
    return accepts(subscription.filters, title=quote.article.headline, text=" ".join(quote.parts))


def new_in_version(old: Article, new: Article) -> str | None:
    """What a new version of an article has that is worth telling again, in words; None: nothing.

    Kept narrow, as the same event told twice is what people complain of most: the headline says something
    else, or headline or first paragraph have figures that the old text had nowhere. Another publisher's
    report is no update: its figures and its headline differ as a matter of course.
    """
    figures = sorted(_figures(f"{new.headline}\n{_lede(new)}") - _figures(f"{old.headline}\n{old.text}"))
    if figures:
        return f"new figures: {', '.join(figures)}"
    alike = fuzz.token_set_ratio(old.headline, new.headline, processor=utils.default_process)
    return "a new headline" if alike < SAME_HEADLINE else None


def grown(told: Told) -> str | None:
    """By how much the story has grown, in words; None if it has not grown much."""
    now = told.publishers_now
    much = now >= told.publishers + GREW_BY and now >= told.publishers * GREW_TO
    return f"{now} publishers report it now" if much else None


def _lede(article: Article) -> str:
    return article.text.partition(PARAGRAPH_BREAK)[0]


def _figures(text: str) -> frozenset[str]:
    return frozenset(figure.replace(",", "") for figure in _FIGURE.findall(_DATED.sub(" ", text)))
