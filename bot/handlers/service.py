"""Answers commands, for every platform alike."""

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from articles.model import Article, ArticleId
from articles.store import ArticleStore
from bot.chat import ChatRef, MessageId
from bot.commands import requests
from bot.commands.table import COMMANDS, Who
from bot.handlers.feeds import FeedHandler
from bot.handlers.subscriptions import SubscriptionHandler, name_of
from bot.ports import IncomingCommand
from bot.replies.compose import button
from bot.replies.quotations import Quotations
from bot.replies.stories import Stories
from bot.reply import Item, Items, Note, Prose, Reply, Title, refusal
from bot.schedules.zones import zone_in_words, zones_like
from bot.storage.chats import ChatStore

log = logging.getLogger(__name__)

NOTHING_KEPT = "Nothing is kept about this chat."
NOTHING_SHOWN = "No brief has been shown here yet: /brief with a topic shows one."
COMPLETIONS = 25  # Discord's limit (Application Commands, Autocomplete)


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A `Conversation`: what the bot answers, from what is stored.

    It does not know which platform it serves. Safe to call from several threads.
    """

    articles: ArticleStore
    stories: Stories
    quotations: Quotations
    subscriptions: SubscriptionHandler
    feeds: FeedHandler
    chats: ChatStore
    clock: Callable[[], datetime]

    def answer(self, incoming: IncomingCommand) -> Reply:
        """The reply to a command, a button or plain words. Never raises for what a person typed."""
        if refused := _forbidden(incoming):
            return refused
        request = incoming.parsed.request
        if isinstance(request, requests.InvalidRequest):
            return refusal(request.reason)
        if isinstance(request, requests.AboutArticle):
            return self._about_article(incoming, request)
        if isinstance(request, requests.AboutSubscriptions):
            return self.subscriptions.answer(incoming, request, now=self.clock())
        if isinstance(request, requests.AboutFeeds):
            return self.feeds.answer(incoming, request)
        return self._answer(incoming, request)

    def _answer(self, incoming: IncomingCommand, request: requests.AboutNews | requests.AboutBot) -> Reply:
        now, zone = self.clock(), self.subscriptions.zone_of(incoming.chat)
        match request:
            case requests.BriefRequest():
                return self.stories.brief(request, now=now, zone=zone)
            case requests.SearchRequest():
                return self.stories.search(request, now=now, zone=zone)
            case requests.QuotesRequest():
                return self.quotations.by_speaker(request, now=now, zone=zone)
            case requests.MoreRequest():
                return self._more(incoming, now)
            case requests.HelpRequest():
                return help_reply(greeting=request.greeting, to_owner=incoming.is_owner)
            case requests.StatusRequest():
                return self._status(incoming.chat)
            case requests.ForgetRequest():
                return self._forget(incoming.chat, sure=request.sure)
            case requests.ExportRequest():
                kept = self.chats.export(incoming.chat)
                text = json.dumps(kept, ensure_ascii=False, indent=1) if kept else NOTHING_KEPT
                return Reply(blocks=(Prose(text=text),))

    def _about_article(self, incoming: IncomingCommand, request: requests.AboutArticle) -> Reply:
        article = self._meant(incoming, request.article)
        if isinstance(article, Reply):
            return article
        zone, page_chars = self.subscriptions.zone_of(incoming.chat), incoming.page_chars
        if isinstance(request, requests.ArticleQuotesRequest):
            return self.quotations.in_article(article, page=request.page, page_chars=page_chars)
        return self.stories.about(article, request, zone=zone, page_chars=page_chars)

    def _meant(self, incoming: IncomingCommand, article_id: ArticleId | None) -> Article | Reply:
        """The article named, else the one shown by the message replied to, else the one shown last."""
        if article_id is None:
            shown = self.chats.last_shown(incoming.chat, replied_to=incoming.replied_to)
            if shown is None:
                return refusal(NOTHING_SHOWN)
            article_id = shown.article
        article = self.articles.get(article_id)
        return article or refusal("That article is no longer stored. /brief shows what is.")

    def _more(self, incoming: IncomingCommand, now: datetime) -> Reply:
        shown = self.chats.last_shown(incoming.chat, replied_to=incoming.replied_to, with_query=True)
        if shown is None or shown.query is None:
            return refusal(NOTHING_SHOWN)
        try:
            request = requests.read_topic(shown.query)
        except requests.NotUnderstood as error:
            return refusal(str(error))
        zone = self.subscriptions.zone_of(incoming.chat)
        return self.stories.brief(request, now=now, zone=zone, offset=shown.offset + 1)

    def _forget(self, chat: ChatRef, *, sure: bool) -> Reply:
        if not sure:
            text = "This deletes everything kept about this chat, its subscriptions too."
            return Reply(blocks=(Prose(text=text),), buttons=(button("Delete it", "/forget yes"),))
        had = self.chats.forget(chat)
        return Reply(blocks=(Prose(text="All gone." if had else "Nothing was kept about this chat."),))

    def _status(self, chat: ChatRef) -> Reply:
        zone, count = self.subscriptions.zone_of(chat), len(self.chats.subscriptions(chat))
        here = f"Subscriptions here: {count}.", f"Times are in {zone_in_words(zone.key)}."
        lines = tuple(Item(text=line) for line in (self.stories.stored(zone), *here))
        return Reply(blocks=(Items(items=lines),))

    def posted(self, chat: ChatRef, reply: Reply, message: MessageId) -> None:
        """`reply` was posted as `message`: a follow-up to that message is about its article."""
        if reply.article is not None:
            now = self.clock()
            self.chats.remember_shown(
                chat, reply.article, query=reply.query, offset=reply.offset, message=message, now=now
            )

    def complete(self, chat: ChatRef, argument: str, typed: str) -> tuple[str, ...]:
        """Up to 25 endings of what somebody is typing for an argument of that name (see `commands.toml`)."""
        match argument:
            case "topic":
                return self.articles.topics_like(typed, limit=COMPLETIONS)
            case "speaker":
                return self.quotations.speakers_like(typed, limit=COMPLETIONS)
            case "from":
                return self.articles.publishers_like(typed, limit=COMPLETIONS)
            case "zone":
                return zones_like(typed, limit=COMPLETIONS)
            case "number":
                names: list[str | None] = [name_of(each) for each in self.chats.subscriptions(chat)]
            case "section":
                shown = self.chats.last_shown(chat)
                article = self.articles.get(shown.article) if shown else None
                names = [section.heading for section in article.sections] if article else []
            case _:
                return ()
        wanted = typed.casefold()
        return tuple(name for name in names if name and wanted in name.casefold())[:COMPLETIONS]

    def offer(self, chat: ChatRef, words: str, *, limit: int) -> tuple[Reply, ...]:
        """Briefs to choose from and show in another chat, best first; without words, the newest."""
        try:
            request = requests.read_topic(words)
        except requests.NotUnderstood:
            return ()
        zone = self.subscriptions.zone_of(chat)
        return self.stories.offers(request, now=self.clock(), zone=zone, limit=limit)

    def moved(self, chat: ChatRef, to: ChatRef) -> None:
        """The platform gave the chat another id: its subscriptions go with it."""
        self.chats.move(chat, to)
        log.info("chat moved", extra={"platform": chat.platform})

    def gone(self, chat: ChatRef) -> None:
        """The chat, or that thread of it, is closed to us: its subscriptions end."""
        ended = self.chats.end_subscriptions(chat)
        log.info("chat gone", extra={"platform": chat.platform, "subscriptions_ended": ended})


def _forbidden(incoming: IncomingCommand) -> Reply | None:
    """Why this user may not give the command; None if they may."""
    command = incoming.parsed.command
    match incoming.parsed.who:
        case Who.OWNERS if command and not incoming.is_owner:
            return refusal(f"Only those who run this bot may use /{command.name}.")
        case Who.ADMINS if command and not incoming.may_change:
            return refusal(f"Only this chat's admins may use /{command.name}.")
        case _:
            return None


def help_reply(*, greeting: bool, to_owner: bool) -> Reply:
    """What can be asked, with examples."""
    text = "I read the news and answer with short briefs: every quote is the article's own words."
    first = (Title(text="Pullquote"), Prose(text=text)) if greeting else (Title(text="What you can ask"),)
    shown = [command for command in COMMANDS if to_owner or command.who is not Who.OWNERS]
    items = tuple(Item(text=f"{command.example}: {command.summary}") for command in shown)
    tip = Note(text="After a brief, a number shows that section.")
    return Reply(blocks=(*first, Items(items=items), tip))
