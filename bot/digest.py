"""Digests: what a standing order delivers when its time has come."""

from collections.abc import Iterator
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
CANDIDATES = 20
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
        found = self._stories.on(order.topic, limit=CANDIDATES)
        had = self._chats.delivered_among(order.chat, [a.id for a in found if a.id is not None])
        if had:
            found = self._stories.on(order.topic, limit=CANDIDATES, since=now - FRESH)
            had = self._chats.delivered_among(order.chat, [a.id for a in found if a.id is not None])
        wanted = (a for a in found if accepts(order.filters, title=a.headline, text=a.text))
        new = list(islice((article for article in wanted if article.id not in had), STORIES))
        if not new:
            return None
        zone = ZoneInfo(order.timezone)
        title = Title(text=f"{order.topic}: {counted(len(new), 'new story', 'new stories')}")
        blocks = [block for article in new for block in self._stories.told(article, zone)]
        rows = tuple(
            row for number, article in enumerate(new, 1) for row in _follow_ups(article, number, len(new))
        )
        reply = Reply(blocks=(title, *blocks), buttons=rows, article=new[0].id, query=order.topic)
        return Digest(reply=reply, articles=tuple(a.id for a in new if a.id is not None))


def _follow_ups(article: Article, number: int, of: int) -> Iterator[tuple[Button, ...]]:
    mark = f"{number} · " if of > 1 else ""
    yield (
        *button(f"{mark}Sections", f"/sections #{article.id}"),
        *button(f"{mark}Quotes", f"/quotes #{article.id}"),
        *button(f"{mark}Full text", f"/full #{article.id}"),
    )
