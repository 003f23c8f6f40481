"""The discord.py client: answers commands, buttons and messages in time, and notices deleted channels."""

import asyncio
import logging
import re
import unicodedata
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import discord
from discord import app_commands

from bot.chat import ChatError, ChatRef, MessageId
from bot.commands.requests import FullRequest
from bot.commands.table import ParsedCommand, parse
from bot.discord.commands import Names, add_commands, sync_if_changed
from bot.discord.interactions import (
    PLATFORM,
    CommandButton,
    CommandSelect,
    Response,
    arguments_of,
    chat_of,
    missing_rights_notice,
    refusal_for_non_member,
    request_of,
    request_of_message,
    text_to_us,
)
from bot.discord.traffic import PER_SECOND, Traffic
from bot.limits.shared_limits import SharedLimits
from bot.ports import Conversation, IncomingCommand
from bot.reply import Note, Reply, Title, refusal, utf16_length

log = logging.getLogger(__name__)

Interaction = discord.Interaction["Client"]

# Discord drops an interaction after 3 s. A faster answer than this saves the "is thinking" and one request.
_DEFER_AFTER_S = 0.5
_COMPLETE_WITHIN_S = 2.0

_BROKEN = refusal("Something went wrong here and was logged. Please try again in a moment.")
_OUTDATED = refusal("This command has changed. Reload Discord (Ctrl+R) and type it again.")

# A whole article is shown in its own thread, so that it does not fill the channel.
_MAX_THREAD_NAME = 100  # "Start Thread from Message"
_UNTITLED = "Full text"
_THREAD_EXISTS = 160004  # "JSON Error Codes": A thread has already been created for this message
_NEEDED = discord.Permissions(
    view_channel=True, embed_links=True, create_public_threads=True, send_messages_in_threads=True
)
_MENTION = re.compile(r"<(?=[@#:/]|a:|t:|id:)")
_EVERYBODY = re.compile(r"@(?=everyone|here)")


class RestClient(discord.AutoShardedClient):
    """discord.py's client. Once logged in it can send; it receives nothing until it connects."""

    def __init__(
        self,
        *,
        api_url: str,
        shard_count: int | None,
        shard_ids: list[int] | None,
        throttled: Callable[[], None],
        shared_limits: SharedLimits | None,
    ) -> None:
        per_second = _part_of(PER_SECOND, shard_count, shard_ids)
        traffic = Traffic(api_url=api_url, per_second=per_second, throttled=throttled, shared=shared_limits)
        super().__init__(
            # Without the privileged intent only messages to us have their text.
            intents=discord.Intents(guilds=True, guild_messages=True, dm_messages=True),
            allowed_mentions=discord.AllowedMentions.none(),
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            max_messages=None,
            max_ratelimit_timeout=30.0,
            http_trace=traffic.trace(),
            shard_count=shard_count,
            shard_ids=shard_ids,  # type: ignore[arg-type] # None, its default, means all
        )

    def name_of(self, channel_id: int) -> str | None:
        """A channel's name as people know it; None if we do not see the channel."""
        channel = self.get_channel(channel_id)
        if isinstance(channel, discord.abc.GuildChannel | discord.Thread):
            return f"#{channel.name} ({channel.guild.name})"
        return None


