"""Receives updates from Telegram, by long polling or by webhook."""

import asyncio
import hmac
import logging
from collections import OrderedDict
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from hashlib import blake2b

from aiohttp import web
from telegram import Bot, Update
from telegram.constants import UpdateType
from telegram.error import Conflict, RetryAfter, TelegramError, TimedOut

from bot.chat import ChatError
from bot.telegram.errors import pause_of

log = logging.getLogger(__name__)

ALLOWED = (
    UpdateType.MESSAGE,
    UpdateType.CHANNEL_POST,
    UpdateType.CALLBACK_QUERY,
    UpdateType.INLINE_QUERY,
    UpdateType.MY_CHAT_MEMBER,
    UpdateType.CHAT_MEMBER,  # sent only where the bot is an administrator
)
_LONGEST_PAUSE_S = 30.0


class Polling:
    """Updates by long polling, in order. An update is confirmed by the request that follows it.

    python-telegram-bot's own loop is not used: it stops for good at one 401 or 404, and a restarting Bot API
    server gives those too.
    """

    def __init__(self, bot: Bot, *, interval: timedelta, timeout: timedelta) -> None:
        """interval: pause between two requests. timeout: how long Telegram may hold a request open."""
        self._bot = bot
        self._interval_s = interval.total_seconds()
        self._timeout = timeout
        self._offset: int | None = None
        self._conflict_logged = False

    async def updates(self) -> AsyncGenerator[Update, None]:
        """Yields updates without end. Errors of Telegram are logged and the request is repeated."""
        try:  # while a webhook is set, perhaps by an earlier run, Telegram refuses to be polled
            await self._bot.delete_webhook()
        except TelegramError as error:
            log.warning("telegram webhook not deleted", extra={"error": error.message})
        failures = 0
        while True:
            try:
                updates = await self._bot.get_updates(
                    offset=self._offset, timeout=self._timeout, allowed_updates=ALLOWED
                )
            except TelegramError as error:
                failures += 1
                await asyncio.sleep(self._pause_s(error, failures))
                continue
            failures = 0
            for update in updates:
                yield update
                self._offset = update.update_id + 1
            await asyncio.sleep(self._interval_s)

    async def confirm(self) -> None:
        """Confirms all yielded updates: after a restart Telegram would otherwise send them again."""
        if self._offset is None:
            return
        try:
            await self._bot.get_updates(
                offset=self._offset, limit=1, timeout=timedelta(0), allowed_updates=ALLOWED
            )
        except TelegramError as error:
            log.warning("telegram updates not confirmed", extra={"error": error.message})

    def _pause_s(self, error: TelegramError, failures: int) -> float:
        backoff_s = min(_LONGEST_PAUSE_S, 2.0 ** min(failures - 1, 10))
        match error:
            case RetryAfter():
                return pause_of(error).total_seconds()
            case TimedOut():  # probably there was no update in that time
                return self._interval_s if failures == 1 else backoff_s
            case Conflict():
                if not self._conflict_logged:  # the two processes get this error in turns
                    log.warning("another process polls telegram with the same token")
                    self._conflict_logged = True
                return backoff_s
            case _:
                log.warning(
                    "telegram updates not fetched", extra={"error": error.message, "failures": failures}
                )
                return backoff_s


SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 (its name, no secret)
_MAX_BODY = 1 << 20  # bytes; an update has some thousand
_MAX_WAITING = 1_000  # updates; Telegram keeps the others and sends them again
_REMEMBERED = 10_000  # update ids


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookSettings:
    """Where Telegram posts updates, and where we listen for them."""

    url: str  # public, https, with any path
    host: str = "127.0.0.1"  # we accept any path here, because a proxy may remove its own
    port: int = 8080
    secret: str | None = None  # 1 to 256 of A-Z, a-z, 0-9, _ and -; None: made from the token

    def secret_for(self, token: str) -> str:
        """The secret in each request of Telegram; the same in every process."""
        return self.secret or blake2b(token.encode(), person=b"webhook").hexdigest()


class Webhook:
    """Updates that Telegram posts to us. Requests without the secret are refused."""

    def __init__(self, bot: Bot, settings: WebhookSettings) -> None:
        self._bot = bot
        self._settings = settings
        self._secret = settings.secret_for(bot.token)
        self._waiting: asyncio.Queue[tuple[Update, asyncio.Future[bool]]] = asyncio.Queue(_MAX_WAITING)
        self._seen: OrderedDict[int, None] = OrderedDict()

    async def updates(self) -> AsyncGenerator[Update, None]:
        """Yields updates without end. Raises ChatError if we cannot listen on the address."""
        async with self._listening():
            await self._register()
            while True:
                update, taken = await self._waiting.get()
                if not taken.done():  # else the request was cancelled, and Telegram will repeat it
                    taken.set_result(True)
                    yield update

    async def confirm(self) -> None:
        """Nothing to do: an update is confirmed by the answer to its request."""

    @asynccontextmanager
    async def _listening(self) -> AsyncIterator[None]:
        app = web.Application(client_max_size=_MAX_BODY)
        app.router.add_route("*", "/{path:.*}", self._take)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        try:
            host, port = self._settings.host, self._settings.port
            try:
                await web.TCPSite(runner, host, port).start()
            except OSError as error:
                raise ChatError(f"cannot listen on {host}:{port} for Telegram's webhook: {error}") from error
            log.info("telegram webhook listening", extra={"port": port})
            yield
        finally:
            while not self._waiting.empty():
                _, taken = self._waiting.get_nowait()
                if not taken.done():
                    taken.set_result(False)
            await runner.cleanup()

    async def _register(self) -> None:
        failures = 0
        while True:
            try:
                await self._bot.set_webhook(
                    self._settings.url, secret_token=self._secret, allowed_updates=ALLOWED
                )
            except TelegramError as error:
                failures += 1
                log.warning("telegram webhook not set", extra={"error": error.message, "failures": failures})
                await asyncio.sleep(min(_LONGEST_PAUSE_S, 2.0**failures))
            else:
                return

    async def _take(self, request: web.Request) -> web.Response:
        given = request.headers.get(SECRET_HEADER, "")
        if not hmac.compare_digest(given.encode(), self._secret.encode()):
            return web.Response(status=403)
        if request.method != "POST":
            return web.Response(status=405, headers={"Allow": "POST"})
        try:
            update = Update.de_json(await request.json(), self._bot)
        except (ValueError, TypeError, KeyError, AttributeError):
            log.warning("telegram webhook request holds no update")
            return web.Response(status=400)
        if update.update_id in self._seen:  # our answer to the first request was lost
            return web.Response()
        if self._waiting.full() or not await self._was_taken(update):
            return web.Response(status=503)  # Telegram sends it again
        return web.Response()

    async def _was_taken(self, update: Update) -> bool:
        """Waits until `updates` yields the update. False: we are stopping, and Telegram must keep it."""
        taken: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.put_nowait((update, taken))
        if not await taken:
            return False
        self._seen[update.update_id] = None
        if len(self._seen) > _REMEMBERED:
            self._seen.popitem(last=False)
        return True
