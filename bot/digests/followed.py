"""Somebody's new quotes, for those who follow them: their own words alone, no paraphrases."""

import hashlib
import re
from collections.abc import Iterator
from datetime import datetime, timedelta

from articles.feeds.filters import accepts
from bot.storage.chats import Subscription
from bot.storage.told import ToldStore
from summarizer.model import SpeakerId
from summarizer.storage.store import QuoteInArticle, QuoteStore

MOST = 10  # quotes of one digest; the others come with the next
PAGE = 50
FRESH = timedelta(days=7)  # what was said before is no news
_WORD = re.compile(r"\w+")


class Followed:
    """Finds what a chat has not had of a speaker's quotes."""

    def __init__(self, *, quotes: QuoteStore, told: ToldStore) -> None:
        self._quotes, self._told = quotes, told

    def new_quotes(self, order: Subscription, *, now: datetime) -> dict[int, QuoteInArticle]:
        """Up to `MOST` by their keys, newest first. The same words count once, whoever reports them."""
        new: dict[int, QuoteInArticle] = {}
        for page in self._pages(order, now - FRESH):
            had = self._told.quotes(order.chat, list(page))
            for key, quote in page.items():
                if key not in had and key not in new and _wanted(order, quote):
                    new[key] = quote
                if len(new) == MOST:
                    return new
        return new

    def _pages(self, order: Subscription, since: datetime) -> Iterator[dict[int, QuoteInArticle]]:
        if order.speaker is None:
            return
        offset = 0
        while True:
            page = self._quotes.quotes_by(order.speaker, since=since, limit=PAGE, offset=offset)
            yield {quote_key(order.speaker, quote.parts): quote for quote in page}
            if len(page) < PAGE:
                return
            offset += PAGE


def quote_key(speaker: SpeakerId, parts: tuple[str, ...]) -> int:
    """The same for the same words of a speaker, whatever their case and punctuation; 63 bits of SHA-256."""
    words = " ".join(_WORD.findall(" ".join(parts).casefold()))
    return int.from_bytes(hashlib.sha256(f"{speaker} {words}".encode()).digest()[:8]) >> 1


def _wanted(order: Subscription, quote: QuoteInArticle) -> bool:
    return accepts(order.filters, title=quote.article.headline, text=" ".join(quote.parts))
