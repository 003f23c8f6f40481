"""Interactions in, each acknowledged in time and answered from the conversation, and what ends a chat."""

import asyncio
import logging
from collections.abc import Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any

import discord
from discord import app_commands

from bot.chat import ChatRef, Conversation, MessageId, Request
from bot.discord.commands import add_commands, sync_if_changed
from bot.discord.components import CommandButton, CommandSelect, view_of
from bot.discord.render import Message, render
from bot.discord.wire import tracing
from bot.reply import Reply, refusal

log = logging.getLogger(__name__)

PLATFORM = "discord"

Interaction = discord.Interaction["Client"]

# Discord gives an interaction up after 3 s. An answer sooner than this saves the "is thinking" and a call.
_DEFER_AFTER_S = 1.0
_COMPLETE_WITHIN_S = 2.0

_BROKEN = refusal("Something went wrong here and was logged. Please try again in a moment.")
_OUTDATED = refusal("This command has changed. Reload Discord (Ctrl+R) and type it again.")


class Client(discord.AutoShardedClient):
    """discord.py's client, answering from one conversation."""

    def __init__(
        self,
        conversation: Conversation,
        *,
        commands_file: Path | None,
        shard_count: int | None,
        shard_ids: list[int] | None,
        identify_pause_s: float,
    ) -> None:
        super().__init__(
            intents=discord.Intents(guilds=True),
            allowed_mentions=discord.AllowedMentions.none(),
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            max_messages=None,
            max_ratelimit_timeout=30.0,
            http_trace=tracing(),
            shard_count=shard_count,
            shard_ids=shard_ids,  # type: ignore[arg-type] # None, its default, means all
        )
        self._conversation = conversation
        self._commands_file = commands_file
        self._identify_pause_s = identify_pause_s
        self._tree = _Tree(self)
        self._answering: set[asyncio.Task[Any]] = set()

    async def setup_hook(self) -> None:
        add_commands(self._tree, self._command, self._complete)
        self.add_dynamic_items(CommandButton, CommandSelect)
        if await sync_if_changed(self._tree, self._commands_file):
            log.info("discord commands synced", extra={"commands": len(self._tree.get_commands())})

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:  # noqa: ARG002 (the base's signature)
        if not initial:
            await asyncio.sleep(self._identify_pause_s)

    async def finish(self, *, within_s: float) -> None:
        """Returns when the answers under way are given, at the latest after `within_s`."""
        if self._answering:
            await asyncio.wait(self._answering, timeout=within_s)

    async def pressed(self, interaction: Interaction, command: str, *, in_place: bool) -> None:
        """Answers a button or a menu; `in_place`: by changing its message."""
        await self._tracked(self._answer(interaction, command, in_place=in_place))

    async def _command(self, interaction: Interaction, line: str) -> None:
        await self._tracked(self._answer(interaction, line, in_place=False))

    async def _complete(self, interaction: Interaction, argument: str, typed: str) -> tuple[str, ...]:
        try:
            async with asyncio.timeout(_COMPLETE_WITHIN_S):
                return await asyncio.to_thread(
                    self._conversation.complete, chat_of(interaction), argument, typed
                )
        except TimeoutError:
            log.warning("completion too slow", extra={"argument": argument})
        except Exception:  # an incoming message starts here
            log.exception("completion failed", extra={"argument": argument})
        return ()

    async def _answer(self, interaction: Interaction, line: str, *, in_place: bool) -> None:
        response = _Response(interaction, asked=line, in_place=in_place)
        request = request_of(interaction, line)
        thinking = asyncio.create_task(asyncio.to_thread(self._conversation.answer, request))
        try:
            await asyncio.wait({thinking}, timeout=_DEFER_AFTER_S)
            if not thinking.done():
                await response.defer()
            reply = await thinking
            message = await response.show(reply)
            if message is not None:
                await asyncio.to_thread(self._conversation.posted, request.chat, reply, message)
        except discord.HTTPException as error:
            # Expired (10062), answered twice (40060), or the chat is gone: there is nowhere left to say it.
            log.warning("interaction lost", extra={"status": error.status, "code": error.code})
        except Exception:  # an incoming message starts here
            log.exception("command failed")
            with suppress(discord.HTTPException):
                await response.show(_BROKEN)

    async def _tracked(self, answering: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(answering)
        self._answering.add(task)
        task.add_done_callback(self._answering.discard)
        await task

    async def on_guild_channel_delete(self, channel: discord.abc.GuildChannel) -> None:
        await self._gone(channel.id)

    async def on_raw_thread_delete(self, thread: discord.RawThreadDeleteEvent) -> None:
        await self._gone(thread.thread_id)

    async def on_guild_remove(self, guild: discord.Guild) -> None:
        for channel in [*guild.channels, *guild.threads]:
            await self._gone(channel.id)

    async def _gone(self, channel_id: int) -> None:
        await asyncio.to_thread(self._conversation.gone, ChatRef(platform=PLATFORM, chat=str(channel_id)))


class _Tree(app_commands.CommandTree["Client"]):
    async def on_error(self, interaction: Interaction, error: app_commands.AppCommandError, /) -> None:
        """Only what never reached a command comes here: Discord's list of commands is older than ours."""
        log.warning("unknown command", extra={"error": str(error)})
        if interaction.type is discord.InteractionType.application_command:
            with suppress(discord.HTTPException):
                await _Response(interaction, asked="", in_place=False).show(_OUTDATED)


def chat_of(interaction: Interaction) -> ChatRef:
    """Where it came from. A Discord thread or forum post is a channel of its own."""
    return ChatRef(platform=PLATFORM, chat=str(interaction.channel_id))


def request_of(interaction: Interaction, line: str) -> Request:
    """What was asked. Whoever may manage the server, or writes directly, may change standing orders."""
    return Request(
        chat=chat_of(interaction),
        user=str(interaction.user.id),
        text=line,
        may_change=interaction.guild_id is None or interaction.permissions.manage_guild,
        replied_to=MessageId(str(interaction.message.id)) if interaction.message else None,
    )


class _Response:
    """One interaction's answer, whichever of Discord's ways is open to give it."""

    def __init__(self, interaction: Interaction, *, asked: str, in_place: bool) -> None:
        self._interaction = interaction
        self._asked = asked
        self._in_place = in_place

    async def defer(self) -> None:
        """Takes more time: 15 minutes in all."""
        await self._interaction.response.defer(thinking=not self._in_place)

    async def show(self, reply: Reply) -> MessageId | None:
        """Returns the id of the last message that everybody sees; None where only the asker does."""
        messages = render(reply)
        view = view_of(reply.buttons, asked=self._asked)
        shown = [_arguments(message) for message in messages]
        if view is not None:
            shown[-1]["view"] = view
        posted = await self._first(shown[0], ephemeral=reply.error, alone=len(shown) == 1)
        for more in shown[1:]:
            posted = await self._follow_up(more, ephemeral=reply.error)
        return None if reply.error else MessageId(str(posted))

    async def _first(self, shown: dict[str, Any], *, ephemeral: bool, alone: bool) -> int | None:
        interaction, response = self._interaction, self._interaction.response
        change = self._in_place and alone and not ephemeral
        if not response.is_done():
            if change:
                await response.edit_message(**_replacing(shown))
                return interaction.message.id if interaction.message else None
            return (await response.send_message(**shown, ephemeral=ephemeral)).message_id
        if self._in_place and not change:
            return await self._follow_up(shown, ephemeral=ephemeral)
        if ephemeral:
            # A public "is thinking" cannot become private: it goes.
            await interaction.delete_original_response()
            return await self._follow_up(shown, ephemeral=True)
        return (await interaction.edit_original_response(**_replacing(shown))).id

    async def _follow_up(self, shown: dict[str, Any], *, ephemeral: bool) -> int:
        return (await self._interaction.followup.send(**shown, ephemeral=ephemeral, wait=True)).id


def _arguments(message: Message) -> dict[str, Any]:
    if message.content is not None:
        return {"content": message.content}
    return {"embeds": list(message.embeds)}


def _replacing(shown: dict[str, Any]) -> dict[str, Any]:
    return {"content": None, "embeds": [], "view": None, **shown}
