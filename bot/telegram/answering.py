"""Answers Telegram's updates: messages, pressed buttons, inline queries, and changes of a chat."""

import asyncio
import contextlib
import logging
import re
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import Executor
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import TypeVar
from weakref import WeakValueDictionary

from telegram import (
    Bot,
    CallbackQuery,
    ChatMemberUpdated,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InlineQuery,
    InlineQueryResultArticle,
    InlineQueryResultsButton,
    InputTextMessageContent,
    LinkPreviewOptions,
    Message,
    Update,
)
from telegram.constants import CallbackQueryLimit, ChatAction, ChatMemberStatus, ChatType, ParseMode
from telegram.error import TelegramError

from bot.chat import ChatError, ChatGone, ChatMoved, ChatRef, MessageId, SendFailed, Throttled
from bot.commands.table import Who, parse
from bot.ports import Conversation, IncomingCommand
from bot.reply import Items, Reply, Title, refusal
from bot.telegram.incoming import (
    PLATFORM,
    Incoming,
    Rights,
    link,
    payload_of,
    read_message,
    read_press,
    whole_chat,
)
from bot.telegram.outbound import Buttons, Outbound, Posting
from bot.telegram.render import one_line, render

log = logging.getLogger(__name__)

_SORRY = "Something went wrong on my side, and it has been noted. Please try again."
_STALE = "This button no longer works here. Please ask again."
_TRIES = 4  # to send an answer that somebody waits for
_LONGEST_PAUSE = timedelta(seconds=60)  # if Telegram asks for a longer pause, an answer is given up
_TYPING_SHOWN_S = 4.5  # Telegram shows an action for five seconds
DOUBLE_TAP_S = 1.0
_PRESSES_KEPT = 1_000  # messages
# Inline mode: "@the_bot nato" in any chat offers briefs to send there.
OFFERS = 10
KEEP_S = 30  # how long Telegram may show the same answer; news gets old
MAX_QUERY_CHARS = 256  # Telegram sends no more of a query

T = TypeVar("T")


class DoubleTaps:
    """The last press under each message, to ignore the second tap of a double tap.

    Times are seconds on one monotonic clock.
    """

    def __init__(self) -> None:
        self._last: OrderedDict[tuple[str, str], tuple[str, float]] = OrderedDict()

    def is_repeat(self, chat: str, message: str, data: str, *, pressed_at: float) -> bool:
        """Whether the same button was pressed just before, so that its answer was hardly seen yet."""
        pressed, answered_at = self._last.get((chat, message), ("", 0.0))
        return pressed == data and pressed_at < answered_at + DOUBLE_TAP_S

    def answered(self, chat: str, message: str, data: str, *, now: float) -> None:
        """Notes that the press was answered."""
        self._last[chat, message] = (data, now)
        self._last.move_to_end((chat, message))
        if len(self._last) > _PRESSES_KEPT:
            self._last.popitem(last=False)


