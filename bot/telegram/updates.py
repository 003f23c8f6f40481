"""Which updates we ask Telegram for, and the two ways in which they come."""

from collections.abc import AsyncGenerator
from typing import Protocol

from telegram import Update
from telegram.constants import UpdateType

ALLOWED = (
    UpdateType.MESSAGE,
    UpdateType.CHANNEL_POST,
    UpdateType.CALLBACK_QUERY,
    UpdateType.INLINE_QUERY,
    UpdateType.MY_CHAT_MEMBER,
    UpdateType.CHAT_MEMBER,  # comes only where the bot is an administrator
)


class Updates(Protocol):
    """Long polling or a webhook."""

    def updates(self) -> AsyncGenerator[Update, None]:
        """Yields without end. Whatever goes wrong at Telegram is logged and tried again."""

    async def confirm(self) -> None:
        """What was yielded is in hand: it must not come again."""
