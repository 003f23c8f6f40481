"""Updates by long polling, each confirmed once it has been handed on."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from datetime import timedelta

from telegram import Bot, Update
from telegram.error import Conflict, RetryAfter, TelegramError, TimedOut

from bot.telegram.errors import pause_of
from bot.telegram.updates import ALLOWED

log = logging.getLogger(__name__)

_LONGEST_PAUSE_S = 30.0


class Polling:
    """The bot's updates, in order, for as long as one asks. Whatever goes wrong is logged and tried again.

    python-telegram-bot's own loop is not used because it ends for good at one 401 or 404, which a restarting
    Bot API server gives too.
    """

    def __init__(self, bot: Bot, *, interval: timedelta, timeout: timedelta) -> None:
        """interval: pause between two requests; timeout: how long Telegram may hold one that has no news."""
        self._bot = bot
        self._interval_s = interval.total_seconds()
        self._timeout = timeout
        self._offset: int | None = None
        self._contested = False  # and that was logged

    async def updates(self) -> AsyncGenerator[Update, None]:
        """Yields without end."""
        await self._leave_webhook()
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
        """Tells Telegram what was handed on, which it would otherwise send again after a restart."""
        if self._offset is None:
            return
        try:
            await self._bot.get_updates(
                offset=self._offset, limit=1, timeout=timedelta(0), allowed_updates=ALLOWED
            )
        except TelegramError as error:
            log.warning("telegram updates not confirmed", extra={"error": error.message})

    async def _leave_webhook(self) -> None:
        """Telegram gives nothing to who polls while a webhook is set, by an earlier start of ours perhaps."""
        try:
            await self._bot.delete_webhook()
        except TelegramError as error:
            log.warning("telegram webhook not deleted", extra={"error": error.message})

    def _pause_s(self, error: TelegramError, failures: int) -> float:
        backoff_s = min(_LONGEST_PAUSE_S, 2.0 ** min(failures - 1, 10))
        match error:
            case RetryAfter():
                return pause_of(error).total_seconds()
            case TimedOut():  # nothing happened in that time, as far as we can tell
                return self._interval_s if failures == 1 else backoff_s
            case Conflict():
                if not self._contested:  # the two take the updates from each other in turns, so once
                    log.warning("telegram updates go to another process that polls with this token too")
                    self._contested = True
                return backoff_s
            case _:
                log.warning(
                    "telegram updates not fetched", extra={"error": error.message, "failures": failures}
                )
                return backoff_s