@dataclass(slots=True, kw_only=True)
class UpdateHandler:
    """Answers updates; the updates of one chat in their order."""

    bot: Bot
    conversation: Conversation
    outbound: Outbound
    buttons: Buttons
    rights: Rights
    typing_after_s: float
    threads: Executor  # where the conversation runs, apart from deliveries, so that nobody waits for those
    _double_taps: DoubleTaps = field(default_factory=DoubleTaps, init=False)
    _moves: set[ChatRef] = field(default_factory=set, init=False)
    _turns: WeakValueDictionary[int, asyncio.Lock] = field(default_factory=WeakValueDictionary, init=False)

    async def handle(self, update: Update) -> None:
        """Answers the update, or logs why that failed."""
        arrived_at = _now()
        try:
            if update.inline_query is not None:
                await self._on_inline(update.inline_query)
            elif (chat := update.effective_chat) is not None:
                turn = self._turns.setdefault(chat.id, asyncio.Lock())
                async with turn:  # a "/sections" right after "/brief" means that brief
                    await self._handle_in_turn(update, arrived_at)
        except ChatError as error:
            log.warning("telegram answer not sent", extra={"error": str(error)})
        except Exception:
            log.exception("telegram update failed", extra={"update": update.update_id})
            await self._apologise(update)

    async def _handle_in_turn(self, update: Update, arrived_at: float) -> None:
        if update.callback_query is not None:
            await self._on_press(update.callback_query, arrived_at)
        elif update.my_chat_member is not None:
            await self._on_membership(update.my_chat_member)
        elif update.chat_member is not None:
            self.rights.forget(str(update.chat_member.chat.id))
        elif (message := update.message or update.channel_post) is not None:
            await self._on_message(message)

    # --- updates

    async def _on_message(self, message: Message) -> None:
        if message.migrate_to_chat_id is not None:
            await self._moved(whole_chat(message.chat.id), whole_chat(message.migrate_to_chat_id))
            return
        if message.migrate_from_chat_id is not None:  # the same event, in the new chat
            await self._moved(whole_chat(message.migrate_from_chat_id), whole_chat(message.chat.id))
            return
        incoming = read_message(message, me=self.bot.bot)
        if incoming is None:
            return
        reply = await self._ask(incoming)
        reply_to = None if message.chat.type == ChatType.PRIVATE else message.message_id
        await self._post(incoming.chat, reply, reply_to=reply_to)

    async def _on_press(self, query: CallbackQuery, arrived_at: float) -> None:
        """Handles a pressed button. It always acknowledges the press, else the button keeps spinning."""
        said: str | None = _SORRY
        url: str | None = None
        try:
            if query.message is None or not query.data:
                said = _STALE
                return
            chat, number, data = str(query.message.chat.id), str(query.message.message_id), query.data
            command = self.buttons.command(data, chat=chat)
            if command is None:
                log.info("telegram button refused", extra={"chat": chat})
                said = _STALE
            elif self._double_taps.is_repeat(chat, number, data, pressed_at=arrived_at):
                said = None
            elif query.message.chat.type == ChatType.CHANNEL and (payload := payload_of(command)):
                # Not edited in place: one reader would change the post for all others.
                said, url = None, link(self.bot.username, payload)
            else:
                said = await self._answer_press(query, command)
                self._double_taps.answered(chat, number, data, now=_now())
        finally:
            await self._acknowledge(query, said, url)

    async def _answer_press(self, query: CallbackQuery, command: str) -> str | None:
        """Shows the answer. Returns text that only the person who pressed should see, if any."""
        incoming = read_press(query, command)
        reply = await self._ask(incoming)
        if reply.error:
            return one_line(reply, max_chars=CallbackQueryLimit.ANSWER_CALLBACK_QUERY_TEXT_LENGTH)
        message, shown = query.message, render(reply)
        if (
            isinstance(message, Message)
            and len(shown) == 1
            and await self._patiently(lambda: self.outbound.edit(message, shown[0], reply))
        ):
            await self._remember(incoming.chat, reply, MessageId(str(message.message_id)))
        else:
            await self._post(incoming.chat, reply)
        return None

    async def _on_inline(self, query: InlineQuery) -> None:
        own = ChatRef(platform=PLATFORM, chat=str(query.from_user.id))
        words = query.query[:MAX_QUERY_CHARS]
        replies = await self._in_thread(self.conversation.offer, own, words, limit=OFFERS)
        offers = [inline_result(reply, bot_name=self.bot.username) for reply in replies]
        found = [offer for offer in offers if offer is not None]
        try:
            await self.bot.answer_inline_query(
                query.id,
                found,
                cache_time=KEEP_S,
                is_personal=True,  # times are in the asker's own zone
                button=None if found else nothing_found_button(words),
            )
        except TelegramError as error:  # too late: the person typed on
            log.info("telegram inline query not answered", extra={"error": error.message})

    async def _on_membership(self, change: ChatMemberUpdated) -> None:
        self.rights.forget(str(change.chat.id))
        if change.new_chat_member.status in (ChatMemberStatus.LEFT, ChatMemberStatus.BANNED):
            log.info("telegram chat left", extra={"chat": change.chat.id})
            await self._in_thread(self.conversation.gone, whole_chat(change.chat.id))

    # --- the application

    async def _ask(self, incoming: Incoming) -> Reply:
        parsed = await self._in_thread(parse, incoming.text)
        may_change = incoming.may_change or False
        if incoming.may_change is None and parsed.who is Who.ADMINS:
            may_change = await self.rights.may_change(incoming.chat.chat, incoming.user)
        request = IncomingCommand(
            chat=incoming.chat,
            user=incoming.user,
            parsed=parsed,
            may_change=may_change,
            is_owner=self.rights.owns(incoming.user),
            replied_to=incoming.replied_to,
        )
        async with shown_typing(self.bot, incoming.chat, after_s=self.typing_after_s):
            return await self._in_thread(self.conversation.answer, request)

    async def _in_thread(self, work: Callable[..., T], *args: object, **named: object) -> T:
        return await asyncio.get_running_loop().run_in_executor(self.threads, partial(work, *args, **named))

    async def _remember(self, chat: ChatRef, reply: Reply, message: MessageId) -> None:
        await self._in_thread(self.conversation.posted, chat, reply, message)

    async def _moved(self, chat: ChatRef, to: ChatRef) -> None:
        if chat in self._moves:  # Telegram tells it in both chats, and again when we send
            return
        self._moves.add(chat)
        log.info("telegram chat moved", extra={"chat": chat.chat, "to": to.chat})
        await self._in_thread(self.conversation.moved, chat, to)

    # --- sending

    async def _post(self, chat: ChatRef, reply: Reply, *, reply_to: int | None = None) -> None:
        posting = Posting(self.outbound, chat, reply, urgent=True, reply_to=reply_to)
        try:
            message = await self._patiently(posting.finish)
        except ChatMoved as error:
            await self._moved(chat, error.to)
            chat = error.to
            posting.redirect(chat)
            message = await self._patiently(posting.finish)
        except ChatGone:
            await self._in_thread(self.conversation.gone, chat)
            raise
        await self._remember(chat, reply, message)

    async def _patiently(self, attempt: Callable[[], Awaitable[T]]) -> T:
        """Tries several times, because somebody waits, with the pauses that Telegram asks for."""
        for tried in range(1, _TRIES + 1):
            try:
                return await attempt()
            except Throttled as error:  # the rate limiter waits out the pause
                if tried == _TRIES or error.retry_after > _LONGEST_PAUSE:
                    raise
            except SendFailed:
                if tried == _TRIES:
                    raise
                await asyncio.sleep(2.0 ** (tried - 1))
        raise AssertionError("unreachable")  # the last attempt returned or raised

    async def _acknowledge(self, query: CallbackQuery, said: str | None, url: str | None) -> None:
        try:
            await self.bot.answer_callback_query(query.id, text=said, show_alert=said is not None, url=url)
        except TelegramError as error:  # too late; the answer itself is in the chat
            log.info("telegram press not acknowledged", extra={"error": error.message})

    async def _apologise(self, update: Update) -> None:
        message = update.message or update.channel_post
        incoming = read_message(message, me=self.bot.bot) if message is not None else None
        if incoming is None:
            return
        try:
            await Posting(self.outbound, incoming.chat, refusal(_SORRY), urgent=True).finish()
        except ChatError as error:
            log.warning("telegram apology not sent", extra={"error": str(error)})


