"""Updates to answers: what somebody wrote, pressed or typed inline, and what became of a chat."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor
from datetime import timedelta
from functools import partial
from typing import TypeVar
from weakref import WeakValueDictionary

from telegram import Bot, CallbackQuery, ChatMemberUpdated, InlineQuery, Message, Update
from telegram.constants import CallbackQueryLimit, ChatMemberStatus, ChatType
from telegram.error import TelegramError

from bot.chat import ChatError, ChatGone, ChatMoved, ChatRef, MessageId, SendFailed, Throttled
from bot.commands.table import Who, parse
from bot.ports import Conversation, IncomingCommand
from bot.reply import Reply, refusal
from bot.telegram import inline
from bot.telegram.buttons import Buttons
from bot.telegram.incoming import PLATFORM, Incoming, read_message, read_press, whole_chat
from bot.telegram.links import link, payload_of
from bot.telegram.outbound import Outbound
from bot.telegram.posting import Posting
from bot.telegram.presses import Presses
from bot.telegram.progress import shown_typing
from bot.telegram.render import one_line, render
from bot.telegram.rights import Rights

log = logging.getLogger(__name__)

_SORRY = "Something went wrong on my side, and it has been noted. Please try again."
_STALE = "This button no longer works here. Please ask again."
_TRIES = 4  # for an answer that somebody waits for

T = TypeVar("T")


class Answering:
    """Answers updates, each chat's in the order in which they came."""

    def __init__(
        self,
        bot: Bot,
        conversation: Conversation,
        *,
        outbound: Outbound,
        buttons: Buttons,
        rights: Rights,
        longest_pause: timedelta,
        typing_after: timedelta,
        threads: Executor,
    ) -> None:
        """threads: for what the conversation does; nobody who asks waits for one behind the deliveries."""
        self._bot = bot
        self._conversation = conversation
        self._outbound = outbound
        self._buttons = buttons
        self._rights = rights
        self._longest_pause = longest_pause
        self._typing_after_s = typing_after.total_seconds()
        self._threads = threads
        self._presses = Presses()
        self._moves: set[ChatRef] = set()
        self._turns: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()

    async def handle(self, update: Update) -> None:
        """Answers the update, or logs why it could not."""
        arrived_at = _now()
        try:
            if update.inline_query is not None:
                await self._on_inline(update.inline_query)
            elif (chat := update.effective_chat) is not None:
                turn = self._turns.setdefault(chat.id, asyncio.Lock())
                async with turn:  # "/sections" right after "/brief" is about that brief
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
            self._rights.forget(str(update.chat_member.chat.id))
        elif (message := update.message or update.channel_post) is not None:
            await self._on_message(message)

    # --- what comes in

    async def _on_message(self, message: Message) -> None:
        if message.migrate_to_chat_id is not None:
            await self._moved(whole_chat(message.chat.id), whole_chat(message.migrate_to_chat_id))
            return
        if message.migrate_from_chat_id is not None:  # the other chat's half of the same news
            await self._moved(whole_chat(message.migrate_from_chat_id), whole_chat(message.chat.id))
            return
        incoming = read_message(message, me=self._bot.bot)
        if incoming is None:
            return
        reply = await self._ask(incoming)
        answers = None if message.chat.type == ChatType.PRIVATE else message.message_id
        await self._post(incoming.chat, reply, answers=answers)

    async def _on_press(self, query: CallbackQuery, arrived_at: float) -> None:
        """A press is answered whatever happens, else the button keeps spinning."""
        said: str | None = _SORRY
        url: str | None = None
        try:
            if query.message is None or not query.data:
                said = _STALE
                return
            chat, number, data = str(query.message.chat.id), str(query.message.message_id), query.data
            command = self._buttons.command(data, chat=chat)
            if command is None:
                log.info("telegram press not taken", extra={"chat": chat})
                said = _STALE
            elif self._presses.is_repeat(chat, number, data, pressed_at=arrived_at):
                said = None
            elif query.message.chat.type == ChatType.CHANNEL and (payload := payload_of(command)):
                # Not in place: a reader would change the post for all the others.
                said, url = None, link(self._bot.username, payload)
            else:
                said = await self._answer_press(query, command)
                self._presses.answered(chat, number, data, now=_now())
        finally:
            await self._acknowledge(query, said, url)

    async def _answer_press(self, query: CallbackQuery, command: str) -> str | None:
        """Shows the answer; what is to be said to who pressed it alone, if anything."""
        incoming = read_press(query, command)
        reply = await self._ask(incoming)
        if reply.error:
            return one_line(reply, max_chars=CallbackQueryLimit.ANSWER_CALLBACK_QUERY_TEXT_LENGTH)
        message, shown = query.message, render(reply)
        if (
            isinstance(message, Message)
            and len(shown) == 1
            and await self._patiently(lambda: self._outbound.edit(message, shown[0], reply))
        ):
            await self._remember(incoming.chat, reply, MessageId(str(message.message_id)))
        else:
            await self._post(incoming.chat, reply)
        return None

    async def _on_inline(self, query: InlineQuery) -> None:
        own = ChatRef(platform=PLATFORM, chat=str(query.from_user.id))
        words = query.query[: inline.MAX_WORDS]
        replies = await self._in_thread(self._conversation.offer, own, words, limit=inline.OFFERS)
        offers = [inline.offer_of(reply, bot_name=self._bot.username) for reply in replies]
        found = [offer for offer in offers if offer is not None]
        try:
            await self._bot.answer_inline_query(
                query.id,
                found,
                cache_time=inline.KEEP_S,
                is_personal=True,  # times are in the asker's own zone
                button=None if found else inline.nothing_found(words),
            )
        except TelegramError as error:  # too late to be shown: somebody went on typing
            log.info("telegram inline query not answered", extra={"error": error.message})

    async def _on_membership(self, change: ChatMemberUpdated) -> None:
        self._rights.forget(str(change.chat.id))
        if change.new_chat_member.status in (ChatMemberStatus.LEFT, ChatMemberStatus.BANNED):
            log.info("telegram chat left", extra={"chat": change.chat.id})
            await self._in_thread(self._conversation.gone, whole_chat(change.chat.id))

    # --- what the application is asked and told

    async def _ask(self, incoming: Incoming) -> Reply:
        parsed = await self._in_thread(parse, incoming.text)
        may_change = incoming.in_charge or False
        if incoming.in_charge is None and parsed.who is Who.ADMINS:
            may_change = await self._rights.in_charge(incoming.chat.chat, incoming.user)
        request = IncomingCommand(
            chat=incoming.chat,
            user=incoming.user,
            parsed=parsed,
            may_change=may_change,
            is_owner=self._rights.owns(incoming.user),
            replied_to=incoming.replied_to,
        )
        async with shown_typing(self._bot, incoming.chat, after_s=self._typing_after_s):
            return await self._in_thread(self._conversation.answer, request)

    async def _in_thread(self, work: Callable[..., T], *args: object, **named: object) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, partial(work, *args, **named))

    async def _remember(self, chat: ChatRef, reply: Reply, message: MessageId) -> None:
        await self._in_thread(self._conversation.posted, chat, reply, message)

    async def _moved(self, chat: ChatRef, to: ChatRef) -> None:
        if chat in self._moves:  # told in both chats, and by what we send there
            return
        self._moves.add(chat)
        log.info("telegram chat moved", extra={"chat": chat.chat, "to": to.chat})
        await self._in_thread(self._conversation.moved, chat, to)

    # --- what goes out

    async def _post(self, chat: ChatRef, reply: Reply, *, answers: int | None = None) -> None:
        posting = Posting(self._outbound, chat, reply, urgent=True, answers=answers)
        try:
            message = await self._patiently(posting.finish)
        except ChatMoved as error:
            await self._moved(chat, error.to)
            chat = error.to
            posting.redirect(chat)
            message = await self._patiently(posting.finish)
        except ChatGone:
            await self._in_thread(self._conversation.gone, chat)
            raise
        await self._remember(chat, reply, message)

    async def _patiently(self, attempt: Callable[[], Awaitable[T]]) -> T:
        """For somebody who waits: keeps the pauses that Telegram asks for, and tries again."""
        for tried in range(1, _TRIES + 1):
            try:
                return await attempt()
            except Throttled as error:  # the limiter keeps the pause
                if tried == _TRIES or error.retry_after > self._longest_pause:
                    raise
            except SendFailed:
                if tried == _TRIES:
                    raise
                await asyncio.sleep(2.0 ** (tried - 1))
        raise AssertionError("unreachable")  # the last try returned or raised

    async def _acknowledge(self, query: CallbackQuery, said: str | None, url: str | None) -> None:
        try:
            await self._bot.answer_callback_query(query.id, text=said, show_alert=said is not None, url=url)
        except TelegramError as error:  # too late to be shown; the answer itself is in the chat
            log.info("telegram press not acknowledged", extra={"error": error.message})

    async def _apologise(self, update: Update) -> None:
        message = update.message or update.channel_post
        incoming = read_message(message, me=self._bot.bot) if message is not None else None
        if incoming is None:
            return
        try:
            await Posting(self._outbound, incoming.chat, refusal(_SORRY), urgent=True).finish()
        except ChatError as error:
            log.warning("telegram apology not sent", extra={"error": str(error)})


def _now() -> float:
    return asyncio.get_running_loop().time()
