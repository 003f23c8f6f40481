"""The Telegram chat adapter: updates in, answers and deliveries out."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Coroutine
from datetime import timedelta
from weakref import WeakValueDictionary

from telegram import BotCommand, CallbackQuery, ChatMemberUpdated, Message, Update
from telegram.constants import CallbackQueryLimit, ChatMemberStatus, ChatType
from telegram.error import InvalidToken, TelegramError
from telegram.ext import AIORateLimiter, ExtBot
from telegram.request import HTTPXRequest

from bot.chat import ChatError, ChatRef, Conversation, MessageId, Request, SendFailed, Throttled
from bot.commands import COMMANDS
from bot.redaction import redacted
from bot.reply import Reply, refusal
from bot.telegram.incoming import PLATFORM, Incoming, read_message, read_press
from bot.telegram.polling import Polling
from bot.telegram.posting import Posting, put_in_place
from bot.telegram.render import one_line
from bot.telegram.rights import Rights

log = logging.getLogger(__name__)

_LOGGERS = ("httpx", "telegram.Bot", "telegram.ext", "telegram.ext.ExtBot")  # these write URLs
_SORRY = "Something went wrong on my side, and it has been noted. Please try again."
_TRIES = 4  # for an answer that somebody waits for
_MOST_UNFINISHED = 1_000


class TelegramChat:
    """Telegram as a `ChatAdapter`. `serve` runs once; `send` works while it runs."""

    def __init__(
        self,
        *,
        token: str,
        base_url: str = "https://api.telegram.org/bot",
        base_file_url: str = "https://api.telegram.org/file/bot",
        poll_interval: timedelta = timedelta(0),
        poll_timeout: timedelta = timedelta(seconds=30),
        timeout: timedelta = timedelta(seconds=15),
        longest_pause: timedelta = timedelta(seconds=60),
        grace: timedelta = timedelta(seconds=20),
        request_class: type[HTTPXRequest] = HTTPXRequest,
    ) -> None:
        """
        base_url, base_file_url: of the Bot API server; the token is put at their end.
        timeout: for connecting, writing, and for the answer to a request.
        longest_pause: an answer waits no longer than this when Telegram asks for a pause.
        grace: how long answers in the making may take when `serve` is cancelled.
        """
        seconds = timeout.total_seconds()

        def client(pool: int) -> HTTPXRequest:
            return request_class(
                connection_pool_size=pool,
                connect_timeout=seconds,
                read_timeout=seconds,
                write_timeout=seconds,
                pool_timeout=seconds,
            )

        self._token = token
        with redacted(_LOGGERS, [token]):
            self._bot: ExtBot[int] = ExtBot(
                token,
                base_url=base_url,
                base_file_url=base_file_url,
                request=client(64),
                get_updates_request=client(2),
                rate_limiter=AIORateLimiter(),
            )
        self._polling = Polling(self._bot, interval=poll_interval, timeout=poll_timeout)
        self._rights = Rights(self._bot)
        self._longest_pause = longest_pause
        self._grace_s = grace.total_seconds()
        self._ready = asyncio.Event()
        self._running: set[asyncio.Task[None]] = set()
        self._turns: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()
        self._unfinished: OrderedDict[str, Posting] = OrderedDict()

    # --- the port

    async def serve(self, conversation: Conversation) -> None:
        """See `ChatAdapter`. Raises ChatError if Telegram does not accept the token."""
        with redacted(_LOGGERS, [self._token]):
            try:
                await self._connect()
                self._ready.set()
                async for update in self._polling.updates():
                    self._start(self._handle(update, conversation))
            finally:
                self._ready.clear()
                await self._polling.confirm()
                if self._running:
                    await asyncio.wait(self._running, timeout=self._grace_s)
                await self._bot.shutdown()

    async def ready(self) -> None:
        """See `ChatAdapter`."""
        await self._ready.wait()

    async def send(self, chat: ChatRef, reply: Reply, *, key: str) -> MessageId:
        """See `ChatAdapter`. Under the same key, a reply of several messages goes on where it stopped."""
        if not self._ready.is_set():
            raise SendFailed("Telegram is not connected")
        posting = self._unfinished.pop(key, None) or Posting(self._bot, chat, reply)
        try:
            return await posting.finish()
        except (Throttled, SendFailed):
            self._unfinished[key] = posting
            if len(self._unfinished) > _MOST_UNFINISHED:
                self._unfinished.popitem(last=False)
            raise

    # --- in

    async def _connect(self) -> None:
        failures = 0
        while True:
            try:
                await self._bot.initialize()
                break
            except InvalidToken:
                # Not chained: the library's own error quotes the token.
                raise ChatError("Telegram does not accept the bot's token: get one from @BotFather") from None
            except TelegramError as error:
                failures += 1
                log.warning("telegram not reached", extra={"error": error.message, "failures": failures})
                await asyncio.sleep(min(30.0, 2.0**failures))
        log.info("telegram connected", extra={"bot": self._bot.username})
        try:
            await self._bot.set_my_commands([BotCommand(c.name, c.summary) for c in COMMANDS])
        except TelegramError as error:  # a Bot API server may lack it; people can still type
            log.warning("telegram menu not set", extra={"error": error.message})

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _handle(self, update: Update, conversation: Conversation) -> None:
        chat = update.effective_chat
        turn = self._turns.setdefault(chat.id if chat else 0, asyncio.Lock())
        async with turn:  # "/sections" right after "/brief" is about that brief
            try:
                if update.callback_query is not None:
                    await self._on_press(update.callback_query, conversation)
                elif update.my_chat_member is not None:
                    await self._on_membership(update.my_chat_member, conversation)
                elif (message := update.message or update.channel_post) is not None:
                    await self._on_message(message, conversation)
            except ChatError as error:
                log.warning("telegram answer not sent", extra={"error": str(error)})
            except Exception:
                log.exception("telegram update failed", extra={"update": update.update_id})
                if chat is not None and update.callback_query is None:
                    await self._apologise(update)

    async def _on_message(self, message: Message, conversation: Conversation) -> None:
        if message.migrate_to_chat_id is not None:
            moved_to = ChatRef(platform=PLATFORM, chat=str(message.migrate_to_chat_id))
            old = ChatRef(platform=PLATFORM, chat=str(message.chat.id))
            await asyncio.to_thread(conversation.moved, old, moved_to)
            return
        incoming = read_message(message, me=self._bot.bot)
        if incoming is None:
            return
        reply = await self._ask(incoming, conversation)
        answers = None if message.chat.type == ChatType.PRIVATE else message.message_id
        posted = await self._persist(Posting(self._bot, incoming.chat, reply, answers=answers))
        await asyncio.to_thread(conversation.posted, incoming.chat, reply, posted)

    async def _on_press(self, query: CallbackQuery, conversation: Conversation) -> None:
        """A press is answered whatever happens, else the button keeps spinning."""
        said: str | None = _SORRY
        try:
            incoming = read_press(query)
            if incoming is None:
                said = "This button is too old. Please ask again."
                return
            reply = await self._ask(incoming, conversation)
            if reply.error:
                said = one_line(reply, max_chars=CallbackQueryLimit.ANSWER_CALLBACK_QUERY_TEXT_LENGTH)
                return
            posted = await self._show(query, incoming, reply)
            said = None
            await asyncio.to_thread(conversation.posted, incoming.chat, reply, posted)
        finally:
            await self._acknowledge(query, said)

    async def _on_membership(self, change: ChatMemberUpdated, conversation: Conversation) -> None:
        self._rights.forget(str(change.chat.id))
        if change.new_chat_member.status in (ChatMemberStatus.LEFT, ChatMemberStatus.BANNED):
            log.info("telegram chat left", extra={"chat": change.chat.id})
            await asyncio.to_thread(conversation.gone, ChatRef(platform=PLATFORM, chat=str(change.chat.id)))

    async def _ask(self, incoming: Incoming, conversation: Conversation) -> Reply:
        may_change = incoming.in_charge or False
        if incoming.wants_rights:
            may_change = await self._rights.in_charge(incoming.chat.chat, incoming.user)
        request = Request(
            chat=incoming.chat,
            user=incoming.user,
            text=incoming.text,
            may_change=may_change,
            replied_to=incoming.replied_to,
        )
        return await asyncio.to_thread(conversation.answer, request)

    # --- out

    async def _show(self, query: CallbackQuery, incoming: Incoming, reply: Reply) -> MessageId:
        """The answer to a press takes the place of the message it was on, if one message can hold it."""
        message = query.message
        if isinstance(message, Message) and await put_in_place(self._bot, message, reply):
            return MessageId(str(message.message_id))
        return await self._persist(Posting(self._bot, incoming.chat, reply))

    async def _persist(self, posting: Posting) -> MessageId:
        """Posts for somebody who waits: keeps the pauses that Telegram asks for, and tries again."""
        for tried in range(1, _TRIES + 1):
            try:
                return await posting.finish()
            except Throttled as error:
                if tried == _TRIES or error.retry_after > self._longest_pause:
                    raise
                await asyncio.sleep(error.retry_after.total_seconds())
            except SendFailed:
                if tried == _TRIES:
                    raise
                await asyncio.sleep(2.0 ** (tried - 1))
        raise AssertionError("unreachable")  # the last try returned or raised

    async def _acknowledge(self, query: CallbackQuery, said: str | None) -> None:
        try:
            await self._bot.answer_callback_query(query.id, text=said, show_alert=said is not None)
        except TelegramError as error:  # too late to be shown; the answer itself is in the chat
            log.info("telegram press not acknowledged", extra={"error": error.message})

    async def _apologise(self, update: Update) -> None:
        message = update.message or update.channel_post
        incoming = read_message(message, me=self._bot.bot) if message is not None else None
        if incoming is None:
            return
        try:
            await Posting(self._bot, incoming.chat, refusal(_SORRY)).finish()
        except ChatError as error:
            log.warning("telegram apology not sent", extra={"error": str(error)})
