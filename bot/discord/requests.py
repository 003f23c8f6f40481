"""What came in from Discord, as the conversation is asked it: where, by whom, and what they may."""

import re
from dataclasses import replace
from typing import Any

import discord

from bot.chat import ChatRef, MessageId
from bot.commands.requests import FollowRequest, SubscribeRequest
from bot.commands.table import ParsedCommand, Who
from bot.ports import IncomingCommand
from bot.reply import Reply, refusal

PLATFORM = "discord"

Interaction = discord.Interaction[Any]

_NOT_HERE = refusal(
    "I am no member here, so I can deliver nothing here. Ask an admin to add me to the server, or write to me"
    " directly."
)


def chat_of(interaction: Interaction) -> ChatRef:
    """Where it came from. A Discord thread or forum post is a channel of its own."""
    return ChatRef(platform=PLATFORM, chat=str(interaction.channel_id))


def request_of(interaction: Interaction, parsed: ParsedCommand, *, paged: bool = True) -> IncomingCommand:
    """What was asked by a command, a button or a menu."""
    request = IncomingCommand(
        chat=chat_of(interaction),
        user=str(interaction.user.id),
        parsed=parsed,
        may_change=_may_change(interaction),
        replied_to=MessageId(str(interaction.message.id)) if interaction.message else None,
    )
    return request if paged else replace(request, page_chars=None)


def _may_change(interaction: Interaction) -> bool:
    """Whoever manages the server, or writes to us directly, may change what is delivered there."""
    if interaction.guild_id is None:
        return interaction.context.dm_channel
    return interaction.is_guild_integration() and interaction.permissions.manage_guild


def elsewhere(interaction: Interaction, parsed: ParsedCommand) -> Reply | None:
    """Why nothing can be ordered there: people may have brought us to a place that we are no member of."""
    if parsed.command is None or parsed.command.who is Who.ANYONE:
        return None
    ours = interaction.context.dm_channel or interaction.is_guild_integration()
    return None if ours else _NOT_HERE


def undeliverable(interaction: Interaction, parsed: ParsedCommand) -> Reply | None:
    """The rights that we lack to deliver the new subscription there, said to whoever subscribed."""
    if interaction.guild_id is None or not isinstance(parsed.request, SubscribeRequest | FollowRequest):
        return None
    needed = ["view_channel", "embed_links"]
    needed.append(
        "send_messages_in_threads" if isinstance(interaction.channel, discord.Thread) else "send_messages"
    )
    missing = [name for name in needed if not getattr(interaction.app_permissions, name)]
    if not missing:
        return None
    rights = ", ".join(f"“{name.replace('_', ' ').title()}”" for name in missing)
    return refusal(
        f"The subscription is saved, but I may not write here yet. Please give me the right to: {rights}."
    )


def line_of(message: discord.Message, me: discord.abc.User) -> str | None:
    """What a message says to us, as a line; None if it is not for us to answer.

    Without a privileged intent Discord sends the text of direct messages and of mentions, and no other.
    """
    if message.author.bot or message.type not in {discord.MessageType.default, discord.MessageType.reply}:
        return None
    text = message.content
    if message.guild is not None:
        if not any(user.id == me.id for user in message.mentions):
            return None
        text = re.sub(rf"<@!?{me.id}>", " ", text)
    return text.strip() or "/help"


def request_of_message(message: discord.Message, parsed: ParsedCommand) -> IncomingCommand:
    """What was asked in plain words."""
    author, reference = message.author, message.reference
    manages = isinstance(author, discord.Member) and author.guild_permissions.manage_guild
    replied_to = reference.message_id if reference is not None else None
    return IncomingCommand(
        chat=ChatRef(platform=PLATFORM, chat=str(message.channel.id)),
        user=str(author.id),
        parsed=parsed,
        may_change=message.guild is None or manages,
        replied_to=None if replied_to is None else MessageId(str(replied_to)),
    )
