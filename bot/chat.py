"""Chats, message ids, the errors of sending, and the hooks around each message."""

from dataclasses import dataclass
from datetime import timedelta
from typing import NewType

MessageId = NewType("MessageId", str)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatRef:
    """One place to write to: a chat, or one thread or forum topic of it."""

    platform: str  # as the adapter's `Capabilities` name it
    chat: str
    thread: str | None = None


class ChatError(Exception):
    """Base of errors when sending to a chat."""


class Throttled(ChatError):
    """The platform asks for a pause; nothing was sent."""

    def __init__(self, retry_after: timedelta) -> None:
        super().__init__(f"the platform asks for a pause of {retry_after.total_seconds():g} s")
        self.retry_after = retry_after


class ChatGone(ChatError):
    """The chat is closed to us (removed, blocked, deleted); stop writing to it."""


class ChatMoved(ChatError):
    """The chat has a new id; nothing was sent to the old one."""

    def __init__(self, to: ChatRef) -> None:
        super().__init__(f"the chat is now {to.chat}")
        self.to = to


class NotAllowed(ChatError):
    """We may not write there until somebody grants the right; nothing was sent."""

    def __init__(self, reason: str, *, where: str | None = None) -> None:
        """where: the chat's name as people know it, if known."""
        super().__init__(reason)
        self.where = where


class SendRefused(ChatError):
    """The platform refused this message; a retry would be refused too. Nothing was sent."""


class SendFailed(ChatError):
    """Nothing was sent (no connection, a server error before acceptance); a retry may help."""


class SendUnknown(ChatError):
    """The message was sent and no answer came: it may have been posted. Never retry it blindly."""


class SendHooks:
    """Hooks that an adapter calls around each message of a reply. The default does nothing.

    The adapter awaits `wait_for_slot` and then `mark_started` before each message. What they raise stops that
    message.
    """

    already_posted = 0  # how many of the reply's messages an earlier attempt posted

    async def wait_for_slot(self) -> None:
        """Called once the chat's own limits allow the message. Returns when a concurrent send is free."""

    async def mark_started(self) -> None:
        """Called once all limits allow the message, right before its bytes go out."""

    def message_posted(self) -> None:
        """Called after a message was posted and another one of the same reply follows."""


NO_HOOKS = SendHooks()
