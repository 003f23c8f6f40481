"""What comes in from Telegram, as requests: who is meant, in which topic, about which message."""

import re
from dataclasses import dataclass

from telegram import CallbackQuery, Message, User
from telegram.constants import ChatType

from bot.chat import ChatRef, MessageId
from bot.telegram.links import command_of

PLATFORM = "telegram"


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """Text for us, not yet parsed. Telegram may have to be asked what its sender may change."""

    chat: ChatRef
    user: str
    text: str
    replied_to: MessageId | None
    in_charge: bool | None  # None: a member of a group; Telegram knows whether an administrator


_COMMAND = re.compile(r"^/(\w+)(?:@(\w+))?(?=\s|$)")
_START = re.compile(r"/start\s+(\S+)$")  # what following a deep link sends


def read_message(message: Message, *, me: User) -> Incoming | None:
    """The request in a message, or None if it is not for us.

    In a private chat every text is. Elsewhere it is a command (that names no other bot), an answer to a
    message of ours, or starts with our name.
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
    # Who writes in a channel's or a group's own name is one of its administrators.
    as_chat = message.sender_chat is not None and message.sender_chat.id == message.chat.id
    sender = message.from_user or message.sender_chat
    return Incoming(
        chat=chat_of(message),
        user=str(sender.id) if sender else "",
        text=text,
        replied_to=MessageId(str(answered.message_id)) if to_us and answered else None,
        in_charge=True if private or as_chat else None,
    )


def read_press(query: CallbackQuery, command: str) -> Incoming:
    """The request of a pressed button, whose message Telegram still shows us."""
    message = query.message
    if message is None:
        raise ValueError("a press without its message")
    # A message too old to be shown has no topic that we could know of.
    chat = chat_of(message) if isinstance(message, Message) else whole_chat(message.chat.id)
    return Incoming(
        chat=chat,
        user=str(query.from_user.id),
        text=command,
        replied_to=MessageId(str(message.message_id)),
        in_charge=True if message.chat.type == ChatType.PRIVATE else None,
    )


def without_name(name: str, text: str) -> tuple[str, bool]:
    """What is said after "@name", and whether it was there: "@pullquote_bot, quotes mattis"."""
    text = text.strip()
    called = re.match(rf"@{re.escape(name)}(?!\w)[\s,:]*", text, re.IGNORECASE)
    return (text[called.end() :], True) if called else (text, False)


def names_another(name: str, text: str) -> bool:
    """Whether it is a command for some other bot: "/brief@otherbot"."""
    command = _COMMAND.match(text)
    return command is not None and command[2] is not None and command[2].lower() != name.lower()


def whole_chat(chat: int) -> ChatRef:
    """A chat with all of its topics."""
    return ChatRef(platform=PLATFORM, chat=str(chat))


def chat_of(message: Message) -> ChatRef:
    """Where a message stands. A thread of replies in a group is no place of its own; a forum topic is."""
    thread = message.message_thread_id if message.is_topic_message else None
    return ChatRef(
        platform=PLATFORM, chat=str(message.chat.id), thread=None if thread is None else str(thread)
    )
