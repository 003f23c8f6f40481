"""Reads Telegram messages, button presses and deep links, and knows who may change a chat's subscriptions."""

import re
import time
from collections.abc import Collection
from dataclasses import dataclass

from telegram import Bot, CallbackQuery, Message, User
from telegram.constants import ChatMemberStatus, ChatType
from telegram.error import BadRequest

from bot.chat import ChatRef, MessageId

PLATFORM = "telegram"

KEEP_S = 180.0  # how long an answer about somebody's rights is kept
_MOST = 10_000  # answers kept; then the oldest go
_WORDS = ("brief", "quotes", "search")
_ABOUT_ARTICLE = ("sections", "section", "quotes", "full", "source", "evidence")
_PAYLOAD = re.compile(r"[A-Za-z0-9_-]{1,64}")
_ABOUT = re.compile(r"/([a-z]+) #([0-9]{1,15})(?: ([0-9]{1,4}))?")
_COMMAND = re.compile(r"^/(\w+)(?:@(\w+))?(?=\s|$)")
_START = re.compile(r"/start\s+(\S+)$")  # sent by a deep link


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """Text for us, not parsed yet."""

    chat: ChatRef
    user: str
    text: str
    replied_to: MessageId | None
    may_change: bool | None  # may change subscriptions; None: Telegram must be asked (a group's member)


def read_message(message: Message, *, me: User) -> Incoming | None:
    """The text in a message; None if it is not for us.

    In a private chat every text is for us. Elsewhere it must be a command (that names no other bot), an
    answer to a message of ours, or start with our name.
    """
    name = me.username or ""
    text, named = without_name(name, message.text or "")
    if not text or message.via_bot is not None or names_another(name, text):
        return None
    text = _COMMAND.sub(r"/\1", text, count=1)
    if followed := _START.match(text):
        text = command_of(followed[1]) or "/start"
    answered = message.reply_to_message
    # In a topic every message "answers" the service message that opened it.
    to_us = (
        answered is not None
        and answered.forum_topic_created is None
        and answered.from_user is not None
        and answered.from_user.id == me.id
    )
    private = message.chat.type == ChatType.PRIVATE
    if not (private or to_us or named or text.startswith("/")):
        return None
    # Only administrators can write in the name of their channel or group.
    as_chat = message.sender_chat is not None and message.sender_chat.id == message.chat.id
    sender = message.from_user or message.sender_chat
    return Incoming(
        chat=chat_of(message),
        user=str(sender.id) if sender else "",
        text=text,
        replied_to=MessageId(str(answered.message_id)) if to_us and answered else None,
        may_change=True if private or as_chat else None,
    )


def read_press(query: CallbackQuery, command: str) -> Incoming:
    """The command of a pressed button. Raises ValueError if Telegram no longer tells its message."""
    message = query.message
    if message is None:
        raise ValueError("a press without its message")
    # Of a message that is too old Telegram does not tell the topic.
    chat = chat_of(message) if isinstance(message, Message) else whole_chat(message.chat.id)
    return Incoming(
        chat=chat,
        user=str(query.from_user.id),
        text=command,
        replied_to=MessageId(str(message.message_id)),
        may_change=True if message.chat.type == ChatType.PRIVATE else None,
    )


def without_name(name: str, text: str) -> tuple[str, bool]:
    """The text without "@name" at its start ("@pullquote_bot, quotes mattis"), and whether it was there."""
    text = text.strip()
    called = re.match(rf"@{re.escape(name)}(?!\w)[\s,:]*", text, re.IGNORECASE)
    return (text[called.end() :], True) if called else (text, False)


def names_another(name: str, text: str) -> bool:
    """Whether the text is a command for another bot: "/brief@otherbot"."""
    command = _COMMAND.match(text)
    return command is not None and command[2] is not None and command[2].lower() != name.lower()


def whole_chat(chat: int) -> ChatRef:
    """A chat with all of its topics."""
    return ChatRef(platform=PLATFORM, chat=str(chat))


def chat_of(message: Message) -> ChatRef:
    """The chat of a message, with its forum topic. A thread of replies in a group counts as the group."""
    thread = message.message_thread_id if message.is_topic_message else None
    return ChatRef(
        platform=PLATFORM, chat=str(message.chat.id), thread=None if thread is None else str(thread)
    )


# Deep links: t.me/the_bot?start=PAYLOAD opens a chat with the bot and gives it a command. A payload has 1 to
# 64 of A-Z, a-z, 0-9, _ and -. `brief_nato` is /brief nato; `sections_12` is /sections #12; `story_12` is
# /brief #12. Only commands that change nothing have links, because anybody can make one.


def command_of(payload: str) -> str | None:
    """The command of a deep link's payload; None if it has none."""
    if not _PAYLOAD.fullmatch(payload):
        return None
    name, *words = payload.split("_")
    name = name.lower()
    if name == "story" and len(words) == 1 and words[0].isdigit():
        return f"/brief #{words[0]}"
    if name in _ABOUT_ARTICLE and words and all(word.isdigit() for word in words):
        return " ".join([f"/{name}", f"#{words[0]}", *words[1:]])
    if name in _WORDS:
        return " ".join([f"/{name}", *filter(None, words)])
    return None


def payload_of(command: str) -> str | None:
    """The deep link's payload for a command about an article; None for other commands."""
    found = _ABOUT.fullmatch(command)
    if found is None:
        return None
    name = "story" if found[1] == "brief" else found[1]
    if name != "story" and name not in _ABOUT_ARTICLE:
        return None
    return "_".join(filter(None, (name, found[2], found[3])))


def link(bot_name: str, payload: str) -> str:
    """The deep link."""
    return f"https://t.me/{bot_name}?start={payload}"


class Rights:
    """Who may change a group's subscriptions: its administrators. Telegram's answers are kept for minutes."""

    def __init__(self, bot: Bot, *, owners: Collection[int] = (), everyone: bool = False) -> None:
        """owners: user ids of people who run the bot: they may change any chat. everyone: all members may."""
        self._bot = bot
        self._owners = frozenset(str(owner) for owner in owners)
        self._everyone = everyone
        self._known: dict[tuple[str, str], tuple[bool, float]] = {}

    def owns(self, user: str) -> bool:
        """Whether `user` runs the bot."""
        return user in self._owners

    async def may_change(self, chat: str, user: str) -> bool:
        """Whether `user` may change the chat's subscriptions. Raises TelegramError if we cannot ask."""
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
        """Drops what we know about the chat's members, because it changed."""
        for key in [key for key in self._known if key[0] == chat]:
            del self._known[key]

    async def _administers(self, chat: str, user: str) -> bool:
        try:
            member = await self._bot.get_chat_member(chat_id=int(chat), user_id=int(user))
        except BadRequest as error:
            # Somebody who left, or a channel's reader.
            if "participant" in error.message.lower() or "user not found" in error.message.lower():
                return False
            raise
        return member.status in (ChatMemberStatus.ADMINISTRATOR, ChatMemberStatus.OWNER)
