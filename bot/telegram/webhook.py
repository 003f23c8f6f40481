"""Updates by webhook: Telegram posts them to us, through whatever reverse proxy stands in front."""

import asyncio
import hmac
import logging
from collections import OrderedDict
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from hashlib import blake2b

from aiohttp import web
from telegram import Bot, Update
from telegram.error import TelegramError

from bot.chat import ChatError
from bot.telegram.updates import ALLOWED

log = logging.getLogger(__name__)

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 (its name, no secret)
_MAX_BODY = 1 << 20  # bytes; an update has some thousand
_MAX_WAITING = 1_000  # updates; Telegram keeps what is more and sends it again
_REMEMBERED = 10_000  # update ids
_LONGEST_PAUSE_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookSettings:
    """Where Telegram sends updates, and where they reach us."""

    url: str  # public, https; whatever its path is
    host: str = "127.0.0.1"  # where we listen: any path, so that a proxy may cut off its own
    port: int = 8080
    secret: str | None = None  # 1 to 256 of A-Z, a-z, 0-9, _ and -; None: made from the token

    def secret_for(self, token: str) -> str:
        """What Telegram proves itself with, the same in every process."""
        return self.secret or blake2b(token.encode(), person=b"webhook").hexdigest()


class Webhook:
    """The bot's updates, as they are posted. Whoever lacks the secret is turned away."""

    def __init__(self, bot: Bot, settings: WebhookSettings) -> None:
        self._bot = bot
        self._settings = settings
        self._secret = settings.secret_for(bot.token)
        self._waiting: asyncio.Queue[tuple[Update, asyncio.Future[bool]]] = asyncio.Queue(_MAX_WAITING)
        self._seen: OrderedDict[int, None] = OrderedDict()

    async def updates(self) -> AsyncGenerator[Update, None]:
        """Yields without end. Raises ChatError if the address can't be listened on."""
        async with self._listening():
            await self._register()
            while True:
                update, taken = await self._waiting.get()
                if not taken.done():  # else who posted it is gone, and will post it again
                    taken.set_result(True)
                    yield update

    async def confirm(self) -> None:
        """Nothing to do: an update is confirmed as it is taken."""

    @asynccontextmanager
    async def _listening(self) -> AsyncIterator[None]:
        app = web.Application(client_max_size=_MAX_BODY)
        app.router.add_route("*", "/{path:.*}", self._take)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        try:
            await self._listen(runner)
            log.info("telegram webhook listening", extra={"port": self._settings.port})
            yield
        finally:
            while not self._waiting.empty():
                _, taken = self._waiting.get_nowait()
                if not taken.done():
                    taken.set_result(False)
            await runner.cleanup()

    async def _listen(self, runner: web.AppRunner) -> None:
        host, port = self._settings.host, self._settings.port
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as error:
            raise ChatError(
                f"{host}:{port}, for Telegram's webhook, can't be listened on: {error}"
            ) from error

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
            log.warning("telegram webhook got no update")
            return web.Response(status=400)
        if update.update_id in self._seen:  # our answer to its first copy was lost on the way
            return web.Response()
        if self._waiting.full() or not await self._hand_on(update):
            return web.Response(status=503)  # Telegram sends it again
        return web.Response()

    async def _hand_on(self, update: Update) -> bool:
        """Whether somebody took it, and so whether Telegram may forget it."""
        taken: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.put_nowait((update, taken))
        if not await taken:
            return False
        self._seen[update.update_id] = None
        if len(self._seen) > _REMEMBERED:
            self._seen.popitem(last=False)
        return True
