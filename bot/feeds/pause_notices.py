"""Tells the chats that added a feed when the feed is paused; each chat once."""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass

from articles.feeds.model import FeedPaused
from bot.chat import ChatError, ChatGone, ChatMoved, ChatRef, SendFailed, SendHooks, Throttled
from bot.ports import ChatAdapter, Conversation
from bot.reply import Note, Prose, Reply
from bot.storage.chats import FeedOwners

log = logging.getLogger(__name__)

READY_WITHIN_S = 5.0  # an unreachable platform must not delay the polling of feeds


class _SentByAnother(Exception):
    """Another process sends this notice to that chat."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseNotices:
    """Sends notices about paused feeds, each at most once: a chat is marked as told just before the send.

    The mark is removed if certainly nothing was sent.
    """

    owners: FeedOwners
    adapters: Mapping[str, ChatAdapter]
    conversation: Conversation
    ready_within_s: float = READY_WITHIN_S

    async def tell(self, pause: FeedPaused) -> bool:
        """Tells the owners who were not told yet; False if some must be tried again."""
        untold = await asyncio.to_thread(self.owners.untold, pause)
        return all([await self._tell_one(chat, pause) for chat in untold])

    async def _tell_one(self, chat: ChatRef, pause: FeedPaused) -> bool:
        adapter = self.adapters.get(chat.platform)
        if adapter is None or not await self._is_ready(adapter):
            return False
        mark = _MarkTold(self.owners, pause, chat)
        key = f"feed:{pause.id}@{pause.at.timestamp()}"
        try:
            await adapter.send(chat, notice_of(pause), key=key, hooks=mark)
        except _SentByAnother:
            return True
        except (Throttled, SendFailed, ChatMoved) as error:
            log.info("feed pause notice postponed", extra={"feed": pause.url, "reason": str(error)})
            if mark.taken:
                await asyncio.to_thread(self.owners.give_back, pause, chat)
            if isinstance(error, ChatMoved):
                await asyncio.to_thread(self.conversation.moved, chat, error.to)
            return False
        except ChatGone:
            await asyncio.to_thread(self.conversation.gone, chat)
        except ChatError as error:
            log.warning("feed pause notice not sent", extra={"feed": pause.url, "reason": str(error)})
        return True

    async def _is_ready(self, adapter: ChatAdapter) -> bool:
        try:
            async with asyncio.timeout(self.ready_within_s):
                await adapter.ready()
        except TimeoutError:
            return False
        return True


@dataclass
class _MarkTold(SendHooks):
    """Marks the chat as told just before the notice is sent."""

    owners: FeedOwners
    pause: FeedPaused
    chat: ChatRef
    taken: bool = False

    async def mark_started(self) -> None:
        if not self.taken:
            self.taken = await asyncio.to_thread(self.owners.take, self.pause, self.chat)
        if not self.taken:
            raise _SentByAnother


def notice_of(pause: FeedPaused) -> Reply:
    """The notice to an owner."""
    text = f"The feed “{pause.title or pause.url}” is paused: {pause.reason}."
    hint = f"/addfeed {pause.url} tries it again, and /removefeed {pause.id} removes it."
    return Reply(blocks=(Prose(text=text), Note(text=hint)))