def _now() -> float:
    return asyncio.get_running_loop().time()


@contextlib.asynccontextmanager
async def shown_typing(bot: Bot, chat: ChatRef, *, after_s: float) -> AsyncIterator[None]:
    """Shows in the chat that we are typing, from `after_s` on until the block ends."""
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
            await asyncio.sleep(_TYPING_SHOWN_S)
    except TelegramError as error:  # sending the answer will show the same error
        log.debug("telegram typing not shown", extra={"error": error.message})


def inline_result(reply: Reply, *, bot_name: str) -> InlineQueryResultArticle | None:
    """A brief that somebody may choose in inline mode; None if it does not fit one message.

    The bot may not be in the chat that the brief is sent to, so its button opens a chat with the bot.
    """
    shown = render(reply)
    title = next((block.text for block in reply.blocks if isinstance(block, Title)), None)
    payload = payload_of(f"/brief #{reply.article}")
    if len(shown) != 1 or title is None or payload is None:
        return None
    lines = [item.text for block in reply.blocks if isinstance(block, Items) for item in block.items]
    content = InputTextMessageContent(
        shown[0], parse_mode=ParseMode.HTML, link_preview_options=LinkPreviewOptions(is_disabled=True)
    )
    more = InlineKeyboardButton(text="Quotes, sections, full text", url=link(bot_name, payload))
    return InlineQueryResultArticle(
        id=str(reply.article),
        title=title,
        input_message_content=content,
        description=lines[0] if lines else None,
        reply_markup=InlineKeyboardMarkup([[more]]),
    )


def nothing_found_button(words: str) -> InlineQueryResultsButton:
    """The button over an empty list: it opens a chat with the bot, which tells what there is."""
    plain = "_".join(re.findall(r"[A-Za-z0-9]+", words))[:50]
    return InlineQueryResultsButton(
        text="No brief on that. See what there is", start_parameter=f"brief_{plain}" if plain else "help"
    )
