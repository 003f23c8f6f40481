"""Who is in charge of a group: Telegram knows, and is asked once in a while."""

import time

from telegram import Bot
from telegram.constants import ChatMemberStatus

KEEP_S = 180.0
_MOST = 10_000  # answers kept; beyond it the oldest go


class Rights:
    """Whether people are administrators of their groups, remembered for a few minutes."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot
        self._known: dict[tuple[str, str], tuple[bool, float]] = {}

    async def in_charge(self, chat: str, user: str) -> bool:
        """Whether `user` administers `chat`. Raises TelegramError if Telegram can't be asked."""
        known, until = self._known.get((chat, user), (False, 0.0))
        if time.monotonic() < until:
            return known
        member = await self._bot.get_chat_member(chat_id=int(chat), user_id=int(user))
        answer = member.status in (ChatMemberStatus.ADMINISTRATOR, ChatMemberStatus.OWNER)
        self._known.pop((chat, user), None)
        self._known[chat, user] = (answer, time.monotonic() + KEEP_S)
        if len(self._known) > _MOST:
            del self._known[next(iter(self._known))]
        return answer

    def forget(self, chat: str) -> None:
        """Asks anew from now on: something about the chat's members changed."""
        for key in [key for key in self._known if key[0] == chat]:
            del self._known[key]