class Client(RestClient):
    """The client of the process that answers."""

    def __init__(
        self,
        conversation: Conversation,
        *,
        commands_file: Path | None,
        identify_pause_s: float,
        owners: frozenset[str],
        **rest: Any,
    ) -> None:
        """rest: arguments of `RestClient`."""
        super().__init__(**rest)
        self._conversation = conversation
        self._commands_file = commands_file
        self._identify_pause_s = identify_pause_s
        self._owners = owners
        self._tree = _Tree(self)
        self._answering: set[asyncio.Task[Any]] = set()

    async def setup_hook(self) -> None:
        await self._tree.set_translator(Names())
        add_commands(self._tree, self.answer, self._complete)
        self.add_dynamic_items(CommandButton, CommandSelect)
        if await sync_if_changed(self._tree, self._commands_file):
            log.info("discord commands synced", extra={"commands": len(self._tree.get_commands())})

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:  # noqa: ARG002 (the base's signature)
        if not initial:
            await asyncio.sleep(self._identify_pause_s)

    async def finish(self, *, within_s: float) -> None:
        """Returns when all started answers are sent, at the latest after `within_s`."""
        if self._answering:
            await asyncio.wait(self._answering, timeout=within_s)

    async def answer(self, interaction: Interaction, line: str, *, in_place: bool = False) -> None:
        """Answers a command, a button or a menu. in_place: by editing the message of the button."""
        await self._tracked(self._answer(interaction, line, in_place=in_place))

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
        response = Response(interaction=interaction, asked=line, in_place=in_place)
        try:
            parsed = await asyncio.to_thread(parse, line)
            if (refused := refusal_for_non_member(interaction, parsed)) is not None:
                await response.show(refused)
            elif not (
                opens_thread(interaction, parsed) and await self._in_thread(interaction, response, parsed)
            ):
                await self._in_channel(interaction, response, parsed)
        except discord.HTTPException as error:
            # Expired (10062), answered twice (40060), or the chat is gone: we cannot answer any more.
            log.warning("interaction not answered", extra={"status": error.status, "code": error.code})
        except Exception:  # an incoming message starts here
            log.exception("command failed")
            with suppress(discord.HTTPException):
                await response.show(_BROKEN)

    async def _in_channel(self, interaction: Interaction, response: Response, parsed: ParsedCommand) -> None:
        request = request_of(interaction, parsed)
        reply = await self._ask(request, if_slow=response.defer)
        message = await response.show(reply)
        if message is not None:
            await asyncio.to_thread(self._conversation.posted, request.chat, reply, message)
            if (notice := missing_rights_notice(interaction, parsed)) is not None:
                await response.add(notice)

    async def _in_thread(self, interaction: Interaction, response: Response, parsed: ParsedCommand) -> bool:
        """Answers with all pages in a thread; False if we may not open one."""
        await response.defer(to_asker=interaction.message is not None)
        reply = await self._ask(request_of(interaction, parsed, paged=False), if_slow=response.defer)
        if reply.error:
            await response.show(reply)
            return True
        try:
            anchor, thread = await self._thread_for(interaction, reply)
        except discord.Forbidden:
            return False
        if thread is not None:
            message = await _send(thread, reply, nonce=interaction.id)
            where = ChatRef(platform=PLATFORM, chat=str(thread.id))
            await asyncio.to_thread(self._conversation.posted, where, reply, message)
        if interaction.message is not None:
            # A thread has the id of its message.
            await interaction.edit_original_response(content=f"The full text is in <#{anchor.id}>.")
        return True

    async def _thread_for(
        self, interaction: Interaction, reply: Reply
    ) -> tuple[discord.Message, discord.Thread | None]:
        """The message that the article's thread belongs to, and the thread if it is new.

        A digest has several articles and can have one thread: other articles get a new message.
        """
        title = next((block for block in reply.blocks if isinstance(block, Title)), None)
        headline = title.text if title else ""
        note = Note(text="The full text is in the thread below.")
        blocks = (note,) if title is None else (title, note)
        card = arguments_of(Reply(blocks=blocks, article=reply.article))[0]
        if (anchor := interaction.message) is None:
            anchor = await interaction.edit_original_response(**card)
            return anchor, await open_thread(anchor, headline)
        thread = await open_thread(anchor, headline)
        if thread is None and not await self._is_about(anchor, headline):
            anchor = await anchor.channel.send(**card, nonce=str(interaction.id))
            thread = await open_thread(anchor, headline)
        return anchor, thread

    async def _is_about(self, anchor: discord.Message, headline: str) -> bool:
        """Whether the thread under the message is that article's."""
        there = await self.fetch_channel(anchor.id)
        return isinstance(there, discord.Thread) and there.name == thread_name(headline)

    async def on_message(self, message: discord.Message) -> None:
        """Answers a direct message, or a message that mentions us."""
        if self.user is not None and (line := text_to_us(message, self.user)) is not None:
            await self._tracked(self._reply(message, line))

    async def _reply(self, message: discord.Message, line: str) -> None:
        try:
            request = request_of_message(message, await asyncio.to_thread(parse, line))
            reply = await self._ask(request, if_slow=message.channel.typing)
            reference = message.to_reference(fail_if_not_exists=False)
            posted = await _send(message.channel, reply, nonce=message.id, reference=reference)
            await asyncio.to_thread(self._conversation.posted, request.chat, reply, posted)
        except (discord.HTTPException, ChatError) as error:
            log.warning("message not answered", extra={"error": str(error)})
        except Exception:  # an incoming message starts here
            log.exception("message failed")
            with suppress(discord.HTTPException, ChatError):
                await message.channel.send(**arguments_of(_BROKEN)[0])

    async def _ask(self, request: IncomingCommand, *, if_slow: Callable[[], Awaitable[object]]) -> Reply:
        """The conversation's answer. if_slow: called if somebody has to wait for it."""
        request = replace(request, is_owner=request.user in self._owners)
        thinking = asyncio.create_task(asyncio.to_thread(self._conversation.answer, request))
        await asyncio.wait({thinking}, timeout=_DEFER_AFTER_S)
        if not thinking.done():
            await if_slow()
        return await thinking

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
        """Called only for unknown commands: Discord's list of commands is older than ours."""
        log.warning("unknown command", extra={"error": str(error)})
        if interaction.type is discord.InteractionType.application_command:
            with suppress(discord.HTTPException):
                await Response(interaction=interaction, asked="", in_place=False).show(_OUTDATED)


async def _send(
    channel: discord.abc.Messageable,
    reply: Reply,
    *,
    nonce: int,
    reference: discord.MessageReference | None = None,
) -> MessageId:
    """Sends all messages of a reply; returns the id of the last. reference: the message it answers."""
    for number, shown in enumerate(arguments_of(reply)):
        if number == 0 and reference is not None:
            shown["reference"] = reference
        # The same nonce for the same request, so that a retry posts nothing twice.
        last = await channel.send(**shown, nonce=f"{nonce}.{number}")
    return MessageId(str(last.id))


def _part_of(per_second: int, shard_count: int | None, shard_ids: list[int] | None) -> int:
    """This process's part of a limit that all shards share."""
    if shard_count is None or shard_ids is None:
        return per_second
    return max(1, per_second * len(shard_ids) // shard_count)


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
    if utf16_length(name) > _MAX_THREAD_NAME:
        while utf16_length(name) > _MAX_THREAD_NAME - 1:
            name = name[:-1]
        name = name.rstrip() + "…"
    return name or _UNTITLED


async def open_thread(anchor: discord.Message, headline: str) -> discord.Thread | None:
    """A new thread under the message; None if it has one. Raises discord.HTTPException."""
    try:
        return await anchor.create_thread(name=thread_name(headline))
    except discord.HTTPException as error:
        if error.code != _THREAD_EXISTS:
            raise
        return None
