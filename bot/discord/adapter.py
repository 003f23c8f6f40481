"""The Discord chat adapter: connects, answers and delivers."""

import asyncio
import hashlib
import logging
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import aiohttp
import discord
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot.chat import (
    NO_HOOKS,
    ChatError,
    ChatGone,
    ChatRef,
    MessageId,
    NotAllowed,
    SendFailed,
    SendHooks,
    SendRefused,
    SendUnknown,
    Throttled,
)
from bot.discord.client import Client, RestClient
from bot.discord.interactions import PLATFORM, arguments_of
from bot.discord.traffic import watched
from bot.limits.shared_limits import SharedLimits
from bot.ports import Capabilities, Conversation
from bot.reply import Reply

log = logging.getLogger(__name__)

API_URL = "https://discord.com/api/v10"
GATEWAY_URL = "wss://gateway.discord.gg/"

AnyClient = TypeVar("AnyClient", bound=RestClient)

_FINISH_WITHIN_S = 10.0
_ANSWER_WITHIN_S = 30.0
_LONGEST_BACKOFF_S = 60.0
# Discord remembers a nonce for "a few minutes"; retries with the same nonce stay well inside that.
_ASK_AGAIN_AFTER_S = (1.0, 5.0)

# "JSON Error Codes" of the Discord API reference.
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
_PAUSE_S = 60.0  # after an answer 429 that does not say how long to wait


