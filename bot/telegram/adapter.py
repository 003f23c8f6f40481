"""The Telegram chat adapter: receives updates, sends answers and deliveries, sets up the profile."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Collection, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from telegram import (
    Bot,
    BotCommand,
    BotCommandScopeAllChatAdministrators,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
    BotCommandScopeDefault,
)
from telegram.error import InvalidToken, TelegramError
from telegram.request import HTTPXRequest

from bot.chat import NO_HOOKS, ChatError, ChatRef, MessageId, SendFailed, SendHooks
from bot.commands.table import COMMANDS, Who
from bot.limits.rate_limiter import Limit
from bot.limits.shared_limits import SharedLimits
from bot.logs import redacted
from bot.ports import Capabilities, Conversation
from bot.reply import Reply
from bot.telegram.answering import UpdateHandler
from bot.telegram.errors import translate
from bot.telegram.incoming import PLATFORM, Rights
from bot.telegram.outbound import MESSAGES_A_SECOND, Buttons, Outbound, Posting, limits_of
from bot.telegram.updates import Polling, Webhook, WebhookSettings

log = logging.getLogger(__name__)

NOISY_LOGGERS = ("httpx", "httpcore", "telegram")
_LOGGERS = ("httpx", "telegram.Bot")  # these log URLs, which hold the token
_MOST_AT_ONCE = 500  # updates being answered; Telegram keeps the others
_THREADS = 8
_GRACE_S = 20.0  # for unfinished answers when `serve` is cancelled
DESCRIPTION = (
    "I read the news and answer with short briefs: every quote is the article's own words, and every line "
    "shows what it rests on.\n\nTry /brief nato, /quotes mattis, or /subscribe nato daily 08:00."
)
SHORT_DESCRIPTION = "Short news briefs with key quotes, word for word, on demand or on a schedule."


class TelegramChat:
    """Telegram as a `ChatAdapter`. `serve` or `stand_by` runs once; `send` works while it runs.

    Both raise ChatError if the token is refused, and `serve` also if the webhook's port is in use.
    """

    def __init__(
        self,
        *,
        token: str,
        base_url: str = "https://api.telegram.org/bot",
        base_file_url: str = "https://api.telegram.org/file/bot",
        poll_interval: timedelta = timedelta(0),
        poll_timeout: timedelta = timedelta(seconds=30),
        webhook: WebhookSettings | None = None,
        owners: Collection[int] = (),
        everyone_may_change: bool = False,
        messages_a_second: int = MESSAGES_A_SECOND,
        in_flight: int = 1,
        chat_limits: Callable[[str], tuple[Limit, ...]] = limits_of,
        timeout: timedelta = timedelta(seconds=15),
        typing_after: timedelta = timedelta(seconds=1),
        throttled: Callable[[], None] = lambda: None,
        shared_limits: SharedLimits | None = None,
        request_class: type[HTTPXRequest] = HTTPXRequest,
    ) -> None:
        """
        base_url, base_file_url: of the Bot API server, without the token at their end.
        webhook: where Telegram posts updates; None: long polling.
        owners: user ids of the people who run the bot; they may change feeds and any subscription.
        everyone_may_change: in groups every member may change subscriptions, not only administrators.
        messages_a_second: to all chats. Several processes with one token divide Telegram's 30 between them,
            unless they have `shared_limits`.
        in_flight: maximum concurrent deliveries. Telegram does not de-duplicate, so a crash leaves at most
            this many with an unknown outcome.
        chat_limits: rate limits of one chat, by its id.
        timeout: to connect, to write, and to wait for an answer.
        typing_after: how long an answer may take before the chat shows that we are typing.
        throttled: called for each answer 429.
        """
        self.capabilities = Capabilities(
            platform=PLATFORM, deduplicates=False, in_flight=in_flight, noisy_loggers=NOISY_LOGGERS
        )
        seconds = timeout.total_seconds()

        def client(pool: int) -> HTTPXRequest:
            return request_class(
                connection_pool_size=pool,
                connect_timeout=seconds,
                read_timeout=seconds,
                write_timeout=seconds,
                pool_timeout=seconds,
            )

        self._secrets = [token, *([webhook.secret_for(token)] if webhook else [])]
        with redacted(_LOGGERS, self._secrets):
            self._bot = Bot(
                token,
                base_url=base_url,
                base_file_url=base_file_url,
                request=client(64),
                get_updates_request=client(2),
            )
        self._updates = (
            Webhook(self._bot, webhook)
            if webhook is not None
            else Polling(self._bot, interval=poll_interval, timeout=poll_timeout)
        )
        self._rights = Rights(self._bot, owners=owners, everyone=everyone_may_change)
        self._buttons = Buttons(token)
        self._outbound = Outbound(
            self._bot,
            buttons=self._buttons,
            per_second=messages_a_second,
            chat_limits=chat_limits,
            throttled=throttled,
            shared=shared_limits,
        )
        self._typing_after_s = typing_after.total_seconds()
        self._ready = asyncio.Event()
        self._running: set[asyncio.Task[None]] = set()
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="telegram")

    async def serve(self, conversation: Conversation) -> None:
        handler = UpdateHandler(
            bot=self._bot,
            conversation=conversation,
            outbound=self._outbound,
            buttons=self._buttons,
            rights=self._rights,
            typing_after_s=self._typing_after_s,
            threads=self._threads,
        )
        async with self._connected():
            try:
                self._start(set_up_profile(self._bot))
                async with contextlib.aclosing(self._updates.updates()) as updates:
                    async for update in updates:
                        self._start(handler.handle(update))
                        if len(self._running) >= _MOST_AT_ONCE:
                            await asyncio.wait(self._running, return_when=asyncio.FIRST_COMPLETED)
            finally:
                self._ready.clear()
                await self._updates.confirm()
                if self._running:
                    await asyncio.wait(self._running, timeout=_GRACE_S)

    async def stand_by(self) -> None:
        async with self._connected():
            await asyncio.Event().wait()

    @contextlib.asynccontextmanager
    async def _connected(self) -> AsyncIterator[None]:
        with redacted(_LOGGERS, self._secrets):
            try:
                await self._connect()
                self._ready.set()
                yield
            finally:
                self._ready.clear()
                await self._bot.shutdown()
                self._threads.shutdown(wait=False)

    async def ready(self) -> None:
        await self._ready.wait()

    async def send(
        self,
        chat: ChatRef,
        reply: Reply,
        *,
        key: str,  # noqa: ARG002 (the port's: Telegram does not de-duplicate)
        hooks: SendHooks = NO_HOOKS,
    ) -> MessageId:
        if not self._ready.is_set():
            raise SendFailed("Telegram is not connected")
        posting = Posting(self._outbound, chat, reply, urgent=False, already_posted=hooks.already_posted)
        return await posting.finish(hooks)

    async def ping(self) -> None:
        if not self._ready.is_set():
            raise SendFailed("Telegram is not connected")
        try:
            await self._bot.get_me()
        except TelegramError as error:
            raise translate(error) from error

    async def direct(self, user: str) -> ChatRef:
        # A private chat has its person's id; the person must have opened it once.
        return ChatRef(platform=PLATFORM, chat=user)

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
                log.warning(
                    "telegram connection failed", extra={"error": error.message, "failures": failures}
                )
                await asyncio.sleep(min(30.0, 2.0**failures))
        log.info("telegram connected", extra={"bot": self._bot.username})

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)


async def set_up_profile(bot: Bot) -> None:
    """Sets the menus of commands and the descriptions that Telegram shows, where they differ.

    Errors are only logged: without menus people can still type commands.
    """
    # Telegram has its own button for /start. A menu is for all in a chat, so owners' commands are left out.
    shown = [c for c in COMMANDS if c.name != "start" and c.who is not Who.OWNERS]
    everything = [BotCommand(command.name, command.summary) for command in shown]
    for_anyone = [BotCommand(c.name, c.summary) for c in shown if c.who is Who.ANYONE]
    for scope, commands in (
        (BotCommandScopeDefault(), for_anyone),
        (BotCommandScopeAllPrivateChats(), everything),
        (BotCommandScopeAllGroupChats(), for_anyone),
        (BotCommandScopeAllChatAdministrators(), everything),
    ):
        with _errors_logged(f"menu for {scope.type}"):
            # We read it first: Telegram limits how often a profile may change, and a bot may restart often.
            if await bot.get_my_commands(scope=scope) != tuple(commands):
                await bot.set_my_commands(commands, scope=scope)
    with _errors_logged("description"):
        if (await bot.get_my_description()).description != DESCRIPTION:
            await bot.set_my_description(DESCRIPTION)
        if (await bot.get_my_short_description()).short_description != SHORT_DESCRIPTION:
            await bot.set_my_short_description(SHORT_DESCRIPTION)


@contextlib.contextmanager
def _errors_logged(what: str) -> Iterator[None]:
    try:
        yield
    except TelegramError as error:
        log.warning("telegram profile not set", extra={"what": what, "error": error.message})
