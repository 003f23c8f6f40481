"""Answers to the commands that show, add and remove feeds."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from articles.errors import ArticleError
from articles.feeds.model import Feed
from bot.commands.requests import AboutFeeds, AddFeedRequest, FeedsRequest, RemoveFeedRequest
from bot.feeds.manager import FeedManager, NoSuchFeed
from bot.ports import IncomingCommand
from bot.replies.compose import button, counted, paged, sentence
from bot.reply import Item, Items, Note, Prose, Reply, Title, refusal
from bot.storage.chats import FeedOwners

_LISTED_TOGETHER = 20  # feeds; a page ends only between such lists


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedHandler:
    """Answers the commands about feeds. The service has checked the user's rights."""

    manager: FeedManager
    owners: FeedOwners
    clock: Callable[[], datetime]
    add_within_s: float = 60.0  # a site may have to be asked for several addresses before its feed is found

    def answer(self, incoming: IncomingCommand, request: AboutFeeds) -> Reply:
        """May ask publishers, so it can block for as long as `add_within_s`."""
        match request:
            case FeedsRequest():
                return self._listed(incoming, page=request.page)
            case AddFeedRequest():
                return self._add(incoming, request.url)
            case RemoveFeedRequest():
                return self._remove(request.which)

    def _listed(self, incoming: IncomingCommand, *, page: int) -> Reply:
        feeds = self.manager.store.followed()
        if not feeds:
            return Reply(blocks=(Prose(text="No feeds are followed."), Note(text="/addfeed adds one.")))
        items = [_item(feed, to_owner=incoming.is_owner) for feed in feeds]
        starts = range(0, len(items), _LISTED_TOGETHER)
        lists = [Items(items=tuple(items[at : at + _LISTED_TOGETHER])) for at in starts]
        title = Title(text=f"{counted(len(feeds), 'feed')} followed")
        return paged(title, lists, "/feeds", page=page, page_chars=incoming.page_chars, article=None)

    def _add(self, incoming: IncomingCommand, url: str) -> Reply:
        try:
            # The service is called in a worker thread, which has no event loop.
            feed, is_new = asyncio.run(asyncio.wait_for(self.manager.add(url), self.add_within_s))
        except ArticleError as error:
            return refusal(f"{sentence(str(error))}.")
        except TimeoutError:
            return refusal(f"No feed was found at {url} within {self.add_within_s:g} s: try again later.")
        self.owners.add(feed.id, incoming.chat, now=self.clock())
        done = "Now followed" if is_new else "Already followed"
        return Reply(
            blocks=(
                Prose(text=f"{done}: {feed.title or feed.url}."),
                Note(text=f"{feed.url} is number {feed.id}. This chat gets a message if the feed is paused."),
            ),
            buttons=(button("Remove", f"/removefeed {feed.id}"),),
        )

    def _remove(self, which: str) -> Reply:
        meant = _meant(which, self.manager.store.followed())
        if not meant:
            return refusal(f"No feed “{which}” is followed. /feeds shows those that are, with their numbers.")
        if len(meant) > 1:
            numbers = ", ".join(str(feed.id) for feed in meant)
            return refusal(f"“{which}” has several feeds. Say which by its number: {numbers}.")
        try:
            feed = self.manager.remove(meant[0].url)
        except NoSuchFeed:  # removed by somebody else meanwhile
            return refusal(f"No feed “{which}” is followed now.")
        self.owners.clear(feed.id)
        text = f"No longer followed: {feed.title or feed.url}. Its articles stay."
        return Reply(blocks=(Prose(text=text),))


def _meant(which: str, feeds: tuple[Feed, ...]) -> tuple[Feed, ...]:
    """By number, by the feed's URL, or by its site's URL."""
    by_number = tuple(feed for feed in feeds if str(feed.id) == which)
    by_url = tuple(feed for feed in feeds if _bare(feed.url) == _bare(which))
    by_site = tuple(feed for feed in feeds if feed.site_url and _bare(feed.site_url) == _bare(which))
    return by_number or by_url or by_site


def _bare(url: str) -> str:
    """Without scheme and final slash, which people leave out."""
    return url.partition("://")[2].rstrip("/") if "://" in url else url.rstrip("/")


def _item(feed: Feed, *, to_owner: bool) -> Item:
    """Only owners see the feed's address and why it failed: either may hold a subscriber's key."""
    name = feed.title or (feed.url if to_owner else urlsplit(feed.url).hostname)
    url = feed.url if to_owner else feed.site_url
    return Item(text=f"{feed.id}: {name}{_state(feed, to_owner=to_owner)}", url=url)


def _state(feed: Feed, *, to_owner: bool) -> str:
    if feed.pause_reason:
        return f" (paused: {feed.pause_reason})" if to_owner else " (paused)"
    if feed.failing_since:
        return f" (failing since {feed.failing_since:%-d %b %Y})"
    return f" ({counted(len(feed.rules), 'filter')})" if feed.rules else ""
