"""Shows a whole article in its own thread, so that it does not fill the channel."""

import re
import unicodedata
from typing import Any

import discord

from bot.commands.requests import FullRequest
from bot.commands.table import ParsedCommand
from bot.discord.errors import THREAD_EXISTS
from bot.discord.interactions import arguments_of
from bot.discord.render import length
from bot.reply import Note, Reply, Title

MAX_NAME = 100  # "Start Thread from Message"
_UNTITLED = "Full text"
_NEEDED = discord.Permissions(
    view_channel=True, embed_links=True, create_public_threads=True, send_messages_in_threads=True
)
_MENTION = re.compile(r"<(?=[@#:/]|a:|t:|id:)")
_EVERYBODY = re.compile(r"@(?=everyone|here)")


def opens_thread(interaction: discord.Interaction[Any], parsed: ParsedCommand) -> bool:
    """Whether the command asks for a whole article, in a channel where we may open a thread for it."""
    return (
        isinstance(parsed.request, FullRequest)
        and "page:" not in parsed.text
        and isinstance(interaction.channel, discord.TextChannel)
        and interaction.is_guild_integration()
        and interaction.app_permissions >= _NEEDED
    )


def thread_name(headline: str) -> str:
    """1 to 100 characters of the headline, without mentions and invisible characters."""
    seen = "".join(c if unicodedata.category(c)[0] != "C" else " " for c in headline)
    name = " ".join(_EVERYBODY.sub("@\u200b", _MENTION.sub("‹", seen)).split())
    if length(name) > MAX_NAME:
        while length(name) > MAX_NAME - 1:
            name = name[:-1]
        name = name.rstrip() + "…"
    return name or _UNTITLED


async def open_thread(anchor: discord.Message, headline: str) -> discord.Thread | None:
    """A new thread under the message; None if it has one. Raises discord.HTTPException."""
    try:
        return await anchor.create_thread(name=thread_name(headline))
    except discord.HTTPException as error:
        if error.code != THREAD_EXISTS:
            raise
        return None


async def fill_thread(thread: discord.abc.Messageable, reply: Reply, *, key: str) -> discord.Message:
    """Posts the reply there; returns its last message. Raises discord.HTTPException.

    key: the same for the same interaction, so that a retry posts nothing twice.
    """
    messages = [
        await thread.send(**shown, nonce=f"{key}.{number}")
        for number, shown in enumerate(arguments_of(reply))
    ]
    return messages[-1]


def headline_of(reply: Reply) -> str:
    """The first title in a reply."""
    return next((block.text for block in reply.blocks if isinstance(block, Title)), "")


def card_of(reply: Reply) -> Reply:
    """The message above the thread if there was none: the title."""
    titles = [block for block in reply.blocks if isinstance(block, Title)][:1]
    return Reply(blocks=(*titles, Note(text="The full text is in the thread below.")), article=reply.article)


def pointer_to(anchor: discord.Message) -> str:
    """A link to the thread, in Discord's markdown. A thread has the id of its message."""
    return f"The full text is in <#{anchor.id}>."
