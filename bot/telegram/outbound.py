"""Sends replies to Telegram: buttons, rate limits, and Telegram's errors translated to the port's."""

import base64
import contextlib
import hmac
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import KW_ONLY, dataclass, field
from hashlib import blake2b

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

from bot.chat import NO_HOOKS, ChatRef, MessageId, SendHooks, SendRefused, Throttled
from bot.commands.table import COMMANDS, Command
from bot.limits.rate_limiter import Limit, Limiter, RateLimiter
from bot.limits.shared_limits import SharedLimits
from bot.reply import Items, Reply
from bot.telegram.errors import translate
from bot.telegram.render import render

MESSAGES_A_SECOND = 30  # to all chats together
_SIGNATURE_BYTES = 6
_SIGNATURE_CHARS = 8  # of base64


class Buttons:
    """Buttons under messages: each carries its signed command as callback data of at most 64 bytes.

    Anybody with a client of their own can send any callback data for any message. So we accept only what we
    put there: a command signed for that chat. Signatures need no table, survive restarts and are the same in
    every process. Guessing 48 bits takes about 2^47 requests to Telegram. The key is made from the bot's
    token, so a new token makes old buttons stale.

    Callback data has a one-letter code instead of the command's name, to make room for the signature:
    `Button` allows 60 bytes, and names have at least four letters.
    """

    def __init__(self, token: str, *, commands: Sequence[Command] = COMMANDS) -> None:
        self._codes = {f"/{command.name}": command.code for command in commands}
        self._names = {code: name for name, code in self._codes.items()}
        self._key = blake2b(token.encode(), person=b"buttons").digest()

    def keyboard(self, reply: Reply, *, chat: str) -> InlineKeyboardMarkup | None:
        """The reply's buttons for that chat; None if it has none."""
        rows: Sequence[Sequence[InlineKeyboardButton]] = [
            [
                InlineKeyboardButton(text=button.label, callback_data=self.data(button.command, chat=chat))
                for button in row
            ]
            for row in reply.buttons
            if row
        ]
        return InlineKeyboardMarkup(rows) if rows else None

    def data(self, command: str, *, chat: str) -> str:
        """Callback data for a command, at most 64 bytes."""
        name, space, rest = command.partition(" ")
        return f"{self._signature(command, chat)}{self._codes[name]}{space}{rest}"

    def command(self, data: str, *, chat: str) -> str | None:
        """The command in callback data; None if we did not put it under a message of that chat."""
        signature, coded = data[:_SIGNATURE_CHARS], data[_SIGNATURE_CHARS:]
        command = f"{self._names.get(coded[:1], '')}{coded[1:]}"
        expected = self._signature(command, chat)
        return command if hmac.compare_digest(signature.encode(), expected.encode()) else None

    def _signature(self, command: str, chat: str) -> str:
        signed = blake2b(f"{chat}\n{command}".encode(), key=self._key, digest_size=_SIGNATURE_BYTES)
        return base64.urlsafe_b64encode(signed.digest()).decode()


def limits_of(chat: str) -> tuple[Limit, ...]:
    """Telegram's limits in one chat ("Bots FAQ: My bot is hitting limits"). A group's id is negative.

    We count edits as messages, although Telegram may allow more of them.
    """
    a_second = Limit(1, 1.0)
    return (a_second, Limit(20, 60.0)) if chat.startswith("-") else (a_second,)


class Outbound:
    """Sends and edits single messages inside the rate limits. Answers to people go before digests."""

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
        """throttled: called for each answer 429. shared: None: no other process sends with this token."""
        self._bot = bot
        self._buttons = buttons
        self._throttled = throttled
        self._chats: Limiter = RateLimiter(limits_of=chat_limits)
        # Spread over three quarters of each second, so that late requests still fit.
        overall = Limit(per_second, 1.0)
        self._overall: Limiter = RateLimiter(overall=overall, gap_s=0.75 / per_second)
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
        reply_to: int | None = None,
        urgent: bool,
        hooks: SendHooks = NO_HOOKS,
    ) -> MessageId:
        """Sends one message of the reply; buttons go under the last one. Raises the port's errors."""
        async with self._turn(chat.chat, urgent=urgent, hooks=hooks):
            message = await self._bot.send_message(
                chat_id=int(chat.chat),
                message_thread_id=None if chat.thread is None else int(chat.thread),
                text=html,
                parse_mode=ParseMode.HTML,
                reply_markup=self._buttons.keyboard(reply, chat=chat.chat) if is_last else None,
                link_preview_options=preview_of(reply),
                reply_parameters=None
                if reply_to is None
                else ReplyParameters(reply_to, allow_sending_without_reply=True),
            )
        return MessageId(str(message.message_id))

    async def edit(self, message: Message, html: str, reply: Reply) -> bool:
        """Replaces a message of ours; False if it can no longer be edited. Raises the port's errors."""
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
    """Previews no link, except one whose text is its own address: readers are meant to follow it."""
    items = (item for block in reply.blocks if isinstance(block, Items) for item in block.items)
    url = next((item.url for item in items if item.url is not None and item.url == item.text), None)
    return LinkPreviewOptions(is_disabled=True) if url is None else LinkPreviewOptions(url=url)


@dataclass(slots=True)
class Posting:
    """Sends one reply to one chat, message by message. Call `finish` again to go on after a failure."""

    outbound: Outbound
    chat: ChatRef
    reply: Reply
    _: KW_ONLY
    urgent: bool  # somebody waits for it
    reply_to: int | None = None  # the message that the first one answers
    already_posted: int = 0  # how many of its messages an earlier attempt posted
    _messages: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        self._messages = render(self.reply)

    def redirect(self, chat: ChatRef) -> None:
        """Sends the rest to this chat: the first one has a new id."""
        if chat != self.chat:
            self.chat, self.reply_to = chat, None  # the new chat has other message ids

    async def finish(self, hooks: SendHooks = NO_HOOKS) -> MessageId:
        """Sends the messages not posted yet; returns the id of the last one. Raises the port's errors."""
        if not self._messages:
            raise SendRefused("the reply has nothing to show")
        while True:
            is_last = self.already_posted == len(self._messages) - 1
            message = await self.outbound.send(
                self.chat,
                self._messages[self.already_posted],
                self.reply,
                is_last=is_last,
                reply_to=self.reply_to if self.already_posted == 0 else None,
                urgent=self.urgent,
                hooks=hooks,
            )
            if is_last:
                return message
            self.already_posted += 1
            hooks.message_posted()
