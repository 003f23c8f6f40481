"""The bot's messages on their way out: inside Telegram's limits, its errors in the port's words."""

import contextlib
from collections.abc import AsyncIterator, Callable

from telegram import Bot, LinkPreviewOptions, Message, ReplyParameters
from telegram.constants import ParseMode
from telegram.error import BadRequest, TelegramError

from bot.chat import NO_HOOKS, ChatRef, MessageId, SendHooks, Throttled
from bot.limits.rate_limiter import Limit, RateLimiter, Turns
from bot.limits.shared import SharedLimits
from bot.reply import Items, Reply
from bot.telegram.buttons import Buttons
from bot.telegram.errors import translate

MESSAGES_A_SECOND = 30  # to all chats together


def limits_of(chat: str) -> tuple[Limit, ...]:
    """What Telegram allows in one chat ("Bots FAQ: My bot is hitting limits"); a group's id is negative.

    Edits are counted with the messages, though Telegram is said to be easier on them.
    """
    a_second = Limit(1, 1.0)
    return (a_second, Limit(20, 60.0)) if chat.startswith("-") else (a_second,)


class Outbound:
    """Sends and edits one message at a time; whoever waits for an answer goes before a digest."""

    def __init__(
        self,
        bot: Bot,
        *,
        buttons: Buttons,
        per_second: int,
        chat_limits: Callable[[str], tuple[Limit, ...]],
        throttled: Callable[[], None],
        shared: SharedLimits | None,
    ) -> None:
        """throttled: called for each answer 429. shared: None: no other process writes with this token."""
        self._bot = bot
        self._buttons = buttons
        self._throttled = throttled
        self._chats: Turns = RateLimiter(places=chat_limits)
        # Spread over three quarters of a second: evenly, with something in hand for what comes late.
        overall = Limit(per_second, 1.0)
        self._overall: Turns = RateLimiter(overall=overall, gap_s=0.75 / per_second)
        if shared is not None:
            self._chats = shared.of_each(self._chats, chat_limits)
            self._overall = shared.of_all(self._overall, overall)

    async def send(
        self,
        chat: ChatRef,
        html: str,
        reply: Reply,
        *,
        is_last: bool = True,
        answers: int | None = None,
        urgent: bool,
        hooks: SendHooks = NO_HOOKS,
    ) -> MessageId:
        """A message of the reply; the buttons go under the last one. Raises the port's errors."""
        answered = ReplyParameters(answers, allow_sending_without_reply=True) if answers is not None else None
        async with self._turn(chat.chat, urgent=urgent, hooks=hooks):
            message = await self._bot.send_message(
                chat_id=int(chat.chat),
                message_thread_id=None if chat.thread is None else int(chat.thread),
                text=html,
                parse_mode=ParseMode.HTML,
                reply_markup=self._buttons.keyboard(reply, chat=chat.chat) if is_last else None,
                link_preview_options=preview_of(reply),
                reply_parameters=answered,
            )
        return MessageId(str(message.message_id))

    async def edit(self, message: Message, html: str, reply: Reply) -> bool:
        """Shows the reply in place of a message of ours; False if that is no longer editable.

        Raises the port's errors.
        """
        chat = str(message.chat.id)
        async with self._turn(chat, urgent=True):
            try:
                await self._bot.edit_message_text(
                    chat_id=message.chat.id,
                    message_id=message.message_id,
                    text=html,
                    parse_mode=ParseMode.HTML,
                    reply_markup=self._buttons.keyboard(reply, chat=chat),
                    link_preview_options=preview_of(reply),
                )
            except BadRequest as error:
                words = error.message.lower()
                if "not modified" in words:  # it already shows this
                    return True
                if "to edit not found" in words or "can't be edited" in words:
                    return False
                raise
        return True

    @contextlib.asynccontextmanager
    async def _turn(self, chat: str, *, urgent: bool, hooks: SendHooks = NO_HOOKS) -> AsyncIterator[None]:
        async with contextlib.AsyncExitStack() as turns:
            await turns.enter_async_context(self._chats.turn(chat, urgent=urgent))
            await hooks.wait_for_slot()
            await turns.enter_async_context(self._overall.turn(chat, urgent=urgent))
            await hooks.mark_started()
            try:
                yield
            except TelegramError as error:
                failure = translate(error)
                if isinstance(failure, Throttled):
                    self._throttled()
                    self._chats.pause(chat, failure.retry_after.total_seconds())
                raise failure from error


def preview_of(reply: Reply) -> LinkPreviewOptions:
    """No preview of links, but for one that is shown as its own address: that is there to be followed."""
    for block in reply.blocks:
        for item in block.items if isinstance(block, Items) else ():
            if item.url is not None and item.url == item.text:
                return LinkPreviewOptions(url=item.url)
    return LinkPreviewOptions(is_disabled=True)
