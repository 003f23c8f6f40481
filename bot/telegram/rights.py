"""Who may change a group's orders: its administrators. Telegram knows them, and is asked now and then."""

import time
from collections.abc import Collection

from telegram import Bot
from telegram.constants import ChatMemberStatus
from telegram.error import BadRequest

KEEP_S = 180.0
_MOST = 10_000  # answers kept; beyond it the oldest go


class Rights:
    """Whether people may change their groups' orders; Telegram's answers are kept for a few minutes."""

    def __init__(self, bot: Bot, *, owners: Collection[int] = (), everyone: bool = False) -> None:
        """owners: user ids of who runs the bot; they may everywhere. everyone: so may every member."""
        self._bot = bot
        self._owners = frozenset(str(owner) for owner in owners)
        self._everyone = everyone
        self._known: dict[tuple[str, str], tuple[bool, float]] = {}

    def owns(self, user: str) -> bool:
        """Whether `user` runs the bot."""
        return user in self._owners

    async def in_charge(self, chat: str, user: str) -> bool:
        """Whether `user` may change what `chat` has ordered. Raises TelegramError if that can't be asked."""
        if self._everyone or self.owns(user):
            return True
        known, until = self._known.get((chat, user), (False, 0.0))
        if time.monotonic() < until:
            return known
        answer = await self._administers(chat, user)
        self._known.pop((chat, user), None)
        self._known[chat, user] = (answer, time.monotonic() + KEEP_S)
        if len(self._known) > _MOST:
            del self._known[next(iter(self._known))]
        return answer

    def forget(self, chat: str) -> None:
        """Asks anew from now on: something about the chat's members changed."""
        for key in [key for key in self._known if key[0] == chat]:
            del self._known[key]

    async def _administers(self, chat: str, user: str) -> bool:
        try:
            member = await self._bot.get_chat_member(chat_id=int(chat), user_id=int(user))
        except BadRequest as error:
            # Somebody who has left, or a channel's reader: Telegram knows them there as nobody.
            if "participant" in error.message.lower() or "user not found" in error.message.lower():
                return False
            raise
        return member.status in (ChatMemberStatus.ADMINISTRATOR, ChatMemberStatus.OWNER)