class DiscordChat:
    """`ChatAdapter` for Discord, or for any server that speaks its API and gateway.

    `serve` and `stand_by` raise ChatError if Discord refuses our token or shards.
    """

    # Discord de-duplicates by nonce, with `enforce_nonce`. 16 at once are what 50 requests a second need.
    capabilities = Capabilities(
        platform=PLATFORM, deduplicates=True, in_flight=16, noisy_loggers=("discord",)
    )

    def __init__(
        self,
        *,
        token: str,
        api_url: str = API_URL,
        gateway_url: str = GATEWAY_URL,
        commands_file: Path | None = None,
        shard_count: int | None = None,
        shard_ids: list[int] | None = None,
        identify_pause_s: float = 5.0,
        owners: Collection[int] = (),
        throttled: Callable[[], None] = lambda: None,
        shared_limits: SharedLimits | None = None,
    ) -> None:
        """
        commands_file: keeps a hash of the commands that Discord knows; None: they are sent at each start.
        shard_count, shard_ids: number of shards, and which are ours; None: as Discord advises, and all.
        owners: user ids of the people who run the bot; they may change the feeds.
        throttled: called for each answer 429. shared_limits: rate limits shared with other processes.
        """
        self._token = token
        self._api_url, self._gateway_url = api_url.rstrip("/"), gateway_url
        self._options: dict[str, Any] = {
            "api_url": self._api_url,
            "shard_count": shard_count,
            "shard_ids": shard_ids,
            "throttled": throttled,
            "shared_limits": shared_limits,
        }
        self._serving_options: dict[str, Any] = {
            "commands_file": commands_file,
            "identify_pause_s": identify_pause_s,
            "owners": frozenset(str(owner) for owner in owners),
        }
        self._client: RestClient | None = None
        self._ready = asyncio.Event()

    async def serve(self, conversation: Conversation) -> None:
        options = self._options | self._serving_options
        client = await self._log_in(lambda: Client(conversation, **options))
        # discord.py ignores a cancellation while it reconnects, so it runs in its own task.
        connected = asyncio.create_task(client.connect())
        try:
            await asyncio.shield(connected)
        except discord.ConnectionClosed as error:
            raise ChatError(f"Discord closed the gateway permanently, code {error.code}") from error
        finally:
            self._ready.clear()
            await client.finish(within_s=_FINISH_WITHIN_S)
            await self._close(client)
            connected.cancel()

    async def stand_by(self) -> None:
        client = await self._log_in(lambda: RestClient(**self._options))
        try:
            await asyncio.Event().wait()
        finally:
            await self._close(client)

    async def _close(self, client: RestClient) -> None:
        self._ready.clear()
        self._client = None
        await client.close()

    async def _log_in(self, make: Callable[[], AnyClient]) -> AnyClient:
        """A client that can send. Tries until Discord answers. Raises ChatError for a refused token."""
        Route.BASE = self._api_url
        DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(self._gateway_url)
        pause_s = 1.0
        while True:
            client = make()
            try:
                await client.login(self._token)
            except discord.LoginFailure as error:
                await client.close()
                raise ChatError("Discord refused the token: check the setting") from error
            except (OSError, aiohttp.ClientError, discord.DiscordServerError) as error:
                await client.close()
                log.warning("discord connection failed", extra={"error": str(error), "retry_in_s": pause_s})
                await asyncio.sleep(pause_s)
                pause_s = min(2 * pause_s, _LONGEST_BACKOFF_S)
            except BaseException:
                await client.close()
                raise
            else:
                self._client = client
                self._ready.set()
                return client

    async def ready(self) -> None:
        await self._ready.wait()

    async def send(self, chat: ChatRef, reply: Reply, *, key: str, hooks: SendHooks = NO_HOOKS) -> MessageId:
        """After a lost answer the message is sent again with the same nonce."""
        if chat.platform != PLATFORM or not chat.chat.isdigit():
            raise ChatGone(f"not a Discord channel: {chat.chat}")
        await self.ready()
        messages = arguments_of(reply)
        for number in range(hooks.already_posted, len(messages)):
            nonce = _nonce(key, number)
            posted = await self._post(int(chat.chat), messages[number], nonce=nonce, hooks=hooks)
            if number < len(messages) - 1:
                hooks.message_posted()
        return posted

    async def ping(self) -> None:
        async with self._request() as client:
            await client.application_info()

    async def direct(self, user: str) -> ChatRef:
        if not user.isdigit():
            raise SendFailed(f"not a Discord user: {user}")
        async with self._request() as client:
            channel = await client.create_dm(discord.Object(int(user)))
        return ChatRef(platform=PLATFORM, chat=str(channel.id))

    async def _post(
        self, channel_id: int, shown: dict[str, Any], *, nonce: str, hooks: SendHooks
    ) -> MessageId:
        unknown: SendUnknown | None = None
        for pause_s in (0.0, *_ASK_AGAIN_AFTER_S):
            await asyncio.sleep(pause_s)
            try:
                async with self._request(hooks, posts_in=channel_id) as client:
                    message = await client.get_partial_messageable(channel_id).send(**shown, nonce=nonce)
                return MessageId(str(message.id))
            except SendUnknown as error:
                unknown = error
            except (SendFailed, Throttled):
                if unknown is None:
                    raise
        raise unknown or SendFailed("no attempt was made")

    @asynccontextmanager
    async def _request(
        self, hooks: SendHooks = NO_HOOKS, *, posts_in: int | None = None
    ) -> AsyncIterator[RestClient]:
        """The client, for one request with a timeout. Raises the port's errors. posts_in: a channel's id."""
        if (client := self._client) is None:
            raise SendFailed("not connected to Discord")
        try:
            async with watched(timeout_s=_ANSWER_WITHIN_S, hooks=hooks) as request:
                yield client
        except (discord.HTTPException, discord.RateLimited) as error:
            where = client.name_of(posts_in) if posts_in is not None else None
            raise chat_error(error, where=where) from error
        except (OSError, aiohttp.ClientError, TimeoutError) as error:
            unknown = posts_in is not None and request.may_be_posted
            kind = SendUnknown if unknown else SendFailed
            raise kind(f"no answer from Discord: {error!r}") from error


def _nonce(key: str, number: int) -> str:
    """At most 25 characters; the same for the same message of the same delivery."""
    return hashlib.blake2b(f"{key}/{number}".encode(), digest_size=12).hexdigest()


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
