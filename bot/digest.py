"""Digests: what a standing order delivers when its time has come."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from articles.feeds.filters import accepts
from articles.model import Article, ArticleId
from bot.compose import button, counted
from bot.reply import Button, Reply, Title
from bot.store import ChatStore, Subscription
from bot.stories import Stories

STORIES = 3  # in one digest
PAGE = 20  # stories asked for at a time, until enough are new and wanted
MAX_PAGES = 25
FRESH = timedelta(days=7)  # what is older comes in a first digest alone


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """A digest and what is in it, so that no story comes twice."""

    reply: Reply
    articles: tuple[ArticleId, ...]


class Digests:
    """Composes digests from what is stored."""

    def __init__(self, *, stories: Stories, chats: ChatStore) -> None:
        self._stories = stories
        self._chats = chats

    def compose(self, order: Subscription, *, now: datetime) -> Digest | None:
        """The stories on the order's topic that its chat has not had; None if there is nothing new.

        The first digest may tell of old stories, as there were none before it; later ones of the last week.
        """
        first = self._stories.on(order.topic, limit=PAGE)
        since = now - FRESH if self._had(order, first) else None
        wanted = (
            a for a in self._unheard(order, since) if accepts(order.filters, title=a.headline, text=a.text)
        )
        new = list(islice(wanted, STORIES))
        if not new:
            return None
        zone = ZoneInfo(order.timezone)
        title = Title(text=f"{order.topic}: {counted(len(new), 'new story', 'new stories')}")
        blocks = [block for article in new for block in self._stories.told(article, zone)]
        rows = tuple(
            row for number, article in enumerate(new, 1) for row in _follow_ups(article, number, len(new))
        )
        # "/more" goes on behind what was told.
        last = len(new) - 1
        reply = Reply(
            blocks=(title, *blocks), buttons=rows, article=new[0].id, query=order.topic, offset=last
        )
        return Digest(reply=reply, articles=tuple(a.id for a in new if a.id is not None))

    def _unheard(self, order: Subscription, since: datetime | None) -> Iterator[Article]:
        """The stories on the topic that the chat has not had, best first."""
        for page in range(MAX_PAGES):
            found = self._stories.on(order.topic, limit=PAGE, since=since, offset=page * PAGE)
            had = self._had(order, found)
            yield from (article for article in found if article.id not in had)
            if len(found) < PAGE:
                return

    def _had(self, order: Subscription, found: Sequence[Article]) -> frozenset[ArticleId]:
        return self._chats.delivered_among(order.chat, [a.id for a in found if a.id is not None])


def _follow_ups(article: Article, number: int, of: int) -> Iterator[tuple[Button, ...]]:
    mark = f"{number} · " if of > 1 else ""
    yield (
        *button(f"{mark}Sections", f"/sections #{article.id}"),
        *button(f"{mark}Quotes", f"/quotes #{article.id}"),
        *button(f"{mark}Full text", f"/full #{article.id}"),
    )
