"""Translates Discord's errors to the port's."""

from datetime import timedelta

import discord

from bot.chat import ChatError, ChatGone, NotAllowed, SendFailed, SendRefused, SendUnknown, Throttled

# "JSON Error Codes" of the Discord API reference.
THREAD_EXISTS = 160004  # A thread has already been created for this message
_GONE = {
    10003,  # Unknown Channel
    10004,  # Unknown Guild
    10013,  # Unknown User
    50007,  # Cannot send messages to this user
}
_NOT_ALLOWED = {
    50001,  # Missing Access
    50013,  # Missing Permissions
    160005,  # Thread is locked
}
_PAUSE_S = 60.0  # if Discord does not say how long


def chat_error(error: discord.HTTPException | discord.RateLimited, *, where: str | None = None) -> ChatError:
    """The port's error for Discord's answer. where: the channel's name as people know it."""
    if isinstance(error, discord.RateLimited):
        return Throttled(timedelta(seconds=error.retry_after))
    text = f"Discord answered {error.status} ({error.code}): {error.text}"
    if error.status == 429:
        return Throttled(timedelta(seconds=float(error.response.headers.get("Retry-After", _PAUSE_S))))
    if error.code in _GONE:
        return ChatGone(text)
    if error.code in _NOT_ALLOWED:
        return NotAllowed(text, where=where)
    if error.status in {401, 503}:  # nothing is wrong with the message
        return SendFailed(text)
    return SendUnknown(text) if error.status >= 500 else SendRefused(text)
