"""Putting a reply into a chat, message by message; a second try goes on where the first one stopped."""

import logging
from collections.abc import Sequence

from telegram import (
    Bot,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    LinkPreviewOptions,
    Message,
    ReplyParameters,
)
from telegram.constants import ParseMode
from telegram.error import BadRequest, TelegramError

from bot.chat import ChatRef, MessageId, SendRefused
from bot.reply import Reply
from bot.telegram.errors import translate
from bot.telegram.render import render

log = logging.getLogger(__name__)

_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)


class Posting:
    """One reply on its way into one chat. `finish` may be called again after a failure worth another try."""

    def __init__(self, bot: Bot, chat: ChatRef, reply: Reply, *, answers: int | None = None) -> None:
        """answers: the message that the first one is shown as an answer to."""
        self._bot = bot
        self._chat = chat
        self._messages = render(reply)
        self._keyboard = keyboard(reply)
        self._answers = answers
        self._sent: list[MessageId] = []

    async def finish(self) -> MessageId:
        """Sends what is not sent yet; the id of the last message.

        Raises the port's errors: SendRefused if there is nothing to show or Telegram will not have it.
        """
        if not self._messages:
            raise SendRefused("the reply has nothing to show")
        while len(self._sent) < len(self._messages):
            try:
                message = await self._send_next()
            except TelegramError as error:
                raise translate(error) from error
            self._sent.append(MessageId(str(message.message_id)))
        return self._sent[-1]

    async def _send_next(self) -> Message:
        number = len(self._sent)
        last = number == len(self._messages) - 1
        return await self._bot.send_message(
            chat_id=int(self._chat.chat),
            message_thread_id=None if self._chat.thread is None else int(self._chat.thread),
            text=self._messages[number],
            parse_mode=ParseMode.HTML,
            reply_markup=self._keyboard if last else None,
            link_preview_options=_NO_PREVIEW,
            reply_parameters=ReplyParameters(message_id=self._answers, allow_sending_without_reply=True)
            if self._answers is not None and number == 0
            else None,
        )


async def put_in_place(bot: Bot, message: Message, reply: Reply) -> bool:
    """Shows `reply` in place of a message of ours; False if it can't be (too long, or no longer editable).

    Raises the port's errors.
    """
    shown = render(reply)
    if len(shown) != 1:
        return False
    try:
        await bot.edit_message_text(
            chat_id=message.chat.id,
            message_id=message.message_id,
            text=shown[0],
            parse_mode=ParseMode.HTML,
            reply_markup=keyboard(reply),
            link_preview_options=_NO_PREVIEW,
        )
    except BadRequest as error:
        if "not modified" in error.message.lower():  # pressed twice: it already shows this
            return True
        if "to edit not found" in error.message.lower() or "can't be edited" in error.message.lower():
            return False
        raise translate(error) from error
    except TelegramError as error:
        raise translate(error) from error
    return True


def keyboard(reply: Reply) -> InlineKeyboardMarkup | None:
    """The reply's buttons."""
    rows: Sequence[Sequence[InlineKeyboardButton]] = [
        [InlineKeyboardButton(text=button.label, callback_data=button.command) for button in row]
        for row in reply.buttons
        if row
    ]
    return InlineKeyboardMarkup(rows) if rows else None
