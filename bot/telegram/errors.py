"""Translates Telegram's errors to the port's, by whether the message was sent and a retry may help."""

from datetime import timedelta

import httpx
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
)

from bot.chat import (
    ChatError,
    ChatGone,
    ChatMoved,
    ChatRef,
    NotAllowed,
    SendFailed,
    SendRefused,
    SendUnknown,
    Throttled,
)
from bot.telegram.incoming import PLATFORM

# Bot API descriptions of a chat that no longer exists; Telegram gives them as "Bad Request".
_GONE = (
    "chat not found",
    "thread not found",
    "topic_deleted",
    "user_is_deactivated",
    "peer_id_invalid",
)

# The same where we may not write until an administrator allows it or opens the topic again.
_NOT_ALLOWED = (
    "not enough rights",
    "have no rights",
    "need administrator rights",
    "chat_write_forbidden",
    "chat_restricted",
    "chat_send_plain_forbidden",
    "topic_closed",
)

# Raised before the first byte of a request is written.
_BEFORE_SENDING = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
)


def translate(error: TelegramError) -> ChatError:
    """The port's error for a failed `sendMessage`; raise it from `error`."""
    match error:
        case RetryAfter():
            return Throttled(pause_of(error))
        case ChatMigrated():
            return ChatMoved(ChatRef(platform=PLATFORM, chat=str(error.new_chat_id)))
        case Forbidden():
            return ChatGone(error.message)
        case BadRequest():  # a subclass of NetworkError, so it comes first
            return _refused(error.message)
        case InvalidToken():
            return SendFailed("Telegram does not accept the bot's token")
        case NetworkError():
            return _lost(error)
        case _:  # an answer that is not the Bot API's: the message may have been posted
            return SendUnknown(error.message)


def pause_of(error: RetryAfter) -> timedelta:
    """How long Telegram asks to wait."""
    # The public attribute changes its type between versions of the library, and warns when read.
    return error._retry_after  # noqa: SLF001


def _refused(message: str) -> ChatError:
    words = message.lower()
    if any(known in words for known in _GONE):
        return ChatGone(message)
    return NotAllowed(message) if any(known in words for known in _NOT_ALLOWED) else SendRefused(message)


def _lost(error: NetworkError) -> ChatError:
    cause = error.__cause__
    if isinstance(cause, _BEFORE_SENDING):
        return SendFailed(f"no connection to Telegram ({type(cause).__name__})")
    # After Telegram's own "Internal Server Error" nothing was posted. A gateway's error says only that the
    # gateway got no answer: the server behind it may have posted the message.
    gateway = error.message.startswith(("Bad Gateway", "Gateway Timeout"))
    if cause is None and not gateway:
        return SendFailed(f"Telegram answered: {error.message}")
    return SendUnknown(f"no answer from Telegram ({type(cause).__name__ if cause else error.message})")
