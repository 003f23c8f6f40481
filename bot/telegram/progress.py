"""A sign of life while an answer takes longer than a moment."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator

from telegram import Bot
from telegram.constants import ChatAction
from telegram.error import TelegramError

from bot.chat import ChatRef

log = logging.getLogger(__name__)

_SHOWN_S = 4.5  # Telegram shows an action for five seconds


@contextlib.asynccontextmanager
async def shown_typing(bot: Bot, chat: ChatRef, *, after_s: float) -> AsyncIterator[None]:
    """The chat shows that we are typing, from `after_s` on until the block ends."""
    showing = asyncio.create_task(_keep_typing(bot, chat, after_s))
    try:
        yield
    finally:
        showing.cancel()
        await asyncio.wait({showing})


async def _keep_typing(bot: Bot, chat: ChatRef, after_s: float) -> None:
    await asyncio.sleep(after_s)
    try:
        while True:
            await bot.send_chat_action(
                chat_id=int(chat.chat),
                action=ChatAction.TYPING,
                message_thread_id=None if chat.thread is None else int(chat.thread),
            )
            await asyncio.sleep(_SHOWN_S)
    except TelegramError as error:  # the answer itself will come, or tell
        log.debug("telegram typing not shown", extra={"error": error.message})
